import Numerics

/// What a thorough look at every byte of a file found.
public struct FrameCheck: Sendable {
    public internal(set) var structures = 0
    public internal(set) var vectors = 0
    /// Bytes of all values, decoded.
    public internal(set) var decodedBytes = 0
    public internal(set) var problems: [FrameError] = []

    static let mostProblems = 20
}

extension FrameFile {
    /// Walks through every structure: its checksum, its elements against the dictionary, the values of every vector, the places in the
    /// table of contents, and the checksum of the whole file. Does not stop at a damaged structure whose length can be trusted.
    public func check() throws -> FrameCheck {
        var check = FrameCheck()
        var frames = 0
        var found: [Int: String] = [:]
        var position = FrameFileHeader.size
        func note(_ body: () throws -> Void) throws {
            do { try body() } catch let error as FrameError {
                if error.kind != .content { throw error }
                check.problems.append(error)
            }
        }
        while position < source.count, check.problems.count < FrameCheck.mostProblems {
            var header: StructureHeader?
            try note { header = try reader.header(at: position) }
            guard let header else { break }
            position = header.end
            check.structures += 1
            try note {
                try dictionary.take(header)
                if header.isDictionary { return }
                let layout = try dictionary.layout(of: header.classIdentifier, near: header.offset)
                found[header.offset] = layout.name
                if layout.name == "FrameH" { frames += 1 }
                if layout.name == "FrVect" {
                    let (vector, _) = try vector(header)
                    check.vectors += 1
                    check.decodedBytes += vector.samples.count * vector.samples.type.size
                } else {
                    // The table of contents was read when the file was opened; its counts of "none" are no counts of elements.
                    let bytes = try reader.read(header, layout.name)
                    if layout.name != "FrTOC" {
                        _ = try Record(bytes, header: header, layout: layout, swapped: reader.swapped, file: path)
                    }
                }
            }
        }
        if check.problems.isEmpty {
            if frames != fileEnd.frames {
                check.problems.append(
                    FrameError(file: path, structure: "FrEndOfFile", field: "nFrames", "found \(frames) FrameH in the file, wanted \(fileEnd.frames)"))
            }
            for entry in channels where check.problems.count < FrameCheck.mostProblems {
                for case let place? in entry.positions {
                    try note {
                        let name = try found[structure(from: place).offset]
                        if name == entry.kind.rawValue { return }
                        throw FrameError(
                            file: path, offset: place, structure: "FrTOC", field: "position",
                            "found \(name ?? "no structure") for \"\(entry.name)\", wanted \(entry.kind.rawValue)")
                    }
                }
            }
        }
        if fileEnd.isChecked { try note { try verifyFile() } }
        return check
    }

    private func verifyFile() throws {
        var checksum = PosixChecksum()
        var position = 0
        while position < source.count - 4 {
            let bytes = try source.read(at: position, min(1 << 20, source.count - 4 - position))
            bytes.withUnsafeBytes { checksum.update($0) }
            position += bytes.count
        }
        guard checksum.value == fileEnd.storedChecksum else {
            throw FrameError(
                file: path, offset: source.count - FrameFileEnd.size, structure: "FrEndOfFile", field: "chkSumFile",
                "found \(hexadecimal(checksum.value)) over the file, wanted \(hexadecimal(fileEnd.storedChecksum)); some byte is not what was written")
        }
    }
}

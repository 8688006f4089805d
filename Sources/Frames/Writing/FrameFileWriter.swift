import Numerics
import Segments

/// Writes a frame file (GWF, format version 8), frame by frame: dictionary, checksums, table of contents.
///
/// The file appears under its name when `close` returns, complete and on the disk; without `close` nothing is left. *Not collective.*
public final class FrameFileWriter {
    public enum ByteOrder: String, Sendable, CaseIterable {
        case little, big
    }

    /// What `close` reports.
    public struct Summary: Sendable {
        public let frames, bytes: Int
    }

    /// Numbers of the classes in files written here.
    enum Class: UInt8 {
        case frameHeader = 3, adcData, detector, endOfFile, endOfFrame, history, processedData, rawData, simulatedData, contents, vector

        var layout: StructureLayout {
            switch self {
            case .frameHeader: StandardLayouts.frameHeader
            case .adcData: StandardLayouts.adcData
            case .detector: StandardLayouts.detector
            case .endOfFile: StandardLayouts.endOfFile
            case .endOfFrame: StandardLayouts.endOfFrame
            case .history: StandardLayouts.history
            case .processedData: StandardLayouts.processedData
            case .rawData: StandardLayouts.rawData
            case .simulatedData: StandardLayouts.simulatedData
            case .contents: StandardLayouts.contents
            case .vector: StandardLayouts.vector
            }
        }
    }

    let compression: FrameCompression
    let byteOrder: ByteOrder
    var builder: StructureBuilder
    private let output: FrameOutput
    private let header: [UInt8]
    private var described: [Class] = []
    private var instances: [UInt8: UInt32] = [:]
    private var contents = ContentsBuilder()
    /// A frame failed half-way: the file cannot be finished.
    private var isBroken = false

    /// Starts the file `path`.
    public init(path: String, compression: FrameCompression = .zeroSuppressOrGzip, byteOrder: ByteOrder = .little) throws {
        (self.compression, self.byteOrder) = (compression, byteOrder)
        output = try FrameOutput(path)
        builder = StructureBuilder(swapped: (byteOrder == .little) != (1.littleEndian == 1), file: path)
        builder.put(raw: Array("IGWD\0".utf8) + [8, 0, 2, 4, 8, 4, 8])
        builder.put(UInt16(0x1234))
        builder.put(UInt32(0x1234_5678))
        builder.put(UInt64(0x0123_4567_89ab_cdef))
        builder.put(Float.pi)
        builder.put(Double.pi)
        builder.put(raw: [0, 1])
        header = builder.bytes
    }

    private var position: Int { output.count + builder.bytes.count }

    // MARK: Frames

    /// Appends a frame. Throws if a channel cannot be written as it is: the message names it, and the file cannot be finished.
    public func append(_ frame: Frame) throws {
        isBroken = true
        try put(frame)
        isBroken = false
    }

    private func put(_ frame: Frame) throws {
        let text = frame.description
        let start = text.start
        guard start >= .epoch, let seconds = UInt32(exactly: start.seconds), text.duration >= 0, text.duration <= 1e9 else {
            throw FrameError(.request, file: output.path, "found a frame at \(start) of \(text.duration) s, wanted GPS 0 to 4294967295 and 0 to 1e9 s")
        }
        instances.removeAll()
        let kinds = frame.channels.map(\.source.kind)
        let present = Set(kinds)
        func first(_ needed: Bool, _ name: Class) -> StructurePointer {
            needed ? StructurePointer(classIdentifier: UInt16(name.rawValue), instance: 0) : .null
        }
        try describe(.frameHeader)
        contents.frames.append(.init(text, seconds: seconds, position: position))
        try structure(.frameHeader) { builder in
            try builder.put(text.name)
            builder.put(text.run)
            for value in [text.number, text.dataQuality, seconds, UInt32(start.remainder)] { builder.put(value) }
            builder.put(text.leapSeconds)
            builder.put(text.duration)
            for pointer in [
                .null, .null, .null, first(!text.detectors.isEmpty, .detector), first(!text.history.isEmpty, .history),
                first(present.contains(.digitised), .rawData), first(present.contains(.processed), .processedData),
                first(present.contains(.simulated), .simulatedData), .null, .null, .null, .null, .null,
            ] as [StructurePointer] { builder.put(pointer) }
        }
        for (index, detector) in text.detectors.enumerated() { try append(detector, isLast: index == text.detectors.count - 1) }
        for (index, entry) in text.history.enumerated() {
            try describe(.history)
            let next = next(.history, exists: index < text.history.count - 1)
            try structure(.history) { builder in
                try builder.put(entry.name)
                builder.put(entry.time)
                try builder.put(entry.comment)
                builder.put(next)
            }
        }
        if present.contains(.digitised) {
            try describe(.rawData)
            try structure(.rawData) { builder in
                try builder.put("raw")
                for pointer in [.null, first(true, .adcData), .null, .null, .null] as [StructurePointer] { builder.put(pointer) }
            }
        }
        for kind in FrameChannel.Kind.allCases {
            let chosen = frame.channels.indices.filter { kinds[$0] == kind }
            for (order, index) in chosen.enumerated() { try append(frame.channels[index], isLast: order == chosen.count - 1) }
        }
        try describe(.endOfFrame)
        try structure(.endOfFrame) { builder in
            builder.put(text.run)
            for value in [text.number, seconds, UInt32(start.remainder)] { builder.put(value) }
        }
        try flush()
    }

    private func append(_ detector: FrameDetector, isLast: Bool) throws {
        try describe(.detector)
        let next = next(.detector, exists: !isLast)
        contents.addDetector(detector.name, at: position)
        try structure(.detector) { builder in
            try builder.put(detector.name)
            builder.put(raw: (Array(detector.prefix.utf8) + [0, 0]).prefix(2))
            builder.put(detector.longitude)
            builder.put(detector.latitude)
            for value in [
                detector.elevation, detector.armXAzimuth, detector.armYAzimuth, detector.armXAltitude, detector.armYAltitude,
                detector.armXMidpoint, detector.armYMidpoint,
            ] { builder.put(value) }
            builder.put(detector.localTime)
            for pointer in [.null, .null, next] as [StructurePointer] { builder.put(pointer) }
        }
    }

    private func append(_ channel: FrameChannel, isLast: Bool) throws {
        let name: Class =
            switch channel.source.kind {
            case .digitised: .adcData
            case .processed: .processedData
            case .simulated: .simulatedData
            }
        try describe(name)
        let next = next(name, exists: !isLast)
        let vector = StructurePointer(classIdentifier: UInt16(Class.vector.rawValue), instance: instances[Class.vector.rawValue] ?? 0)
        guard contents.add(channel, at: position) else {
            throw FrameError(.request, file: output.path, "found two \(channel.source.kind.rawValue) called \"\(channel.name)\" in a frame, wanted one")
        }
        try structure(name) { try $0.put(channel, vector: vector, next: next) }
        try describe(.vector)
        try append(channel.vector)
        if builder.bytes.count > 1 << 22 { try flush() }
    }

    private func append(_ vector: FrameVector) throws {
        let product = vector.dimensions.reduce(1) { $0.multipliedReportingOverflow(by: max(0, $1.count)).partialValue }
        guard vector.dimensions.isEmpty || product == vector.samples.count else {
            throw FrameError(
                .request, file: output.path, structure: "FrVect", field: "nx",
                "found \(vector.samples.count) values of \"\(vector.name)\", wanted \(vector.dimensions.map { "\($0.count)" }.joined(separator: " x "))")
        }
        let encoder = VectorEncoder(compression: compression, isLittleEndian: byteOrder == .little)
        let (bytes, number) = try encoder.encode(vector.samples) { [builder] in try builder.encoded($0) }
        try structure(.vector) { builder in
            try builder.put(vector.name)
            builder.put(number)
            builder.put(vector.samples.type.rawValue)
            builder.put(UInt64(vector.samples.count))
            builder.put(UInt64(bytes.count))
            builder.put(raw: bytes)
            builder.put(UInt32(vector.dimensions.count))
            for dimension in vector.dimensions { builder.put(UInt64(dimension.count)) }
            for dimension in vector.dimensions { builder.put(dimension.spacing) }
            for dimension in vector.dimensions { builder.put(dimension.start) }
            for dimension in vector.dimensions { try builder.put(dimension.unit) }
            try builder.put(vector.unit)
            builder.put(.null)
        }
    }

    // MARK: End

    /// Writes the table of contents and the end, and gives the file its name.
    @discardableResult
    public func close() throws -> Summary {
        guard !isBroken else { throw FrameError(.request, file: output.path, "a frame could not be written, so the file cannot be finished") }
        instances.removeAll()
        try describe(.contents)
        let table = position
        try structure(.contents) { try contents.write(to: &$0, classes: described) }
        try describe(.endOfFile)
        let start = builder.begin(Class.endOfFile.rawValue, instance: 0)
        builder.put(UInt32(contents.frames.count))
        let end = output.count + start + FrameFileEnd.size
        builder.put(UInt64(end))
        builder.put(UInt64(end - table))
        builder.put(PosixChecksum.of(header))
        builder.setLength(start, FrameFileEnd.size)
        builder.put(builder.bytes.withUnsafeBytes { PosixChecksum.of(UnsafeRawBufferPointer(rebasing: $0[start...])) })
        try flush()
        builder.put(output.checksum.value)
        try flush()
        try output.finish()
        return Summary(frames: contents.frames.count, bytes: output.count)
    }

    // MARK: Structures

    private func flush() throws {
        try output.write(builder.bytes)
        builder.removeAll()
    }

    private func structure(_ name: Class, _ body: (inout StructureBuilder) throws -> Void) throws {
        let instance = instances[name.rawValue, default: 0]
        instances[name.rawValue] = instance + 1
        let start = builder.begin(name.rawValue, instance: instance)
        try body(&builder)
        builder.end(start)
    }

    /// The pointer to what follows in a list; to be asked before the structure itself is written.
    private func next(_ name: Class, exists: Bool) -> StructurePointer {
        exists ? StructurePointer(classIdentifier: UInt16(name.rawValue), instance: (instances[name.rawValue] ?? 0) + 1) : .null
    }

    /// Writes what the dictionary says about a class, once in a file.
    private func describe(_ name: Class) throws {
        if described.contains(name) { return }
        described.append(name)
        let start = builder.begin(StructureHeader.dictionaryHeader, instance: UInt32(described.count - 1))
        try builder.put(name.layout.name)
        builder.put(UInt16(name.rawValue))
        try builder.put("")
        builder.end(start)
        for (index, element) in name.layout.elements.enumerated() {
            let start = builder.begin(StructureHeader.dictionaryElement, instance: UInt32(index))
            try builder.put(element.name)
            try builder.put(element.spelling)
            try builder.put("")
            builder.end(start)
        }
    }
}

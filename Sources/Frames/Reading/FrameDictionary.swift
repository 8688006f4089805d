/// The dictionary of one file: what FrSH and FrSE structures say about the others. Found as far as needed.
///
/// Writers put a class's FrSH and FrSE right before its first structure, so the search looks there before it walks through the file.
final class FrameDictionary {
    private let reader: StructureReader
    private(set) var layouts: [UInt8: StructureLayout] = [:]
    private var building: (identifier: UInt8, layout: StructureLayout)?
    /// Structures that end before this are known.
    private var walked = FrameFileHeader.size
    /// Places of structures from the table of contents, ascending.
    var landmarks: [Int] = []

    init(_ reader: StructureReader) { self.reader = reader }

    /// Takes a structure of the dictionary in. Ignores others.
    func take(_ header: StructureHeader) throws {
        let file = reader.bytes.name
        if header.classIdentifier == StructureHeader.dictionaryHeader {
            try finish()
            let record = try Record(
                reader.read(header, "FrSH"), header: header, layout: StandardLayouts.structureHeader, swapped: reader.swapped, file: file)
            let identifier = try record.unsigned("class", as: UInt16.self)
            guard (3...255).contains(identifier) else { throw record.place.error("class", found: identifier, wanted: "3 to 255") }
            building = (UInt8(identifier), StructureLayout(name: try record.text("name")))
        } else if header.classIdentifier == StructureHeader.dictionaryElement {
            let record = try Record(
                reader.read(header, "FrSE"), header: header, layout: StandardLayouts.structureElement, swapped: reader.swapped, file: file)
            guard building != nil else { throw record.place.error(found: "an FrSE", wanted: "an FrSH before it") }
            let (name, type) = (try record.text("name"), try record.text("class"))
            guard building?.layout.add(name, type) == true else {
                building = nil
                throw record.place.error("class", found: "\"\(type)\" of \"\(name)\"", wanted: "a type of LIGO-T970130 with counts named before")
            }
        } else {
            try finish()
        }
    }

    private func finish() throws {
        guard let (identifier, layout) = building else { return }
        building = nil
        if let earlier = layouts[identifier], earlier != layout {
            throw FrameError(
                file: reader.bytes.name, structure: "FrSH", field: "class",
                "class \(identifier) is \(earlier.name) first and \(layout.name) later, or has other elements; wanted one meaning in a file")
        }
        layouts[identifier] = layout
    }

    /// The layout of a class. `structure`: where one of the class lies.
    func layout(of identifier: UInt8, near structure: Int) throws -> StructureLayout {
        if let layout = layouts[identifier] { return layout }
        if let found = try search(identifier, from: &walked, structures: 256) { return found }
        if let landmark = landmarks.last(where: { $0 < structure }), landmark > walked {
            var position = landmark
            if let found = try search(identifier, from: &position, structures: 256) { return found }
        }
        if let found = try search(identifier, from: &walked, structures: .max) { return found }
        throw FrameError(
            file: reader.bytes.name, offset: structure, structure: "structure", field: "class",
            "found \(identifier), wanted a class that the file's dictionary explains")
    }

    /// Walks over at most `structures` headers and takes the dictionary on the way in.
    private func search(_ identifier: UInt8, from position: inout Int, structures: Int) throws -> StructureLayout? {
        var left = structures
        // Never between an FrSH and its elements.
        while left > 0 || building != nil, position < reader.bytes.count {
            let header = try reader.header(at: position)
            try take(header)
            if !header.isDictionary, layouts[identifier] != nil { return layouts[identifier] }
            position = header.end
            left -= 1
        }
        try finish()
        return layouts[identifier]
    }
}

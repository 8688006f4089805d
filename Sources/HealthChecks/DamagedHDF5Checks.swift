import Glibc
import MessagePassing
import ParallelHDF5

// Wrong requests and damaged files: an error that says what and where, the same on every rank, and never a crash.

/// Runs `body`, which must throw an error whose message holds every one of `words`.
private func expectRefusal(_ words: String..., of body: () throws -> Void) throws {
    do {
        try body()
    } catch {
        for word in words { try expect("\(error)".contains(word), "the message lacks \"\(word)\": \(error)") }
        return
    }
    throw CheckFailure("accepted what should be refused for \(words)")
}

func checkRefusals(_ world: Communicator) throws -> String {
    try withScratch(world) { scratch in
        let path = "\(scratch)/refusals.h5"
        let last = world.rank == world.size - 1
        try HDF5File.with(HDF5File.create(path, communicator: world)) { file in
            let field = try file.root.createDataset("a/phi", shape: [4, 6], type: .float64)
            try field.setUnits("GeV")
            try expectRefusal(path, "/a/phi", "taken") { _ = try file.root.createDataset("a/phi", shape: [4], type: .float64) }
            try expectRefusal(path, "/a/chi", "no such object") { _ = try file.root.dataset("a/chi") }
            try expectRefusal(path, "/b/c/d", "no such object") { _ = try file.root.group("b/c/d") }
            try expectRefusal(path, "/a/phi", "float64", "float32") { try field.write([Float](repeating: 0, count: 24)) }
            try expectRefusal(path, "/a/phi@units", "text", "float64") { _ = try field.attribute("units", as: Double.self) }
            try expectRefusal(path, "/a/phi@mass", "no such attribute") { _ = try field.attribute("mass", as: Double.self) }
            try expectRefusal(path, "/a/phi", "[4, 6]", "[5, 6]") { try field.extend(to: [5, 6]) }
            try expectRefusal(path, "/z", "deflate", "1...9") {
                _ = try file.root.createDataset("z", shape: [4], type: .int8, deflate: 10)
            }
            try expectRefusal(path, "/z", "chunk [5]") { _ = try file.root.createDataset("z", shape: [4], type: .int8, chunk: [5]) }
            try expectRefusal(path, "/z", "shape [-1]") { _ = try file.root.createDataset("z", shape: [-1], type: .int8) }
            try expectRefusal(path, "/z", "more bytes") {
                _ = try file.root.createDataset("z", shape: [1 << 40, 1 << 40], type: .int8)
            }
            // One rank is wrong, and all ranks hear of it.
            try expectRefusal(path, "/a/phi", "[4, 6]", "at [3, 0]") {
                try field.write([Double](repeating: 0, count: 12), offset: [last ? 3 : 0, 0], count: [2, 6])
            }
            try expectRefusal(path, "/a/phi", "room for 11", "has 12") {
                try field.write([Double](repeating: 0, count: last ? 11 : 12), offset: [0, 0], count: [2, 6])
            }
            try file.root.write("n", [Int64](0..<4))
            let packed = try file.root.createDataset("packed", shape: [4], type: .float64, deflate: 1)
            try expectRefusal("/packed", "all ranks must take part") {
                try packed.write([0.0, 0, 0, 0], offset: [0], count: [4], collective: false)
            }
        }
        try HDF5File.with(HDF5File.open(path, communicator: world)) { file in
            try expectRefusal(path, "/n", "int64", "float64") { _ = try file.root.read("n", as: Double.self) }
            try expectRefusal(path, "/a/phi", "float64", "float32") { _ = try file.root.read("a/phi", as: Float.self) }
            try expectRefusal(path, "writable: true") { _ = try file.root.createGroup("c") }
            try file.close()
            try expectRefusal(path, "closed") { _ = try file.root.memberNames }
        }
        let absent = "\(scratch)/absent/file.h5"
        try expectRefusal(absent, "cannot open", "No such file or directory") { _ = try HDF5File.open(absent, communicator: world) }
        try expectRefusal(absent, "cannot create", "No such file") { _ = try HDF5File.create(absent, communicator: world) }
        try expectRefusal("/dev/full/x", "Not a directory") { _ = try HDF5File.create("/dev/full/x", communicator: nil) }
        return "22 wrong requests named"
    }
}

func checkGarbage(_ world: Communicator) throws -> String {
    try withScratch(world) { scratch in
        let path = "\(scratch)/garbage.h5"
        let contents: [[UInt8]] = [
            [], [0], Array("this is a text\n".utf8), [UInt8](repeating: 0, count: 4096), [UInt8](repeating: 0xff, count: 4096),
            (0..<10_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) },
        ]
        for content in contents {
            if world.isRoot { try writeBytes(path, content) }
            try world.barrier()
            try expectRefusal(path, "H5Fopen failed") { _ = try HDF5File.open(path, communicator: world) }
            try world.barrier()
        }
        return "\(contents.count) files that are not HDF5"
    }
}

/// Truncations and flipped bits everywhere in a small file: refused, or read without a crash.
///
/// The file has no texts: they lie in the one structure of the format without a checksum, the global heap, where a
/// flipped bit can hang HDF5 1.10. A file that must survive damage carries a checksum of its own, as checkpoints do.
func checkDamage(_ world: Communicator) throws -> String {
    let figures = try withScratch(world) { scratch -> (Int, Int) in
        guard world.isRoot else { return (0, 0) }
        let path = "\(scratch)/whole.h5"
        try HDF5File.with(HDF5File.create(path, communicator: nil)) { file in
            let field = try file.root.createDataset("fields/phi", shape: [6, 8], type: .float64, chunk: [3, 8], deflate: 2)
            try field.write((0..<48).map(Double.init))
            try file.root.write("x", (0..<8).map(Double.init))
            try field.setAttribute("spacing", [0.5, 0.25])
            try file.root.setAttribute("step", 7)
        }
        let whole = try readBytes(path)
        let hurt = "\(scratch)/hurt.h5"
        var refused = 0
        var tried = 0
        func attempt(_ bytes: [UInt8]) throws {
            try writeBytes(hurt, bytes)
            tried += 1
            do {
                try HDF5File.with(HDF5File.open(hurt, communicator: nil)) { file in
                    let field = try file.root.dataset("fields/phi")
                    _ = try field.read(as: Double.self)
                    _ = try field.attributes("spacing", as: Double.self)
                    _ = try file.root.read("x", as: Double.self)
                    _ = try file.root.attribute("step", as: Int.self)
                    _ = try (file.root.memberNames, file.root.attributeNames)
                }
            } catch let error as HDF5Error {
                try expect(error.file == hurt && !error.reason.isEmpty, "an error without a place: \(error)")
                refused += 1
            }
        }
        for length in stride(from: 0, to: whole.count, by: max(whole.count / 150, 1)) {
            let before = refused
            try attempt(Array(whole[..<length]))
            try expect(refused == before + 1, "a file of \(whole.count) bytes cut to \(length) was read")
        }
        for position in stride(from: 0, to: whole.count, by: max(whole.count / 500, 1)) {
            var bytes = whole
            bytes[position] ^= 1 << UInt8(position % 8)
            try attempt(bytes)
        }
        return (refused, tried)
    }
    return world.isRoot ? "\(figures.0) of \(figures.1) damaged files refused, none crashed" : ""
}

import Glibc
import MessagePassing
import ParallelHDF5

/// What N ranks write, any number of ranks and one process alone must read back.
func parallelHDF5Checks() -> [SelfCheck] {
    [
        SelfCheck(name: "hyperslabs", run: checkHyperslabs),
        SelfCheck(name: "sameFile", run: checkSameFile),
        SelfCheck(name: "compressed", run: checkCompressed),
        SelfCheck(name: "extended", run: checkExtended),
        SelfCheck(name: "independent", run: checkIndependent),
        SelfCheck(name: "attributes", run: checkAttributes),
        SelfCheck(name: "types", run: checkTypes),
        SelfCheck(name: "described", run: checkDescribed),
        SelfCheck(name: "refusals", run: checkRefusals),
        SelfCheck(name: "garbage", run: checkGarbage),
        SelfCheck(name: "damage", run: checkDamage),
    ]
}

/// A block of a three-dimensional lattice.
private struct Block {
    static let extents = [7, 10, 13]
    var offset = [0, 0, 0]
    var count = extents

    /// Share of rank `part` of `parts` when dimension `dimension` is cut; ranks beyond its extent get nothing.
    init(dimension: Int, parts: Int, part: Int) {
        let share = CartesianGrid.share(of: Self.extents[dimension], parts: parts, part: part)
        offset[dimension] = share.lowerBound
        count[dimension] = share.count
    }

    /// Row-major values, each a function of its global place alone.
    var values: [Double] {
        var values: [Double] = []
        for x in offset[0]..<offset[0] + count[0] {
            for y in offset[1]..<offset[1] + count[1] {
                for z in offset[2]..<offset[2] + count[2] { values.append(Double(x * 10_000 + y * 100 + z) + 0.5) }
            }
        }
        return values
    }
}

private func writeLattice(_ path: String, _ communicator: Communicator?, cut: Int, deflate: Int? = nil) throws -> UInt32 {
    try HDF5File.with(HDF5File.create(path, communicator: communicator)) { file in
        let block = Block(dimension: cut, parts: communicator?.size ?? 1, part: communicator?.rank ?? 0)
        let field = try file.root.createDataset(
            "fields/deep/phi", shape: Block.extents, type: .float64, chunk: deflate.map { _ in [2, 5, 13] }, deflate: deflate)
        try field.write(block.values, offset: block.offset, count: block.count)
        try field.setUnits("1")
        try file.root.createGroup("made").setAttribute("by", "its name")
        try file.root.setAttribute("step", 12)
        return field.noCollectiveCause
    }
}

private func verifyLattice(_ path: String, _ communicator: Communicator?, cut: Int) throws {
    try HDF5File.with(HDF5File.open(path, communicator: communicator)) { file in
        let block = Block(dimension: cut, parts: communicator?.size ?? 1, part: communicator?.rank ?? 0)
        let field = try file.root.dataset("fields/deep/phi")
        let values = try field.read(as: Double.self, offset: block.offset, count: block.count)
        try expectEqual(values, block.values, "block \(block.count) at \(block.offset)")
        try expectEqual(try field.read(as: Double.self), Block(dimension: 0, parts: 1, part: 0).values, "the whole field")
    }
}

/// Reads on every smaller group of ranks, cut along every dimension, and by one process without a communicator.
private func verifyOnAnyRanks(_ path: String, _ world: Communicator) throws {
    for readers in 1...world.size {
        let group = try world.split(color: world.rank < readers ? 0 : 1, key: world.rank)
        if world.rank < readers {
            for cut in 0..<3 { try verifyLattice(path, group, cut: cut) }
        }
        try world.barrier()
        try group.free()
    }
    if world.rank == world.size - 1 { try verifyLattice(path, nil, cut: 0) }
    try world.barrier()
}

private func checkHyperslabs(_ world: Communicator) throws -> String {
    try withScratch(world) { scratch in
        for cut in 0..<3 {
            let cause = try writeLattice("\(scratch)/field.h5", world, cut: cut)
            try expectEqual(cause, 0, "HDF5 left the collective path, cause")
            try verifyOnAnyRanks("\(scratch)/field.h5", world)
        }
        return "written on \(world.size), read on 1 to \(world.size) ranks"
    }
}

private func checkSameFile(_ world: Communicator) throws -> String {
    try withScratch(world) { scratch in
        _ = try writeLattice("\(scratch)/many.h5", world, cut: 1)
        let bytes = try readBytes("\(scratch)/many.h5")
        try verifyOnAnyRanks("\(scratch)/many.h5", world)
        if world.isRoot {
            // Another second, so that a time stamp would show.
            usleep(1_100_000)
            _ = try writeLattice("\(scratch)/one.h5", nil, cut: 0)
            let alone = try readBytes("\(scratch)/one.h5")
            try expectEqual(bytes.count, alone.count, "bytes of the file that one process writes")
            let place = zip(bytes, alone).enumerated().first { $1.0 != $1.1 }?.offset
            try expect(place == nil, "byte \(place ?? 0) is not that of the file that one process writes")
        }
        try world.barrier()
        return "\(bytes.count) bytes, those of one process"
    }
}

private func checkCompressed(_ world: Communicator) throws -> String {
    try withScratch(world) { scratch in
        for cut in 0..<3 {
            _ = try writeLattice("\(scratch)/field.h5", world, cut: cut, deflate: 4)
            try verifyOnAnyRanks("\(scratch)/field.h5", world)
        }
        // Only the first rank has data.
        let path = "\(scratch)/first.h5"
        let length = 1 << 16
        let ramp = (0..<length).map { Float($0 / 64) }
        try HDF5File.with(HDF5File.create(path, communicator: world)) { file in
            let data = try file.root.createDataset("ramp", shape: [length], type: .float32, chunk: [length / 4], deflate: 6)
            try data.write(world.isRoot ? ramp : [], offset: [0], count: [world.isRoot ? length : 0])
        }
        try HDF5File.with(HDF5File.open(path, communicator: world)) { file in
            try expectEqual(try file.root.read("ramp", as: Float.self), ramp, "what one rank wrote")
        }
        let size = try readBytes(path).count
        try expect(size < length, "\(4 * length) bytes of a ramp became \(size)")
        return "\(4 * length) bytes stored in \(size)"
    }
}

private func checkExtended(_ world: Communicator) throws -> String {
    try withScratch(world) { scratch in
        let path = "\(scratch)/series.h5"
        let width = 3
        func row(_ step: Int) -> [Int64] { (0..<width).map { Int64(step * 10 + $0) } }
        try HDF5File.with(HDF5File.create(path, communicator: world)) { file in
            _ = try file.root.createDataset(
                "series", shape: [0, width], type: .int64, maximumShape: [HDF5Dataset.unlimited, width], deflate: 1)
        }
        // Opened again for each part, as a run that restarts does; each rank appends one row.
        for round in 0..<3 {
            try HDF5File.with(HDF5File.open(path, communicator: world, writable: true)) { file in
                let series = try file.root.dataset("series")
                try expectEqual(series.shape, [round * world.size, width], "shape in round \(round)")
                try series.extend(to: [(round + 1) * world.size, width])
                let step = round * world.size + world.rank
                try series.write(row(step), offset: [step, 0], count: [1, width])
            }
        }
        try HDF5File.with(HDF5File.open(path, communicator: world)) { file in
            let found = try file.root.read("series", as: Int64.self)
            try expectEqual(found, (0..<3 * world.size).flatMap(row), "the series")
        }
        return "\(3 * world.size) rows appended"
    }
}

private func checkIndependent(_ world: Communicator) throws -> String {
    try withScratch(world) { scratch in
        let path = "\(scratch)/independent.h5"
        try HDF5File.with(HDF5File.create(path, communicator: world)) { file in
            let data = try file.root.createDataset("x", shape: [world.size, 4], type: .int32)
            // A different number of transfers on every rank.
            for column in 0..<4 where column <= world.rank {
                try data.write([Int32(world.rank * 4 + column)], offset: [world.rank, column], count: [1, 1], collective: false)
            }
            let rest = (0..<4).filter { $0 > world.rank }
            let values = rest.map { Int32(world.rank * 4 + $0) }
            try data.write(values, offset: [world.rank, 4 - rest.count], count: [rest.isEmpty ? 0 : 1, rest.count])
        }
        try HDF5File.with(HDF5File.open(path, communicator: world)) { file in
            let data = try file.root.dataset("x")
            for row in 0..<world.size where row % 2 == world.rank % 2 {
                let found = try data.read(as: Int32.self, offset: [row, 0], count: [1, 4], collective: false)
                try expectEqual(found, (0..<4).map { Int32(row * 4 + $0) }, "row \(row)")
            }
        }
        return "ranks made different numbers of transfers"
    }
}

private func checkAttributes(_ world: Communicator) throws -> String {
    try withScratch(world) { scratch in
        let path = "\(scratch)/attributes.h5"
        let long = String(repeating: "λ: 0.022 # coupling\n", count: 8000)
        try HDF5File.with(HDF5File.create(path, communicator: world)) { file in
            let object = try file.root.createGroup("run")
            try object.setAttribute("step", 41)
            try object.setAttribute("step", 42)
            try object.setAttribute("seed", UInt64.max)
            try object.setAttribute("mass", 1.0 / 3.0)
            try object.setAttribute("empty", [Double]())
            try object.setAttribute("times", [0.5, -0.0, .infinity])
            try object.setAttribute("name", "φ⁴ Διδυμος")
            try object.setAttribute("blank", "")
            try object.setAttribute("long", long)
            try object.setAttribute("axes", ["t", "", "ξ"])
        }
        for communicator in [world, nil] {
            try HDF5File.with(HDF5File.open(path, communicator: communicator)) { file in
                let object = try file.root.group("run")
                try expectEqual(try object.attribute("step", as: Int.self), 42, "step")
                try expectEqual(try object.attribute("seed", as: UInt64.self), .max, "seed")
                try expectEqual(try object.attribute("mass", as: Double.self), 1.0 / 3.0, "mass")
                try expectEqual(try object.attributes("empty", as: Double.self), [], "empty")
                try expectEqual(try object.attributes("times", as: Double.self), [0.5, -0.0, .infinity], "times")
                try expectEqual(try object.stringAttribute("name"), "φ⁴ Διδυμος", "name")
                try expectEqual(try object.stringAttribute("blank"), "", "blank")
                try expect(try object.stringAttribute("long") == long, "a text of \(long.utf8.count) bytes")
                try expectEqual(try object.stringAttributes("axes"), ["t", "", "ξ"], "axes")
                try expectEqual(try object.hasAttribute("absent"), false, "absent")
                try expectEqual(try object.attributeNames.count, 9, "number of attributes")
            }
        }
        return "9 attributes, one of \(long.utf8.count) bytes"
    }
}

private func checkTypes(_ world: Communicator) throws -> String {
    try withScratch(world) { scratch in
        func roundTrip<T: HDF5Scalar & Equatable>(_ values: [T]) throws {
            let path = "\(scratch)/\(T.self).h5"
            try HDF5File.with(HDF5File.create(path, communicator: world)) { file in
                try file.root.write("values", values, units: "m")
                if let first = values.first { try file.root.write("single", first) }
            }
            try HDF5File.with(HDF5File.open(path, communicator: world)) { file in
                try expectEqual(try file.root.read("values", as: T.self), values, "\(T.self)")
                try expectEqual(try file.root.read("single", as: T.self), [values[0]], "one \(T.self)")
                try expectEqual(try file.root.dataset("values").units(), "m", "unit")
                try expectEqual(try file.root.memberNames, ["single", "values"], "members")
            }
        }
        try roundTrip([Float.leastNonzeroMagnitude, .infinity, -0.1])
        try roundTrip([Double.leastNonzeroMagnitude, .greatestFiniteMagnitude, -0.1])
        try roundTrip([Int8.min, .max, 3])
        try roundTrip([Int16.min, .max, 3])
        try roundTrip([Int32.min, .max, 3])
        try roundTrip([Int64.min, .max, 3])
        try roundTrip([Int.min, .max, 3])
        try roundTrip([UInt8.min, .max, 3])
        try roundTrip([UInt16.min, .max, 3])
        try roundTrip([UInt32.min, .max, 3])
        try roundTrip([UInt64.min, .max, 3])
        return "11 number types"
    }
}

/// A file for other programs to open: names, units, coordinates and texts must speak for themselves.
private func checkDescribed(_ world: Communicator) throws -> String {
    try withScratch(world) { scratch in
        let path = "\(scratch)/described.h5"
        try HDF5File.with(HDF5File.create(path, communicator: world)) { file in
            let length = 2 * world.size
            let field = try file.root.createDataset(
                "signal", shape: [length, 5], type: .float32, chunk: [2, 5], deflate: 3)
            let mine = (0..<10).map { Float(world.rank * 10 + $0) }
            try field.write(mine, offset: [2 * world.rank, 0], count: [2, 5])
            try field.setUnits("mV")
            let time = try file.root.write("time", (0..<length).map { 0.25 * Double($0) }, units: "s")
            let channel = try file.root.write("channel", (0..<5).map(Int32.init))
            try time.makeDimensionScale("time")
            try field.setDimensionScale(0, time, label: "time")
            try field.setDimensionScale(1, channel, label: "channel")
            try file.root.setAttribute("description", "sampled by a twin of Δίδυμος")
            try file.root.setAttribute("axes", ["time", "channel"])
            try file.root.setAttribute("ranks", world.size)
            try file.root.setAttribute("offsets", [0.5, 1.5])
        }
        try HDF5File.with(HDF5File.open(path, communicator: world)) { file in
            let field = try file.root.dataset("signal")
            try expectEqual(try [field.dimensionLabel(0), field.dimensionLabel(1)], ["time", "channel"], "labels")
            let found = try field.read(as: Double.self)
            try expectEqual(found, (0..<10 * world.size).map(Double.init), "single precision read as double")
        }
        return "2 dimension scales"
    }
}

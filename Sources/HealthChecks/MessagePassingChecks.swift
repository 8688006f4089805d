import MessagePassing
import Numerics

/// Every collective against a serial twin: what a rank contributes is a function of (rank, element), so each
/// rank can work out alone what the others sent.
func messagePassingChecks() -> [SelfCheck] {
    [
        SelfCheck(name: "broadcast", run: checkBroadcast),
        SelfCheck(name: "allReduce", run: checkAllReduce),
        SelfCheck(name: "exactSum", run: checkExactSum),
        SelfCheck(name: "nonBlocking", run: checkNonBlocking),
        SelfCheck(name: "blocks", run: checkBlocks),
        SelfCheck(name: "splitLargeCounts", run: checkLargeCounts),
        SelfCheck(name: "pointToPoint", run: checkPointToPoint),
        SelfCheck(name: "halo", run: checkHalo),
        SelfCheck(name: "openGrid", run: checkOpenGrid),
        SelfCheck(name: "groups", run: checkGroups),
        SelfCheck(name: "agree", run: checkAgree),
        SelfCheck(name: "errors", run: checkErrors),
    ]
}

/// Element `i` of rank `rank`'s contribution: small, so that no sum overflows an Int8.
private func element<T: Numeric>(_ rank: Int, _ i: Int, as: T.Type) -> T {
    T(exactly: (rank * 7 + i * 3) % 13 + 1) ?? .zero
}

private func contribution<T: Numeric>(_ rank: Int, count: Int, as type: T.Type) -> [T] {
    (0..<count).map { element(rank, $0, as: type) }
}

private func checkBroadcast(_ world: Communicator) throws -> String {
    for root in 0..<world.size {
        let values = contribution(world.rank, count: 100 + world.rank, as: Double.self)
        try expectEqual(
            try world.broadcast(values, root: root), contribution(root, count: 100 + root, as: Double.self), "root \(root)")
        try expectEqual(try world.broadcast(Int64(world.rank), root: root), Int64(root), "a number from \(root)")
        try expectEqual(try world.broadcast("Δ from \(world.rank)", root: root), "Δ from \(root)", "text from \(root)")
        try expectEqual(try world.broadcast("", root: root), "", "empty text")
    }
    return "from each of \(world.size) ranks"
}

private func checkAllReduce(_ world: Communicator) throws -> String {
    var cases = 0
    func reduce<T: MessageScalar & Numeric & Comparable>(_ type: T.Type) throws {
        let all = (0..<world.size).map { contribution($0, count: 17, as: type) }
        for (operation, combine) in [(Reduction.sum, { $0 + $1 }), (.min, { min($0, $1) }), (.max, { max($0, $1) })]
            as [(Reduction, (T, T) -> T)]
        {
            var found = all[world.rank]
            try world.allReduce(&found, operation)
            let wanted = (0..<17).map { i in all.dropFirst().reduce(all[0][i]) { combine($0, $1[i]) } }
            try expectEqual(found, wanted, "\(type) \(operation)")
            cases += 1
        }
    }
    func reduceBits<T: MessageScalar & BinaryInteger>(_ type: T.Type) throws {
        let wanted = (0..<world.size).reduce(T.zero) { $0 | element($1, 5, as: type) }
        try expectEqual(try world.allReduce(element(world.rank, 5, as: type), .bitOr), wanted, "\(type) bitOr")
        cases += 1
    }
    try reduce(Float.self)
    try reduce(Double.self)
    try reduce(Int8.self)
    try reduce(UInt8.self)
    try reduce(Int32.self)
    try reduce(UInt32.self)
    try reduce(Int64.self)
    try reduce(UInt64.self)
    try reduce(Int.self)
    try reduceBits(Int8.self)
    try reduceBits(UInt8.self)
    try reduceBits(Int32.self)
    try reduceBits(UInt32.self)
    try reduceBits(Int64.self)
    try reduceBits(UInt64.self)
    try reduceBits(Int.self)
    return "\(cases) combinations of type and operation"
}

/// Terms of very different sizes and signs, dealt to the ranks: their floating-point sum depends on the deal.
private func checkExactSum(_ world: Communicator) throws -> String {
    let stream = RandomStream(seed: 20, purpose: .test)
    let terms = (0..<4000).map { i in
        let exponent = Int(stream.integer(below: 60, epoch: 0, index: UInt64(i), draw: 1)) - 40
        return stream.normal(epoch: 0, index: UInt64(i), draw: 0) * Double(sign: .plus, exponent: exponent, significand: 1)
    }
    var serial = ExactSum()
    for term in terms.reversed() { serial.add(term) }
    // Dealt round robin, dealt in blocks, and one with a term that is not finite.
    var sums = [ExactSum(), ExactSum(), ExactSum()]
    for i in terms.indices where i % world.size == world.rank { sums[0].add(terms[i]) }
    for i in CartesianGrid.share(of: terms.count, parts: world.size, part: world.rank) { sums[1].add(terms[i]) }
    if world.rank == world.size - 1 { sums[2].add(.infinity) }
    try world.allReduce(&sums)
    try expectEqual(sums[0].value.bitPattern, serial.value.bitPattern, "bits of the sum dealt round robin")
    try expectEqual(sums[1].value.bitPattern, serial.value.bitPattern, "bits of the sum dealt in blocks")
    try expect(!sums[2].isValid && sums[2].value.isNaN, "an infinity on one rank is remembered on all")
    return "\(serial.value)"
}

private func checkNonBlocking(_ world: Communicator) throws -> String {
    let count = 5000
    let buffers = (0..<4).map { _ in UnsafeMutableBufferPointer<Int64>.allocate(capacity: count) }
    defer { buffers.forEach { $0.deallocate() } }
    func fill(_ buffer: UnsafeMutableBufferPointer<Int64>, _ k: Int) {
        for i in 0..<count { buffer[i] = element(world.rank + k, i, as: Int64.self) }
    }
    func verify(_ what: String) throws {
        for (k, buffer) in buffers.enumerated() {
            for i in stride(from: 0, to: count, by: 97) {
                let wanted = (0..<world.size).reduce(Int64(0)) { $0 + element($1 + k, i, as: Int64.self) }
                try expectEqual(buffer[i], wanted, "\(what), buffer \(k), element \(i)")
            }
        }
    }
    for (k, buffer) in buffers.enumerated() { fill(buffer, k) }
    let requests = try buffers.map { try world.startAllReduce($0, .sum) }
    var polls = 0
    while try !requests[0].test() { polls += 1 }
    for request in requests.reversed() { try request.wait() }
    try verify("started at once")

    let repeated = try buffers.map { try world.makeAllReduce($0, .sum) }
    for round in 0..<3 {
        for (k, buffer) in buffers.enumerated() { fill(buffer, k) }
        for request in repeated { try request.start() }
        for request in repeated { try request.wait() }
        try verify("round \(round)")
    }
    return "4 reductions in flight"
}

private func checkBlocks(_ world: Communicator) throws -> String {
    // Lengths differ from rank to rank and are zero for some.
    func length(_ from: Int, _ to: Int) -> Int { (from * 5 + to * 2) % 7 }
    func block(_ from: Int, _ to: Int) -> [Float] { (0..<length(from, to)).map { element(from * 11 + to, $0, as: Float.self) } }
    let everyone = Array(0..<world.size)

    let gathered = try world.allGather(block(world.rank, 0))
    try expectEqual(gathered, everyone.map { block($0, 0) }, "allGather")
    for root in everyone {
        let atRoot = try world.gather(block(world.rank, root), root: root)
        try expectEqual(atRoot, world.rank == root ? everyone.map { block($0, root) } : nil, "gather to \(root)")
        let mine = try world.scatter(world.rank == root ? everyone.map { block(root, $0) } : nil, root: root)
        try expectEqual(mine, block(root, world.rank), "scatter from \(root)")
    }
    let exchanged = try world.allToAll(everyone.map { block(world.rank, $0) })
    try expectEqual(exchanged, everyone.map { block($0, world.rank) }, "allToAll")
    return "blocks of 0 to 6 elements"
}

private func checkLargeCounts(_ world: Communicator) throws -> String {
    // With 3 elements to a call the splitting is seen without 2^31 elements.
    MessagePassing.setMaximumCount(3)
    defer { MessagePassing.setMaximumCount(0) }
    _ = try checkBroadcast(world)
    _ = try checkAllReduce(world)
    _ = try checkBlocks(world)
    _ = try checkPointToPoint(world)
    return "at most 3 elements to a call"
}

private func checkPointToPoint(_ world: Communicator) throws -> String {
    // Round a ring: blocking from even to odd and back, then non-blocking all at once.
    let next = (world.rank + 1) % world.size
    let previous = (world.rank + world.size - 1) % world.size
    let sent = contribution(world.rank, count: 10, as: Int32.self)
    var received = [Int32](repeating: 0, count: 10)

    func pass(toNext: Bool) throws {
        try sent.withUnsafeBufferPointer { try world.send($0, to: toNext ? next : previous, tag: 3) }
    }
    func take(fromNext: Bool) throws {
        try received.withUnsafeMutableBufferPointer { try world.receive($0, from: fromNext ? next : previous, tag: 3) }
        try expectEqual(received, contribution(fromNext ? next : previous, count: 10, as: Int32.self), "ring")
    }
    if world.size > 1 {
        if world.rank % 2 == 0 {
            try pass(toNext: true)
            try take(fromNext: false)
        } else {
            try take(fromNext: false)
            try pass(toNext: true)
        }
    }
    received = [Int32](repeating: 0, count: 10)
    try received.withUnsafeMutableBufferPointer { into in
        let receive = try world.startReceive(into, from: next, tag: 9)
        let send = try sent.withUnsafeBufferPointer { from in
            let send = try world.startSend(from, to: previous, tag: 9)
            try send.wait()
            return send
        }
        try receive.wait()
        try expect(try send.test(), "a finished send tests as finished")
    }
    try expectEqual(received, contribution(next, count: 10, as: Int32.self), "ring, non-blocking")
    return "ring of \(world.size)"
}

private func checkHalo(_ world: Communicator) throws -> String {
    // A field on an uneven lattice whose value is its global place: halos must hold the neighbour's places.
    let extents = [13, 11]
    let shape = try CartesianGrid.bestGrid(ranks: world.size, extents: extents)
    let grid = try CartesianGrid(communicator: world, dimensions: shape)
    var exchanged = 0
    for dimension in 0..<2 {
        let other = 1 - dimension
        let width = grid.localExtent(of: extents[other], dimension: other)
        let start = grid.offset(of: extents[other], dimension: other)
        let first = grid.offset(of: extents[dimension], dimension: dimension)
        let last = first + grid.localExtent(of: extents[dimension], dimension: dimension) - 1
        let faces = (0..<4).map { _ in UnsafeMutableBufferPointer<Double>.allocate(capacity: width) }
        defer { faces.forEach { $0.deallocate() } }
        let forward = grid.neighbour(dimension: dimension, direction: 1)
        let backward = grid.neighbour(dimension: dimension, direction: -1)
        let requests = [
            try world.makeReceive(faces[2], from: backward, tag: 1),
            try world.makeReceive(faces[3], from: forward, tag: 2),
            try world.makeSend(UnsafeBufferPointer(faces[0]), to: forward, tag: 1),
            try world.makeSend(UnsafeBufferPointer(faces[1]), to: backward, tag: 2),
        ]
        func value(_ along: Int, _ across: Int, _ sweep: Int) -> Double {
            let wrapped = (along + extents[dimension]) % extents[dimension]
            return Double(sweep * 10_000 + wrapped * 100 + across)
        }
        for sweep in 0..<5 {
            for i in 0..<width {
                faces[0][i] = value(last, start + i, sweep)
                faces[1][i] = value(first, start + i, sweep)
                faces[2][i] = .nan
                faces[3][i] = .nan
            }
            for request in requests { try request.start() }
            for request in requests { try request.wait() }
            for i in 0..<width {
                try expectEqual(faces[2][i], value(first - 1, start + i, sweep), "halo before, sweep \(sweep)")
                try expectEqual(faces[3][i], value(last + 1, start + i, sweep), "halo after, sweep \(sweep)")
                exchanged += 2
            }
        }
    }
    return "grid \(shape[0])x\(shape[1]) on 13x11, \(exchanged) sites"
}

private func checkOpenGrid(_ world: Communicator) throws -> String {
    let grid = try CartesianGrid(communicator: world, dimensions: [world.size], periodic: false)
    var halo = [-1.0]
    let mine = [Double(world.rank)]
    try halo.withUnsafeMutableBufferPointer { into in
        let receive = try world.startReceive(into, from: grid.neighbour(dimension: 0, direction: -1), tag: 5)
        try mine.withUnsafeBufferPointer { try world.send($0, to: grid.neighbour(dimension: 0, direction: 1), tag: 5) }
        try receive.wait()
    }
    try expectEqual(halo[0], Double(world.rank - 1), "the edge keeps its own value")
    return "\(world.size) in a row"
}

private func checkGroups(_ world: Communicator) throws -> String {
    let color = world.rank % 2
    let part = try world.split(color: color, key: -world.rank)
    let members = (0..<world.size).filter { $0 % 2 == color }
    try expectEqual(part.size, members.count, "members of color \(color)")
    try expectEqual(part.rank, members.count - 1 - world.rank / 2, "rank by descending key")
    try expectEqual(try part.allReduce(world.rank, .sum), members.reduce(0, +), "sum over color \(color)")
    try part.free()

    let twin = try world.duplicate()
    try expectEqual([twin.rank, twin.size], [world.rank, world.size], "rank and size of the duplicate")
    try expect(twin.fortranHandle != world.fortranHandle, "the duplicate has a handle of its own")
    try twin.barrier()
    try twin.free()

    let node = try world.splitByNode()
    try expect(node.size >= 1 && node.size <= world.size, "node of \(node.size) ranks")
    let nodeSize = node.size
    try node.free()
    try expect(world === MessagePassing.start(), "starting again gives the same world")
    return "\(nodeSize) ranks on this node"
}

private func checkAgree(_ world: Communicator) throws -> String {
    try expectEqual(try world.agree { world.rank * 2 }, world.rank * 2, "nobody fails")
    for (failing, wanted) in [([world.size - 1], 1), (Array(0..<world.size), world.size)] {
        do {
            try world.agree {
                if failing.contains(world.rank) { throw CheckFailure("disk of rank \(world.rank) is full") }
            }
            throw CheckFailure("an error on ranks \(failing) reached nobody")
        } catch let error as AgreedError {
            try expectEqual(error.message, "disk of rank \(failing[0]) is full", "the message everyone gets")
            try expectEqual(error.rank, failing[0], "the lowest failing rank")
            try expectEqual(error.failures, wanted, "number of failures")
            try expectEqual(error.exitCode, 70, "exit code of an error that names none")
            try expectEqual(error.underlying != nil, failing.contains(world.rank), "own error")
        }
    }
    do {
        _ = try world.agree { try CartesianGrid(communicator: world, dimensions: [world.size + 1]) }
        throw CheckFailure("an impossible grid was accepted")
    } catch let error as AgreedError {
        try expectEqual(error.exitCode, 65, "exit code of bad input")
    }
    return "one message for \(world.size) ranks"
}

private func checkErrors(_ world: Communicator) throws -> String {
    // MPI's own errors come back as Swift errors that name the call.
    do {
        _ = try world.broadcast(1.0, root: world.size)
        throw CheckFailure("a root that does not exist was accepted")
    } catch let error as MessagePassingError {
        try expect(error.description.hasPrefix("MPI_Bcast failed: MPI_ERR_ROOT"), "found: \(error)")
    }
    // A message of the wrong length is refused by its receiver, too long and too short.
    // (Open MPI 4.1 does not notice a longer message from a rank to itself.)
    let next = (world.rank + 1) % world.size
    let previous = (world.rank + world.size - 1) % world.size
    for (sent, wanted) in [(5, "MPI_ERR_TRUNCATE"), (3, "shorter")] where sent < 4 || world.size > 1 {
        let message = [Double](repeating: 1, count: sent)
        var received = [Double](repeating: 0, count: 4)
        try message.withUnsafeBufferPointer { from in
            try received.withUnsafeMutableBufferPointer { into in
                let receive = try world.startReceive(into, from: previous, tag: 7)
                let send = try world.startSend(from, to: next, tag: 7)
                do {
                    try receive.wait()
                    throw CheckFailure("\(sent) elements were accepted where 4 were wanted")
                } catch let error as MessagePassingError {
                    try expect(error.description.contains(wanted), "found: \(error)")
                }
                try send.wait()
            }
        }
    }
    return "named by call"
}

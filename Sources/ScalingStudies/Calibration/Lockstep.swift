import Batch
import MessagePassing

/// What is left of the cores' speed when ranks that do the same work must meet after every piece of it.
///
/// A core that is held up, by its system, a hypervisor or a neighbour's memory traffic, holds up all ranks that wait for it: a sum of
/// largest times takes the place of the largest sum. No program whose ranks meet as often can be more efficient on this machine.
struct Lockstep {
    let communicator: Communicator
    /// Bytes of each of the two messages a rank sends after a piece: a face of a lattice, the eager way.
    static let messageBytes = 4096
    /// Lengths of a piece, in seconds.
    static let pieces = [25e-6, 100e-6, 400e-6, 1600e-6]

    /// Mean time of a piece on its own over the time of a piece with messages, for each length; empty on one rank. *Collective.*
    func run() throws -> [Ceilings.Piece] {
        guard communicator.size > 1 else { return [] }
        let bytes = Self.messageBytes
        var buffers: [UnsafeMutableBufferPointer<UInt8>] = []
        for _ in 0..<4 {
            let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes)
            buffer.initialize(repeating: 1)
            buffers.append(buffer)
        }
        let work = UnsafeMutablePointer<Double>.allocate(capacity: Self.count)
        work.initialize(repeating: 1, count: Self.count)
        defer {
            for buffer in buffers { buffer.deallocate() }
            work.deallocate()
        }
        let next = (communicator.rank + 1) % communicator.size, previous = (communicator.rank + communicator.size - 1) % communicator.size
        let requests = [
            try communicator.makeReceive(buffers[0], from: previous, tag: 1), try communicator.makeReceive(buffers[1], from: next, tag: 2),
            try communicator.makeSend(UnsafeBufferPointer(buffers[2]), to: next, tag: 1),
            try communicator.makeSend(UnsafeBufferPointer(buffers[3]), to: previous, tag: 2),
        ]
        // The first rank says how many passes a second has, so that all do the same.
        Self.pass(work, 2000)
        let start = Phases.now()
        Self.pass(work, 2000)
        let passes = try communicator.broadcast(Int(2000 / max(1e-9, Phases.now() - start)), root: 0)
        return try Self.pieces.map { length in
            let work = (pointer: work, passes: max(1, Int(Double(passes) * length)))
            let repeats = max(20, Int(0.05 / length))
            var alone = 0.0, together = 0.0
            // In turn, so that a slow stretch of the machine meets both.
            for _ in 0..<6 {
                try communicator.barrier()
                var start = Phases.now()
                for _ in 0..<repeats { Self.pass(work.pointer, work.passes) }
                alone += try communicator.allReduce(Phases.now() - start, .sum) / Double(communicator.size)
                try communicator.barrier()
                start = Phases.now()
                for _ in 0..<repeats {
                    for request in requests { try request.start() }
                    Self.pass(work.pointer, work.passes)
                    for request in requests { try request.wait() }
                }
                together += try communicator.allReduce(Phases.now() - start, .max)
            }
            return Ceilings.Piece(seconds: alone / Double(6 * repeats), efficiency: alone / together)
        }
    }

    /// Numbers that stay in the first-level cache.
    private static let count = 2048

    @inline(never)
    private static func pass(_ values: UnsafeMutablePointer<Double>, _ passes: Int) {
        for _ in 0..<passes {
            for i in 0..<count { values[i] = values[i] * 0.999 + 0.001 }
        }
    }
}

import MessagePassing

/// Fills the halo of one field: faces to other ranks through persistent messages, faces to itself by copies.
///
/// Only faces travel: nearest neighbours need no corners. *Collective*: `start` and `finish` in pairs.
final class HaloExchange {
    private struct Face {
        /// First site, and the sites' offsets from it as runs: (number of runs, distance, run length) nested.
        let offsets: UnsafeMutablePointer<Int>
        let runLength: Int
        let runs: Int
    }

    private let field: UnsafeMutablePointer<Double>
    /// For each axis cut among ranks and each direction: sites to pack, buffer to send; buffer received, halo to fill.
    private var sends: [(face: Face, buffer: UnsafeMutableBufferPointer<Double>, request: PersistentRequest)] = []
    private var receives: [(face: Face, buffer: UnsafeMutableBufferPointer<Double>, request: PersistentRequest)] = []
    /// For each axis of one rank: the block's face and the halo that repeats it.
    private var copies: [(from: Face, to: Face)] = []

    /// - Parameter tag: distinguishes the fields of one communicator.
    init(_ geometry: LatticeGeometry, field: UnsafeMutablePointer<Double>, tag: Int) throws {
        self.field = field
        let communicator = geometry.grid.communicator
        for axis in 0..<geometry.dimension {
            let n = geometry.localExtents[axis]
            for direction in [-1, 1] {
                // What lies at this side of the block becomes the neighbour's halo at its other side.
                let near = Self.face(geometry, axis: axis, at: direction < 0 ? 1 : n)
                let halo = Self.face(geometry, axis: axis, at: direction < 0 ? 0 : n + 1)
                if geometry.grid.dimensions[axis] == 1 {
                    near.offsets.deallocate()
                    copies.append((Self.face(geometry, axis: axis, at: direction < 0 ? n : 1), halo))
                    continue
                }
                let peer = geometry.grid.neighbour(dimension: axis, direction: direction)
                let outgoing = UnsafeMutableBufferPointer<Double>.allocate(capacity: near.runs * near.runLength)
                let incoming = UnsafeMutableBufferPointer<Double>.allocate(capacity: near.runs * near.runLength)
                outgoing.initialize(repeating: 0)
                incoming.initialize(repeating: 0)
                // A message is named by the direction in which it travels.
                let base = 16 * tag + 2 * axis
                sends.append(
                    (
                        near, outgoing,
                        try communicator.makeSend(UnsafeBufferPointer(outgoing), to: peer, tag: base + (direction > 0 ? 1 : 0))
                    ))
                receives.append(
                    (halo, incoming, try communicator.makeReceive(incoming, from: peer, tag: base + (direction > 0 ? 0 : 1))))
            }
        }
    }

    deinit {
        for message in sends + receives {
            message.buffer.deallocate()
            message.face.offsets.deallocate()
        }
        for copy in copies {
            copy.from.offsets.deallocate()
            copy.to.offsets.deallocate()
        }
    }

    /// The sites of the block (no halo of other axes) at one framed coordinate of `axis`.
    private static func face(_ geometry: LatticeGeometry, axis: Int, at coordinate: Int) -> Face {
        let last = geometry.dimension - 1
        let contiguous = axis != last
        let runLength = contiguous ? geometry.localExtents[last] : 1
        var starts = [coordinate * geometry.strides[axis]]
        for other in 0..<geometry.dimension where other != axis {
            if contiguous && other == last {
                starts = starts.map { $0 + geometry.strides[last] }
            } else {
                starts = starts.flatMap { start in (1...geometry.localExtents[other]).map { start + $0 * geometry.strides[other] } }
            }
        }
        let offsets = UnsafeMutablePointer<Int>.allocate(capacity: starts.count)
        offsets.initialize(from: starts, count: starts.count)
        return Face(offsets: offsets, runLength: runLength, runs: starts.count)
    }

    /// Copies the faces that stay on this rank and sends the others off. *Collective.*
    func start() throws {
        for copy in copies {
            if copy.from.runLength == 1 {
                for run in 0..<copy.from.runs { field[copy.to.offsets[run]] = field[copy.from.offsets[run]] }
            } else {
                for run in 0..<copy.from.runs {
                    (field + copy.to.offsets[run]).update(from: field + copy.from.offsets[run], count: copy.from.runLength)
                }
            }
        }
        for message in receives { try message.request.start() }
        for message in sends {
            guard let target = message.buffer.baseAddress else { continue }
            let length = message.face.runLength
            for run in 0..<message.face.runs {
                (target + run * length).update(from: field + message.face.offsets[run], count: length)
            }
            try message.request.start()
        }
    }

    /// Waits for the messages and fills the halo. *Collective.*
    func finish() throws {
        for message in receives {
            try message.request.wait()
            guard let source = message.buffer.baseAddress else { continue }
            let length = message.face.runLength
            for run in 0..<message.face.runs {
                (field + message.face.offsets[run]).update(from: source + run * length, count: length)
            }
        }
        for message in sends { try message.request.wait() }
    }
}

import Batch
import Glibc
import MessagePassing
import Numerics
import ParallelHDF5

/// Measures the ceilings of the machine on the ranks of a communicator.
public struct Calibration {
    let communicator: Communicator
    /// Bytes of each of a rank's three arrays for the triad, and of its part of the file.
    let bytes: Int
    let directory: String

    /// - Parameters:
    ///   - bytes: choose at least four times the last-level cache.
    ///   - directory: on the file system to be measured.
    public init(_ communicator: Communicator, bytes: Int, directory: String) {
        self.communicator = communicator
        self.bytes = max(1 << 16, bytes)
        self.directory = directory
    }

    /// All measurements; about ten seconds. *Collective.*
    public func run() throws -> Ceilings {
        let load = SystemDescription.load, started = Format.timestamp()
        let single = try peak { PeakRate.single(tries: 50) }
        let double = try peak { PeakRate.double(tries: 50) }
        let triad = try triad()
        let pingPong = try pingPong(), allReduce = try allReduce()
        let lockstep = try Lockstep(communicator: communicator).run()
        let (write, read, size) = try fileRates()
        return Ceilings(
            system: .current, started: started, ranks: communicator.size, loadBefore: load, peakSingle: single, peakDouble: double, triad: triad,
            pingPong: pingPong, allReduce: allReduce, lockstep: lockstep, writeRate: write, readRate: read, fileBytes: size)
    }

    /// The mean over ranks that work at the same time.
    private func peak(_ measure: () -> Double) throws -> Double {
        try communicator.barrier()
        return try communicator.allReduce(measure(), .sum) / Double(communicator.size)
    }

    /// a = b + s c over all ranks; the best of ten, as STREAM reports (McCalpin 1995), 24 bytes an element.
    private func triad() throws -> Double {
        let count = bytes / 8
        let a = UnsafeMutablePointer<Double>.allocate(capacity: count), b = UnsafeMutablePointer<Double>.allocate(capacity: count)
        let c = UnsafeMutablePointer<Double>.allocate(capacity: count)
        defer { for pointer in [a, b, c] { pointer.deallocate() } }
        for pointer in [a, b, c] { pointer.initialize(repeating: 1.5, count: count) }
        var best = Double.infinity
        for _ in 0..<10 {
            try communicator.barrier()
            let start = Phases.now()
            Self.triad(a, b, c, 0.4, count)
            best = min(best, try communicator.allReduce(Phases.now() - start, .max))
        }
        return 24 * Double(count) * Double(communicator.size) / best
    }

    @inline(never)
    private static func triad(
        _ a: UnsafeMutablePointer<Double>, _ b: UnsafeMutablePointer<Double>, _ c: UnsafeMutablePointer<Double>, _ s: Double, _ count: Int
    ) {
        for i in 0..<count { a[i] = b[i] + s * c[i] }
    }

    private static let sizes = (0...10).map { 8 << (2 * $0) }
    private static func repeats(_ size: Int) -> Int { max(10, min(200, (1 << 22) / size)) }

    private func pingPong() throws -> [Ceilings.Point] {
        guard communicator.size > 1 else { return [] }
        let last = communicator.size - 1
        var points: [Ceilings.Point] = []
        for size in Self.sizes {
            let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: size)
            defer { buffer.deallocate() }
            buffer.initialize(repeating: 1)
            var times: [Double] = []
            try communicator.barrier()
            for _ in 0..<Self.repeats(size) {
                let start = Phases.now()
                if communicator.rank == 0 {
                    try communicator.send(UnsafeBufferPointer(buffer), to: last, tag: 1)
                    try communicator.receive(buffer, from: last, tag: 2)
                } else if communicator.rank == last {
                    try communicator.receive(buffer, from: 0, tag: 1)
                    try communicator.send(UnsafeBufferPointer(buffer), to: 0, tag: 2)
                }
                times.append((Phases.now() - start) / 2)
            }
            points.append(Ceilings.Point(bytes: Double(size), seconds: CostSummary.median(times)))
        }
        return points
    }

    private func allReduce() throws -> [Ceilings.Point] {
        guard communicator.size > 1 else { return [] }
        return try Self.sizes.map { size in
            let buffer = UnsafeMutableBufferPointer<Int64>.allocate(capacity: size / 8)
            defer { buffer.deallocate() }
            buffer.initialize(repeating: 0)
            var times: [Double] = []
            for _ in 0..<Self.repeats(size) {
                try communicator.barrier()
                let start = Phases.now()
                try communicator.allReduce(buffer, .sum)
                times.append(Phases.now() - start)
            }
            // The slowest rank is the one the others wait for.
            return Ceilings.Point(bytes: Double(size), seconds: try communicator.allReduce(CostSummary.median(times), .max))
        }
    }

    /// One shared file, written and flushed, then read.
    private func fileRates() throws -> (write: Double, read: Double, size: Double) {
        let path = "\(directory)/scaling-calibrate-\(try communicator.broadcast(Int(getpid()), root: 0)).h5"
        try communicator.agree { if communicator.isRoot { try Files.makeDirectories(directory) } }
        defer { if communicator.isRoot { try? Files.remove(path) } }
        let count = bytes / 8, total = count * communicator.size
        let offset = [count * communicator.rank]
        let values = [Double](repeating: Double(communicator.rank), count: count)
        func timed(_ body: () throws -> Void) throws -> Double {
            try communicator.barrier()
            let start = Phases.now()
            try body()
            return try communicator.allReduce(Phases.now() - start, .max)
        }
        let writing = try timed {
            try HDF5File.with(HDF5File.create(path, communicator: communicator)) { file in
                try file.root.createDataset("values", shape: [total], type: .float64).write(values, offset: offset, count: [count])
                try file.flush()
            }
            // Bytes count as written when they are on the disk.
            try communicator.agree { if communicator.isRoot { try Files.synchronize(path) } }
        }
        let reading = try timed {
            try HDF5File.with(HDF5File.open(path, communicator: communicator)) { file in
                let found = try file.root.dataset("values").read(as: Double.self, offset: offset, count: [count])
                guard found == values else { throw ScalingError("\(path): read other values than were written", code: .inputOutput) }
            }
        }
        let size = 8 * Double(total)
        return (size / writing, size / reading, size)
    }
}

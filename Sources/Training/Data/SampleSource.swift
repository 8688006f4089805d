import Glibc
import Numerics
import ParallelHDF5

/// One dataset of a `ShardedDataset`, read sample by sample.
final class SampleSource {
    /// Numbers in a sample.
    let length: Int
    /// The shard as kernels want it, `[number]` of lanes.
    let lanes: UnsafeMutablePointer<Lane>
    /// The shard as it is in the file, `[sample][number]`.
    private let rows: UnsafeMutableBufferPointer<Float>
    private let dataset: HDF5Dataset
    private let path: String
    /// Where a contiguous dataset lies, and a descriptor of its file.
    private let location: (descriptor: Int32, offset: Int)?

    init(_ dataset: HDF5Dataset, file path: String) throws {
        self.dataset = dataset
        self.path = path
        length = dataset.shape.dropFirst().reduce(1, *)
        location = try dataset.fileOffset(of: Float.self).map { offset in
            let descriptor = open(path, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else {
                throw TrainingError("\(path): cannot open: \(String(cString: strerror(errno)))", exitCode: 74)
            }
            return (descriptor, offset)
        }
        rows = .allocate(capacity: laneWidth * length)
        rows.initialize(repeating: 0)
        lanes = .allocate(capacity: max(length, 1))
        lanes.initialize(repeating: .zero, count: max(length, 1))
    }

    deinit {
        rows.deallocate()
        lanes.deallocate()
        if let location { close(location.descriptor) }
    }

    /// Reads a sample into row `row` of the shard. *Not collective.*
    func read(sample: Int, into row: Int) throws {
        let target = UnsafeMutableBufferPointer(rebasing: rows[row * length..<(row + 1) * length])
        guard let location else {
            let rest = [Int](repeating: 0, count: dataset.shape.count - 1)
            try dataset.read(into: target, offset: [sample] + rest, count: [1] + dataset.shape.dropFirst(), collective: false)
            return
        }
        let bytes = UnsafeMutableRawBufferPointer(target)
        var done = 0
        while done < bytes.count {
            let got = pread(
                location.descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done,
                off_t(location.offset + sample * bytes.count + done))
            if got < 0, errno == EINTR { continue }
            guard got > 0 else {
                let reason = got == 0 ? "the file ends" : String(cString: strerror(errno))
                throw TrainingError("\(path): cannot read sample \(sample) of \(dataset.path): \(reason)", exitCode: 74)
            }
            done += got
        }
    }

    /// Asks the kernel to fetch a sample in the background; a hint, so its failure does not matter.
    func announce(sample: Int) {
        guard let location else { return }
        let size = length * MemoryLayout<Float>.stride
        _ = posix_fadvise(location.descriptor, off_t(location.offset + sample * size), off_t(size), POSIX_FADV_WILLNEED)
    }

    /// Turns the rows into lanes.
    func transpose() {
        guard let rows = rows.baseAddress else { return }
        for i in 0..<length {
            var lane = Lane.zero
            for j in 0..<laneWidth { lane[j] = rows[j * length + i] }
            lanes[i] = lane
        }
    }
}

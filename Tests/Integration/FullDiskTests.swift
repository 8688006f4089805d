import Foundation
import Glibc
import ParallelHDF5
import TestSupport
import Testing

/// A file system of its own in memory, small enough to be filled; only root can mount one.
private final class SmallDisk {
    let path: String
    private let directory: TemporaryDirectory

    init(kibibytes: Int) throws {
        directory = try TemporaryDirectory()
        path = directory.path("disk")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        guard mount("tmpfs", path, "tmpfs", 0, "size=\(kibibytes)k") == 0 else {
            throw ProcessError(description: "cannot mount a tmpfs: \(String(cString: strerror(errno)))")
        }
    }

    static let isPossible: Bool = {
        do { _ = try SmallDisk(kibibytes: 64) } catch { return false }
        return true
    }()

    var freeKibibytes: Int { (DiskSpace.freeBytes(at: "\(path)/x") ?? 0) >> 10 }

    /// Leaves `kibibytes` free, rounded to pages.
    func fill(leaving kibibytes: Int) throws {
        let more = max(0, freeKibibytes - kibibytes)
        let descriptor = open("\(path)/ballast", O_WRONLY | O_CREAT | O_APPEND, 0o600)
        defer { close(descriptor) }
        let zeros = [UInt8](repeating: 0, count: 1024)
        for _ in 0..<more where write(descriptor, zeros, zeros.count) != zeros.count {
            throw ProcessError(description: "cannot fill \(path)")
        }
    }

    func empty() { unlink("\(path)/ballast") }

    deinit { umount2(path, Int32(MNT_DETACH)) }
}

@Suite("A full disk", .serialized, .enabled(if: SmallDisk.isPossible, "a tmpfs cannot be mounted here: needs root"))
struct FullDiskTests {
    private func files(_ directory: String) -> [String] {
        (FileManager.default.enumerator(atPath: directory)?.compactMap { $0 as? String } ?? []).sorted()
    }

    private func run(
        _ command: String, _ disk: SmallDisk, ranks: Int, _ more: [String] = [], environment: [String: String] = [:]
    ) throws -> ProcessResult {
        let run = try FlowtrainCase()
        return try MPIRun.run(
            executable: "flowtrain", arguments: [command, run.directory.path("run.yaml"), "--run", "\(disk.path)/run"] + more, ranks: ranks,
            timeout: 60, environment: environment)
    }

    /// One message with the path and what to do, code 74, no hang, nothing half-written under a final name.
    private func expectRefusal(_ result: ProcessResult, _ command: String, _ disk: SmallDisk) {
        #expect(result.status == 74, "\(result.stderr)")
        let messages = result.stderr.split(separator: "\n").filter { $0.hasPrefix("flowtrain \(command): ") }
        #expect(messages.count == 1, "\(result.stderr)")
        let message = messages.first ?? ""
        #expect(message.contains(disk.path) && message.contains("No space left on device") && message.contains("make room"), "\(message)")
        #expect(!result.stderr.contains("Segmentation") && !result.stderr.contains("signal 11"))
        let left = files("\(disk.path)/run").filter { $0.hasSuffix(".tmp") || ["flow.h5", "hmc.h5"].contains($0) }
        #expect(left.isEmpty, "\(left)")
    }

    @Test("no checkpoint fits: refused before HDF5 writes; with room again, the run ends well", arguments: ["hmc", "train"], [1, 2, 3])
    func beforeTheFirstCheckpoint(command: String, ranks: Int) throws {
        let disk = try SmallDisk(kibibytes: 4096)
        try disk.fill(leaving: 100)
        let refused = try run(command, disk, ranks: ranks)
        expectRefusal(refused, command, disk)
        #expect(refused.stderr.contains("no room for") && refused.stderr.contains("bytes are free"), "\(refused.stderr)")
        disk.empty()
        let finished = try run(command, disk, ranks: ranks)
        #expect(finished.status == 0, "\(finished.stderr)")
    }

    @Test("it fills up between checkpoints: the older ones stay as they were, and the run goes on from them", arguments: [1, 2, 3])
    func betweenCheckpoints(ranks: Int) throws {
        let disk = try SmallDisk(kibibytes: 4096)
        _ = try run("train", disk, ranks: ranks, environment: ["DIDYMOS_FAULT": "checkpoint-write:before-rename:0:4"])
        let directory = "\(disk.path)/run/checkpoints/train"
        func checkpoints() throws -> [String: Data] {
            let names = files(directory).filter { $0.hasSuffix(".h5") }
            return try Dictionary(uniqueKeysWithValues: names.map { ($0, try Data(contentsOf: URL(fileURLWithPath: "\(directory)/\($0)"))) })
        }
        let before = try checkpoints()
        #expect(before.count == 2)
        try disk.fill(leaving: 100)
        expectRefusal(try run("train", disk, ranks: ranks), "train", disk)
        #expect(try checkpoints() == before)
        disk.empty()
        let finished = try run("train", disk, ranks: ranks)
        #expect(finished.status == 0 && finished.stderr.contains("continues after step"), "\(finished.stderr)")
    }

    @Test("nothing at all fits, not even the lock", arguments: [1, 2, 3])
    func texts(ranks: Int) throws {
        let disk = try SmallDisk(kibibytes: 1024)
        try disk.fill(leaving: 0)
        expectRefusal(try run("train", disk, ranks: ranks), "train", disk)
    }

    @Test("the metrics fill it", arguments: [1, 2, 3])
    func metrics(ranks: Int) throws {
        let disk = try SmallDisk(kibibytes: 1024)
        try disk.fill(leaving: 100)
        let result = try run(
            "train", disk, ranks: ranks, ["training.steps=20000", "training.log_every=1", "training.checkpoint_every=20000"].flatMap { ["--set", $0] })
        expectRefusal(result, "train", disk)
        #expect(result.stderr.contains("run/metrics-train.jsonl") || result.stderr.contains("run/tensorboard/train/"), "\(result.stderr)")
    }

    @Test("where no room can be reserved, a disk that fills up under HDF5 ends the job all the same", arguments: [1, 2, 3])
    func filledMeanwhile(ranks: Int) throws {
        let disk = try SmallDisk(kibibytes: 1024)
        try disk.fill(leaving: 32)
        let result = try run("train", disk, ranks: ranks, environment: ["DIDYMOS_FAULT": "reserve:skip"])
        #expect(result.status == 74, "\(result.stderr)")
        #expect(result.stderr.contains("\(disk.path)/run/"), "\(result.stderr)")
        #expect(!result.stderr.contains("Segmentation"))
        #expect(files("\(disk.path)/run").allSatisfy { !$0.hasSuffix(".h5") }, "no torn file under a final name")
    }

    @Test("reserved room is this file's own, refused with the figures where there is none, and the file's size stays")
    func reservation() throws {
        let disk = try SmallDisk(kibibytes: 1024)
        let path = "\(disk.path)/file"
        try Data([1, 2, 3]).write(to: URL(fileURLWithPath: path))
        let before = disk.freeKibibytes
        #expect(try DiskSpace.reserve(path, from: 0, to: 512 << 10))
        #expect(disk.freeKibibytes <= before - 500)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)).count == 3)
        do {
            _ = try DiskSpace.reserve(path, from: 512 << 10, to: 2 << 20)
            Issue.record("2 MiB were given on a disk of 1 MiB")
        } catch let error as HDF5Error {
            #expect(error.exitCode == 74 && error.file == path)
            #expect(error.reason.contains("no room for \((2 << 20) - (512 << 10)) bytes more"), "\(error)")
        }
    }

    @Test("HDF5 never needs more than was reserved for it, and the surplus is given back at close")
    func promises() throws {
        let disk = try SmallDisk(kibibytes: 32 << 10)
        let free = disk.freeKibibytes
        let path = "\(disk.path)/file.h5"
        var promised = 0
        try HDF5File.with(HDF5File.create(path, communicator: nil)) { file in
            for index in 0..<60 {
                let group = try file.root.createGroup("group\(index)/inner")
                try group.setAttribute("text", String(repeating: "x", count: 10 * index * index))
                try group.setAttribute("numbers", [Double](repeating: 1, count: index))
                try group.write("values", [Float](repeating: 0.5, count: 100 * index))
            }
            try file.root.write("large", [Double](repeating: 2, count: 200_000))
            let noise = (0..<200_000).map { UInt32(truncatingIfNeeded: $0 &* 2_654_435_761) }
            let packed = try file.root.createDataset("packed", shape: [200_000], type: .uint32, chunk: [1000], deflate: 9, shuffle: false)
            try packed.write(noise)
            let series = try file.root.createDataset(
                "series", shape: [0, 3], type: .float64, maximumShape: [HDF5Dataset.unlimited, 3], chunk: [16, 3])
            for round in 1...20 {
                try series.extend(to: [round * 50, 3])
                try series.write([Double](repeating: 1, count: 150), offset: [(round - 1) * 50, 0], count: [50, 3])
            }
            promised = file.promisedBytes
            let held = free - disk.freeKibibytes
            #expect(held << 10 >= promised)
        }
        let size = try #require(try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
        #expect(size <= promised, "the file has \(size) bytes")
        #expect(free - disk.freeKibibytes <= size >> 10 + 8, "what was not needed is free again")
    }
}

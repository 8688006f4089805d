import Batch
import MessagePassing
import ParallelHDF5
import PulsarFrames

/// Frames that a command writes into files.
protocol FileableFrames: LabelledFrameSource {
    var areBytes: Bool { get }
    var units: String { get }
    /// What a file says about its frames, beside their axes. *Collective.*
    func describe(_ root: HDF5Group) throws
}

extension TwinFrames: FileableFrames {
    var areBytes: Bool { settings.areBytes }
    var units: String { stages.has(.digitiser) ? "levels" : "K" }

    func describe(_ root: HDF5Group) throws {
        try root.setAttribute("stages", stages.text)
        try root.setAttribute("dispersion_constant", constant.rawValue)
        try root.setAttribute("dispersion_constant_value", constant.value)
        try root.setAttribute("degrees_of_freedom", 2 * receiver.shape)
        try root.write("system_temperature", receiver.temperatures, units: "K")
        try root.write("bandpass", receiver.bandpass, units: "1")
    }
}

/// Labelled frames into files `frames-0000.h5`, ...; a finished file is the checkpoint.
final class FramesRun {
    private let context: JobContext
    private let source: any FileableFrames
    private let count: Int
    private let perFile: Int
    private let settingsHash: String
    private let label: String
    /// Frames that a rank makes before all write.
    private static let block = 16

    /// - Parameters:
    ///   - settingsHash: of all that the frames depend on.
    ///   - label: of the progress display.
    init(_ context: JobContext, source: any FileableFrames, count: Int, perFile: Int, settingsHash: String, label: String) {
        self.context = context
        self.label = label
        self.settingsHash = settingsHash
        self.source = source
        self.count = count
        self.perFile = perFile
    }

    static func name(_ index: Int) -> String {
        let digits = "\(index)"
        return "frames-" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits + ".h5"
    }

    /// *Collective.* Why it stopped early, or nil when finished.
    func run() throws -> StopReason? {
        let files = (count + perFile - 1) / perFile
        let progress = context.progress(total: count, unit: "frames", label: label)
        defer { progress.finish() }
        var made = 0
        let began = Phases.now()
        for index in 0..<files {
            let range = index * perFile..<min(count, (index + 1) * perFile)
            if try isDone(Self.name(index), range) {
                progress.advance(to: range.upperBound)
                continue
            }
            try write(Self.name(index), range, progress)
            made += range.count
            if index + 1 < files, let reason = try context.stop.shouldStop(after: index + 1) { return reason }
        }
        context.summary.set("frames", count)
        context.summary.set("files", files)
        context.summary.set("frames_made_now", made)
        if made > 0 {
            let rate = Double(made) / (Phases.now() - began)
            context.summary.set("frames_per_second", rate)
            context.log.info("\(made) frames, \(Format.general(rate, digits: 3)) a second with files")
        }
        return nil
    }

    private func write(_ name: String, _ range: Range<Int>, _ progress: Progress) throws {
        let communicator = context.communicator
        try context.writeData(name) { file in
            try file.root.setAttribute("settings_hash", settingsHash)
            try file.root.setAttribute("first_frame", Int64(range.lowerBound))
            let writer = try FrameWriter(file.root, source: source, count: range.count)
            let rounds = (range.count + Self.block * communicator.size - 1) / (Self.block * communicator.size)
            for round in 0..<rounds {
                let start = min(range.count, (round * communicator.size + communicator.rank) * Self.block)
                let mine = start..<min(range.count, start + Self.block)
                let block = context.phases.measure(.compute) { FrameBlock(source, place: mine, firstFrame: range.lowerBound) }
                try context.phases.measure(.io) { try writer.write(block) }
                progress.advance(to: range.lowerBound + min(range.count, (round + 1) * Self.block * communicator.size))
            }
        }
    }

    /// Whether a file of these settings and frames is there already. *Collective.*
    private func isDone(_ name: String, _ range: Range<Int>) throws -> Bool {
        let path = context.directory.path(name)
        let exists = try context.communicator.broadcast(context.communicator.isRoot && Files.exists(path) ? 1 : 0, root: 0) != 0
        guard exists else { return false }
        return try HDF5File.with(HDF5File.open(path, communicator: context.communicator)) { file in
            let hash = try file.root.hasAttribute("settings_hash") ? file.root.stringAttribute("settings_hash") : ""
            let shape = try file.root.dataset("frames").shape
            guard hash == settingsHash, shape.first == range.count else {
                throw TwinError("\(path): made with other settings; remove it or choose another run directory")
            }
            return true
        }
    }
}

/// Frames of one rank, in memory.
struct FrameBlock {
    let place: Range<Int>
    let frames: [Float]
    let truths: [FrameTruth]

    init(_ source: any LabelledFrameSource, place: Range<Int>, firstFrame: Int) {
        self.place = place
        let size = source.axes.channels * source.axes.samples
        var truths: [FrameTruth] = []
        frames = [Float](unsafeUninitializedCapacity: place.count * size) { buffer, initialized in
            for (k, i) in place.enumerated() {
                truths.append(
                    source.write(frame: UInt64(firstFrame + i), into: UnsafeMutableBufferPointer(rebasing: buffer[k * size..<(k + 1) * size])))
            }
            initialized = place.count * size
        }
        self.truths = truths
    }
}

/// The datasets of labelled frames in an open file.
struct FrameWriter {
    private let frames: HDF5Dataset
    private let shape: [Int]
    private let classes: HDF5Dataset
    private let contents: HDF5Dataset
    private let numbers: [HDF5Dataset]

    /// *Collective.*
    init(_ root: HDF5Group, source: any FileableFrames, count: Int) throws {
        let axes = source.axes
        shape = [axes.channels, axes.samples]
        try source.describe(root)
        try root.setAttribute("polarisation_product", "total intensity")
        try root.setAttribute("class_names", ["none", "pulse", "NBRFI", "pulse+NBRFI", "BBRFI", "pulse+BBRFI", "NBRFI+BBRFI", "pulse+NBRFI+BBRFI", "other"])
        frames = try root.createDataset("frames", shape: [count] + shape, type: source.areBytes ? .uint8 : .float32, chunk: [1] + shape)
        try frames.setUnits(source.units)
        let frequency = try root.write("frequency", (0..<axes.channels).map { axes.frequency($0) }, units: "MHz")
        let time = try root.write("time", (0..<axes.samples).map { Double($0) * axes.samplingTime }, units: "s")
        try frequency.makeDimensionScale("frequency")
        try time.makeDimensionScale("time")
        try frames.setDimensionLabel(0, "frame")
        try frames.setDimensionScale(1, frequency, label: "frequency")
        try frames.setDimensionScale(2, time, label: "time")
        classes = try root.createDataset("class", shape: [count], type: .uint8)
        try classes.setUnits("1")
        contents = try root.createDataset("contents", shape: [count], type: .uint8)
        try contents.setUnits("1: pulse 1, narrow-band 2, broad-band 4, other 8")
        numbers = try [("snr", "1"), ("dm", "pc cm-3"), ("width", "s"), ("arrival", "s")].map { name, units in
            let dataset = try root.createDataset(name, shape: [count], type: .float64)
            try dataset.setUnits(units)
            return dataset
        }
    }

    /// Writes a rank's block at its place; it may be empty. *Collective.*
    func write(_ block: FrameBlock) throws {
        let (start, count) = (block.place.isEmpty ? 0 : block.place.lowerBound, block.place.count)
        let extent = count == 0 ? [0, 0, 0] : [count] + shape
        if frames.type == .uint8 {
            try frames.write(block.frames.map { UInt8(min(max($0, 0), 255)) }, offset: [start, 0, 0], count: extent)
        } else {
            try frames.write(block.frames, offset: [start, 0, 0], count: extent)
        }
        try classes.write(block.truths.map { UInt8($0.contents.classIndex) }, offset: [start], count: [count])
        try contents.write(block.truths.map(\.contents.rawValue), offset: [start], count: [count])
        let columns = [
            block.truths.map(\.signalToNoise), block.truths.map(\.dispersionMeasure), block.truths.map(\.width), block.truths.map(\.arrival),
        ]
        for (dataset, column) in zip(numbers, columns) { try dataset.write(column, offset: [start], count: [count]) }
    }
}

import ParallelHDF5
import PulsarFrames

/// The first frame of each class that shows what it has, for pictures: pulses of S/N 12 and more.
struct ExampleFrames {
    private let rows: [JudgedTable.Row]
    private static let leastRatio = 12.0

    init(_ all: [JudgedTable.Row]) {
        rows = (0..<9).compactMap { k in
            all.first { $0.target == k && (!$0.hasPulse || $0.signalToNoise >= Self.leastRatio) } ?? all.first { $0.target == k }
        }
    }

    /// Makes the frames again and writes them. *Collective.*
    func write(to group: HDF5Group, source: any LabelledFrameSource, threshold: Double) throws {
        guard !rows.isEmpty else { return }
        let axes = source.axes
        let size = axes.channels * axes.samples
        var values = [Float](repeating: 0, count: rows.count * size)
        values.withUnsafeMutableBufferPointer { values in
            for (i, row) in rows.enumerated() {
                _ = source.write(frame: UInt64(row.frame), into: UnsafeMutableBufferPointer(rebasing: values[i * size..<(i + 1) * size]))
            }
        }
        _ = try group.write("frames", values, shape: [rows.count, axes.channels, axes.samples])
        _ = try group.write("class", rows.map { UInt8($0.target) }, units: "1")
        _ = try group.write("label", rows.map { UInt8($0.judgement.predicted(threshold)) }, units: "1")
        _ = try group.write("snr", rows.map(\.signalToNoise), units: "1")
        _ = try group.write("dm", rows.map(\.dispersionMeasure), units: "pc cm-3")
        _ = try group.write("pulse_probability", rows.map(\.pulseProbability), units: "1")
        try group.setAttribute("first_frequency_MHz", axes.firstFrequency)
        try group.setAttribute("channel_bandwidth_MHz", axes.channelBandwidth)
        try group.setAttribute("sampling_time_s", axes.samplingTime)
    }
}

import MessagePassing
import Networks
import ParallelHDF5
import PulsarFrames
import RadioStreams
import Training

/// A trained U-Net: what it is for, its weights, and the statistics of its normalisations. On disk attributes, `parameters/NAME` and
/// `statistics/NAME/mean` and `/variance`.
public struct TrainedSegmentation: Sendable {
    public let model: SegmentationModel
    /// Of the graph for training, in its layout.
    public let parameters: [Float]
    /// `[normalisation][channel]`
    public let means, variances: [[Float]]
    /// Score from which on a frame is said to have a pulse.
    public var threshold: Double

    static let format = "didymos pulsar segmentation"

    package init(model: SegmentationModel, parameters: [Float], means: [[Float]], variances: [[Float]], threshold: Double) {
        (self.model, self.parameters, self.means, self.variances, self.threshold) = (model, parameters, means, variances, threshold)
    }

    /// Reads `model.h5`. *Collective* where a communicator is given.
    /// - Throws: `ClassifierError` naming the file and what is missing or does not fit; `HDF5Error` for a file that is none.
    public init(path: String, communicator: Communicator?) throws {
        self = try HDF5File.with(HDF5File.open(path, communicator: communicator)) { file in try Self.read(file.root, path) }
    }

    private static func read(_ root: HDF5Group, _ path: String) throws -> TrainedSegmentation {
        func wrong(_ what: String, _ found: String, _ wanted: String) -> ClassifierError {
            ClassifierError("\(path): \(what): found \(found), wanted \(wanted); it is what `pulsardt train --set model.network=unet` writes")
        }
        let kind = try root.hasAttribute("format") ? root.stringAttribute("format") : "none"
        guard kind == format else { throw wrong("attribute format", "'\(kind)'", "'\(format)'") }
        let version = try root.attribute("format_version", as: Int64.self)
        guard version == 1 else { throw wrong("format version", "\(version)", "1") }
        func count(_ name: String, _ range: ClosedRange<Int64>) throws -> Int {
            let value = try root.attribute(name, as: Int64.self)
            guard range.contains(value) else { throw wrong(name, "\(value)", "\(range.lowerBound) to \(range.upperBound)") }
            return Int(value)
        }
        let constantName = try root.stringAttribute("dispersion_constant")
        guard let constant = DispersionConstant(rawValue: constantName) else {
            throw wrong("dispersion_constant", "'\(constantName)'", DispersionConstant.allCases.map(\.rawValue).joined(separator: ", "))
        }
        let axes = FrameAxes(
            channels: try count("channels", 1...1 << 14), samples: try count("samples", 1...1 << 14),
            firstFrequency: try root.attribute("first_frequency_MHz", as: Double.self),
            channelBandwidth: try root.attribute("channel_bandwidth_MHz", as: Double.self), samplingTime: try root.attribute("sampling_time_s", as: Double.self))
        let model = SegmentationModel(axes: axes, base: try count("base", 1...256), side: try count("side", 16...1024), constant: constant)
        try model.validate()
        let graph = try SegmentationGraph(model, normalisation: .shard)
        let stored = try StoredNetwork(from: root, layout: graph.graph.layout, normalised: graph.normalised, wrong: wrong)
        let threshold = try root.attribute("pulse_threshold", as: Double.self)
        guard (0...1).contains(threshold) else { throw wrong("pulse_threshold", "\(threshold)", "0 to 1") }
        return TrainedSegmentation(model: model, parameters: stored.parameters, means: stored.means, variances: stored.variances, threshold: threshold)
    }

    /// *Collective;* every rank passes the same.
    package func write(to root: HDF5Group) throws {
        try root.setAttribute("format", Self.format)
        try root.setAttribute("format_version", Int64(1))
        try root.setAttribute("network", SegmentationModel.name)
        try root.setAttribute("base", Int64(model.base))
        try root.setAttribute("side", Int64(model.side))
        try root.setAttribute("channels", Int64(model.axes.channels))
        try root.setAttribute("samples", Int64(model.axes.samples))
        try root.setAttribute("first_frequency_MHz", model.axes.firstFrequency)
        try root.setAttribute("channel_bandwidth_MHz", model.axes.channelBandwidth)
        try root.setAttribute("sampling_time_s", model.axes.samplingTime)
        try root.setAttribute("dispersion_constant", model.constant.rawValue)
        try root.setAttribute("pulse_threshold", threshold)
        let graph = try SegmentationGraph(model, normalisation: .shard)
        try root.write("architecture", Array(SegmentationGraph(model, normalisation: .folded).graph.json.utf8))
        try StoredNetwork(parameters: parameters, means: means, variances: variances).write(to: root, layout: graph.graph.layout, normalised: graph.normalised)
    }
}

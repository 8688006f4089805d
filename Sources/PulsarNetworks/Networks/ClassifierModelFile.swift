import MessagePassing
import Networks
import ParallelHDF5
import PulsarFrames
import Pulsars
import RadioStreams

/// A trained classifier on disk: attributes that say what it is and for which frames, the architecture as JSON text, `parameters/NAME`.
public enum ClassifierModelFile {
    static let format = "didymos pulsar classifier"
    /// 2: matched filters of steps, bursts by sub-bands; 3: filters of up to 64 samples, noise measured by what bursts leave. Weights for other views would give other answers without a word.
    static let formatVersion: Int64 = 3

    /// *Collective.*
    public static func write(
        _ classifier: FrameClassifier, parameters: UnsafeBufferPointer<Float>, thresholds: PulseThresholds = PulseThresholds(), to root: HDF5Group
    ) throws {
        let model = classifier.model
        try thresholds.write(to: root)
        try root.setAttribute("format", format)
        try root.setAttribute("format_version", formatVersion)
        try root.setAttribute("network", model.kind.rawValue)
        try root.setAttribute("classes", Array(ClassifierModel.classNames.prefix(model.classes)))
        try root.setAttribute("preparation", model.kind == .didymos ? "views" : model.preparation.rawValue)
        try root.setAttribute("channels", Int64(model.axes.channels))
        try root.setAttribute("samples", Int64(model.axes.samples))
        try root.setAttribute("first_frequency_MHz", model.axes.firstFrequency)
        try root.setAttribute("channel_bandwidth_MHz", model.axes.channelBandwidth)
        try root.setAttribute("sampling_time_s", model.axes.samplingTime)
        try root.setAttribute("dm_max", model.largestMeasure)
        try root.setAttribute("dm_step_samples", model.trialStep)
        try root.setAttribute("dispersion_constant", model.constant.rawValue)
        try root.write("architecture", Array(classifier.architecture.utf8))
        for tensor in classifier.layout.tensors {
            try root.write("parameters/\(tensor.name)", Array(parameters[tensor.range]), shape: tensor.shape)
        }
    }

    /// Model and weights. *Collective.*
    /// - Throws: `ClassifierError` naming the file and what is missing or does not fit.
    public static func read(_ path: String, communicator: Communicator?) throws -> (model: ClassifierModel, parameters: [Float]) {
        try HDF5File.with(HDF5File.open(path, communicator: communicator)) { file in
            let root = file.root
            func wrong(_ what: String, _ found: String, _ wanted: String) -> ClassifierError {
                ClassifierError("\(path): \(what): found \(found), wanted \(wanted); a model is what `pulsardt train` writes")
            }
            let kind = try root.hasAttribute("format") ? root.stringAttribute("format") : "none"
            guard kind == format else { throw wrong("attribute format", "'\(kind)'", "'\(format)'") }
            let version = try root.attribute("format_version", as: Int64.self)
            guard version == formatVersion else { throw wrong("format version", "\(version)", "\(formatVersion)") }
            let model = try readModel(root, wrong)
            let layout = try ClassifierGraph.build(model, training: false).graph.layout
            var parameters = [Float](repeating: 0, count: layout.count)
            for tensor in layout.tensors {
                guard try root.hasObject("parameters/\(tensor.name)") else { throw wrong("parameters", "no '\(tensor.name)'", "one of shape \(tensor.shape)") }
                let dataset = try root.dataset("parameters/\(tensor.name)")
                guard dataset.shape == tensor.shape else { throw wrong("parameters/\(tensor.name)", "shape \(dataset.shape)", "\(tensor.shape)") }
                let values = try dataset.read(as: Float.self)
                guard values.allSatisfy(\.isFinite) else { throw wrong("parameters/\(tensor.name)", "what is no number", "numbers") }
                parameters.replaceSubrange(tensor.range, with: values)
            }
            return (model, parameters)
        }
    }

    private static func readModel(_ root: HDF5Group, _ wrong: (String, String, String) -> ClassifierError) throws -> ClassifierModel {
        let name = try root.stringAttribute("network")
        guard let kind = ClassifierKind(rawValue: name) else {
            throw wrong("network", "'\(name)'", "one of \(ClassifierKind.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        let preparation = try root.stringAttribute("preparation")
        guard let prepared = FramePreparation(rawValue: preparation == "views" ? "robust" : preparation) else {
            throw wrong("preparation", "'\(preparation)'", "robust, published or views")
        }
        let constantName = try root.stringAttribute("dispersion_constant")
        guard let constant = DispersionConstant(rawValue: constantName) else {
            throw wrong("dispersion_constant", "'\(constantName)'", DispersionConstant.allCases.map(\.rawValue).joined(separator: ", "))
        }
        let classes = try root.stringAttributes("classes")
        guard (8...9).contains(classes.count), classes == Array(ClassifierModel.classNames.prefix(classes.count)) else {
            throw wrong("classes", "\(classes)", "the first 8 or 9 of \(ClassifierModel.classNames)")
        }
        func extent(_ name: String) throws -> Int {
            let value = try root.attribute(name, as: Int64.self)
            guard (1...1 << 14).contains(value) else { throw wrong(name, "\(value)", "1 to \(1 << 14)") }
            return Int(value)
        }
        let axes = FrameAxes(
            channels: try extent("channels"), samples: try extent("samples"), firstFrequency: try root.attribute("first_frequency_MHz", as: Double.self),
            channelBandwidth: try root.attribute("channel_bandwidth_MHz", as: Double.self),
            samplingTime: try root.attribute("sampling_time_s", as: Double.self))
        let largest = try root.attribute("dm_max", as: Double.self)
        let step = try root.attribute("dm_step_samples", as: Double.self)
        guard largest.isFinite, largest >= 0, step.isFinite, step >= 0.1 else { throw wrong("grid of trials", "dm_max \(largest), step \(step)", "0 or more, 0.1 or more") }
        return ClassifierModel(
            kind: kind, axes: axes, classes: classes.count, preparation: prepared, largestMeasure: largest, trialStep: step, constant: constant)
    }
}

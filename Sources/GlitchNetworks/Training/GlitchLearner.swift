import NetworkKernels
import Networks
import Numerics

/// A network with its loss and the memory of one shard. One object serves one thread.
package final class GlitchLearner {
    package let architecture: GlitchArchitecture
    package let layout: ParameterLayout
    package let report: PlanReport
    package let normalised: [NormalisedConvolution]
    private let plan: Plan
    /// Numbers of the witnesses' images, `[channel][site]`, and of the strain's.
    package let images, target: UnsafeMutableBufferPointer<Lane>
    private let strain: UnsafeBufferPointer<Lane>
    private let loss: UnsafeBufferPointer<Float>
    private let absolute, similarity: UnsafeBufferPointer<Lane>
    private let means, variances: [UnsafeBufferPointer<Float>]

    /// - Throws: `NetworkError` for extents that no kernel serves. *Not collective.*
    package init(_ architecture: GlitchArchitecture, loss: GlitchLoss) throws {
        self.architecture = architecture
        let graph = try GlitchGraph(architecture, normalisation: .shard, loss: loss)
        let plan = try Plan(graph.graph)
        (self.plan, layout, report, normalised) = (plan, graph.graph.layout, plan.report, graph.normalised)
        images = try plan.input("images")
        target = try plan.input("target")
        strain = try plan.output("strain")
        self.loss = try plan.unbatchedOutput("loss")
        absolute = try plan.output("l1")
        similarity = try plan.output("similarity")
        means = try graph.normalised.map { try plan.unbatchedOutput("\($0.normalisation)/mean") }
        variances = try graph.normalised.map { try plan.unbatchedOutput("\($0.normalisation)/variance") }
    }

    /// Channels of each normalisation.
    package var normalisedWidths: [Int] { normalised.map(\.channels) }

    package func initialParameters(seed: UInt64) -> [Float] { plan.graph.initialParameters(seed: seed) }

    /// Loss, mean absolute difference and similarity of what is in the inputs, means over the shard, and the loss's gradient.
    package func descend(
        parameters: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>, ready: (Range<Int>) -> Void = { _ in }
    ) -> (loss: Double, absolute: Double, similarity: Double) {
        plan.run(parameters: parameters, gradient: gradient, ready: ready)
        func mean(_ lane: Lane) -> Double { (0..<laneWidth).reduce(0) { $0 + Double(lane[$1]) } / Double(laneWidth) }
        return (Double(loss[0]), mean(absolute[0]), mean(similarity[0]))
    }

    /// The image of the last run, `[site]`.
    package var lastStrain: [Lane] { Array(strain) }

    /// Means and variances of every normalisation for what is in the inputs, one behind the other: all means, then all variances.
    package func statistics(parameters: UnsafePointer<Float>) -> [Double] {
        plan.run(parameters: parameters)
        return (means + variances).flatMap { $0.map(Double.init) }
    }

    /// Best seconds of each step of the plan, for measurements.
    package func measure(parameters: [Float], runs: Int) -> [Double] {
        var gradient = [Float](repeating: 0, count: layout.count)
        return plan.measure(parameters: parameters, gradient: &gradient, runs: runs)
    }
}

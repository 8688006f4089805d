import Numerics

extension Integrator {
    /// Kicks and drifts in turn of a trajectory of `steps` steps, kick first and last, as fractions of the step: for fields of other modules.
    public func stages(steps: Int) -> [Double] { schedule(steps: steps) }
}

extension ObservableEstimate {
    /// What a Gamma analysis found, under a name.
    public init(named name: String, _ analysis: GammaAnalysis) { self.init(name, analysis) }
}

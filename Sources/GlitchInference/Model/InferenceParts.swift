import Glitches

/// Foretells the strain from the sources of a model. The filters that `calibrate` finds are one; a network is another.
///
/// *Not collective;* used by one thread at a time.
public protocol StrainPredictor: AnyObject {
    /// What the sources add to the strain, at the geometry's rate and in its band.
    /// - Parameter raw: of each source, `seconds` seconds, all of them numbers.
    func strain(_ raw: [[Double]], seconds: Int) throws -> [Double]
}

/// What an inference has beside the witnesses' tiles and in the place of the filters; made on every rank, for a run's own use.
public struct InferenceParts {
    /// A statistic whose features the probability has beside the tiles, for witnesses of these names and rates (Hz).
    public var statistic: ((_ witnesses: [String], _ rates: [Double]) throws -> any GlitchStatistic)?
    /// What is subtracted in place of the model's filters.
    public var predictor: ((InferenceModel) throws -> any StrainPredictor)?

    public init(
        statistic: ((_ witnesses: [String], _ rates: [Double]) throws -> any GlitchStatistic)? = nil, predictor: ((InferenceModel) throws -> any StrainPredictor)? = nil
    ) { (self.statistic, self.predictor) = (statistic, predictor) }
}

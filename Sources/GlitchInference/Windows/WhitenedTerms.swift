import Glitches

/// Terms and strain as the strain's whitening leaves them: what a subtraction is fitted to. *Not collective;* used by one thread at a time.
package final class WhitenedTerms {
    package let model: InferenceModel
    private let conditioner: SourceConditioner

    package init(_ model: InferenceModel) { (self.model, conditioner) = (model, SourceConditioner(model.geometry)) }

    /// The series of each term, at the geometry's rate; the first `order` samples are 0.
    /// - Parameter raw: of each source, `seconds` seconds. Terms are not gated.
    package func series(_ terms: [CouplingTerm], raw: [[Double]], seconds: Int) throws -> [[Double]] {
        precondition(terms.allSatisfy { !$0.isGated } && raw.count == model.sources.count, "every source, and terms that are always there")
        var whole = [[Double]](repeating: [], count: raw.count), factors = whole
        for term in terms {
            for index in [term.first, term.second] where index >= 0 {
                let rate = model.sources[index].rate
                if term.kind == .linear, whole[index].isEmpty { whole[index] = try conditioner.whole(raw[index], rate: rate, seconds: seconds) }
                if term.kind != .linear, factors[index].isEmpty { factors[index] = try conditioner.factor(raw[index], rate: rate, seconds: seconds) }
            }
        }
        return try terms.map { term in
            model.strainWhitening.apply(try conditioner.series(term, whole: whole, factors: factors, gates: [], seconds: seconds))
        }
    }

    package func strain(_ raw: [Double], seconds: Int) throws -> [Double] {
        model.strainWhitening.apply(try conditioner.whole(raw, rate: model.strainRate, seconds: seconds))
    }

    /// The strain of a whitened series, in the band that is looked at.
    package func restored(_ whitened: [Double], seconds: Int) throws -> [Double] {
        try conditioner.term(model.strainWhitening.restore(whitened), seconds: seconds)
    }
}

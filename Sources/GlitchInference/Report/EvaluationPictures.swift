import Batch
import Glitches

/// Q planes of the loudest glitch of each family that has a witness, before and after the subtraction.
struct EvaluationPictures {
    struct Pair {
        let family, caption: String
        let before, after: SVGPlot
    }

    let pairs: [Pair]

    /// *Not collective;* reads frames.
    init(_ truth: Truth, model: InferenceModel, before: WindowReader, after: WindowReader?, span: Range<Int64>) throws {
        var pairs: [Pair] = []
        let seconds = 8
        guard let after else { self.pairs = []; return }
        let whitening = try Whitening(WhiteningSettings().shape(samples: seconds * Int(model.strainRate.rounded()), rate: model.strainRate))
        let plane = try QPlane(quality: 10, duration: Double(seconds), rate: model.strainRate, range: 10...min(400, model.strainRate / 3))
        for family in truth.families.indices where truth.isCoupled[family] {
            let own = truth.events.filter { event in
                let start = event.time / 1_000_000_000 - 4
                return event.family == family && start >= span.lowerBound && start + Int64(seconds) <= span.upperBound
            }
            guard let event = own.max(by: { $0.strainSignalToNoise < $1.strainSignalToNoise }) else { continue }
            let start = event.time / 1_000_000_000 - 4
            let middle = Double(event.time - start * 1_000_000_000) * 1e-9
            let (x, y) = (try before.read(0, from: start, seconds: seconds), try after.read(0, from: start, seconds: seconds))
            guard x.allSatisfy(\.isFinite), y.allSatisfy(\.isFinite) else { continue }
            func plot(_ series: [Double], _ title: String) throws -> SVGPlot {
                let gram = try QTransform.transform(QTransform.spectrum(of: whitening.whiten(series)), plane: plane, normalisation: .exponential, edge: 1)
                return gram.picture(around: middle, largest: 50, title: title)
            }
            pairs.append(
                Pair(
                    family: truth.families[family],
                    caption: "\(truth.families[family]), GPS \(event.time / 1_000_000_000), signal to noise \(Format.general(event.strainSignalToNoise, digits: 3)), Q \(Format.general(event.quality, digits: 3)): strain before and after.",
                    before: try plot(x, "before"), after: try plot(y, "after")))
        }
        self.pairs = pairs
    }
}

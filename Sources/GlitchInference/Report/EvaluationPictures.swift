import Batch
import Glibc
import Glitches

/// Q planes of the loudest glitch of each family that has a witness, before and after the subtraction.
struct EvaluationPictures {
    struct Pair {
        let family, caption: String
        let before, after: SVGPlot
    }

    let pairs: [Pair]
    private static let reach = 0.75

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
                return Self.plot(gram, middle: middle, title)
            }
            pairs.append(
                Pair(
                    family: truth.families[family],
                    caption: "\(truth.families[family]), GPS \(event.time / 1_000_000_000), signal to noise \(Format.general(event.strainSignalToNoise, digits: 3)), Q \(Format.general(event.quality, digits: 3)): strain before and after.",
                    before: try plot(x, "before"), after: try plot(y, "after")))
        }
        self.pairs = pairs
    }

    private static func plot(_ gram: QGram, middle: Double, _ title: String) -> SVGPlot {
        let plane = gram.plane
        let (low, high) = (log10(plane.rows[0].frequency), log10(plane.rows[plane.rows.count - 1].frequency))
        let (columns, lines) = (120, 48)
        let values = (0..<lines).map { line -> [Double] in
            let wanted = pow(10, low + (high - low) * (Double(line) + 0.5) / Double(lines))
            let row = plane.rows.indices.min { abs(plane.rows[$0].frequency - wanted) < abs(plane.rows[$1].frequency - wanted) } ?? 0
            let tiles = plane.rows[row].tiles
            return (0..<columns).map { column in
                let time = middle + reach * (2 * (Double(column) + 0.5) / Double(columns) - 1)
                let tile = Int((time / plane.duration * Double(tiles)).rounded())
                return gram.energies[row].indices.contains(tile) ? gram.energies[row][tile] : 0
            }
        }
        var plot = SVGPlot(title, x: .init("time", unit: "s"), y: .init("log10 of frequency / Hz"), width: 460, height: 300)
        if low < high { plot.heatMap(values, x: -reach...reach, y: low...high, label: "energy", range: 0...50) }
        return plot
    }
}

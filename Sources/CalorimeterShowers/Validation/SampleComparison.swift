import Numerics

/// Two samples of showers side by side: a sample against a reference, or the reference's halves against each other, the floor.
public struct SampleComparison: Sendable {
    /// One observable as two histograms on one axis.
    public struct Observable: Sendable {
        public let name: String
        public let title: String
        public let sample: Histogram
        public let reference: Histogram
        /// Mean and standard deviation over showers, with errors; nil for cell energies, which are not independent.
        public let moments: (sample: Moments, reference: Moments)?
        public var separation: Double { HistogramDistance.separation(sample, reference) }
        public var expectedSeparation: Double { HistogramDistance.expectedSeparation(sample, reference) }
        public let probability: Double
        /// Both sides' tails where there are any; none of cell energies, which are not independent.
        public let tails: [Tail]
        /// Of the histograms' bins, underflow and overflow included.
        public var support: SupportOverlap { SupportOverlap(sample: sample.all, reference: reference.all) }
    }

    /// Mean and standard deviation of a number over showers.
    public struct Moments: Sendable {
        public let mean: Estimate
        public let deviation: Estimate

        init(_ x: [Double]) {
            let n = Double(max(2, x.count))
            let deviation = x.count > 1 ? Statistics.variance(x).squareRoot() : 0
            mean = Estimate(value: x.isEmpty ? 0 : Statistics.mean(x), error: deviation / n.squareRoot())
            // The fourth moment counts: tails make a standard deviation less certain than that of a normal distribution.
            let centre = mean.value
            let fourth = x.reduce(0) { sum, value in
                let square = (value - centre) * (value - centre)
                return sum + square * square
            } / n
            let variance = deviation * deviation
            let error = variance > 0 ? (max(0, fourth - variance * variance) / n).squareRoot() / (2 * deviation) : 0
            self.deviation = Estimate(value: deviation, error: error)
        }
    }

    public let observables: [Observable]
    public let sampleProfiles: ShowerProfiles
    public let referenceProfiles: ShowerProfiles
    /// Of the cells that showers reach.
    public var cellSupport: SupportOverlap { SupportOverlap(sample: sampleProfiles.occupancy, reference: referenceProfiles.occupancy) }

    /// Compares some showers of two samples; axes are those of the whole reference and sample, so that every comparison of them has the same.
    init(
        _ sample: SampleSummary, _ showers: [Int], _ sampleProfiles: ShowerProfiles, _ reference: SampleSummary, _ others: [Int],
        _ referenceProfiles: ShowerProfiles, axes: [BinAxis]
    ) {
        (self.sampleProfiles, self.referenceProfiles) = (sampleProfiles, referenceProfiles)
        var list = ObservableKind.allCases.map { kind -> Observable in
            let x = showers.map { sample.values[kind.rawValue][$0] }.filter(\.isFinite)
            let y = others.map { reference.values[kind.rawValue][$0] }.filter(\.isFinite)
            var (a, b) = (Histogram(axes[kind.rawValue]), Histogram(axes[kind.rawValue]))
            for value in x { a.add(value) }
            for value in y { b.add(value) }
            let test = x.isEmpty || y.isEmpty ? 0 : Statistics.kolmogorovSmirnov(x, y).probability
            return Observable(
                name: kind.name, title: kind.title, sample: a, reference: b, moments: (Moments(x), Moments(y)), probability: test,
                tails: Tail.Side.allCases.compactMap { Tail($0, sample: x, reference: y) })
        }
        list.append(
            Observable(
                name: "cell_energy", title: "Energy of a cell", sample: sampleProfiles.cells, reference: referenceProfiles.cells, moments: nil,
                probability: HistogramDistance.chiSquared(sampleProfiles.cells, referenceProfiles.cells).probability, tails: []))
        observables = list
    }

    /// One axis an observable, over what both samples span but for the last thousandth at either end.
    static func axes(_ sample: SampleSummary, _ reference: SampleSummary, bins: Int = 40) -> [BinAxis] {
        ObservableKind.allCases.map { kind in
            let pooled = (sample.values[kind.rawValue] + reference.values[kind.rawValue]).filter(\.isFinite).sorted()
            guard let first = pooled.first, let last = pooled.last, first < last else {
                let centre = pooled.first ?? 0
                return BinAxis(kind.name, units: kind.units, bins: bins, centre - 0.5, centre + 0.5)
            }
            if kind == .maximumLayer {
                return BinAxis(kind.name, units: kind.units, bins: sample.grid.layers, 0, Double(sample.grid.layers))
            }
            let cut = pooled.count / 1000
            let (low, high) = (pooled[cut], pooled[pooled.count - 1 - cut])
            let margin = 0.05 * (high - low) + 1e-12
            return BinAxis(kind.name, units: kind.units, bins: bins, low - margin, high + margin)
        }
    }
}

/// How a profile compares with a reference's: the ratio in the layers that hold most of the energy.
public struct ProfileAgreement: Sendable {
    public let ratio: [Double]
    public let errors: [Double]
    /// The fewest layers that hold 90 % of the reference's energy, ascending.
    public let core: [Int]
    /// Largest distance of the ratio from 1 in the core, where it is, and its error.
    public let largestDeviation: Double
    public let layer: Int
    public let error: Double

    public init(sample: MeanProfile, reference: MeanProfile, share: Double = 0.9) {
        let (a, b) = (sample.means, reference.means)
        let (ea, eb) = (sample.errors, reference.errors)
        let ratio = zip(a, b).map { $1 > 0 ? $0 / $1 : .nan }
        let errors = a.indices.map { i -> Double in
            guard a[i] > 0, b[i] > 0 else { return .nan }
            let relative = (ea[i] / a[i]) * (ea[i] / a[i]) + (eb[i] / b[i]) * (eb[i] / b[i])
            return ratio[i] * relative.squareRoot()
        }
        let total = b.reduce(0, +)
        var sum = 0.0
        var core: [Int] = []
        for i in b.indices.sorted(by: { b[$0] > b[$1] }) {
            if sum >= share * total { break }
            core.append(i)
            sum += b[i]
        }
        (self.ratio, self.errors, self.core) = (ratio, errors, core.sorted())
        let worst = core.max { (ratio[$0] - 1).magnitude < (ratio[$1] - 1).magnitude } ?? 0
        layer = worst
        largestDeviation = (ratio[worst] - 1).magnitude
        error = errors[worst]
    }
}

/// Response and resolution in one range of primary energies.
public struct ResponseBin: Sendable {
    public let energies: ClosedRange<Double>
    public let sample: SampleComparison.Moments
    public let reference: SampleComparison.Moments
    public let counts: (sample: Int, reference: Int)

    /// Relative resolution, standard deviation over mean, and its error.
    static func resolution(_ moments: SampleComparison.Moments) -> Estimate {
        let mean = moments.mean.value
        guard mean > 0 else { return Estimate(value: 0, error: 0) }
        return Estimate(value: moments.deviation.value / mean, error: moments.deviation.error / mean)
    }

    /// Some showers of two samples in up to `bins` ranges that share those of the second evenly; fewer where each would have less than 50.
    static func all(
        _ sample: SampleSummary, _ showers: [Int], _ reference: SampleSummary, _ others: [Int], bins: Int = 6
    ) -> [ResponseBin] {
        let sorted = others.map { reference.energy[$0] }.sorted()
        guard let first = sorted.first, let last = sorted.last else { return [] }
        let wanted = first < last ? max(1, min(bins, others.count / 50)) : 1
        let edges = (0...wanted).map { sorted[min(sorted.count - 1, $0 * sorted.count / wanted)] }
        let kind = ObservableKind.samplingFraction.rawValue
        return (0..<wanted).compactMap { k in
            let range = edges[k]...(k + 1 == wanted ? last : edges[k + 1])
            func chosen(_ summary: SampleSummary, _ showers: [Int]) -> [Double] {
                showers.filter { range.contains(summary.energy[$0]) }.map { summary.values[kind][$0] }
            }
            let (a, b) = (chosen(sample, showers), chosen(reference, others))
            guard a.count > 1, b.count > 1 else { return nil }
            return ResponseBin(
                energies: range, sample: .init(a), reference: .init(b), counts: (a.count, b.count))
        }
    }
}

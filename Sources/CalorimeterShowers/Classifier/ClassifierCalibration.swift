import Glibc

/// A logit made a probability that can be taken at its word: 1 / (1 + exp(-(slope x + offset))).
///
/// Source: Platt, "Probabilistic outputs for support vector machines" (1999), with the smoothed targets of its section 2.2. Two numbers can be fitted
/// to some hundred showers, where an isotonic regression would only learn their noise.
public struct ClassifierCalibration: Sendable, Equatable {
    public let slope: Double
    public let offset: Double

    /// Fits the two numbers by Newton's method with step halving.
    public init(logits: [Double], labels: [Bool]) {
        let positives = Double(labels.filter(\.self).count), negatives = Double(labels.count) - positives
        let targets = labels.map { $0 ? (positives + 1) / (positives + 2) : 1 / (negatives + 2) }
        func loss(_ a: Double, _ b: Double) -> Double {
            zip(logits, targets).reduce(0) { $0 + Self.entropy(logit: a * $1.0 + b, label: $1.1) }
        }
        var (a, b) = (1.0, 0.0)
        var current = loss(a, b)
        for _ in 0..<50 {
            var (ga, gb, haa, hab, hbb) = (0.0, 0.0, 1e-9, 0.0, 1e-9)
            for (x, target) in zip(logits, targets) {
                let p = 1 / (1 + exp(-(a * x + b))), w = p * (1 - p)
                ga += (p - target) * x
                gb += p - target
                haa += w * x * x
                hab += w * x
                hbb += w
            }
            let determinant = haa * hbb - hab * hab
            guard determinant > 0, ga.magnitude + gb.magnitude > 1e-9 else { break }
            let (da, db) = ((hbb * ga - hab * gb) / determinant, (haa * gb - hab * ga) / determinant)
            var step = 1.0
            while step > 1e-6, !(loss(a - step * da, b - step * db) < current) { step /= 2 }
            guard step > 1e-6 else { break }
            (a, b) = (a - step * da, b - step * db)
            current = loss(a, b)
        }
        (slope, offset) = (a, b)
    }

    public func logit(_ raw: Double) -> Double { slope * raw + offset }

    /// -log of the probability that a logit gives its label; the label may lie between 0 and 1.
    static func entropy(logit: Double, label: Double) -> Double { max(logit, 0) + log1p(exp(-logit.magnitude)) - label * logit }
}

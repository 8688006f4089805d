import Glibc

extension Operation {
    /// Sums over all pairs of a coarse and a fine site: `terms` says which is the result's.
    static func interpolation(
        _ type: TensorType, fine: [Int], terms: (_ coarse: Int, _ fine: Int, _ weight: Double) -> (to: Int, from: Int, weight: Double),
        value: (_ channel: Int, _ site: Int, _ lane: Int) -> Double
    ) -> [Double] {
        var result = [Double](repeating: 0, count: type.floats)
        func sources(_ i: Int, _ extent: Int) -> [(Int, Double)] {
            [(i / 2, 0.75), (min(extent - 1, max(0, i % 2 == 0 ? i / 2 - 1 : i / 2 + 1)), 0.25)]
        }
        let (rows, columns) = (fine[0], fine[1])
        for site in 0..<rows * columns {
            for (row, a) in sources(site / columns, rows / 2) {
                for (column, b) in sources(site % columns, columns / 2) {
                    let term = terms(row * (columns / 2) + column, site, a * b)
                    for c in 0..<type.channels {
                        for l in 0..<16 { result[(c * type.sites + term.to) * 16 + l] += term.weight * value(c, term.from, l) }
                    }
                }
            }
        }
        return result
    }

    /// Weights `[i][j]` of one sample, and the logarithms of their sums of exponentials.
    private static func weights(_ inputs: [ReferenceOperand], _ lane: Int) -> (weights: [[Double]], logarithms: [Double]) {
        let (q, k) = (inputs[0], inputs[1])
        var logarithms: [Double] = []
        let weights = (0..<q.type.sites).map { i -> [Double] in
            let scores = (0..<q.type.sites).map { j in (0..<q.type.channels).reduce(0.0) { $0 + q.at($1, i, lane) * k.at($1, j, lane) } }
            let top = scores.max() ?? 0
            let sum = scores.reduce(0.0) { $0 + exp($1 - top) }
            logarithms.append(top + log(sum))
            return scores.map { exp($0 - top) / sum }
        }
        return (weights, logarithms)
    }

    static func attention(_ inputs: [ReferenceOperand], _ type: TensorType) -> [Double] {
        var result = [Double](repeating: 0, count: type.floats)
        let (v, sites) = (inputs[2], type.sites)
        for l in 0..<16 {
            let (weights, logarithms) = Self.weights(inputs, l)
            for i in 0..<sites {
                for c in 0..<v.type.channels { result[(c * sites + i) * 16 + l] = (0..<sites).reduce(0.0) { $0 + weights[i][$1] * v.at(c, $1, l) } }
                result[(v.type.channels * sites + i) * 16 + l] = logarithms[i]
            }
        }
        return result
    }

    static func attentionGradient(_ inputs: [ReferenceOperand], _ type: TensorType) -> [Double] {
        var result = [Double](repeating: 0, count: type.floats)
        let (q, k, v, g) = (inputs[0], inputs[1], inputs[2], inputs[4])
        let (sites, d) = (type.sites, q.type.channels)
        for l in 0..<16 {
            let weights = Self.weights(inputs, l).weights
            func add(_ channel: Int, _ site: Int, _ term: Double) { result[(channel * sites + site) * 16 + l] += term }
            for i in 0..<sites {
                let slopes = (0..<sites).map { j in (0..<v.type.channels).reduce(0.0) { $0 + g.at($1, i, l) * v.at($1, j, l) } }
                let mean = zip(weights[i], slopes).reduce(0.0) { $0 + $1.0 * $1.1 }
                for j in 0..<sites {
                    let slope = weights[i][j] * (slopes[j] - mean)
                    for c in 0..<d {
                        add(c, i, slope * k.at(c, j, l))
                        add(d + c, j, slope * q.at(c, i, l))
                    }
                    for c in 0..<v.type.channels { add(2 * d + c, j, weights[i][j] * g.at(c, i, l)) }
                }
            }
        }
        return result
    }
}

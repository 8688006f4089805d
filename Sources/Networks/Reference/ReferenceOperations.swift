import Glibc

extension Operation {
    /// The result of an operation with inputs, as a function from (channel, site, lane) or by accumulation.
    func reference(_ inputs: [ReferenceOperand], type: TensorType) -> [Double] {
        let x = inputs[0]
        switch self {
        case .input, .parameter, .constant, .uniform:
            preconditionFailure("a leaf has no inputs")
        case .elementwise(let e):
            return Self.tabulate(type) { c, s, l in
                e.reference(inputs.map { $0.at(c, s, l) })
            }
        case .sum:
            return Self.accumulate(type, over: x.type) { c, s, l, add in add(type.channels == 1 ? 0 : c, type.sites == 1 ? 0 : s, x.at(c, s, l)) }
        case .maximumOverChannels:
            return Self.tabulate(type) { _, s, l in (0..<x.type.channels).map { x.at($0, s, l) }.max() ?? 0 }
        case .broadcast:
            return Self.tabulate(type) { c, s, l in x.at(c, s, l) }
        case .stopGradient, .reshape:
            return x.values
        case .sliceChannels(let range):
            return Self.tabulate(type) { c, s, l in x.at(c + range.lowerBound, s, l) }
        case .padChannels(let before, _):
            return Self.tabulate(type) { c, s, l in c < before || c >= before + x.type.channels ? 0 : x.at(c - before, s, l) }
        case .concatenateChannels:
            return inputs.flatMap(\.values)
        case .gatherSites(let map):
            let table = map.table(source: x.type.spatial)
            return Self.tabulate(type) { c, s, l in table[s] < 0 ? 0 : x.at(c, Int(table[s]), l) }
        case .scatterSites(let map, let extents):
            let table = map.table(source: extents)
            return Self.accumulate(type, over: x.type) { c, s, l, add in if table[s] >= 0 { add(c, Int(table[s]), x.at(c, s, l)) } }
        case .upsample(let factors):
            return Self.tabulate(type) { c, s, l in x.at(c, Self.coarse(s, type.spatial, factors), l) }
        case .sumPool(let factors):
            return Self.accumulate(type, over: x.type) { c, s, l, add in add(c, Self.coarse(s, x.type.spatial, factors), x.at(c, s, l)) }
        case .maximumPool(let factors):
            let members = Dictionary(grouping: 0..<x.type.sites) { Self.coarse($0, x.type.spatial, factors) }
            return Self.tabulate(type) { c, s, l in (members[s] ?? []).map { x.at(c, $0, l) }.max() ?? 0 }
        case .linearUpsample:
            return Self.interpolation(type, fine: type.spatial) { coarse, fine, weight in (fine, coarse, weight) } value: { x.at($0, $1, $2) }
        case .linearUpsampleGradient:
            return Self.interpolation(type, fine: x.type.spatial) { coarse, fine, weight in (coarse, fine, weight) } value: { x.at($0, $1, $2) }
        case .attention:
            return Self.attention(inputs, type)
        case .attentionGradient:
            return Self.attentionGradient(inputs, type)
        case .dense:
            return Self.tabulate(type) { o, _, l in (0..<x.type.channels).reduce(0) { $0 + inputs[1].values[o * x.type.channels + $1] * x.at($1, 0, l) } }
        case .denseDataGradient:
            return Self.tabulate(type) { i, _, l in (0..<x.type.channels).reduce(0) { $0 + inputs[1].values[$1 * type.channels + i] * x.at($1, 0, l) } }
        case .denseWeightGradient:
            return (0..<type.count).map { element in
                (0..<16).reduce(0) { $0 + inputs[1].at(element / x.type.channels, 0, $1) * x.at(element % x.type.channels, 0, $1) }
            }
        case .convolution(let geometry):
            return Self.convolution(geometry, type, input: x.type.spatial, output: type.spatial, inputs[1].type.extents) { o, i, k, from, to, l, add in
                add(o, to, inputs[1].at(o, i * k.count + k.index, 0) * x.at(i, from, l))
            }
        case .convolutionDataGradient(let geometry, let extents):
            return Self.convolution(geometry, type, input: extents, output: x.type.spatial, inputs[1].type.extents) { o, i, k, from, to, l, add in
                add(i, from, inputs[1].at(o, i * k.count + k.index, 0) * x.at(o, to, l))
            }
        case .convolutionWeightGradient(let geometry):
            return Self.convolution(geometry, type, input: x.type.spatial, output: inputs[1].type.spatial, type.extents) { o, i, k, from, to, l, add in
                add(o, i * k.count + k.index, x.at(i, from, l) * inputs[1].at(o, to, l))
            }
        }
    }

    /// The site that holds a fine site after pooling.
    private static func coarse(_ site: Int, _ extents: [Int], _ factors: [Int]) -> Int {
        var (rest, result, weight) = (site, 0, 1)
        for axis in extents.indices.reversed() {
            result += rest % extents[axis] / factors[axis] * weight
            rest /= extents[axis]
            weight *= extents[axis] / factors[axis]
        }
        return result
    }

    private static func tabulate(_ type: TensorType, _ value: (Int, Int, Int) -> Double) -> [Double] {
        var result: [Double] = []
        result.reserveCapacity(type.floats)
        for c in 0..<type.channels {
            for s in 0..<type.sites {
                for l in 0..<(type.batched ? 16 : 1) { result.append(value(c, s, l)) }
            }
        }
        return result
    }

    private typealias Add = (_ channel: Int, _ site: Int, _ term: Double) -> Void

    private static func accumulate(_ type: TensorType, over source: TensorType, _ body: (Int, Int, Int, Add) -> Void) -> [Double] {
        var result = [Double](repeating: 0, count: type.floats)
        for c in 0..<source.channels {
            for s in 0..<source.sites {
                for l in 0..<(source.batched ? 16 : 1) {
                    body(c, s, l) { channel, site, term in
                        let element = channel * type.sites + site
                        result[type.batched ? element * 16 + l : element] += term
                    }
                }
            }
        }
        return result
    }

    /// Calls `body` for every term of a convolution: output and input channel, kernel tap, input site, output site, lane.
    private static func convolution(
        _ geometry: ConvolutionGeometry, _ type: TensorType, input: [Int], output: [Int], _ weights: [Int],
        _ body: (Int, Int, (index: Int, count: Int), Int, Int, Int, Add) -> Void
    ) -> [Double] {
        var result = [Double](repeating: 0, count: type.floats)
        let taps = SiteMap.coordinates(geometry.kernel)
        for (to, site) in SiteMap.coordinates(output).enumerated() {
            for (k, tap) in taps.enumerated() {
                var position = site.indices.map { site[$0] * geometry.stride[$0] + tap[$0] - geometry.before[$0] }
                if geometry.boundary == .periodic { position = position.indices.map { SiteMap.wrap(position[$0], input[$0]) } }
                guard zip(position, input).allSatisfy({ $0 >= 0 && $0 < $1 }) else { continue }
                let from = SiteMap.index(position, input)
                for o in 0..<weights[0] {
                    for i in 0..<weights[1] {
                        for l in 0..<16 {
                            body(o, i, (k, taps.count), from, to, l) { channel, site, term in
                                let element = channel * type.sites + site
                                result[type.batched ? element * 16 + l : element] += term
                            }
                        }
                    }
                }
            }
        }
        return result
    }
}

extension Elementwise {
    /// The operation on numbers.
    func reference(_ x: [Double]) -> Double {
        let a = x[0]
        switch self {
        case .affine(let scale, let shift): return Double(scale) * a + Double(shift)
        case .square: return a * a
        case .absolute: return abs(a)
        case .sign: return a > 0 ? 1 : a < 0 ? -1 : 0
        case .reciprocal: return 1 / a
        case .squareRoot: return a.squareRoot()
        case .power(let exponent): return pow(a, Double(exponent))
        case .exp: return Glibc.exp(a)
        case .log: return Glibc.log(a)
        case .tanh: return Glibc.tanh(a)
        case .sigmoid: return 1 / (1 + Glibc.exp(-a))
        case .softplus: return max(a, 0) + log1p(Glibc.exp(-abs(a)))
        case .sin: return Glibc.sin(a)
        case .cos: return Glibc.cos(a)
        case .erf: return Glibc.erf(a)
        case .leakyRelu(let slope): return a > 0 ? a : Double(slope) * a
        case .leakyStep(let slope): return a > 0 ? 1 : Double(slope)
        case .add: return a + x[1]
        case .subtract: return a - x[1]
        case .multiply: return a * x[1]
        case .divide: return a / x[1]
        case .maximum: return max(a, x[1])
        case .minimum: return min(a, x[1])
        case .greater: return a > x[1] ? 1 : 0
        case .equal: return a == x[1] ? 1 : 0
        case .tanhGradient: return x[1] * (1 - a * a)
        case .sigmoidGradient: return x[1] * a * (1 - a)
        case .select: return a > 0 ? x[1] : x[2]
        }
    }
}

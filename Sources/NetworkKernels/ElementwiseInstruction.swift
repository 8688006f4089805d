import Numerics

extension ElementwiseInstruction {
    /// Runs one instruction on a tile of `count` lanes.
    @inline(__always)
    func execute(_ slots: UnsafeMutablePointer<ElementwiseSlot>, _ count: Int) {
        let zero = Lane(repeating: 0)
        let one = Lane(repeating: 1)
        let p = Lane(repeating: self.p)
        let q = Lane(repeating: self.q)
        switch opcode {
        case .affine: map(slots, count) { q.addingProduct(p, $0) }
        case .square: map(slots, count) { $0 * $0 }
        case .absolute: map(slots, count) { $0.replacing(with: zero - $0, where: $0 .< zero) }
        case .sign: map(slots, count) { zero.replacing(with: one, where: $0 .> zero).replacing(with: zero - one, where: $0 .< zero) }
        case .reciprocal: map(slots, count) { one / $0 }
        case .squareRoot: map(slots, count) { LaneMath.sqrt($0) }
        case .power: map(slots, count) { LaneMath.exp(p * LaneMath.log($0)) }
        case .exp: map(slots, count) { LaneMath.exp($0) }
        case .log: map(slots, count) { LaneMath.log($0) }
        case .tanh: map(slots, count) { LaneMath.tanh($0) }
        case .sigmoid: map(slots, count) { LaneMath.sigmoid($0) }
        case .softplus: map(slots, count) { LaneMath.softplus($0) }
        case .sin: map(slots, count) { LaneMath.sin($0) }
        case .cos: map(slots, count) { LaneMath.cos($0) }
        case .erf: map(slots, count) { errorFunction($0) }
        case .leakyRelu: map(slots, count) { ($0 * p).replacing(with: $0, where: $0 .> zero) }
        case .leakyStep: map(slots, count) { p.replacing(with: one, where: $0 .> zero) }
        case .add: map2(slots, count) { $0 + $1 }
        case .subtract: map2(slots, count) { $0 - $1 }
        case .multiply: map2(slots, count) { $0 * $1 }
        case .divide: map2(slots, count) { $0 / $1 }
        case .maximum: map2(slots, count) { $1.replacing(with: $0, where: $0 .> $1) }
        case .minimum: map2(slots, count) { $1.replacing(with: $0, where: $0 .< $1) }
        case .greater: map2(slots, count) { zero.replacing(with: one, where: $0 .> $1) }
        case .equal: map2(slots, count) { zero.replacing(with: one, where: $0 .== $1) }
        case .tanhGradient: map2(slots, count) { $1 - $1 * ($0 * $0) }
        case .sigmoidGradient: map2(slots, count) { $1 * ($0 - $0 * $0) }
        case .select: map3(slots, count) { $2.replacing(with: $1, where: $0 .> zero) }
        case .multiplyAdd: map3(slots, count) { $2.addingProduct($0, $1) }
        case .addTanh: map2(slots, count) { LaneMath.tanh($0 + $1) }
        }
    }

    @inline(__always)
    private func map(_ slots: UnsafeMutablePointer<ElementwiseSlot>, _ count: Int, _ f: (Lane) -> Lane) {
        let (x, step) = (slots[Int(a)].current, slots[Int(a)].step)
        let out = slots[Int(result)].current
        for i in 0..<count { out[i] = f(x[i &* step]) }
    }

    @inline(__always)
    private func map2(_ slots: UnsafeMutablePointer<ElementwiseSlot>, _ count: Int, _ f: (Lane, Lane) -> Lane) {
        let (x, stepX) = (slots[Int(a)].current, slots[Int(a)].step)
        let (y, stepY) = (slots[Int(b)].current, slots[Int(b)].step)
        let out = slots[Int(result)].current
        for i in 0..<count { out[i] = f(x[i &* stepX], y[i &* stepY]) }
    }

    @inline(__always)
    private func map3(_ slots: UnsafeMutablePointer<ElementwiseSlot>, _ count: Int, _ f: (Lane, Lane, Lane) -> Lane) {
        let (x, stepX) = (slots[Int(a)].current, slots[Int(a)].step)
        let (y, stepY) = (slots[Int(b)].current, slots[Int(b)].step)
        let (z, stepZ) = (slots[Int(c)].current, slots[Int(c)].step)
        let out = slots[Int(result)].current
        for i in 0..<count { out[i] = f(x[i &* stepX], y[i &* stepY], z[i &* stepZ]) }
    }
}

import Numerics

extension ElementwiseSink {
    private var neutral: Float { takesMaximum ? -Float.greatestFiniteMagnitude : 0 }

    @inline(__always)
    mutating func start() { accumulator = Lane(repeating: neutral) }

    @inline(__always)
    private func combine(_ a: Lane, _ b: Lane) -> Lane {
        takesMaximum ? b.replacing(with: a, where: a .> b) : a + b
    }

    /// Takes a tile of lanes in.
    @inline(__always)
    mutating func absorb(
        _ slot: ElementwiseSlot, _ memory: PlanMemory, _ channel: Int, _ site: Int, _ count: Int, _ sites: Int
    ) {
        let (x, step) = (slot.current, slot.step)
        if overSites {
            // Four partial sums: a chain of additions would wait for each.
            var (s0, s1, s2, s3) = (Lane(repeating: neutral), Lane(repeating: neutral), Lane(repeating: neutral), Lane(repeating: neutral))
            var i = 0
            while i + 4 <= count {
                s0 = combine(s0, x[i &* step])
                s1 = combine(s1, x[(i + 1) &* step])
                s2 = combine(s2, x[(i + 2) &* step])
                s3 = combine(s3, x[(i + 3) &* step])
                i += 4
            }
            while i < count {
                s0 = combine(s0, x[i &* step])
                i += 1
            }
            accumulator = combine(accumulator, combine(combine(s0, s1), combine(s2, s3)))
        } else if overLanes {
            let out = memory.floats(location) + (overChannels ? 0 : channel * sites) + site
            for i in 0..<count {
                let sum = x[i &* step].sum()
                out[i] = overChannels && channel > 0 ? out[i] + sum : sum
            }
        } else {
            let out = memory.lanes(location) + site
            for i in 0..<count { out[i] = channel == 0 ? x[i &* step] : combine(out[i], x[i &* step]) }
        }
    }

    /// Takes a tile of `count` numbers in.
    @inline(__always)
    mutating func absorbFloats(_ slot: ElementwiseSlot, _ memory: PlanMemory, _ channel: Int, _ site: Int, _ count: Int) {
        let uniform = slot.step == 0
        let x = slot.tileFloats
        if overSites {
            var sum: Float = 0
            for i in 0..<count { sum += uniform ? x[0] : x[i] }
            accumulator[0] += sum
        } else {
            let out = memory.floats(location) + site
            for i in 0..<count { out[i] = (channel == 0 ? 0 : out[i]) + (uniform ? x[0] : x[i]) }
        }
    }

    /// Writes what was summed over sites.
    @inline(__always)
    func finish(_ memory: PlanMemory, channel: Int, batched: Bool) {
        if !batched {
            memory.floats(location)[channel] = accumulator[0]
        } else if overLanes {
            memory.floats(location)[channel] = accumulator.sum()
        } else {
            memory.lanes(location)[channel] = accumulator
        }
    }
}

import Numerics

/// Prints nanoseconds per element (one float or double, not one lane) for arrays that stay in the first-level cache.
enum LanesBenchmark {
    static func run() {
        let lanes = 128
        let input = UnsafeMutablePointer<Lane>.allocate(capacity: lanes)
        let output = UnsafeMutablePointer<Lane>.allocate(capacity: lanes)
        let wideInput = UnsafeMutablePointer<DoubleLane>.allocate(capacity: lanes)
        let wideOutput = UnsafeMutablePointer<DoubleLane>.allocate(capacity: lanes)
        defer {
            input.deallocate(); output.deallocate(); wideInput.deallocate(); wideOutput.deallocate()
        }
        for i in 0..<lanes {
            for l in 0..<laneWidth {
                input[i][l] = Float(i * laneWidth + l) * 0.004 + 0.01
                wideInput[i][l] = Double(input[i][l])
            }
        }

        @inline(__always) func line(_ name: String, _ elements: Int, _ body: () -> Void) {
            var best = Double.infinity
            for _ in 0..<30 { best = min(best, Stopwatch.time(calls: 50, body)) }
            let perElement = best * 1e9 / Double(elements)
            let figure = String((perElement * 1000).rounded() / 1000)
            print(name + String(repeating: " ", count: max(1, 28 - name.utf8.count)) + figure)
        }
        @inline(__always) func single(_ name: String, _ f: (Lane) -> Lane) {
            line(name, lanes * laneWidth) {
                for i in 0..<lanes { output[i] = f(input[i]) }
            }
            use(output[3])
        }
        @inline(__always) func double(_ name: String, _ f: (DoubleLane) -> DoubleLane) {
            line(name, lanes * laneWidth) {
                for i in 0..<lanes { wideOutput[i] = f(wideInput[i]) }
            }
            use(wideOutput[3])
        }

        print("function                    ns/element")
        single("exp") { LaneMath.exp($0) }
        single("pow2") { LaneMath.pow2($0) }
        single("expm1") { LaneMath.expm1($0) }
        single("log") { LaneMath.log($0) }
        single("log1p") { LaneMath.log1p($0) }
        single("tanh") { LaneMath.tanh($0) }
        single("sigmoid") { LaneMath.sigmoid($0) }
        single("softplus") { LaneMath.softplus($0) }
        single("sin") { LaneMath.sin($0) }
        single("cos") { LaneMath.cos($0) }
        single("sin + cos of sincos") { let (s, c) = LaneMath.sincos($0); return s + c }
        single("erf") { LaneMath.erf($0) }
        single("sqrt") { LaneMath.sqrt($0) }
        single("reciprocal") { LaneMath.reciprocal($0) }
        double("exp, double") { LaneMath.exp($0) }
        double("log, double") { LaneMath.log($0) }
        double("tanh, double") { LaneMath.tanh($0) }
        double("sin + cos, double") { let (s, c) = LaneMath.sincos($0); return s + c }

        let stream = RandomStream(seed: 1, purpose: .test)
        line("Philox, 32-bit word", lanes * laneWidth * 4) {
            for i in 0..<lanes {
                let w = stream.wordLanes(epoch: 1, firstIndex: UInt64(i * laneWidth), draw: 0)
                output[i] = unsafeBitCast(w.0 ^ w.1 ^ w.2 ^ w.3, to: Lane.self)
            }
        }
        line("uniformLane", lanes * laneWidth) {
            for i in 0..<lanes { output[i] = stream.uniformLane(epoch: 1, firstIndex: UInt64(i * laneWidth), draw: 0) }
        }
        line("normalLanePair", lanes * laneWidth * 2) {
            for i in 0..<lanes {
                let (a, b) = stream.normalLanePair(epoch: 1, firstIndex: UInt64(i * laneWidth), block: 0)
                output[i] = a + b
            }
        }
        let doubles = UnsafeMutablePointer<Double>.allocate(capacity: 2048)
        defer { doubles.deallocate() }
        line("fillNormals", 2048) { stream.fillNormals(doubles, epoch: 1, indices: 0..<2048, draw: 0) }
        line("normal, one by one", 256) {
            for i in 0..<256 { doubles[i] = stream.normal(epoch: 1, index: UInt64(i), draw: 0) }
        }

        let terms = UnsafeBufferPointer(start: doubles, count: 2048)
        var sum = ExactSum()
        line("ExactSum.add(contentsOf:)", 2048) { sum.add(contentsOf: terms) }
        line("ExactSum.add", 2048) { for x in terms { sum.add(x) } }
        var plain = 0.0
        line("plain sum of doubles", 2048) { for x in terms { plain += x } }
        use(sum)
        use(plain)
    }

    /// Keeps the optimiser from dropping a result.
    @inline(never) private static func use<T>(_ value: T) { withExtendedLifetime(value) {} }
}

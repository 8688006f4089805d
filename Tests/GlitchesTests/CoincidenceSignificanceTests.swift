import Foundation
import Glitches
import TestSupport
import Testing

@Suite("Significance of coincidences")
struct CoincidenceSignificanceTests {
    @Test("closed forms: one event, and two")
    func closed() {
        for expected in [1e-12, 1e-3, 0.1, 0.9, 1, 3, 30] {
            let one = CoincidenceSignificance.significance(count: 1, expected: expected)
            #expect(abs(one + log10(-expm1(-expected))) < 1e-12 * max(1, one), "\(expected)")
        }
        // P(2 or more) = 1 - exp(-m) (1 + m).
        #expect(abs(CoincidenceSignificance.significance(count: 2, expected: 2) + log10(1 - 3 * exp(-2.0))) < 1e-13)
        #expect(CoincidenceSignificance.significance(count: 0, expected: 3) == 0)
        #expect(CoincidenceSignificance.significance(count: 1, expected: 0) == .infinity)
        #expect(CoincidenceSignificance.expected(primaries: 100, auxiliaries: 50, window: 0.2, livetime: 1000) == 1)
    }

    @Test("hveto's table")
    func table() {
        // Incomplete gamma function to double precision; the last by hveto's branch for probabilities that underflow.
        let rows: [(count: Int, expected: Double, wanted: Double)] = [
            (1, 0.1, 1.0215337831383124), (5, 1, 2.436537090406527), (10, 1, 6.953015492853893), (50, 10, 18.73172003298205),
            (100, 10, 62.26771967596927), (200, 5, 237.2634215947137), (1000, 1, 2568.038938704036),
        ]
        for row in rows {
            let found = CoincidenceSignificance.significance(count: row.count, expected: row.expected, asHveto: true)
            #expect(abs(found - row.wanted) < 1e-9, "\(row)")
        }
        let right = CoincidenceSignificance.significance(count: 1000, expected: 1)
        #expect(abs(right - (2568.038938704036 - log10(1 + 1 / 1001.0 + 1 / (1001.0 * 1002) + 1 / (1001.0 * 1002 * 1003)))) < 1e-9)
    }

    @Test("beside scipy's incomplete gamma function", .enabled(if: PythonPeer.has("scipy"), "peer scipy not installed"))
    func scipy() throws {
        var pairs: [(Int, Double)] = []
        for count in [1, 2, 3, 7, 20, 100, 400] { for expected in [1e-6, 0.01, 0.5, 1, 2.5, 19.9, 20, 20.1, 150, 390] { pairs.append((count, expected)) } }
        let script = """
            import sys
            from scipy.special import gammainc, gammaincc
            import math
            for pair in sys.argv[1:]:
                n, m = pair.split(':')
                p, q = gammainc(int(n), float(m)), gammaincc(int(n), float(m))
                print('nan' if p < 1e-290 else -math.log1p(-q) / math.log(10) if q < 0.5 else -math.log10(p))
            """
        let output = try PythonPeer.run(script, arguments: pairs.map { "\($0.0):\($0.1)" })
        let wanted = output.split(whereSeparator: \.isNewline).compactMap { Double($0) }
        try #require(wanted.count == pairs.count)
        for (pair, value) in zip(pairs, wanted) where !value.isNaN {
            let found = CoincidenceSignificance.significance(count: pair.0, expected: pair.1)
            #expect(abs(found - value) < 1e-9 * max(1, value) + 1e-13, "\(pair): \(found), \(value)")
        }
    }
}

import Foundation
import Glitches
import Segments
import TestSupport
import Testing

@Suite("Coincidences and veto rounds")
struct CoincidenceTests {
    /// Sorted times within `range`.
    private func times(_ count: Int, below end: Int64, state: UInt64) -> [Int64] {
        var generator = SplitMix(state: state)
        return (0..<count).map { _ in Int64.random(in: 0..<end, using: &generator) }.sorted()
    }

    @Test("counts and pairs as the definition, pair by pair")
    func definition() {
        for state in 0..<30 as Range<UInt64> {
            let (a, b) = (times(40, below: 1000, state: state), times(25, below: 1000, state: state + 100))
            for reach in [0, 3, 40] as [Int64] {
                let near = a.map { time in b.contains { abs($0 - time) <= reach } }
                #expect(Coincidence.flags(a, b, reach: reach) == near)
                #expect(Coincidence.count(a, b, reach: reach) == near.count { $0 })
                // The largest matching of intervals: greedy over all edges by end is best; checked against augmenting paths.
                #expect(Coincidence.pairs(a, b, reach: reach) == matching(a, b, reach))
            }
        }
    }

    private func matching(_ a: [Int64], _ b: [Int64], _ reach: Int64) -> Int {
        var partner = [Int](repeating: -1, count: b.count)
        func augment(_ i: Int, _ seen: inout [Bool]) -> Bool {
            for j in b.indices where abs(a[i] - b[j]) <= reach && !seen[j] {
                seen[j] = true
                if partner[j] < 0 || augment(partner[j], &seen) {
                    partner[j] = i
                    return true
                }
            }
            return false
        }
        return a.indices.count { i in
            var seen = [Bool](repeating: false, count: b.count)
            return augment(i, &seen)
        }
    }

    @Test("independent triggers: as many coincidences as expected, and slides that agree")
    func independent() {
        let (a, b) = (times(2000, below: 10_000_000_000, state: 5), times(1500, below: 10_000_000_000, state: 6))
        let found = ChannelCoincidence(
            primaries: a.map { Double($0) * 1e-6 }, auxiliaries: b.map { Double($0) * 1e-6 }, livetime: 10_000, windows: [0.2], slides: 200)
        #expect(abs(found.expected - 60) < 1e-9 && found.slides.count == 200)
        // Five standard deviations of a Poisson number, and of the mean of 200.
        #expect(abs(Double(found.coincident) - 60) < 39 && abs(found.slideMean - 60) < 3.5, "\(found.coincident) \(found.slideMean)")
        #expect(found.significance < 4 && found.slideProbability > 0.001)
        #expect(abs(found.ratio - Double(found.coincident) / 2000) < 1e-12)
        #expect(abs(found.intersectionOverUnion - Double(found.paired) / Double(3500 - found.paired)) < 1e-12)
    }

    @Test("coupled triggers: significant, and beyond every slide; nothing of nothing")
    func coupled() {
        let a = times(50, below: 1_000_000_000, state: 9).map { Double($0) * 1e-6 }
        let found = ChannelCoincidence(primaries: a, auxiliaries: a.map { $0 + 0.05 }, livetime: 1000, windows: [0.05, 0.2, 1], slides: 100)
        #expect(found.coincident == 50 && found.significance > 50 && found.slides.allSatisfy { $0 < found.significance } && found.window == 0.2)
        #expect(abs(found.slideProbability - 1.0 / 101) < 1e-12 && found.ratio == 1 && found.intersectionOverUnion > 0.95)
        let nothing = ChannelCoincidence(primaries: [], auxiliaries: [], livetime: 0, windows: [0.2], slides: 100)
        #expect(nothing.significance == 0 && nothing.ratio == 0 && nothing.intersectionOverUnion == 0 && nothing.slides.isEmpty)
    }

    @Test("rounds: the better witness first, the same glitches veto once, efficiency and deadtime add up")
    func rounds() throws {
        let second: Int64 = 1_000_000_000
        let glitches = times(60, below: 1000, state: 1).map { $0 * second + second / 2 }
        let others = times(40, below: 1000, state: 2).map { $0 * second + second / 4 }
        let strain = (glitches + others).sorted()
        let loud = [Double](repeating: 20, count: glitches.count)
        let good = VetoRounds.Channel(name: "V1:GOOD", times: glitches.map { $0 + 20_000_000 }, signalToNoise: loud)
        // Sees half of them, and has as many of its own: nothing is left for it after the first round.
        let half = (stride(from: 0, to: 60, by: 2).map { glitches[$0] } + times(30, below: 1000, state: 3).map { $0 * second }).sorted()
        let poor = VetoRounds.Channel(name: "V1:POOR", times: half, signalToNoise: [Double](repeating: 9, count: half.count))
        let end = try #require(GPSTime(nanoseconds: 1000 * second))
        let analysed = SegmentList([try #require(Segment(.epoch, end))])
        let rounds = VetoRounds(primaries: strain, channels: [poor, good], analysed: analysed, settings: .init()).rounds
        let first = try #require(rounds.first)
        #expect(rounds.count == 1 && first.channel == "V1:GOOD" && first.window == 0.1, "\(rounds.map(\.channel))")
        let near = strain.count { time in glitches.contains { abs($0 + 20_000_000 - time) <= 50_000_000 } }
        #expect(abs(first.efficiency - Double(near) / 100) < 1e-12 && first.cumulativeEfficiency == first.efficiency)
        #expect(abs(first.deadtime - Double(first.vetoes.duration) * 1e-12) < 1e-9 && first.deadtime <= 0.00601 && first.usePercentage == 1)
        #expect(first.efficiencyOverDeadtime > 90)
        let none = VetoRounds(primaries: [], channels: [good], analysed: analysed, settings: .init())
        #expect(none.rounds.isEmpty)
    }

    @Test("triggers that touch become one, whose loudest tile speaks for it")
    func clusters() throws {
        func trigger(_ milliseconds: Int64, energy: Double, frequency: Double) throws -> Trigger {
            let time = try #require(GPSTime(nanoseconds: milliseconds * 1_000_000))
            return Trigger(
                time: time, begin: time.advanced(byNanoseconds: -10_000_000), end: time.advanced(byNanoseconds: 10_000_000), frequency: frequency,
                lowest: frequency - 5, highest: frequency + 5, quality: 8, energy: energy)
        }
        let joined = Trigger.clustered(
            [try trigger(500, energy: 20, frequency: 30), try trigger(100, energy: 30, frequency: 100), try trigger(130, energy: 50, frequency: 60)], gap: 100_000_000)
        #expect(joined.count == 2 && joined[0].frequency == 60 && joined[0].tiles == 2 && joined[0].lowest == 55 && joined[0].highest == 105)
        #expect(joined[0].time.nanoseconds == 130_000_000 && joined[0].begin.nanoseconds == 90_000_000 && joined[0].signalToNoise == 10)
        #expect(Trigger.clustered([], gap: 0).isEmpty)
    }
}

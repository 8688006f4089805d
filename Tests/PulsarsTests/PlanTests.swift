import Pulsars
import RadioStreams
import TestSupport
import Testing

@Suite struct PlanTests {
    private func header(_ frequencies: [Double], samplingTime: Double = 1e-3) -> StreamHeader {
        StreamHeader(frequencies: frequencies, channelWidth: -1, samplingTime: samplingTime, start: ModifiedJulianDate(0)!, bits: 8)
    }

    @Test func delaysAreTheFormulasForEachConstant() throws {
        // Crab over 1530 to 1210 MHz: 60.25 ms; over 1712 to 856 MHz: 241.1 ms.
        #expect(abs(DispersionConstant.handbook.delay(dispersionMeasure: 56.7712, frequency: 1210, reference: 1530) - 0.06025) < 5e-5)
        #expect(abs(DispersionConstant.tempo.delay(dispersionMeasure: 56.7712, frequency: 856, reference: 1712) - 0.2411) < 5e-5)
        // The constants differ by 33 µs there.
        let difference = [DispersionConstant.tempo, .handbook].map { $0.delay(dispersionMeasure: 56.7712, frequency: 856, reference: 1712) }
        #expect(abs(difference[0] - difference[1] - 33e-6) < 1e-6)
    }

    @Test func delaysDoNotDependOnTheOrderOfChannels() throws {
        let up = try DispersionPlan(header: header([1200, 1300, 1400]), trials: [0, 100], constant: .handbook)
        let down = try DispersionPlan(header: header([1400, 1300, 1200]), trials: [0, 100], constant: .handbook)
        for c in 0..<3 { #expect(up.delay(trial: 1, channel: c) == down.delay(trial: 1, channel: 2 - c)) }
        #expect(down.delay(trial: 1, channel: 0) == 0 && down.longestDelay(trial: 1) == 76)
        #expect(down.longestDelay(trial: 0) == 0)
    }

    @Test func impossiblePlansAreRefused() {
        #expect(throws: SearchError.self) { try DispersionPlan(header: header([1400]), trials: [], constant: .tempo) }
        #expect(throws: SearchError.self) { try DispersionPlan(header: header([1400]), trials: [2, 1], constant: .tempo) }
        #expect(throws: SearchError.self) {
            try DispersionPlan(header: header([1400, 10], samplingTime: 1e-9), trials: [0, 1e6], constant: .tempo)
        }
    }

    @Test func aStepDelaysTheBandByASample() throws {
        let header = header([1400, 1300, 1200])
        let step = DispersionPlan.step(header: header, constant: .handbook, samples: 1)
        let delay = DispersionConstant.handbook.delay(dispersionMeasure: step, frequency: 1200, reference: 1400)
        #expect(abs(delay - 1e-3) < 1e-12)
    }

    @Test func eventsOfOnePulseAreOneCandidateWhateverTheirOrder() throws {
        let grouping = EventGrouping(trials: 2, samples: 3)
        func event(_ trial: Int, _ begin: Int, _ end: Int, _ value: Float) -> SearchEvent {
            SearchEvent(signalToNoise: value, peak: begin, begin: begin, end: end, filter: 0, trial: trial)
        }
        let events = [event(1, 10, 14, 8), event(3, 16, 18, 9), event(9, 12, 13, 7), event(5, 100, 101, 10), event(4, 21, 22, 8.5)]
        for order in [events, events.reversed(), [events[2], events[4], events[0], events[3], events[1]]] {
            let found = grouping.candidates(order).sorted { $0.begin < $1.begin }
            #expect(found.map(\.members) == [3, 1, 1])
            #expect(found[0].strongest.signalToNoise == 9 && found[0].begin == 10 && found[0].end == 22)
        }
    }

    @Test func channelsThatHoldMoreThanNoiseAreLeftOut() {
        var random = SplitMix(state: 11)
        func noise() -> Float { (0..<12).reduce(Float(-6)) { sum, _ in sum + Float(UInt32(truncatingIfNeeded: random.next())) * 0x1p-32 } }
        var channels = (0..<20).map { c in (0..<8192).map { _ in Float(c) + Float(c + 1) * noise() } }
        for t in 0..<8192 where t % 500 == 0 { channels[3][t] += 60 }
        for t in 1..<8192 { channels[7][t] = 0.5 * channels[7][t - 1] + channels[7][t] }
        channels[9] = [Float](repeating: 12, count: 8192)
        let moments = channels.map { $0.withUnsafeBufferPointer { ChannelCleaning.Moments($0) } }
        #expect(ChannelCleaning().kept(moments) == Array(0..<20).filter { ![3, 7, 9].contains($0) })
        #expect(ChannelCleaning(isOn: false).kept(moments) == Array(0..<20).filter { $0 != 9 })
        #expect(abs(moments[5].mean - 5) < 0.3 && abs(moments[5].deviation - 6) < 0.3)
    }
}

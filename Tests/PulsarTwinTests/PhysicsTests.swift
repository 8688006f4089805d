import Foundation
import Numerics
import PulsarTwin
import RadioStreams
import Testing

@Suite struct PhysicsTests {
    private let quiet = "stream: {channels: 64, bits: 32, duration: 0.4, phase: 0}\n"

    /// A pulsar of one plain pulse a turn.
    private func plain(_ more: String = "") -> String {
        "pulsar: {model: b0329+54, frequency: 5, flux: 200, spectral_index: 0, beam: {core: 1, core_width: 0.3, cones: [], cone_heights: []}\(more.isEmpty ? "" : ", " + more)}\n"
    }

    @Test("signal to noise of pulses is the radiometer equation's within 2 %")
    func radiometerEquation() throws {
        let text = plain("dispersion_measure: 0").replacingOccurrences(of: "flux: 200", with: "flux: 5")
            + "stream: {channels: 16, bits: 32, duration: 20, phase: 0.25}\n"
        let twin = try stream(text, stages: Stages(active: [.noise]), seed: 5)
        let channels = rows(twin)[0]
        let series = (0..<twin.sampleCount).map { t in channels.reduce(0) { $0 + $1[t] } / 16 }
        let pulses = twin.pulses(from: 0, to: 20).filter { $0.arrival > 0.1 && $0.arrival < 19.9 }
        let time = twin.axes.samplingTime
        let deviation = pulses[0].components[0].deviation / time
        // A Gaussian matched to the pulse.
        let found = pulses.map { pulse -> Double in
            let first = Int(pulse.arrival / time - 8 * deviation)
            return (first..<first + Int(16 * deviation)).reduce(0.0) { sum, t in
                let x = (Double(t) + 0.5 - pulse.arrival / time) / deviation
                return sum + (series[t] - 21) * exp(-0.5 * x * x)
            }
        }
        let quiet = series.indices.filter { t in !pulses.contains { abs(Double(t) * time - $0.arrival) < 0.01 } && t > 2000 && Double(t) * time < 19.8 }
        let variance = quiet.reduce(0) { $0 + (series[$1] - 21) * (series[$1] - 21) } / Double(quiet.count)
        let spread = (variance * Double.pi.squareRoot() * deviation).squareRoot()
        let signalToNoise = found.reduce(0, +) / Double(found.count) / spread
        // S/N = F √(n_p B / W) G / T with the equivalent width W = 2 √π σ of a Gaussian: by hand from the telescope's numbers.
        let fluence = 5e-3 * 0.2
        let width = 2 * Double.pi.squareRoot() * deviation * time
        let wanted = fluence / (21 / 1.5) * (2 * 320e6 / width).squareRoot()
        #expect(found.count >= 95 && wanted > 30)
        // Errors of 0.2 % by 99 pulses and of 0.2 % by 170,000 samples of noise.
        #expect(abs(signalToNoise / wanted - 1) < 0.02, "\(signalToNoise), wanted \(wanted)")
        #expect(abs(twin.truth(of: pulses[3]).signalToNoise / wanted - 1) < 0.01)
    }

    @Test("every channel's delay is the constant's, to a tenth of a sample", arguments: DispersionConstant.allCases)
    func dispersion(_ constant: DispersionConstant) throws {
        let twin = try stream(quiet + plain("dispersion_measure: 56.7712") + "dispersion_constant: \(constant.rawValue)", stages: Stages(active: [.dispersion]))
        let pulse = try #require(twin.pulses(from: 0, to: 0.4).first { $0.arrival > 0.1 })
        let window = Int(0.1 / twin.axes.samplingTime)..<Int(0.39 / twin.axes.samplingTime)
        for (channel, row) in rows(twin)[0].enumerated() {
            let found = Double(window.lowerBound) + centroid(Array(row[window]), base: 21)
            let wanted = pulse.arrival + constant.delay(
                dispersionMeasure: 56.7712, frequency: twin.axes.frequency(channel), reference: twin.axes.firstFrequency)
            #expect(abs(found - wanted / twin.axes.samplingTime) < 0.1, "channel \(channel)")
        }
    }

    @Test("the scattering tail's time and index are recovered", arguments: [-4.4, -4.0])
    func scattering(_ index: Double) throws {
        let twin = try stream(quiet + plain("scattering: {time: 8.0e-3, index: \(index)}"), stages: Stages(active: [.scattering]))
        let pulse = try #require(twin.pulses(from: 0, to: 0.4).first { $0.arrival > 0.1 })
        let window = Int(0.15 / twin.axes.samplingTime)..<Int(0.39 / twin.axes.samplingTime)
        // The centroid of an exponential tail is its time.
        let times = rows(twin)[0].map { row in
            (Double(window.lowerBound) + centroid(Array(row[window]), base: 21)) * twin.axes.samplingTime - pulse.arrival
        }
        let x = (0..<64).map { log(twin.axes.frequency($0) / 1000) }
        let y = times.map { log($0) }
        let (mx, my) = (x.reduce(0, +) / 64, y.reduce(0, +) / 64)
        let slope = zip(x, y).reduce(0) { $0 + ($1.0 - mx) * ($1.1 - my) } / x.reduce(0) { $0 + ($1 - mx) * ($1 - mx) }
        #expect(abs(slope - index) < 0.03)
        #expect(abs(exp(my - slope * mx) / 8e-3 - 1) < 0.01)
    }

    @Test("the screen's gains are exponential, half correlated at the bandwidth and 1/e correlated at the time scale")
    func scintillation() {
        let frequencies = (0..<256).map { 1400 - 0.1 * Double($0) }
        let coordinates = ScreenCoordinates(frequencies: frequencies, channelBandwidth: 0.001, reference: 1400, index: -4.4)
        let root = RandomStream(seed: 9, purpose: .test)
        var values: [Float] = []
        var (inFrequency, inTime, far) = (0.0, 0.0, 0.0)
        let screens = 400
        for index in 0..<screens {
            let screen = Screen(bandwidth: 1, time: 30, coordinates: coordinates, draws: Draws(root, index: UInt64(index)))
            let (now, later, muchLater) = (
                screen.gains(time: 50, coordinates: coordinates), screen.gains(time: 80, coordinates: coordinates), screen.gains(time: 170, coordinates: coordinates)
            )
            values += now
            for c in 0..<246 { inFrequency += Double((now[c] - 1) * (now[c + 10] - 1)) / 246 }
            for c in 0..<256 {
                inTime += Double((now[c] - 1) * (later[c] - 1)) / 256
                far += Double((now[c] - 1) * (muchLater[c] - 1)) / 256
            }
        }
        let count = Double(values.count)
        let mean = values.reduce(0.0) { $0 + Double($1) } / count
        let variance = values.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / count
        let above = Double(values.count { $0 > 2 }) / count
        // 400 screens of about 25 scintles: errors of 1 % in the mean, 3 % in what is squared.
        #expect(abs(mean - 1) < 0.04)
        #expect(abs(variance - 1) < 0.1)
        #expect(abs(above - exp(-2)) < 0.015)
        #expect(abs(inFrequency / Double(screens) / variance - 0.5) < 0.07)
        #expect(abs(inTime / Double(screens) / variance - exp(-1)) < 0.07)
        #expect(abs(far / Double(screens)) < 0.07)
    }

    @Test("the rotation measure is recovered from the plane of polarisation, and the swing is the rotating vector model's")
    func rotationMeasure() throws {
        let text = "stream: {channels: 64, bits: 32, duration: 0.4, phase: 0, polarisation: stokes}\n"
            + plain("rotation_measure: -64.3, dispersion_measure: 0, geometry: {inclination: 60, impact: 3, linear: 0.9}")
        let twin = try stream(text, stages: Stages(active: [.emission, .faraday]))
        let terms = rows(twin)
        let pulse = try #require(twin.pulses(from: 0, to: 0.4).first { $0.arrival > 0.1 })
        let sample = Int(pulse.arrival / twin.axes.samplingTime)
        var (angles, squares): ([Double], [Double]) = ([], [])
        for channel in 0..<64 {
            var angle = 0.5 * atan2(terms[2][channel][sample], terms[1][channel][sample])
            if let last = angles.last { angle += ((last - angle) / .pi).rounded() * .pi }
            angles.append(angle)
            squares.append(pow(299.792458 / twin.axes.frequency(channel), 2))
        }
        let slope = (angles[63] - angles[0]) / (squares[63] - squares[0])
        #expect(abs(slope / -64.3 - 1) < 0.01, "\(slope)")
        let alpha = 60 * Double.pi / 180, zeta = 63 * Double.pi / 180
        let step = 1e-5
        let swing = (Emission.positionAngle(step, alpha: alpha, zeta: zeta) - Emission.positionAngle(-step, alpha: alpha, zeta: zeta)) / (2 * step)
        #expect(abs(swing / (sin(alpha) / sin(zeta - alpha)) - 1) < 1e-6)
    }

    @Test("with every stage off and no flux, every number is the receiver's temperature, and pulses arrive everywhere at once")
    func identity() throws {
        let dark = try stream("stream: {channels: 16, bits: 8, duration: 0.05}\npulsar: {model: crab, flux: 0}", stages: .none)
        #expect(rows(dark)[0].allSatisfy { $0.allSatisfy { $0 == 21 } })
        let bright = try stream(quiet + plain(), stages: .none)
        let channels = rows(bright)[0]
        #expect(channels.allSatisfy { $0 == channels[0] })
        #expect((channels[0].max() ?? 0) > 21)
    }

    @Test("fluences are the catalogue's flux over many turns; nulls and giant pulses are as often as they should be")
    func emission() throws {
        let pulsar = try Descriptions.pulsar("b1133+16")
        let emission = Emission(pulsar: pulsar, seed: 3)
        let turns = 20000
        let pulses = (0..<turns).flatMap { emission.pulses(rotation: $0) }
        let mean = pulses.reduce(0) { $0 + $1.fluence } / Double(turns)
        // The spread of energies is about 1: 1 % and, for the runs of five nulls, as much again.
        #expect(abs(mean / (pulsar.flux * 1e-3 * pulsar.period) - 1) < 0.08)
        #expect(abs(1 - Double(pulses.count) / Double(turns) - 0.15) < 0.03)
        let crab = try Emission(pulsar: Descriptions.pulsar("crab"), seed: 3)
        let giants = (0..<turns).flatMap { crab.pulses(rotation: $0) }.filter { $0.kind == .giant }
        #expect(abs(giants.count - 60) < 40)
        let first = pulses.first { $0.components.count > 4 }
        #expect(abs((first?.components.reduce(0) { $0 + $1.weight } ?? 0) - 1) < 1e-9)
    }

    @Test("the Crab's nebula outshines Effelsberg's receiver by a factor above twenty, and MeerKAT's by less")
    func nebula() throws {
        func flux(_ telescope: String, _ nebula: String) throws -> Double {
            let twin = try stream("telescope: {model: \(telescope)}\npulsar: {model: crab\(nebula)}\nstream: {channels: 64, duration: 0.1}")
            return twin.receiver.systemEquivalentFlux(32)
        }
        let (with, without) = (try flux("effelsberg", ""), try flux("effelsberg", ", nebula: {flux: 0}"))
        #expect(with / without > 20 && with / without < 60, "\(with) and \(without) Jy")
        #expect(without > 12 && without < 30)
        let (tied, bare) = (try flux("meerkat", ""), try flux("meerkat", ", nebula: {flux: 0}"))
        #expect(tied / bare > 1.5 && tied / bare < 10, "\(tied) and \(bare) Jy")
    }
}

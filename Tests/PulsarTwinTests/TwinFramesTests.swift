import Batch
import Foundation
import PulsarFrames
import PulsarTwin
import Testing

@Suite struct TwinFramesTests {
    private func frames(_ text: String = "", stages: Stages = .all, seed: UInt64 = 4) throws -> TwinFrames {
        let configuration = try Configuration(text: text)
        return try TwinFrames(descriptions: Descriptions(configuration), settings: FrameSettings(configuration), stages: stages, seed: seed)
    }

    private func frame(_ source: TwinFrames, _ index: UInt64) -> (values: [Float], truth: FrameTruth) {
        var truth = FrameTruth()
        let count = source.axes.channels * source.axes.samples
        let values = [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
            truth = source.write(frame: index, into: UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
            initialized = count
        }
        return (values, truth)
    }

    @Test("each class once in eight frames; a frame is the same whenever it is asked for; other seeds, other frames")
    func balance() throws {
        let source = try frames()
        for group in 0..<8 { #expect(Set((0..<8).map { source.contents(UInt64(group * 8 + $0)).classIndex }) == Set(0..<8)) }
        let (first, again, other) = (frame(source, 11), frame(try frames(), 11), frame(try frames(seed: 5), 11))
        #expect(first.values == again.values && first.truth == again.truth)
        #expect(first.values != other.values)
        #expect(first.values.allSatisfy { $0 >= 0 && $0 <= 255 && $0 == $0.rounded() })
        #expect(frame(source, UInt64.max).values.count == 65536)
        let rare = try frames("frames: {shares: [998, 2, 0, 0, 0, 0, 0, 0], other_share: 0.1}")
        let classes = (0..<20000).map { rare.contents(UInt64($0)).classIndex }
        #expect(abs(classes.count { $0 == 8 } - 2000) < 250)
        #expect(abs(classes.count { $0 == 1 } - 36) < 30)
        #expect(!classes.contains(2))
    }

    @Test("a mask lies on the pulse's path, and is empty without one; the frame is the same with and without it") func masks() throws {
        let text = "frames: {shares: [1, 1, 0, 0, 0, 0, 0, 0], dm: [10, 60], width: 1.0e-3, scattering: 1.0e-9}"
        let source = try frames(text, stages: Stages(active: [.dispersion, .noise, .digitiser]))
        let axes = source.axes, count = axes.channels * axes.samples
        var values = [Float](repeating: 0, count: count)
        var mask = values
        var pulses = 0
        for index in 0..<UInt64(24) {
            let truth = values.withUnsafeMutableBufferPointer { values in
                mask.withUnsafeMutableBufferPointer { source.write(frame: index, into: values, mask: $0) }
            }
            #expect(frame(source, index).values == values && frame(source, index).truth == truth)
            guard truth.contents.contains(.pulse) else {
                #expect(mask.allSatisfy { $0 == 0 })
                continue
            }
            pulses += 1
            for channel in 0..<axes.channels {
                let delay = 4148.808 * truth.dispersionMeasure * (pow(axes.frequency(channel), -2) - pow(axes.firstFrequency, -2))
                let about = (truth.arrival + delay) / axes.samplingTime
                for t in 0..<axes.samples where mask[channel * axes.samples + t] != 0 {
                    // Half of 1 ms, which is 4.9 samples, the smear of a channel, and a sample cut off at a frame's end.
                    #expect(mask[channel * axes.samples + t] == 1 && abs(Double(t) + 0.5 - about) < 9, "frame \(index), channel \(channel), sample \(t), about \(about)")
                }
                if about > 2, about < Double(axes.samples) - 2 { #expect(mask[channel * axes.samples + Int(about)] == 1) }
            }
        }
        #expect(pulses > 4)
    }

    @Test("what is in a frame has the S/N that its truth says: energy over noise, within 5 %")
    func signalToNoise() throws {
        let text = "frames: {shares: [0, 1, 0, 0, 0, 0, 0, 0], snr: 20, dm: [20, 40], spectral_index: 0, scattering: 1.0e-9, width: 1.0e-3}"
        let stages = Stages(active: [.dispersion])
        for index in 0..<6 {
            let (values, truth) = frame(try frames(text, stages: stages), UInt64(index))
            let source = try frames(text, stages: stages)
            // Alike channels: the radiometer equation is the root of the energy over the variance.
            let energy = values.reduce(0.0) { $0 + pow((Double($1) - 21) / source.receiver.deviation(0), 2) }
            #expect(abs(energy.squareRoot() / truth.signalToNoise - 1) < 0.05, "\(energy.squareRoot())")
            #expect(truth.dispersionMeasure >= 20 && truth.dispersionMeasure <= 40)
            #expect(abs(truth.width / 1e-3 - 1) < 0.05)
        }
    }

    @Test("a pulse lies along its truth's arrival and dispersion measure; straddling pulses are there too")
    func straddling() throws {
        let source = try frames(
            "frames: {shares: [0, 1, 0, 0, 0, 0, 0, 0], snr: 60, spectral_index: 0, scattering: 1.0e-9, width: 5.0e-4}",
            stages: Stages(active: [.dispersion]))
        var straddling = 0
        for index in 0..<40 {
            let (values, truth) = frame(source, UInt64(index))
            if truth.arrival < 0 { straddling += 1 }
            for channel in stride(from: 0, to: 256, by: 37) {
                let wanted = (truth.arrival + source.constant.delay(
                    dispersionMeasure: truth.dispersionMeasure, frequency: source.axes.frequency(channel), reference: source.axes.firstFrequency))
                    / source.axes.samplingTime
                guard wanted > 20, wanted < 236 else { continue }
                let row = values[channel * 256..<(channel + 1) * 256].map(Double.init)
                #expect(abs(centroid(row, base: 21) - wanted) < 0.1, "frame \(index), channel \(channel)")
            }
        }
        #expect(straddling > 4 && straddling < 36)
    }

    @Test("interference raises what its class says: channels, times, or the unusual")
    func interference() throws {
        let stages = Stages(active: [.interference])
        func changed(_ shares: String, _ other: Double = 0) throws -> [(channels: Int, samples: Int)] {
            let source = try frames("frames: {shares: \(shares), other_share: \(other)}", stages: stages)
            return (0..<20).map { index in
                let values = frame(source, UInt64(index)).values
                let channels = (0..<256).count { c in values[c * 256..<(c + 1) * 256].contains { $0 != 21 } }
                let samples = (0..<256).count { t in (0..<256).contains { values[$0 * 256 + t] != 21 } }
                return (channels, samples)
            }
        }
        for found in try changed("[0, 0, 1, 0, 0, 0, 0, 0]") { #expect(found.channels >= 1 && found.channels < 64 && found.samples > 100) }
        for found in try changed("[0, 0, 0, 0, 1, 0, 0, 0]") { #expect(found.channels == 256 && found.samples >= 1) }
        for found in try changed("[1, 0, 0, 0, 0, 0, 0, 0]") { #expect(found.channels == 0) }
        for found in try changed("[1, 0, 0, 0, 0, 0, 0, 0]", 1) { #expect(found.channels > 30 && found.samples >= 20) }
    }

    @Test("drawn receivers are settings of the twin, differ from each other, and are the same for the same seed")
    func drawnReceivers() throws {
        let drawn = (0..<64).map { DrawnReceiver.settings(number: $0, seed: 5) }
        #expect(Set(drawn).count == 64 && drawn == (0..<64).map { DrawnReceiver.settings(number: $0, seed: 5) })
        #expect(Set(drawn).isDisjoint(with: (0..<64).map { DrawnReceiver.settings(number: $0, seed: 6) }))
        for words in drawn {
            let configuration = try Configuration(text: "", name: "receiver", overrides: words)
            let telescope = try Descriptions(configuration).telescope, frames = try FrameSettings(configuration)
            try configuration.finish()
            #expect((15...45).contains(telescope.receiverTemperature) && (0...0.08).contains(telescope.ripple) && (0...16).contains(telescope.edge))
            #expect([4, 8].contains(frames.bits) && (15...80).contains(telescope.elevation))
        }
        let levelled = drawn.count { $0.contains("frames.levels=channel") }
        // 64 throws of a coin: 32 ± 4.
        #expect((16...48).contains(levelled), "\(levelled)")
    }

    @Test("shipped files are the catalogue's, to the byte, and every one of them reads; a wrong key names the right one")
    func catalogue() throws {
        for (folder, texts) in [("telescopes", Catalogue.telescopes), ("pulsars", Catalogue.pulsars)] {
            let shipped = try FileManager.default.contentsOfDirectory(atPath: repository("examples/\(folder)"))
            #expect(Set(shipped) == Set(texts.keys.map { $0 + ".yaml" }))
            for (name, text) in texts {
                #expect(try String(contentsOfFile: repository("examples/\(folder)/\(name).yaml"), encoding: .utf8) == text, "\(folder)/\(name)")
                let section = folder == "telescopes" ? "telescope" : "pulsar"
                let configuration = try Configuration(text: "\(section): {file: \(repository("examples/\(folder)/\(name).yaml"))}")
                let whole = try Descriptions(configuration)
                try configuration.finish()
                if section == "telescope" { #expect(try whole.telescope == Descriptions.telescope(name)) } else { #expect(try whole.pulsar == Descriptions.pulsar(name)) }
            }
        }
        let error = #expect(throws: ConfigurationError.self) {
            let configuration = try Configuration(text: "telescope: {model: effelsberg, gai: 3}")
            _ = try Descriptions(configuration)
            try configuration.finish()
        }
        #expect(error?.description.contains("did you mean 'gain'") == true)
        #expect(throws: ConfigurationError.self) { try Descriptions(Configuration(text: "pulsar: {model: crabb}")) }
        #expect(throws: TwinError.self) { try frames("frames: {channels: 65536}") }
        #expect(throws: ConfigurationError.self) { try frames("frames: {dm: [50, 20]}") }
    }
}

import Foundation
import ParallelHDF5
import PulsarNetworks
import TestSupport
import Testing

extension ClassifierTests {
    /// Files of frames with bytes changed, inserted, removed or cut off.
    @Suite struct DamagedFramesTests {
        /// `DIDYMOS_LONG_TESTS` runs 100,000.
        private static let rounds = ProcessInfo.processInfo.environment["DIDYMOS_LONG_TESTS"] == nil ? 1000 : 100_000

        @Test("many damaged files of frames are refused with a reason, or read as far as they go")
        func damaged() throws {
            let directory = try TemporaryDirectory()
            let path = directory.path("seed.h5")
            let (count, channels, samples) = (3, 4, 16)
            try HDF5File.with(HDF5File.create(path, communicator: nil)) { file in
                let root = file.root
                try root.setAttribute("first_frequency_MHz", 1500.0)
                try root.setAttribute("channel_bandwidth_MHz", -1.0)
                try root.setAttribute("sampling_time_s", 1e-4)
                try root.write("frames", (0..<count * channels * samples).map { Float($0) }, shape: [count, channels, samples])
                try root.write("class", [UInt8](repeating: 1, count: count))
                try root.write("snr", [Double](repeating: 9, count: count))
            }
            let seed = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
            var random = SplitMix(state: 2028)
            let damaged = directory.path("damaged.h5")
            var (refused, taken) = (0, 0)
            for _ in 0..<Self.rounds {
                try Data(Self.damage(seed, &random)).write(to: URL(fileURLWithPath: damaged))
                do {
                    let file = try FrameFile(damaged)
                    let size = file.channels * file.samples
                    guard size <= 1 << 20 else { continue }
                    var values = [Float](repeating: 0, count: size)
                    try values.withUnsafeMutableBufferPointer { if let base = $0.baseAddress { try file.read(0..<1, into: base) } }
                    taken += 1
                } catch {
                    refused += 1
                    #expect(!"\(error)".isEmpty)
                }
            }
            #expect(refused > Self.rounds / 10 && taken > Self.rounds / 10)
        }

        static func damage(_ seed: [UInt8], _ random: inout SplitMix) -> [UInt8] {
            var bytes = seed
            for _ in 0..<Int.random(in: 1...3, using: &random) where bytes.count > 1 {
                let at = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<6, using: &random) {
                case 0: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                case 1: bytes[at] = [0, 1, 0x7f, 0x80, 0xff].randomElement(using: &random) ?? 0
                case 2: bytes.replaceSubrange(at..<min(bytes.count, at + 8), with: [UInt8](repeating: 0xff, count: min(bytes.count, at + 8) - at))
                case 3: bytes.remove(at: at)
                case 4: bytes.insert(UInt8.random(in: 0...255, using: &random), at: at)
                default: bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random))
                }
            }
            return bytes
        }
    }
}

import Foundation
import Frames
import Segments
import TestSupport
import Testing

@Suite("Files that others wrote")
struct ThirdPartyFileTests {
    static let folder = TestData.path("gw/third_party_written")
    static let real = TestData.path("gw/H-H1_LOSC_4_V2-1126259446-32.gwf")

    private func truth() throws -> [String: [UInt8]] {
        let folder = try #require(Self.folder)
        let directory = try TemporaryDirectory()
        let script = "import sys, numpy as np\nt = np.load(sys.argv[1])\nfor k in t.files: t[k].tofile(sys.argv[2] + '/' + k)"
        _ = try PythonPeer.run(script, arguments: ["\(folder)/truth.npz", directory.path])
        return Dictionary(
            uniqueKeysWithValues: try ["i2", "i4", "i8", "f4", "f8"].map { ($0, Array(try Data(contentsOf: URL(fileURLWithPath: directory.path($0))))) })
    }

    @Test(
        "every compression of frameCPP and FrameL, exact", .enabled(if: folder != nil, "gw/third_party_written not in DIDYMOS_TEST_DATA"),
        .enabled(if: PythonPeer.has("numpy"), "peer numpy not installed"))
    func values() throws {
        let folder = try #require(Self.folder)
        let truth = try truth()
        var compared: [String: Int] = [:]
        for name in try FileManagerNames.of(folder) where name.hasPrefix("V-V1_CMP_") || name.hasPrefix("V-FRAMEL_MIX") {
            let file = try FrameFile(path: "\(folder)/\(name)")
            for entry in file.channels {
                let key = entry.name.dropFirst(3).lowercased().replacingOccurrences(of: "adc_", with: "")
                #expect(try file.read(entry, frame: 0).vector.samples.raw == truth[key], "\(name) \(entry.name)")
                compared[try file.storage(of: entry).compression, default: 0] += 1
            }
        }
        #expect(Set(compared.keys) == ["raw", "gzip", "diff-gzip", "zero-suppress"])
        let total: Int = compared.values.reduce(0, +)
        #expect(total == 40)
    }

    @Test("all of them pass the check, and say what they are", .enabled(if: folder != nil, "gw/third_party_written not in DIDYMOS_TEST_DATA"))
    func check() throws {
        let folder = try #require(Self.folder)
        for name in try FileManagerNames.of(folder) where name.hasSuffix(".gwf") {
            let file = try FrameFile(path: "\(folder)/\(name)")
            let check = try file.check()
            #expect(check.problems.isEmpty, "\(name): \(check.problems)")
            #expect(file.writer == (name.contains("FRAMEL") ? "FrameL" : "frameCPP"))
            #expect(FrameFileName(path: name)?.start == 1_266_624_018)
        }
    }

    @Test("several frames, and the three kinds of channel", .enabled(if: folder != nil, "gw/third_party_written not in DIDYMOS_TEST_DATA"))
    func structures() throws {
        let folder = try #require(Self.folder)
        let series = try FrameFile(path: "\(folder)/V-V1_MULTI-1266624018-4.gwf").series("V1:A")
        #expect(series.start == GPSTime(seconds: 1_266_624_018) && series.rate == 16 && series.samples == .float64((0..<64).map(Double.init)))
        let kinds = try FrameFile(path: "\(folder)/V-V1_ADCSIM-1266624018-1.gwf")
        #expect(kinds.channels.map(\.kind) == [.digitised, .processed, .simulated])
        #expect(try kinds.description(ofFrame: 0).detectors.map(\.prefix) == ["V1"])
        let adc = try kinds.read("V1:ADC_I4")
        #expect(adc.sampleRate == 1024 && adc.vector.samples.count == 1024 && adc.isTimeSeries)
    }

    @Test("the strain of GW150914", .enabled(if: real != nil, "gw/H-H1_LOSC_4_V2-1126259446-32.gwf not in DIDYMOS_TEST_DATA"))
    func strain() throws {
        let file = try FrameFile(path: #require(Self.real))
        #expect(file.channels.map(\.name) == ["H1:LOSC-DQMASK", "H1:LOSC-INJMASK", "H1:LOSC-STRAIN"])
        #expect(file.frames.map(\.start) == [GPSTime(seconds: 1_126_259_446)] && file.frames[0].duration == 32)
        #expect(try file.check().problems.isEmpty)
        let strain = try file.series("H1:LOSC-STRAIN", from: GPSTime("1126259462"), to: GPSTime("1126259463"))
        #expect(strain.rate == 4096 && strain.samples.count == 4096)
        let values = try #require(strain.samples.doubles)
        #expect(values.allSatisfy { abs($0) < 2e-18 && $0 != 0 })
        let mask = try file.read("H1:LOSC-DQMASK")
        #expect(mask.vector.samples.count == 32 && mask.vector.samples.type == .int32)
        let description = try file.description(ofFrame: 0)
        #expect(description.leapSeconds == 36 && description.detectors.map(\.prefix) == ["H1"])
    }
}

import Foundation
import Frames
import Segments
import TestSupport
import Testing

@Suite("glitchgen frames")
struct CommandTests {
    private func glitchgen(_ arguments: String...) throws -> ProcessResult {
        try MPIRun.run(executable: "glitchgen", arguments: ["frames"] + arguments, ranks: nil, timeout: 60)
    }

    private func archive() throws -> TemporaryDirectory {
        let directory = try TemporaryDirectory()
        for index in 0..<3 {
            let values = (0..<16).map { Int32(16 * index + $0) }
            let channels = [channel("V1:LSC_A", .int32(values)), channel("V1:ENV_B", .float32(values.map(Float.init)), .digitised(.init(units: "m")))]
            try write([frame(channels, at: index)], to: directory.path("V-T-\(1_266_624_018 + index)-2.gwf"))
        }
        try (0..<3).map { "V-T-\(1_266_624_018 + $0)-2.gwf \(1_266_624_018 + $0).125 1 0 0\n" }.joined()
            .write(toFile: directory.path("all.ffl"), atomically: true, encoding: .utf8)
        return directory
    }

    @Test("list and show print what is there")
    func look() throws {
        let directory = try archive()
        let list = try glitchgen("list", "--channels", directory.path("all.ffl"))
        #expect(list.status == 0 && list.lines.count == 9, "\(list)")
        #expect(list.lines[0].contains("GPS 1266624018.125 to 1266624019.125, 1 frame, 2 channels") && list.lines[0].contains("little-endian"))
        #expect(list.lines[1].contains("FrAdcData") && list.lines[1].contains("16 Hz") && list.lines[1].hasSuffix("V1:ENV_B"))
        let show = try glitchgen("show", directory.path("V-T-1266624019-2.gwf"), "V1:LSC_A", "--values", "2")
        #expect(show.status == 0 && show.lines.suffix(2) == ["  16", "  17"] && show.stdout.contains("min 16, max 31, mean 23.5"), "\(show)")
        #expect(try glitchgen("show", directory.path("V-T-1266624019-2.gwf")).stdout.contains("GPS 1266624019.125, 1.0 s"))
    }

    @Test("copy joins files, chooses channels, cuts times, and leaves nothing when it fails")
    func copy() throws {
        let directory = try archive()
        let output = directory.path("out.gwf")
        let copied = try glitchgen(
            "copy", directory.path("all.ffl"), "--channel", "V1:LSC_*", "--from", "1266624018.625", "--to", "1266624020.375", "--compression", "gzip",
            "--byte-order", "big", "--output", output)
        #expect(copied.status == 0 && copied.stdout.contains("3 frames"), "\(copied)")
        let file = try FrameFile(path: output)
        #expect(file.channels.map(\.name) == ["V1:LSC_A"] && !file.isLittleEndian)
        let series = try file.series("V1:LSC_A")
        #expect(series.start == GPSTime("1266624018.625") && series.samples == .int32(Array(8..<36)))
        let description = try file.description(ofFrame: 0)
        #expect(description.history.map(\.name) == ["test", "glitchgen"] && description.duration == 0.5)
        #expect(try glitchgen("check", output).status == 0)

        let before = try FileManagerNames.of(directory.path)
        let missing = try glitchgen("copy", output, "--channel", "V1:NO", "--output", directory.path("no.gwf"))
        #expect(missing.status == 64 && missing.stderr.contains("found no channel \"V1:NO\""), "\(missing)")
        let twice = try glitchgen("copy", output, output, "--output", directory.path("no.gwf"))
        #expect(twice.status == 64 && twice.stderr.contains("overlaps"), "\(twice)")
        #expect(try glitchgen("copy", output, "--output", directory.path("none/no.gwf")).status == 74)
        #expect(try FileManagerNames.of(directory.path) == before)
    }

    @Test("check tells a damaged file, a torn one and a missing one, and looks at the others")
    func check() throws {
        let directory = try archive()
        let good = directory.path("V-T-1266624018-2.gwf")
        var bytes = Array(try Data(contentsOf: URL(fileURLWithPath: good)))
        let torn = directory.path("torn.gwf")
        try Data(bytes.dropLast(50)).write(to: URL(fileURLWithPath: torn))
        bytes[bytes.count / 2] ^= 1
        let damaged = directory.path("damaged.gwf")
        try Data(bytes).write(to: URL(fileURLWithPath: damaged))
        let result = try glitchgen("check", damaged, torn, good)
        #expect(result.status == 65 && result.stdout.contains("\(good): good") && result.stdout.contains("\(damaged): DAMAGED"), "\(result)")
        #expect(result.stderr.contains("damaged.gwf, byte ") && result.stderr.contains("torn.gwf") && result.stderr.contains("cut short"))
        #expect(try glitchgen("check", directory.path("missing.gwf"), good).status == 74)
        #expect(try glitchgen("list", "/dev/null").status == 74)
        #expect(try glitchgen("nonsense").status == 64)
    }
}

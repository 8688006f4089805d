import Foundation
import TestSupport
import Testing

/// Configurations that ILDG's files do not hold, kept in LIME records of our own.
@Suite("Fields in LIME records of our own")
struct FieldFileTests {
    private let scratch: TemporaryDirectory

    init() throws { scratch = try TemporaryDirectory() }

    private func flowtrain(_ arguments: [String], ranks: Int? = nil) throws -> ProcessResult {
        try MPIRun.run(executable: "flowtrain", arguments: arguments, ranks: ranks, workingDirectory: scratch.path)
    }

    /// A chain's command, its settings, and what `check` says of its last configuration.
    struct Theory: CustomTestStringConvertible, Sendable {
        let command: String
        let settings: String
        let file: String
        let words: String

        var testDescription: String { words }

        static let all = [
            Theory(
                command: "hmc",
                settings: "lattice: {extents: [6, 8]}\naction: {group: u1, beta: 3}\nhmc: {trajectories: 6, thermalization: 4, configurations_every: 3}",
                file: "hmc-00000006", words: "u1gauge, 6x8"),
            Theory(
                command: "heatbath",
                settings: "lattice: {extents: [6, 8]}\naction: {group: u1, beta: 3}\nheatbath: {sweeps: 6, thermalization: 4, configurations_every: 3}",
                file: "heatbath-00000006", words: "u1gauge, 6x8"),
            Theory(
                command: "gauge", settings: "lattice: {extents: [6, 4]}\ngauge: {group: su2, beta: 2, updates: 4, configurations_every: 2}",
                file: "gauge-00000004", words: "su2gauge, 6x4"),
            Theory(
                command: "gauge",
                settings: "lattice: {extents: [4, 4, 2, 2]}\ngauge: {group: su3, beta: 5.7, updates: 2, boundary: open, configurations_every: 2}",
                file: "gauge-00000002", words: "su3gauge, 4x4x2x2 (axis 0 first), open time"),
        ]
    }

    @Test("the same bytes on 1, 2 and 3 ranks, verified; a changed bit is refused, and so is passing it off as su3gauge", arguments: Theory.all)
    func chains(theory: Theory) throws {
        try theory.settings.write(toFile: scratch.path("run.yaml"), atomically: true, encoding: .utf8)
        var reference: Data?
        for ranks in 1...3 {
            let made = try flowtrain([theory.command, "run.yaml", "--run", "run\(ranks)"], ranks: ranks)
            #expect(made.status == 0, "\(made.stderr)")
            let bytes = try Data(contentsOf: URL(fileURLWithPath: scratch.path("run\(ranks)/configurations/\(theory.file).lime")))
            #expect(bytes == reference ?? bytes, "\(ranks) ranks")
            reference = bytes
        }
        let path = "run1/configurations/\(theory.file).lime"
        let good = try flowtrain(["check", path], ranks: 2)
        #expect(good.status == 0 && good.stdout.contains("\(theory.words)") && good.stdout.contains("verified\n  plaquette "), "\(good.stdout)\(good.stderr)")
        #expect(try flowtrain(["measure", path]).stdout.contains("  plaquette "))
        let foreign = try flowtrain(["convert", path, "out.ildg", "--format", "ildg"], ranks: 1)
        #expect(foreign.status == 65 && foreign.stderr.contains("no record ildg-binary-data"), "\(foreign.stderr)")
        var damaged = try #require(reference)
        damaged[damaged.count / 2] ^= 4
        try damaged.write(to: URL(fileURLWithPath: scratch.path(path)))
        let bad = try flowtrain(["check", path], ranks: 2)
        #expect(bad.status == 65 && bad.stderr.components(separatedBy: "scidac-checksum").count == 2, "\(bad.stderr)")
    }

    @Test("scalar configurations leave their HDF5 file with the values that they have there", .enabled(if: PythonPeer.has("numpy", "h5py"), "peers numpy, h5py not installed"))
    func scalar() throws {
        try "lattice: {extents: [4, 6]}\naction: {convention: albergo, mass_squared: -4, lambda: 6.975}\nhmc: {trajectories: 2, thermalization: 2, configurations_every: 1}\n"
            .write(toFile: scratch.path("run.yaml"), atomically: true, encoding: .utf8)
        #expect(try flowtrain(["hmc", "run.yaml", "--run", "run"], ranks: 2).status == 0)
        let store = try #require(FileManager.default.contentsOfDirectory(atPath: scratch.path("run/configurations")).sorted().first)
        let converted = try flowtrain(["convert", "run/configurations/\(store)", "phi", "--format", "field"], ranks: 3)
        #expect(converted.status == 0 && converted.stdout.contains("scalar, 4x6"), "\(converted.stdout)\(converted.stderr)")
        let written = try #require(FileManager.default.contentsOfDirectory(atPath: scratch.path).filter { $0.hasPrefix("phi-") }.sorted().first)
        #expect(
            try PythonPeer.run(Self.reader + Self.compareScalar, arguments: [scratch.path(written), scratch.path("run/configurations/\(store)")]) == "equal\n")
    }

    @Test("an independent program finds the plaquette and the charge of U(1) links", .enabled(if: PythonPeer.has("numpy"), "peer numpy not installed"))
    func independent() throws {
        try Theory.all[0].settings.write(toFile: scratch.path("run.yaml"), atomically: true, encoding: .utf8)
        #expect(try flowtrain(["hmc", "run.yaml", "--run", "run"], ranks: 2).status == 0)
        let path = "run/configurations/hmc-00000006.lime"
        let numbers = try PythonPeer.run(Self.reader + Self.measureLinks, arguments: [scratch.path(path)]).split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
        let words = try flowtrain(["check", path]).stdout.split(whereSeparator: { " ,\n".contains($0) }).map(String.init)
        let place = try #require(words.firstIndex(of: "plaquette"))
        #expect(abs((Double(words[place + 1]) ?? 0) - numbers[0]) < 1e-12 && Double(words[place + 4]) == numbers[1], "\(words) \(numbers)")
    }

    private static let reader = """
        import sys, struct, zlib, re
        import numpy as np
        raw = open(sys.argv[1], "rb").read()
        at, records = 0, {}
        while at < len(raw):
            magic, version, flags, length = struct.unpack(">IHHQ", raw[at:at + 16])
            assert magic == 0x456789ab and version == 1
            records[raw[at + 16:at + 144].rstrip(b"\\0").decode()] = raw[at + 144:at + 144 + length]
            at += 144 + (length + 7) // 8 * 8
        tag = lambda t: re.search(f"<{t}>(.*?)</{t}>", records["didymos-format"].decode()).group(1)
        extents = [int(n) for n in tag("extents").split()]
        data = records["didymos-binary-data"]
        rot = lambda w, n: ((w << n) | (w >> (32 - n))) & 0xffffffff if n else w
        sites = int(np.prod(extents)); size = len(data) // sites; a = b = 0
        for r in range(sites):
            c = zlib.crc32(data[r * size:(r + 1) * size]); a ^= rot(c, r % 29); b ^= rot(c, r % 31)
        sums = records["scidac-checksum"].decode()
        assert (int(re.search("<suma>(.*?)<", sums).group(1), 16), int(re.search("<sumb>(.*?)<", sums).group(1), 16)) == (a, b)
        values = np.frombuffer(data, ">f8").astype(float).reshape(extents + [-1])

        """
    private static let compareScalar = """
        import h5py
        stored = h5py.File(sys.argv[2])["configurations/field"][0]
        print("equal" if tag("field") == "scalar" and np.array_equal(stored, values[..., 0]) else "differ")
        """
    private static let measureLinks = """
        u, v = values[..., 0], values[..., 1]
        p = u + np.roll(v, -1, 0) - np.roll(u, -1, 1) - v
        print(np.cos(p).mean(), round(float(((p + np.pi) % (2 * np.pi) - np.pi).sum() / (2 * np.pi))))
        """
}

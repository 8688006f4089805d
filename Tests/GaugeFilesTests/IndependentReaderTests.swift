import Foundation
import GaugeFiles
import MessagePassing
import TestSupport
import Testing

/// A second reader, written from the formats' descriptions in another language, opens what this one writes.
@Suite("Files of links, read by an independent program", .enabled(if: PythonPeer.has("numpy"), "peer numpy not installed"))
struct IndependentReaderTests {
    @Test("lattice, plaquette and checksum", arguments: Writing.all)
    func reads(writing: Writing) throws {
        let directory = try TemporaryDirectory()
        let path = directory.path("configuration")
        let written = try RandomLinks.withRank { communicator in
            try GaugeFile.write(RandomLinks.field([4, 2, 6, 8], seed: 12, communicator: communicator), to: path, writing.options)
        }
        let words = try PythonPeer.run(Self.script, arguments: [writing.format.rawValue, path]).split(whereSeparator: \.isWhitespace).map(String.init)
        try #require(words.count == 6, "\(words)")
        #expect(Array(words[..<4]) == ["8", "6", "2", "4"], "x, y, z, t")
        #expect(abs((Double(words[4]) ?? 0) - written.observables.plaquette) < 1e-12)
        let checksum =
            switch writing.format {
            case .ildg, .scidac: "\(String(written.checksums.scidac.x, radix: 16))/\(String(written.checksums.scidac.y, radix: 16))"
            case .nersc: String(written.checksums.nersc, radix: 16)
            case .milc: "\(String(written.checksums.milc.x, radix: 16))/\(String(written.checksums.milc.y, radix: 16))"
            case .openqcd: "none"
            }
        #expect(words[5] == checksum)
    }

    private static let script = """
        import sys, struct, zlib, re
        import numpy as np
        kind, path = sys.argv[1:]
        raw = open(path, "rb").read()
        rot = lambda w, n: ((w << n) | (w >> (32 - n))) & 0xffffffff if n else w

        def words(data, order, one):
            a = np.frombuffer(data, order + "u4").astype(np.uint64)
            if one: return int(a.sum() % 2**32)
            s = [0, 0]
            for k, w in enumerate(a.tolist()):
                s[0] ^= rot(w, k % 29); s[1] ^= rot(w, k % 31)
            return s

        check = "none"
        if kind in ("ildg", "scidac"):
            at, records = 0, {}
            while at < len(raw):
                magic, version, flags, length = struct.unpack(">IHHQ", raw[at:at + 16])
                assert magic == 0x456789ab and version == 1
                records[raw[at + 16:at + 144].rstrip(b"\\0").decode()] = raw[at + 144:at + 144 + length]
                at += 144 + (length + 7) // 8 * 8
            tag = lambda t: int(re.search(f"<{t}>(.*?)</{t}>".encode(), records["ildg-format"]).group(1))
            x, y, z, t = (tag(n) for n in ("lx", "ly", "lz", "lt"))
            data = records["ildg-binary-data"]
            u = np.frombuffer(data, ">f8" if tag("precision") == 64 else ">f4").astype(float)
            site = len(data) // (x * y * z * t); a = b = 0
            for r in range(x * y * z * t):
                c = zlib.crc32(data[r * site:(r + 1) * site]); a ^= rot(c, r % 29); b ^= rot(c, r % 31)
            for name, value in (("suma", a), ("sumb", b)):
                assert int(re.search(f"<{name}>(.*?)</{name}>".encode(), records["scidac-checksum"]).group(1), 16) == value
            check = f"{a:x}/{b:x}"
        elif kind == "nersc":
            end = raw.index(b"END_HEADER\\n") + 11
            h = dict(l.split(" = ") for l in raw[:end].decode().split("\\n")[1:-2])
            x, y, z, t = (int(h[f"DIMENSION_{k}"]) for k in (1, 2, 3, 4))
            order = "<" if "LITTLE" in h["FLOATING_POINT"] else ">"
            u = np.frombuffer(raw[end:], order + ("f8" if "64" in h["FLOATING_POINT"] else "f4")).astype(float)
            if h["DATATYPE"] == "4D_SU3_GAUGE":
                two = u.reshape(-1, 2, 3, 2); two = two[..., 0] + 1j * two[..., 1]
                third = np.cross(two[:, 0], two[:, 1]).conj()
                c = np.concatenate([two, third[:, None]], 1); u = np.stack([c.real, c.imag], -1).reshape(-1)
            check = f"{words(raw[end:], order, True):x}"
            assert int(h["CHECKSUM"], 16) == int(check, 16)
        elif kind == "milc":
            order = "<" if struct.unpack("<i", raw[:4])[0] == 20103 else ">"
            x, y, z, t = struct.unpack(order + "4i", raw[4:20])
            s = words(raw[96:], order, False); assert list(struct.unpack(order + "2I", raw[88:96])) == s
            check = f"{s[0]:x}/{s[1]:x}"
            u = np.frombuffer(raw[96:], order + "f4").astype(float)
        else:
            t, x, y, z = struct.unpack("<4i", raw[:16]); average = struct.unpack("<d", raw[16:24])[0]
            data = np.frombuffer(raw[24:], "<f8").reshape(-1, 8, 18)
            u = np.zeros((t, z, y, x, 4, 18)); k = 0; n = (t, x, y, z)
            for i in np.ndindex(*n):
                if sum(i) % 2 == 0: continue
                for d in range(4):
                    j = list(i); j[d] = (j[d] - 1) % n[d]
                    for link, p in ((2 * d, i), (2 * d + 1, tuple(j))):
                        u[p[0], p[3], p[2], p[1], (3, 0, 1, 2)[d]] = data[k, link]
                k += 1
        u = u.reshape(t, z, y, x, 4, 3, 3, 2); u = u[..., 0] + 1j * u[..., 1]
        total = 0
        for m in range(4):
            for n in range(m + 1, 4):
                a, b = u[..., m, :, :], u[..., n, :, :]
                p = a @ np.roll(b, -1, 3 - m) @ np.roll(a, -1, 3 - n).conj().swapaxes(-1, -2) @ b.conj().swapaxes(-1, -2)
                total += np.trace(p, axis1=-2, axis2=-1).real.mean() / 18
        if kind == "openqcd": assert abs(average / 3 - total) < 1e-12
        print(x, y, z, t, repr(float(total)), check)
        """
}

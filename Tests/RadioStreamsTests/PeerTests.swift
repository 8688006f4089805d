import Foundation
import RadioStreams
import Testing
import TestSupport

/// The same files seen by other people's readers and writers: headers and samples must be exact.
@Suite struct PeerTests {
    /// Writes what the peers are to find beside each recording, as float32.
    private func samplesFile(_ values: [Float], _ path: String) throws {
        try values.withUnsafeBytes { try Data($0).write(to: URL(fileURLWithPath: path)) }
    }

    private static let check = """
        def same(name, found, wanted):
            found, wanted = np.asarray(found), np.asarray(wanted)
            print('exact' if found.shape == wanted.shape and (found == wanted).all() else f'{name}: found {found.ravel()[:6]} {found.shape}, wanted {wanted.ravel()[:6]} {wanted.shape}')
        """

    /// Every line that is not `exact`.
    private func differences(_ script: String, _ arguments: [String], atLeast: Int) throws -> [String] {
        let lines = try PythonPeer.run("import sys, warnings\nwarnings.simplefilter('ignore')\nimport numpy as np\n" + Self.check + "\n" + script, arguments: arguments)
            .split(whereSeparator: \.isNewline).map(String.init)
        #expect(lines.count { $0 == "exact" } >= atLeast)
        return lines.filter { $0 != "exact" }
    }

    @Test(.enabled(if: PythonPeer.has("your"), "peer your not installed"))
    func yourReadsOurFilterbanks() throws {
        let directory = try TemporaryDirectory()
        for bits in [8, 16, 32] {
            let values = try Recordings.write(directory.path("\(bits).fil"), .sigproc, Recordings.header(bits: bits), count: 500)
            try samplesFile(values, directory.path("\(bits).f32"))
        }
        let found = try differences(
            """
            from your import Your
            for bits in 8, 16, 32:
                y = Your(f'{sys.argv[1]}/{bits}.fil')
                h = y.your_header
                same('header', [h.fch1, h.foff, h.tsamp, h.tstart, h.nspectra, h.nchans],
                     [1529.375, -1.25, 102.4e-6, 58543.330362, 500, 16])
                same('name', h.source_name, 'J0534+2200')
                same(bits, y.get_data(0, 500), np.fromfile(f'{sys.argv[1]}/{bits}.f32', 'f4').reshape(500, 16))
            """, [directory.path], atLeast: 9)
        #expect(found == [])
    }

    @Test(.enabled(if: PythonPeer.has("numpy"), "peer numpy not installed"))
    func numpyUnpacksOurSmallWidths() throws {
        let directory = try TemporaryDirectory()
        for bits in [1, 2, 4] {
            let header = Recordings.header(bits: bits)
            for format in [StreamFormat.sigproc, .psrdada] {
                let values = try Recordings.write(directory.path("\(bits).\(format)"), format, header, count: 500)
                try samplesFile(values, directory.path("\(bits).f32"))
            }
        }
        let found = try differences(
            """
            for bits in 1, 2, 4:
                for name in 'sigproc', 'psrdada':
                    raw = np.fromfile(f'{sys.argv[1]}/{bits}.{name}', 'u1')[-500 * 2 * bits:]
                    digits = np.unpackbits(raw, bitorder='little').reshape(500, 16, bits)
                    same((name, bits), (digits * 2 ** np.arange(bits)).sum(-1), np.fromfile(f'{sys.argv[1]}/{bits}.f32', 'f4').reshape(500, 16))
            """, [directory.path], atLeast: 6)
        #expect(found == [])
    }

    @Test(.enabled(if: PythonPeer.has("blimpy", "pkg_resources"), "peer blimpy not installed"))
    func blimpyReadsOurFilterbanks() throws {
        let directory = try TemporaryDirectory()
        for bits in [8, 16, 32] {
            let values = try Recordings.write(directory.path("\(bits).fil"), .sigproc, Recordings.header(bits: bits), count: 500)
            try samplesFile(values, directory.path("\(bits).f32"))
        }
        let found = try differences(
            """
            import io, contextlib
            with contextlib.redirect_stdout(io.StringIO()):
                from blimpy import Waterfall
                files = {bits: Waterfall(f'{sys.argv[1]}/{bits}.fil') for bits in (8, 16, 32)}
            for bits, w in files.items():
                same('header', [w.header[k] for k in ('fch1', 'foff', 'tsamp', 'tstart', 'nchans', 'nbits', 'nifs')],
                     [1529.375, -1.25, 102.4e-6, 58543.330362, 16, bits, 1])
                same(bits, w.data[:, 0, :], np.fromfile(f'{sys.argv[1]}/{bits}.f32', 'f4').reshape(500, 16))
            """, [directory.path], atLeast: 6)
        #expect(found == [])
    }

    @Test(.enabled(if: PythonPeer.has("astropy"), "peer astropy not installed"))
    func astropyReadsOurTables() throws {
        let directory = try TemporaryDirectory()
        for (bits, isSigned) in Recordings.variants(.psrfits) {
            let header = Recordings.header(bits: bits, polarisation: .coherency, isSigned: isSigned)
            let values = try Recordings.write(directory.path("\(bits).sf"), .psrfits, header, count: 4096)
            try samplesFile(values, directory.path("\(bits).f32"))
        }
        let found = try differences(
            """
            from astropy.io import fits
            for bits in 1, 2, 4, 8, 16, 32:
                with fits.open(f'{sys.argv[1]}/{bits}.sf') as f:
                    f.verify('exception')
                    p, s = f[0].header, f['SUBINT'].header
                    same('header', [p['STT_IMJD'], s['NCHAN'], s['NPOL'], s['NBITS'], s['TBIN'], s['CHAN_BW'], s['NSTOT']], [58543, 16, 4, bits, 102.4e-6, -1.25, 4096])
                    same('text', [p['FITSTYPE'], p['OBS_MODE'], p['SRC_NAME'], s['POL_TYPE']], ['PSRFITS', 'SEARCH', 'J0534+2200', 'AABBCRCI'])
                    t = f['SUBINT'].data
                    same('channels', t['DAT_FREQ'][0], 1529.375 - 1.25 * np.arange(16))
                    raw = np.ascontiguousarray(t['DATA'])
                    if bits < 8:
                        raw = np.unpackbits(raw.reshape(-1), bitorder='big').reshape(-1, bits) @ (2 ** np.arange(bits)[::-1])
                    same(bits, raw.reshape(-1, 4, 16)[:4096], np.fromfile(f'{sys.argv[1]}/{bits}.f32', 'f4').reshape(4096, 4, 16))
            """, [directory.path], atLeast: 24)
        #expect(found == [])
    }

    @Test(.enabled(if: PythonPeer.has("your"), "peer your not installed"))
    func yourReadsOurTables() throws {
        let directory = try TemporaryDirectory()
        for bits in [2, 4, 8] {
            let values = try Recordings.write(directory.path("\(bits).sf"), .psrfits, Recordings.header(bits: bits), count: 4096)
            try samplesFile(values, directory.path("\(bits).f32"))
        }
        let found = try differences(
            """
            from your import Your
            for bits in 2, 4, 8:
                y = Your(f'{sys.argv[1]}/{bits}.sf')
                h = y.your_header
                same('header', [h.fch1, h.foff, h.tsamp, h.nchans], [1529.375, -1.25, 102.4e-6, 16])
                same('start', abs(h.tstart - 58543.330362) < 1e-11, True)
                same(bits, y.get_data(0, 4096), np.fromfile(f'{sys.argv[1]}/{bits}.f32', 'f4').reshape(4096, 16))
            """, [directory.path], atLeast: 9)
        #expect(found == [])
    }

    @Test(.enabled(if: PythonPeer.has("your", "astropy"), "peers your, astropy not installed"))
    func weReadWhatOthersWrite() throws {
        let directory = try TemporaryDirectory()
        _ = try PythonPeer.run(
            """
            import sys, numpy as np
            from astropy.io import fits
            from your.formats.filwriter import make_sigproc_object, sigproc_object_from_writer
            rng = np.random.default_rng(1)
            d = sys.argv[1]
            for bits, kind in (8, 'u1'), (16, 'u2'), (32, 'f4'):
                a = (rng.integers(0, 200, (300, 16)) + (0.25 if bits == 32 else 0)).astype(kind)
                obj = make_sigproc_object(rawdatafile=f'{d}/{bits}.fil', source_name='PEER', nchans=16, foff=-0.5, fch1=1400.0, tsamp=1e-4, tstart=59000.25,
                    src_raj=112233.44, src_dej=-112233.44, machine_id=0, nbeams=1, ibeam=0, nbits=bits, nifs=1, barycentric=0, pulsarcentric=0, telescope_id=6, data_type=1, az_start=-1, za_start=-1)
                obj.write_header(f'{d}/{bits}.fil')
                obj.append_spectra(a, f'{d}/{bits}.fil')
                a.astype('f4').tofile(f'{d}/{bits}.f32')
            # A table as PSRFITS 3.4 has it, with offsets, scales, weights and a zero.
            n, npol, nsblk = 8, 2, 16
            codes = rng.integers(0, 16, (3, nsblk, npol, n)).astype('u1')
            packed = (codes[..., 0::2] << 4 | codes[..., 1::2]).reshape(3, -1)
            scl, offs, wts = [rng.integers(1, 9, (3, k)).astype('f4') / 4 for k in (n * npol, n * npol, n)]
            columns = [fits.Column('OFFS_SUB', '1D', array=(np.arange(3) + .5) * nsblk * 1e-3), fits.Column('DAT_FREQ', f'{n}E', array=np.tile(1400. - np.arange(n), (3, 1))),
                fits.Column('DAT_WTS', f'{n}E', array=wts), fits.Column('DAT_OFFS', f'{n * npol}E', array=offs), fits.Column('DAT_SCL', f'{n * npol}E', array=scl),
                fits.Column('DATA', f'{packed.shape[1]}B', array=packed)]
            t = fits.BinTableHDU.from_columns(columns, name='SUBINT')
            t.header.update(NCHAN=n, NPOL=npol, POL_TYPE='AABB', NBITS=4, NSBLK=nsblk, TBIN=1e-3, CHAN_BW=-1.0, ZERO_OFF=7.5, NCHNOFFS='*')
            p = fits.PrimaryHDU()
            p.header.update(FITSTYPE='PSRFITS', OBS_MODE='SEARCH', SRC_NAME='PEER', TELESCOP='GBT', STT_IMJD=59000, STT_SMJD=21600, STT_OFFS=0.125, RA='11:22:33.44', DEC='-11:22:33.44')
            fits.HDUList([p, t]).writeto(f'{d}/a.sf')
            x = ((codes - np.float32(7.5)) * scl.reshape(3, 1, npol, n) + offs.reshape(3, 1, npol, n)) * wts.reshape(3, 1, 1, n)
            x.astype('f4').tofile(f'{d}/a.f32')
            """, arguments: [directory.path])
        func wanted(_ name: String) throws -> [Float] {
            try Data(contentsOf: URL(fileURLWithPath: directory.path(name))).withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
        }
        for bits in [8, 16, 32] {
            let reader = try RecordedStream.open(directory.path("\(bits).fil"))
            #expect(try reader.read(1000) == wanted("\(bits).f32"))
            let header = reader.header
            #expect(header.source == "PEER" && header.telescope == "GBT" && header.start.days == 59000.25 && header.samplingTime == 1e-4)
            #expect(header.frequencies.first == 1400 && header.channelWidth == -0.5 && header.bits == bits && header.sampleCount == 300)
            #expect(header.rightAscension == 112233.44 && header.declination == -112233.44)
        }
        let reader = try RecordedStream.open(directory.path("a.sf"))
        #expect(try reader.read(1000) == wanted("a.f32"))
        #expect(reader.header.start == ModifiedJulianDate(day: 59000, seconds: 21600.125))
        #expect(reader.header.polarisation == .receptors && reader.header.declination == -112233.44 && reader.incidents.isEmpty)
    }

    @Test(.enabled(if: TestData.path("pulsar/parkes/parkes_8bit_1.fil") != nil, "no test data"))
    func realRecordingsAgreeWithEachOther() throws {
        let eight = try RecordedStream.open(#require(TestData.path("pulsar/parkes/parkes_8bit_1.fil")))
        #expect(eight.header.channels == 832 && eight.header.frequencies[831] == 706 && eight.header.sampleCount == 4096)
        #expect(eight.header.source == "J0534+2200" && eight.header.start.days == 58543.330387241345)
        let samples = try eight.read(4096)
        #expect(samples[..<5] == [113, 136, 142, 92, 146])
        // The requantised copies follow the same numbers only if their bits are taken in the right order.
        for (name, least) in [("4bit", 0.97), ("1bit", 0.75)] {
            let reader = try RecordedStream.open(#require(TestData.path("pulsar/parkes/parkes_\(name).fil")))
            #expect(try correlation(samples, reader.read(4096)) > least)
        }
        let table = try RecordedStream.open(#require(TestData.path("pulsar/parkes/parkes_4bit.sf")))
        #expect(table.header.channels == 416 && table.header.polarisation == .coherency && table.header.sampleCount == 4096)
        #expect(try table.read(4096).count == 4096 * 416 * 4 && table.incidents.isEmpty)
    }

    private func correlation(_ a: [Float], _ b: [Float]) -> Double {
        let n = Double(a.count)
        let (ma, mb) = (a.reduce(0.0) { $0 + Double($1) } / n, b.reduce(0.0) { $0 + Double($1) } / n)
        var (xy, xx, yy) = (0.0, 0.0, 0.0)
        for (x, y) in zip(a, b) {
            let (dx, dy) = (Double(x) - ma, Double(y) - mb)
            (xy, xx, yy) = (xy + dx * dy, xx + dx * dx, yy + dy * dy)
        }
        return xy / (xx * yy).squareRoot()
    }
}

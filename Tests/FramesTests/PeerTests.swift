import Foundation
import Frames
import Segments
import TestSupport
import Testing

@Suite("Conformance with FrameL (LALFrame) and frameCPP (gwframe)")
struct PeerTests {
    /// What gwframe reads: all but text. LALFrame has no series of single bytes.
    static let numbers: [SampleType] = SampleType.allCases.filter { $0 != .text }
    static let wideNumbers: [SampleType] = numbers.filter { $0.size > 1 }

    private func compare(_ script: String, types: [SampleType], compression: FrameCompression, byteOrder: FrameFileWriter.ByteOrder, frames: Int = 2) throws {
        let directory = try TemporaryDirectory()
        let channels = everyChannel(types, count: 1024)
        try write((0..<frames).map { frame(channels, at: $0) }, to: directory.path("V-T-1266624018-3.gwf"), compression: compression, byteOrder: byteOrder)
        try PeerFiles.writeTruth(channels, to: directory.path)
        let output = try PythonPeer.run(script, arguments: [directory.path, "V-T-1266624018-3.gwf"])
        #expect(output.contains("compared \(channels.count)"), "\(output)")
    }

    private static let compare = """
        import sys, numpy as np
        directory, name = sys.argv[1:]
        path = directory + '/' + name
        rows = [line.split() for line in open(directory + '/truth.txt')]
        truth = {row[0]: np.fromfile(row[2], dtype=row[1]) for row in rows}
        def same(name, found, epoch, dt):
            wanted = truth[name]
            assert found.dtype == wanted.dtype, (name, found.dtype, wanted.dtype)
            assert found.tobytes() == wanted.tobytes(), (name, found[:8], wanted[:8])
            assert abs(epoch - 1266624018.125) < 1e-6 or abs(epoch - 1266624019.125) < 1e-6, (name, epoch)
            assert abs(dt * len(wanted) - 1) < 1e-9, (name, dt)

        """

    @Test(
        "frameCPP reads ours: every compression, byte order and type, many frames", .enabled(if: PythonPeer.has("gwframe", "numpy"), "peer gwframe not installed"),
        arguments: FrameCompression.allCases, FrameFileWriter.ByteOrder.allCases)
    func frameCPPReads(compression: FrameCompression, byteOrder: FrameFileWriter.ByteOrder) throws {
        let script = Self.compare + """
            import gwframe
            for index in (0, 1):
                found = gwframe.read(path, frame_index=index, validate_checksum=True)
                assert set(found) == set(truth), set(truth) ^ set(found)
                for name, series in found.items(): same(name, series.array, series.start, series.dt)
            print('compared', len(truth))
            """
        try compare(script, types: Self.numbers, compression: compression, byteOrder: byteOrder)
    }

    @Test(
        "FrameL reads ours: every compression, byte order and type, many frames", .enabled(if: PythonPeer.has("lalframe", "lal", "numpy"), "peer lalframe not installed"),
        arguments: FrameCompression.allCases, FrameFileWriter.ByteOrder.allCases)
    func frameLReads(compression: FrameCompression, byteOrder: FrameFileWriter.ByteOrder) throws {
        let script = Self.compare + """
            import lal, lalframe
            stream = lalframe.FrStreamOpen(directory, name)
            readers = {'int16': lalframe.FrStreamReadINT2TimeSeries, 'int32': lalframe.FrStreamReadINT4TimeSeries,
                       'int64': lalframe.FrStreamReadINT8TimeSeries, 'float32': lalframe.FrStreamReadREAL4TimeSeries,
                       'float64': lalframe.FrStreamReadREAL8TimeSeries, 'uint16': lalframe.FrStreamReadUINT2TimeSeries,
                       'uint32': lalframe.FrStreamReadUINT4TimeSeries, 'uint64': lalframe.FrStreamReadUINT8TimeSeries,
                       'complex64': lalframe.FrStreamReadCOMPLEX8TimeSeries, 'complex128': lalframe.FrStreamReadCOMPLEX16TimeSeries}
            for name in truth:
                for start in (1266624018, 1266624019):
                    series = readers[str(truth[name].dtype)](stream, name, lal.LIGOTimeGPS(start, 125000000), 1.0, 0)
                    same(name, series.data.data, float(series.epoch), series.deltaT)
            print('compared', len(truth))
            """
        try compare(script, types: Self.wideNumbers, compression: compression, byteOrder: byteOrder)
    }

    @Test("frameCPP sees the kinds of channels, and FrameL too", .enabled(if: PythonPeer.has("gwframe", "gwpy", "lalframe"), "peers gwframe, gwpy, lalframe not installed"))
    func kindsRead() throws {
        let directory = try TemporaryDirectory()
        let samples = Shape.walk.samples(.int32, 64)
        let channels = [
            channel("V1:A", samples, .digitised(.init(units: "ct"))), channel("V1:P", samples), channel("V1:S", samples, .simulated),
        ]
        let path = directory.path("V-T-1266624018-2.gwf")
        try write([frame(channels)], to: path)
        let script = """
            import sys, gwframe
            from gwpy.timeseries import TimeSeries
            print(sorted((name, s.type, len(s.array), int(s.sample_rate)) for name, s in gwframe.read(sys.argv[1]).items()))
            for name in ('V1:A', 'V1:P', 'V1:S'):
                s = TimeSeries.read(sys.argv[1], name, format='gwf')
                assert s.sample_rate.value == 64 and len(s) == 64, s
            """
        let output = try PythonPeer.run(script, arguments: [path])
        #expect(output.contains("[('V1:A', 'adc', 64, 64), ('V1:P', 'proc', 64, 64), ('V1:S', 'sim', 64, 64)]"), "\(output)")
    }

    @Test("ours reads frameCPP's: every compression, many frames", .enabled(if: PythonPeer.has("gwframe", "numpy"), "peer gwframe not installed"))
    func readsFrameCPP() throws {
        let directory = try TemporaryDirectory()
        let script = """
            import sys, gwframe, numpy as np
            from gwframe.types import Compression
            random = np.random.default_rng(5)
            def values(dtype, index):
                if np.issubdtype(dtype, np.integer): return (np.cumsum(random.integers(-9, 10, 500)) + index).astype(dtype)
                return (random.standard_normal(500) * 1e-3).astype(dtype)
            types = (np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.uint64, np.float32, np.float64, np.complex64, np.complex128)
            lines = 0
            for compression in ('RAW', 'GZIP', 'DIFF_GZIP', 'ZERO_SUPPRESS_WORD_2', 'ZERO_SUPPRESS_WORD_4', 'ZERO_SUPPRESS_WORD_8', 'ZERO_SUPPRESS_OTHERWISE_GZIP'):
                path = f'{sys.argv[1]}/V-{compression}-1266624018-3.gwf'
                with gwframe.FrameWriter(path, compression=Compression[compression]) as writer:
                    for index in range(3):
                        data = {'V1:' + np.dtype(t).name: values(t, index) for t in types}
                        writer.write(data, start=1266624018.0 + index, sample_rate=500, name='V1', channel_type=('proc', 'sim')[lines % 2])
                        for name, array in data.items():
                            array.tofile(f'{sys.argv[1]}/{lines}.bin')
                            print(path, index, name, array.dtype.str, f'{sys.argv[1]}/{lines}.bin')
                            lines += 1
            """
        let output = try PythonPeer.run(script, arguments: [directory.path])
        #expect(try PeerFiles.truth(output).count == 252)
        let differences = try PeerFiles.differences(output)
        #expect(differences.isEmpty, "\(differences.prefix(5))")
    }

    @Test("ours reads FrameL's: every type it writes", .enabled(if: PythonPeer.has("gwpy", "lalframe", "numpy"), "peers gwpy, lalframe not installed"))
    func readsFrameL() throws {
        let directory = try TemporaryDirectory()
        let script = """
            import sys, numpy as np
            from gwpy.timeseries import TimeSeries, TimeSeriesDict
            random = np.random.default_rng(6)
            path = sys.argv[1] + '/V-L-1266624018-2.gwf'
            data, lines = TimeSeriesDict(), []
            for index, t in enumerate((np.int16, np.int32, np.int64, np.float32, np.float64, np.uint16, np.uint32, np.uint64, np.complex64, np.complex128)):
                name = 'X1:' + np.dtype(t).name
                array = (np.cumsum(random.integers(-9, 10, 1000)) + 20000).astype(t)
                data[name] = TimeSeries(array, t0=1266624018, sample_rate=500, name=name, channel=name)
                array.tofile(f'{sys.argv[1]}/{index}.bin')
                lines.append(f'{path} 0 {name} {array.dtype.str} {sys.argv[1]}/{index}.bin')
            data.write(path, format='gwf')
            print('\\n'.join(lines))
            """
        let output = try PythonPeer.run(script, arguments: [directory.path])
        #expect(try PeerFiles.truth(output).count == 10)
        let differences = try PeerFiles.differences(output)
        #expect(differences.isEmpty, "\(differences.prefix(5))")
    }
}

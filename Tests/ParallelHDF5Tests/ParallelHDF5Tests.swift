import Dispatch
import ParallelHDF5
import Synchronization
import TestSupport
import Testing

@Suite("Parallel HDF5")
struct ParallelHDF5Tests {
    @Test("what N ranks write, any ranks and one process read back", arguments: [1, 2, 3, 4, 8])
    func selfCheck(ranks: Int) throws {
        let result = try MPIRun.run(executable: "selfcheck", arguments: ["ParallelHDF5"], ranks: ranks)
        #expect(result.failures.isEmpty)
        #expect(result.passed.count == 11)
    }

    @Test("one process without a launcher is enough")
    func withoutLauncher() throws {
        let result = try MPIRun.run(executable: "selfcheck", arguments: ["ParallelHDF5.hyperslabs"], ranks: nil)
        #expect(result.failures.isEmpty)
        #expect(result.passed == ["ParallelHDF5.hyperslabs"])
    }

    @Test(
        "h5py shows names, units, coordinates, texts and compressed numbers",
        .enabled(if: PythonPeer.has("h5py", "numpy"), "peer h5py not installed"), arguments: [1, 3])
    func readByH5py(ranks: Int) throws {
        let scratch = try TemporaryDirectory()
        let written = try MPIRun.run(
            executable: "selfcheck", arguments: ["ParallelHDF5.described"], ranks: ranks,
            environment: ["DIDYMOS_SELFCHECK_SCRATCH": scratch.path])
        #expect(written.failures.isEmpty)
        let output = try PythonPeer.run(
            """
            import sys, h5py, numpy
            ranks = int(sys.argv[2])
            with h5py.File(sys.argv[1], "r") as f:
                signal = f["signal"]
                assert signal.shape == (2 * ranks, 5) and signal.dtype == "<f4", signal
                assert (signal[...].ravel() == numpy.arange(10 * ranks)).all()
                assert signal.compression == "gzip" and signal.shuffle and signal.chunks == (2, 5)
                assert signal.attrs["units"] == "mV" and isinstance(signal.attrs["units"], str)
                assert [d.label for d in signal.dims] == ["time", "channel"]
                assert (signal.dims[0]["time"][...] == 0.25 * numpy.arange(2 * ranks)).all()
                assert (signal.dims[1][0][...] == numpy.arange(5)).all()
                assert signal.dims[0][0].attrs["units"] == "s"
                assert f.attrs["description"] == "sampled by a twin of Δίδυμος"
                assert list(f.attrs["axes"]) == ["time", "channel"]
                assert f.attrs["ranks"] == ranks and f.attrs["ranks"].shape == ()
                assert list(f.attrs["offsets"]) == [0.5, 1.5]
            print("understood")
            """, arguments: [scratch.path("described.h5"), "\(ranks)"])
        #expect(output == "understood\n")
    }

    @Test(
        "files of h5py are read: fixed-length texts, other byte order, exact conversions only",
        .enabled(if: PythonPeer.has("h5py", "numpy"), "peer h5py not installed"))
    func readFromH5py() throws {
        let scratch = try TemporaryDirectory()
        let path = scratch.path("foreign.h5")
        _ = try PythonPeer.run(
            """
            import sys, h5py, numpy
            with h5py.File(sys.argv[1], "w") as f:
                f["big"] = numpy.arange(6, dtype=">f4").reshape(2, 3)
                f["counts"] = numpy.arange(4, dtype="u2")
                f["words"] = ["a", "b"]
                f["one"] = "φ"
                f["fixed"] = numpy.array([b"DATA", b"CBC_CAT1"])
                f.attrs["fixed"] = numpy.bytes_("ascii")
                f.attrs["variable"] = "φ"
                f.attrs["flags"] = numpy.array([1, 2], dtype="i1")
            """, arguments: [path])
        try HDF5File.with(HDF5File.open(path, communicator: nil)) { file in
            #expect(try file.root.read("big", as: Float.self) == [0, 1, 2, 3, 4, 5])
            #expect(try file.root.read("big", as: Double.self) == [0, 1, 2, 3, 4, 5])
            #expect(try file.root.read("counts", as: Int32.self) == [0, 1, 2, 3])
            #expect(try file.root.read("counts", as: Float.self) == [0, 1, 2, 3])
            #expect(try file.root.stringAttribute("fixed") == "ascii")
            #expect(try file.root.stringAttribute("variable") == "φ")
            #expect(try file.root.attributes("flags", as: Int.self) == [1, 2])
            #expect(message { _ = try file.root.read("counts", as: Int16.self) } == "\(path): /counts: holds uint16, wanted int16")
            let texts = try ["words", "one", "fixed"].map { try file.root.texts($0) }
            #expect(texts == [["a", "b"], ["φ"], ["DATA", "CBC_CAT1"]])
            #expect(message { _ = try file.root.texts("big") } == "\(path): /big: holds float32, wanted text")
            #expect(message { _ = try file.root.dataset("words") } == "\(path): /words: holds text, wanted numbers of 1, 2, 4 or 8 bytes")
    }
    }

    @Test("threads that open files by `with` take turns, also inside of one another")
    func threads() throws {
        let directory = try TemporaryDirectory()
        let wrong = Mutex(0)
        DispatchQueue.concurrentPerform(iterations: 24) { number in
            let (path, other) = (directory.path("\(number).h5"), directory.path("\(number)-other.h5"))
            let values = (0..<1000).map { Double(number * 1000 + $0) }
            do {
                try HDF5File.with(HDF5File.create(path, communicator: nil)) { file in
                    _ = try file.root.write("numbers", values)
                    try HDF5File.with(HDF5File.create(other, communicator: nil)) { try $0.root.setAttribute("of", "\(number)") }
                }
                let found = try HDF5File.with(HDF5File.open(path, communicator: nil)) { try $0.root.read("numbers", as: Double.self) }
                let text = try HDF5File.with(HDF5File.open(other, communicator: nil)) { try $0.root.stringAttribute("of") }
                if found != values || text != "\(number)" { wrong.withLock { $0 += 1 } }
            } catch { wrong.withLock { $0 += 1 } }
        }
        #expect(wrong.withLock { $0 } == 0)
    }

    private func message(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "no error"
        } catch { return "\(error)" }
    }
}

import CalorimeterShowers
import Foundation
import TestSupport
import Testing

@Suite("ROOT trees by Tools/root-to-hdf5.py", .enabled(if: PythonPeer.has("uproot", "awkward", "h5py"), "peer uproot not installed"))
struct RootConversionTests {
    static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Tools/root-to-hdf5.py").path

    /// Three showers in a 4 x 4 x 2 grid, the second without hits; two hits of the first share a cell.
    private func tree(_ path: String, energyType: String = "float64", lastIndex: Int = 3) throws {
        _ = try PythonPeer.run(
            """
            import sys, uproot, awkward, numpy
            hits = lambda lists: awkward.Array(lists)
            with uproot.recreate(sys.argv[1]) as file:
                branches = {
                    "EnergyMC": numpy.array([10, 20, 30], "\(energyType)"), "ThetaMC": numpy.array([1.5, 1.6, 1.7]),
                    "EnergyCell": hits([[0.5, 0.25, 1.0], [], [2.0]]), "xCell": hits([[1, 1, 0], [], [\(lastIndex)]]),
                    "yCell": hits([[2, 2, 0], [], [3]]), "zCell": hits([[1, 1, 0], [], [1]])}
                # A TTree; assigned to a name, uproot 5.7 makes an RNTuple of it.
                file.mktree("showers", {name: values.dtype if hasattr(values, "dtype") else values.type.content for name, values in branches.items()})
                file["showers"].extend(branches)
            """, arguments: [path])
    }

    private func convert(_ input: String, _ output: String) throws -> ProcessResult {
        try ChildProcess(["python3", Self.script, input, output, "--grid", "4", "4", "2"]).wait(timeout: 60)
    }

    @Test("hits become cells, hits of one cell add up")
    func cells() throws {
        let directory = try TemporaryDirectory()
        try tree(directory.path("a.root"))
        let result = try convert(directory.path("a.root"), directory.path("a.h5"))
        #expect(result.status == 0, "\(result.stderr)")
        let block = try ShowerReader.with(directory.path("a.h5"), communicator: nil) { try $0.read(0..<3) }
        #expect(block.energy == [10, 20, 30])
        var wanted = [Float](repeating: 0, count: 96)
        wanted[(1 * 4 + 2) * 2 + 1] = 0.75
        wanted[0] = 1
        wanted[64 + (3 * 4 + 3) * 2 + 1] = 2
        #expect(block.cells == wanted)
        // The empty shower is found where showers are checked.
        #expect(ShowerCheck.fault(block, 1) == .empty)
    }

    @Test("a hit outside the grid and a branch of another type are refused; nothing is left behind")
    func refusals() throws {
        let directory = try TemporaryDirectory()
        try tree(directory.path("a.root"), lastIndex: 4)
        let outside = try convert(directory.path("a.root"), directory.path("a.h5"))
        #expect(outside.status == 65)
        #expect(outside.stderr.contains("xCell") && outside.stderr.contains("cell 4") && outside.stderr.contains("shower 2") && outside.stderr.contains("0 to 3"), "\(outside.stderr)")
        try tree(directory.path("a.root"), energyType: "bool")
        let type = try convert(directory.path("a.root"), directory.path("a.h5"))
        #expect(type.status == 65)
        #expect(type.stderr.contains("EnergyMC") && type.stderr.contains("bool"), "\(type.stderr)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path(".")) == ["a.root"])
    }
}

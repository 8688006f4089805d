import Batch
import Foundation
import TestSupport
import Testing

@Suite("Parametrised against Geant4 showers")
struct GeantComparisonTests {
    static let file = TestData.path("hep/g4_ele_50GeV_90deg_n150.h5")

    @Test(
        "50 GeV electrons: depth profile within 5 % and chance where 90 % of the energy is, sampling fraction 3 %, resolution 15 % and chance",
        .enabled(if: file != nil, "hep/g4_ele_50GeV_90deg_n150.h5 not in DIDYMOS_TEST_DATA"))
    func fiftyGeV() throws {
        let reference = try #require(Self.file)
        let directory = try TemporaryDirectory()
        try "seed: 7\nsimulation: {events: 600, energy: 50, theta: 90}".write(
            toFile: directory.path("run.yaml"), atomically: true, encoding: .utf8)
        func run(_ command: String, _ more: [String]) throws {
            let result = try MPIRun.run(
                executable: "gan3d", arguments: [command, directory.path("run.yaml")] + more + ["--run", directory.path("run")], ranks: 2, timeout: 100)
            #expect(result.status == 0, "\(result.stderr)")
        }
        try run("simulate", [])
        try run("validate", [directory.path("run/showers-0000.h5"), reference])
        let text = try String(contentsOfFile: directory.path("run/summary-validate.json"), encoding: .utf8)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        let results = try #require(object["results"] as? [String: Any])
        let depth = try #require(results["depth_profile_largest_deviation"] as? [String: Double])
        // 150 Geant4 showers know a layer to about 2 %: two errors more than the 5 %.
        #expect(try #require(depth["value"]) < 0.05 + 2 * (try #require(depth["error"])))
        #expect(abs(try #require(results["sampling_fraction_ratio"] as? Double) - 1) < 0.03)
        // The resolution of 150 showers is known to 6 %.
        #expect(abs(try #require(results["resolution_ratio"] as? Double) - 1) < 0.15 + 0.12)
    }
}

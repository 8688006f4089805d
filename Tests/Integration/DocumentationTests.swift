import Foundation
import TestSupport
import Testing

@Suite("make docs")
struct DocumentationTests {
    @Test("DocC makes the reference of two libraries, of which one stands on C libraries and other packages", .enabled(if: Peers.program("docc") != nil, "docc is not installed"))
    func reference() throws {
        let directory = try TemporaryDirectory()
        let built = URL(fileURLWithPath: MPIRun.product("flowtrain")).deletingLastPathComponent().path
        let result = try ChildProcess(
            ["\(SlurmCluster.repository)/Tools/documentation.sh", built, directory.path("reference"), "Segments", "Batch"]
        ).wait(timeout: 120)
        #expect(result.status == 0, "\(result.stdout)\(result.stderr)")
        for page in ["segments", "batch", "batch/stepplan"] {
            #expect(FileManager.default.fileExists(atPath: directory.path("reference/documentation/\(page)/index.html")), "\(page)")
        }
    }

    @Test("pages are of libraries that there are")
    func pages() throws {
        let package = try String(contentsOfFile: "\(SlurmCluster.repository)/Package.swift", encoding: .utf8)
        let pages = try FileManager.default.contentsOfDirectory(atPath: "\(SlurmCluster.repository)/docs/reference")
        for page in pages { #expect(package.contains("name: \"\(page.dropLast(3))\""), "\(page) is of no target") }
        #expect(pages.count > 20)
    }
}

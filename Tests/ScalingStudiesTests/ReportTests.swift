import Batch
import Foundation
import ScalingStudies
import TestSupport
import Testing

/// Records and what is made of them.
@Suite struct ScalingReportTests {
    private func records() throws -> (FakeStudy, String) {
        let study = try FakeStudy()
        try study.write("good")
        try #require(study.run().status == 0)
        return (study, try String(contentsOfFile: study.records, encoding: .utf8))
    }

    @Test("the report's tables hold what the records say: speed-up 1.818 and 2.857, efficiency 0.909 and 0.714")
    func tables() throws {
        let (study, _) = try records()
        let result = try study.report()
        #expect(result.status == 0, "\(result.stderr)")
        let table = try study.text("fake.md")
        #expect(table.contains("| Number of cores | Wall clock time (s) | Speed-up vs the first one | Number of Nodes | Number of process | Efficiency | 95 % interval |"))
        #expect(table.contains("| 2 | 0.88 | 1.818 | 1 | 2 | 0.909 | 0.909 to 0.909 | 9.5 | 100 | 2 |"))
        #expect(table.contains("| 4 | 0.56 | 2.857 | 1 | 4 | 0.714 | 0.714 to 0.714 |"))
        // POP: 0.9 x 0.8, and useful seconds 0.4, 2 x 0.22.
        #expect(table.contains("| 2 | 0.655 | 0.72 | 0.9 | 0.8 | 0.909 |"))
        #expect(table.contains("serial share s = "))
        #expect(table.contains("Not fitted: USL: 6 runs on 3 numbers of processes"))
        // 10 runs x 1 node x 3600 steps x 0.22 s / 3600.
        #expect(table.contains("| fake | \(study.directory.path("fake.sh")) good | 10 | 1 | 3600 | 0.22 | 2.2 |"))
        #expect(try study.text("fake-prace.md").contains("| Number of cores | Wall clock time | Speed-up vs the first one | Number of Nodes | Number of process |"))
        #expect(try study.text("fake-runs.csv").split(separator: "\n").count == 7)
    }

    @Test("the EuroHPC section has its seven sub-headings in order, the page its twelve rules and its drawings")
    func forms() throws {
        let (study, _) = try records()
        #expect(try study.report().status == 0)
        let section = try study.text("eurohpc.md")
        let heads = section.split(separator: "\n").filter { $0.hasPrefix("#### ") }.map { $0.dropFirst(5) }
        #expect(heads == [
            "Strong and weak scalability", "Precision reported", "Time-to-solution", "System scale", "Measurement mechanism", "Memory usage",
            "OPTIONAL: Percentage of available peak performance",
        ])
        let page = try study.text("report.html")
        for rule in 1...12 { #expect(page.contains("✓ \(rule). ") || page.contains("✗ \(rule). ")) }
        #expect(page.contains("✗ 11. "))
        for part in ["time", "speedup", "efficiency", "phases"] { #expect(try study.text("fake-\(part).svg").hasPrefix("<svg")) }
    }

    @Test("a warm-up that is cut at report time changes the times, from the same records")
    func warmUp() throws {
        let (study, _) = try records()
        #expect(try study.report("--warm-up", "0").status == 0)
        // (7 + 3 x 0.22) / 4 a step.
        #expect(try study.text("fake.md").contains("| 2 | 7.66 |"))
    }

    @Test("a record reads back to an equal record; the file survives another writer's last line without its end")
    func roundTrip() throws {
        let (study, text) = try records()
        for record in try study.file().records { #expect(try RunRecord(json: JSON(parsing: record.json.text)) == record) }
        try String(text.dropLast()).write(toFile: study.records, atomically: true, encoding: .utf8)
        var file = try study.file()
        #expect(file.records.count == 6)
        try file.append(file.records[0])
        #expect(try study.file().records.count == 7)
    }

    @Test("two thousand damaged lines are each read or refused with a message, and never end the program")
    func fuzz() throws {
        let (_, text) = try records()
        let line = Array(text.split(separator: "\n")[1].utf8)
        var generator = SplitMix(state: 11)
        var refused = 0
        for _ in 0..<2000 {
            var bytes = line
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            case 1: bytes.removeSubrange(Int.random(in: 0..<bytes.count, using: &generator)...)
            case 2:
                let start = Int.random(in: 0..<bytes.count, using: &generator)
                bytes.removeSubrange(start..<min(bytes.count, start + Int.random(in: 1...40, using: &generator)))
            default:
                let numbers = ["-1", "0", "1e999", "9223372036854775807", "null", "[]", "\"x\"", "{}"]
                let places = bytes.indices.filter { bytes[$0] == UInt8(ascii: ":") }
                let place = places[Int.random(in: 0..<places.count, using: &generator)] + 1
                let end = bytes[place...].firstIndex { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "}") } ?? bytes.count
                bytes.replaceSubrange(place..<end, with: Array(numbers[Int.random(in: 0..<numbers.count, using: &generator)].utf8))
            }
            do {
                let record = try RunRecord(json: JSON(parsing: String(decoding: bytes, as: UTF8.self)))
                _ = try? StudyResult([record])
                _ = record.counted(warmUp: .max)
            } catch {
                refused += 1
                #expect(!"\(error)".isEmpty)
            }
        }
        #expect(refused > 800, "\(refused)")
    }

    @Test("ceilings measured on two ranks appear as fractions; a second calibration joins the file")
    func ceilings() throws {
        let (study, _) = try records()
        let path = study.directory.path("ceilings.json")
        for ranks in [1, 2] {
            let result = try MPIRun.run(
                executable: "scaling", arguments: ["calibrate", "--output", path, "--mebibytes", "1", "--directory", study.directory.path("disk")],
                ranks: ranks, timeout: 120)
            #expect(result.status == 0, "\(result.stderr)")
            #expect(result.stdout.contains("GF/s f32") && result.stdout.contains("parallel HDF5"))
        }
        #expect(try Files.list(study.directory.path("disk")).isEmpty)
        let file = try CeilingsFile(path: path)
        #expect(file.entries.map(\.ranks) == [1, 2])
        for entry in file.entries {
            #expect(entry.peakSingle > entry.peakDouble && entry.peakDouble > 1e8 && entry.triad > 1e7 && entry.writeRate > 0 && entry.readRate > 0)
            #expect(entry.pingPong.isEmpty == (entry.ranks == 1))
            #expect(entry.lockstep.isEmpty == (entry.ranks == 1) && entry.lockstep.allSatisfy { $0.efficiency > 0 && $0.efficiency < 2 })
        }
        #expect(try study.report("--ceilings", path).status == 0)
        #expect(try study.text("report.html").contains("✓ 11. "))
        #expect(try study.text("eurohpc.md").contains("Ceiling GF/s"))
    }
}

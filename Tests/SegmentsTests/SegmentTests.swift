import Foundation
import Segments
import TestSupport
import Testing

private func time(_ seconds: Int64, _ nanoseconds: Int64 = 0) -> GPSTime { GPSTime(seconds: seconds, nanoseconds: nanoseconds) ?? .epoch }
private func list(_ pairs: [(Int64, Int64)]) -> SegmentList { SegmentList(pairs.compactMap { Segment(time($0.0), time($0.1)) }) }

@Suite("Segments of time")
struct SegmentTests {
    @Test("a list is coalesced: in order, disjoint, nothing empty")
    func coalesced() {
        #expect(list([(5, 7), (1, 2), (2, 3), (6, 9), (4, 4)]).segments == list([(1, 3), (5, 9)]).segments)
        #expect(list([(1, 3), (5, 9)]).duration == 6_000_000_000 && list([]).extent == nil)
        #expect(Segment(time(2), time(1)) == nil)
    }

    @Test("arithmetic agrees with sets of instants, on random lists")
    func arithmetic() {
        var random = SplitMix(state: 4)
        for _ in 0..<300 {
            func draw() -> SegmentList {
                list((0..<Int(random.next() % 6)).map { _ in
                    let start = Int64(random.next() % 40)
                    return (start, start + Int64(random.next() % 9))
                })
            }
            let (a, b) = (draw(), draw())
            for instant in Int64(0)..<50 {
                let t = time(instant, 500_000_000)
                #expect(a.union(b).contains(t) == (a.contains(t) || b.contains(t)))
                #expect(a.intersection(b).contains(t) == (a.contains(t) && b.contains(t)))
                #expect(a.subtracting(b).contains(t) == (a.contains(t) && !b.contains(t)))
            }
            #expect(a.intersection(b).duration + a.subtracting(b).duration == a.duration)
            #expect(a.union(b) == SegmentList(a.union(b).segments))
        }
    }

    @Test("times are exact to the nanosecond; protraction joins and removes")
    func exact() throws {
        let start = try #require(GPSTime("1126259462.123456789"))
        let one = SegmentList([try #require(Segment(start, start.advanced(byNanoseconds: 1)))])
        #expect(one.duration == 1 && one.contains(start) && !one.contains(start.advanced(byNanoseconds: 1)))
        #expect(list([(1, 2), (3, 4)]).protracted(byNanoseconds: 500_000_000).segments.count == 1)
        #expect(list([(1, 2), (3, 9)]).protracted(byNanoseconds: -500_000_000).duration == 5_000_000_000)
    }

    @Test("a flag is active only where it is known")
    func flag() {
        let flag = DataQualityFlag(interferometer: "V1", name: "DQ", known: list([(0, 10)]), active: list([(8, 12)]))
        #expect(flag.active == list([(8, 10)]) && flag.deadtime == 0.2 && flag.title == "V1:DQ:1")
    }
}

@Suite("Files of segments")
struct SegmentFileTests {
    static let precise = SegmentList([Segment(time(1_126_259_462, 1), time(1_126_259_463, 250_000_000)), Segment(time(1_126_259_470), time(1_126_259_480))].compactMap { $0 })
    static let flags = [
        DataQualityFlag(
            interferometer: "V1", name: "DQ_VETO_\"A\\B\"<&>", version: 3, comment: "a, b", known: list([(1_126_259_400, 1_126_259_500)]), active: precise),
        DataQualityFlag(interferometer: "V1", name: "NOTHING", known: list([(0, 1)]), active: SegmentList()),
    ]

    @Test("segwizard: written, read, in 2, 3 and 4 columns")
    func segwizard() throws {
        #expect(try Segwizard.read(Segwizard.text(of: Self.precise), name: "x") == Self.precise)
        #expect(try Segwizard.read("# seg\tstart\n0 1 2 1\n\n1 3 4 1 ; c\n", name: "x") == list([(1, 2), (3, 4)]))
        #expect(try Segwizard.read("1 2\n3,4,1\n", name: "x") == list([(1, 2), (3, 4)]))
        for (text, message) in [
            ("1 x\n", "x, line 1: found \"1 x\", wanted GPS seconds with at most 9 decimals"), ("1 2\n5 4\n", "x, line 2: found \"5 4\", wanted a stop that is not before its start"),
            ("0 1 2 7\n", "x, line 1: found \"0 1 2 7\", wanted a duration of stop - start"), ("1\n", "x, line 1: found \"1\", wanted 2 to 4 columns: [index] start stop [duration]"),
        ] {
            let error = #expect(throws: SegmentError.self) { try Segwizard.read(text, name: "x") }
            #expect(error?.description == message)
        }
    }

    @Test("LIGO light-weight XML: written and read, to the nanosecond")
    func lightWeight() throws {
        #expect(try LIGOLightWeight.read(LIGOLightWeight.text(of: Self.flags, program: "test"), name: "x") == Self.flags)
        for text in ["", "<LIGO_LW", "<LIGO_LW>", "<LIGO_LW><Table Name='segment_definer:table'><Stream Name='x'>1,2</Stream>"] {
            #expect(throws: SegmentError.self) { try LIGOLightWeight.read(text, name: "x") }
        }
    }

    @Test("JSON: written and read, to the nanosecond; what is wrong is located")
    func json() throws {
        for flag in Self.flags { #expect(try SegmentJSON.read(SegmentJSON.text(of: flag), name: "x") == flag) }
        let error = #expect(throws: SegmentError.self) { try SegmentJSON.read("{\"known\": [[1, 2]], \"active\": [[2, 1]]}", name: "x") }
        #expect(error?.description == "x, active: found another entry, wanted [start, end] in GPS seconds with at most 9 decimals")
        for text in ["", "[", "{\"a\"", "{\"known\": [[1, 2]]}", String(repeating: "[", count: 100_000), "{} x", "\"\\u12"] {
            #expect(throws: SegmentError.self) { try SegmentJSON.read(text, name: "x") }
        }
    }

    @Test("mutated documents: never a trap")
    func mutated() {
        let document = Array(LIGOLightWeight.text(of: Self.flags, program: "test").utf8)
        let json = Array(SegmentJSON.text(of: Self.flags[0]).utf8)
        var random = SplitMix(state: 9)
        for round in 0..<2000 {
            var bytes = round % 2 == 0 ? document : json
            for _ in 0..<3 {
                let place = Int(random.next() % UInt64(bytes.count))
                if random.next() % 2 == 0 { bytes[place] = UInt8(truncatingIfNeeded: random.next()) } else { bytes.remove(at: place) }
            }
            let text = String(decoding: bytes, as: UTF8.self)
            do {
                if round % 2 == 0 { _ = try LIGOLightWeight.read(text, name: "x") } else { _ = try SegmentJSON.read(text, name: "x") }
            } catch { #expect(error is SegmentError) }
        }
    }

    @Test(
        "files of others: segwizard, and gzipped XML with the old ids",
        .enabled(if: TestData.path("gw/X1-GWPY_TEST_SEGMENTS-0-10.xml.gz") != nil, "gw/X1-GWPY_TEST_SEGMENTS-0-10.xml.gz not in DIDYMOS_TEST_DATA"))
    func foreign() throws {
        let text = try String(contentsOfFile: #require(TestData.path("gw/X1-GWPY_TEST_SEGMENTS-0-10.txt")), encoding: .utf8)
        let active = list([(1, 2), (3, 4), (5, 7)])
        #expect(try Segwizard.read(text, name: "x") == active)
        let flags = try LIGOLightWeight.read(path: #require(TestData.path("gw/X1-GWPY_TEST_SEGMENTS-0-10.xml.gz")))
        #expect(flags.map(\.title) == ["X1:GWPY-TEST_SEGMENTS:1", "X1:GWPY-TEST_SEGMENTS:2"])
        // Outside what is known, [0 3) and [6 7), the file's active times do not count.
        #expect(flags[0].known == list([(0, 3), (6, 7)]) && flags[0].active == list([(1, 2), (6, 7)]))
        #expect(flags[1].active == list([(100, 101), (110, 120)]))
    }

    @Test("gwpy and ligo.segments read ours, and ours reads gwpy's", .enabled(if: PythonPeer.has("gwpy", "ligo.segments", "igwn_ligolw"), "peers gwpy, ligo-segments, igwn-ligolw not installed"))
    func peers() throws {
        let directory = try TemporaryDirectory()
        var flag = Self.flags[0]
        flag.name = "DQ_VETO_A"
        try LIGOLightWeight.text(of: [flag], program: "test").write(toFile: directory.path("a.xml"), atomically: true, encoding: .utf8)
        try SegmentJSON.text(of: flag).write(toFile: directory.path("a.json"), atomically: true, encoding: .utf8)
        try Segwizard.text(of: Self.precise).write(toFile: directory.path("a.txt"), atomically: true, encoding: .utf8)
        let script = """
            import sys
            from gwpy.segments import DataQualityFlag, SegmentList
            from ligo.segments import utils
            from lal import LIGOTimeGPS
            d = sys.argv[1]
            wanted = [('1126259462.000000001', '1126259463.25'), ('1126259470', '1126259480')]
            flag = DataQualityFlag.read(d + '/a.xml', format='ligolw')
            assert flag.ifo == 'V1' and flag.tag == 'DQ_VETO_A' and flag.version == 3 or flag.name.startswith('V1:DQ_VETO_A'), flag
            assert [(str(a), str(b)) for a, b in flag.active] == wanted or [(float(a), float(b)) for a, b in flag.active] == [(float(a), float(b)) for a, b in wanted], flag.active
            assert [(float(a), float(b)) for a, b in flag.known] == [(1126259400, 1126259500)]
            found = utils.fromsegwizard(open(d + '/a.txt'), coltype=LIGOTimeGPS)
            assert [(str(a), str(b)) for a, b in found] == wanted, found
            assert len(SegmentList.read(d + '/a.txt', format='segwizard', gpstype=LIGOTimeGPS)) == 2
            json = DataQualityFlag.read(d + '/a.json', format='json')
            assert [(float(a), float(b)) for a, b in json.active] == [(float(a), float(b)) for a, b in wanted] and json.version == 3, json
            flag.write(d + '/b.xml', format='ligolw', overwrite=True)
            with open(d + '/b.json', 'w') as file: json.write(file, format='json')
            print('read')
            """
        #expect(try PythonPeer.run(script, arguments: [directory.path]).contains("read"))
        let json = try SegmentJSON.read(String(contentsOfFile: directory.path("b.json"), encoding: .utf8), name: "b.json")
        #expect(json.title == "V1:DQ_VETO_A:3" && json.known == flag.known && json.active.segments.count == 2)
        let back = try LIGOLightWeight.read(path: directory.path("b.xml"))
        #expect(back.map(\.title) == ["V1:DQ_VETO_A:3"] && back[0].known == flag.known && back[0].active == flag.active)
    }
}

import Frames
import Segments
import Testing

@Suite("Names of files, lists, channels; times")
struct NameTests {
    @Test("T050017 names")
    func names() throws {
        let name = try #require(FrameFileName(path: "/dev/shm/V1/V-V1_llhoft-1266624018-1.gwf"))
        #expect(name.observatories == "V" && name.content == "V1_llhoft" && name.start == 1_266_624_018 && name.duration == 1 && name.suffix == "gwf")
        #expect(name.description == "V-V1_llhoft-1266624018-1.gwf")
        #expect(FrameFileName(path: "H1L1-X_OMICRON+a#-5-10.xml.gz")?.suffix == "xml.gz")
        for wrong in ["V-a.b-1-1.gwf", "V-a-1.gwf", "V-a-x-1.gwf", "V-a-1-1", "-a-1-1.gwf", "V-a-1-1-1.gwf", ""] { #expect(FrameFileName(path: wrong) == nil) }
        #expect(FrameFileName(observatories: "V", content: "X", from: try #require(GPSTime("10.5")), to: try #require(GPSTime("12.1")))?.description == "V-X-10-3.gwf")
    }

    @Test("FFL lists: read, chosen by time, written")
    func lists() throws {
        let text = "# a list\n/d/V-B-20-10.gwf 20.000000 10.000000 0 0\n\n  V-A-10-10.gwf 10 10 0 0 # beside it\nfile://localhost/d/c.gwf 30 0.5\n"
        let list = try FrameFileList(text: text, name: "x.ffl", directory: "/lists")
        #expect(list.entries.map(\.path) == ["/lists/V-A-10-10.gwf", "/d/V-B-20-10.gwf", "/d/c.gwf"])
        #expect(list.files(from: GPSTime("20"), to: GPSTime("30")).map(\.path) == ["/d/V-B-20-10.gwf"])
        #expect(try FrameFileList(text: list.text, name: "y.ffl").entries == list.entries)
        let error = #expect(throws: FrameError.self) { try FrameFileList(text: "a 1 2\nb x 3\n", name: "x.ffl") }
        #expect(error?.description == "x.ffl: line 2: found \"b x 3\", wanted `path start duration`, seconds")
    }

    @Test("wildcards")
    func patterns() {
        #expect(ChannelPattern("V1:LSC_*").matches("V1:LSC_DARM") && !ChannelPattern("V1:LSC_*").matches("V1:ENV_X"))
        #expect(ChannelPattern("*DARM*ERR").matches("V1:LSC_DARM_x_ERR_ERR") && ChannelPattern("V?:A").matches("V1:A"))
        #expect(ChannelPattern("*").matches("") && !ChannelPattern("").matches("a") && !ChannelPattern("a?").matches("a"))
    }

    @Test("GPS times are exact to the nanosecond, and out of range is nil")
    func times() throws {
        #expect(GPSTime("1126259462.421875001")?.nanoseconds == 1_126_259_462_421_875_001)
        #expect(GPSTime("-0.5")?.description == "-0.5" && GPSTime("-0.5")?.seconds == -1 && GPSTime("-0.5")?.remainder == 500_000_000)
        for text in ["0", "7", "1126259462.421875001", "-12.000000001", "4599999999.999999999"] { #expect(GPSTime(text)?.description == text) }
        for text in ["", ".", "-", "1e9", "1.2.3", "1.0000000001", "99999999999999999999", "4700000000", "x"] { #expect(GPSTime(text) == nil, "\(text)") }
        #expect(GPSTime(seconds: .nan) == nil && GPSTime(seconds: 1e300) == nil && GPSTime(seconds: Double(1.5))?.nanoseconds == 1_500_000_000)
    }
}

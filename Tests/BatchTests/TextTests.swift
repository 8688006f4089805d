import Batch
import TestSupport
import Testing

@Suite struct TextTests {
    @Test("SHA-256 gives the digests of FIPS 180-4 and NIST's message files", arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ])
    func digest(message: String, wanted: String) {
        #expect(SHA256.hexadecimal(of: message.utf8) == wanted)
    }

    @Test("SHA-256 of a million letters a, in pieces of any size")
    func longDigest() {
        var hash = SHA256()
        var rest = 1_000_000
        for size in [1, 63, 64, 65, 1000] { hash.update(repeatElement(UInt8(ascii: "a"), count: size)); rest -= size }
        hash.update(repeatElement(UInt8(ascii: "a"), count: rest))
        let hexadecimal = hash.finalize().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        #expect(hexadecimal == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    @Test("CRC-32C gives the values of RFC 3720, appendix B.4")
    func checksum() {
        #expect(CRC32C.checksum(repeatElement(0, count: 32)) == 0x8a91_36aa)
        #expect(CRC32C.checksum(repeatElement(0xff, count: 32)) == 0x62a8_ab43)
        #expect(CRC32C.checksum((0..<32).map { UInt8($0) }) == 0x46dd_794e)
        #expect(CRC32C.checksum("123456789".utf8) == 0xe306_9283)
    }

    @Test("a value is printed with the uncertainty of its last digits", arguments: [
        (0.45231, 0.00123, "0.4523(12)"), (1234.4, 12.3, "1234(12)"), (12.345, 1.23, "12.3(1.2)"), (-0.5, 0.0999, "-0.50(10)"),
        (123456, 4567, "123500(4600)"), (1, 0, "1"), (3.2e-18, 4.1e-20, "3.200(41)e-18"), (0.9996, 0.000999, "0.9996(10)"), (1, 1e-15, "1"),
    ])
    func valueWithError(value: Double, error: Double, wanted: String) {
        #expect(Format.value(value, error: error) == wanted)
    }

    @Test("lengths of time are read as people and SLURM write them", arguments: [
        ("90", 90), ("90s", 90), ("15m", 900), ("2h", 7200), ("1.5h", 5400), ("1:30", 90), ("1:30:00", 5400), ("1-00:00:30", 86_430),
        ("0", 0), ("", nil), ("soon", nil), ("-5", nil), ("1:2:3:4", nil), ("inf", nil), ("2-3", nil), ("1h30", nil),
    ] as [(String, Double?)])
    func readDuration(text: String, wanted: Double?) {
        #expect(Format.seconds(of: text) == wanted)
    }

    @Test("lengths of time are printed for people", arguments: [
        (0.0123, "12 ms"), (42.04, "42 s"), (725, "12:05"), (10_930, "3:02:10"), (183_600, "2 d 03:00:00"), (.nan, "unknown"),
        (1e300, "unknown"),
    ])
    func printDuration(seconds: Double, wanted: String) {
        #expect(Format.duration(seconds) == wanted)
    }

    @Test("time stamps are UTC in ISO 8601")
    func timestamp() {
        #expect(Format.timestamp(0) == "1970-01-01T00:00:00Z")
        #expect(Format.timestamp(1_795_520_412.7) == "2026-11-24T11:40:12Z")
    }

    @Test("an end time of squeue is a local time, and anything else is none")
    func squeueTime() throws {
        let time = try #require(Slurm.localTime("2026-11-24T13:00:00"))
        #expect(time.truncatingRemainder(dividingBy: 60) == 0)
        #expect(abs(time - 1_795_525_200) <= 14 * 3600)
        for text in ["N/A", "NONE", "", "Unknown", "2026-11-24", "2026-11-24T13:00:xx"] { #expect(Slurm.localTime(text) == nil) }
    }
}

@Suite struct JSONTests {
    @Test("members keep their order, numbers their bits, and NaN becomes null")
    func write() {
        let value: JSON = [
            "z": 1, "a": [0.1, .number(.nan), .number(-.infinity), true], "text": "line\n\"quoted\" \u{1}", "empty": [], "inner": ["x": .null],
        ]
        #expect(value.text == #"{"z":1,"a":[0.1,null,null,true],"text":"line\n\"quoted\" \u0001","empty":[],"inner":{"x":null}}"#)
        #expect(value.prettyText.hasPrefix("{\n  \"z\": 1,\n  \"a\": [0.1, null, null, true],\n"))
    }

    @Test("what was written is read back to the same value, doubles to the same bits")
    func roundTrip() throws {
        var generator = SplitMix(state: 2)
        for _ in 0..<2000 {
            let number = Double(bitPattern: generator.next())
            guard number.isFinite else { continue }
            #expect(try JSON(parsing: JSON.number(number).text).double == number)
        }
        let text = #"{"a": [1, -2.5e-3, "é😀\u00e9\ud83d\ude00"], "b": {"c": false, "d": null}}"#
        let value = try JSON(parsing: text)
        #expect(value["a"]?.array?[2].string == "é😀é😀")
        #expect(try JSON(parsing: value.text) == value)
        #expect(try JSON(parsing: value.prettyText) == value)
    }

    @Test("what is not JSON is refused with its line", arguments: [
        ("", "it ends too early"), ("{\"a\":1,\n}", ":2: not valid JSON"), ("[1 2]", "',' or ']' is missing"), ("nul", "unexpected 'nul'"),
        ("\"\\ud800\"", "surrogate"), ("01x", "unexpected"), ("{\"a\" 1}", "':' is missing"), ("[1] x", "after the end"),
        (String(repeating: "[", count: 100_000), "nested deeper"), ("\"abc", "without end"), ("\"\\u12g4\"", "hexadecimal"),
    ])
    func refuse(text: String, why: String) {
        let error = #expect(throws: BatchError.self) { try JSON(parsing: text) }
        #expect(error?.description.contains(why) == true)
    }
}

import Foundation
import RadioStreams
import Testing
import TestSupport

@Suite struct RoundTripTests {
    @Test(arguments: StreamFormat.allCases)
    func whatIsWrittenIsReadForEveryWidth(_ format: StreamFormat) throws {
        let directory = try TemporaryDirectory()
        for (bits, isSigned) in Recordings.variants(format) {
            for polarisation in [Polarisation.intensity, .stokes] {
                let path = directory.path("\(bits)\(isSigned)\(polarisation)")
                let header = Recordings.header(bits: bits, polarisation: polarisation, isSigned: isSigned)
                let values = try Recordings.write(path, format, header, count: 1000)
                let reader = try RecordedStream.open(path)
                #expect(try reader.read(5000) == values, "\(format) \(bits) \(isSigned)")
                #expect(reader.header.sampleCount == 1000)
                #expect(reader.incidents.isEmpty)
                expectSame(reader.header, header, "\(format) \(bits)")
                try reader.seek(toSample: 411)
                #expect(try reader.read(3) == Array(values[411 * header.rowCount..<414 * header.rowCount]))
                #expect(!FileManager.default.fileExists(atPath: path + ".part"))
            }
        }
    }

    /// All but what a format's way of writing frequencies rounds.
    private func expectSame(_ found: StreamHeader, _ wanted: StreamHeader, _ what: String) {
        #expect(found.source == wanted.source, "\(what)")
        #expect(found.telescope == wanted.telescope, "\(what)")
        #expect(abs(found.samplingTime - wanted.samplingTime) <= 1e-15 * wanted.samplingTime, "\(what)")
        #expect(found.start.day == wanted.start.day && abs(found.start.seconds - wanted.start.seconds) < 1e-9, "\(what)")
        #expect(found.rightAscension == wanted.rightAscension && found.declination == wanted.declination, "\(what)")
        #expect(found.bits == wanted.bits && found.isSigned == wanted.isSigned && found.polarisation == wanted.polarisation, "\(what)")
        #expect(found.channelWidth == wanted.channelWidth, "\(what)")
        #expect(zip(found.frequencies, wanted.frequencies).allSatisfy { abs($0 - $1) < 1e-9 }, "\(what)")
    }

    @Test func aSIGPROCHeaderKeepsEveryKeyword() throws {
        let directory = try TemporaryDirectory()
        var header = Recordings.header(bits: 8)
        for name in ["machine_id", "data_type", "barycentric", "pulsarcentric", "nbeams", "ibeam", "npuls", "nbins"] {
            header.carried[name] = .integer(name == "data_type" ? 1 : name.count)
        }
        for name in ["az_start", "za_start", "refdm", "period"] { header.carried[name] = .real(Double(name.count) / 3) }
        header.carried["rawdatafile"] = .text("raw.dat")
        try Recordings.write(directory.path("a.fil"), .sigproc, header, count: 3)
        var found = try RecordedStream.open(directory.path("a.fil")).header
        found.sampleCount = nil
        #expect(found == header)
    }

    @Test func aChannelTableKeepsEveryFrequency() throws {
        let directory = try TemporaryDirectory()
        var header = Recordings.header(bits: 8, channels: 4)
        header.frequencies = [1500, 1490.5, 1480, 1400.25]
        header.channelWidth = -9.5
        try Recordings.write(directory.path("a.fil"), .sigproc, header, count: 3)
        #expect(try RecordedStream.open(directory.path("a.fil")).header.frequencies == header.frequencies)
        try Recordings.write(directory.path("a.sf"), .psrfits, header, count: 3)
        #expect(try RecordedStream.open(directory.path("a.sf")).header.frequencies == header.frequencies)
        #expect(throws: StreamError.self) { try Recordings.write(directory.path("a.dada"), .psrdada, header, count: 3) }
    }

    @Test func theFirstOfSeveralNumbersInAByteIsTheLeastSignificant() {
        let bytes: [UInt8] = [0b1110_0100]
        var values = [Float](repeating: -1, count: 4)
        bytes.withUnsafeBytes { SampleCoding(bits: 2, isSigned: false).unpack($0.baseAddress!, count: 4, into: &values) }
        #expect(values == [0, 1, 2, 3])
        bytes.withUnsafeBytes { SampleCoding(bits: 2, isSigned: false, isFirstLeast: false).unpack($0.baseAddress!, count: 4, into: &values) }
        #expect(values == [3, 2, 1, 0])
    }

    @Test func whatNoCodeHoldsIsSetToTheNearestAndCounted() {
        let values: [Float] = [-3, 0.5, 1.5, 255.4, 255.6, 1e30, .nan, 7]
        var bytes = [UInt8](repeating: 9, count: 8)
        let lost = bytes.withUnsafeMutableBytes { SampleCoding(bits: 8, isSigned: false).pack(values, count: 8, into: $0.baseAddress!) }
        #expect(bytes == [0, 0, 2, 255, 255, 255, 0, 7])
        #expect(lost == 4)
    }

    @Test func aWriterGoesOnAfterItsLastWholeSample() throws {
        let directory = try TemporaryDirectory()
        for format in StreamFormat.allCases {
            let path = directory.path("\(format)")
            let header = Recordings.header(bits: 4, channels: 64)
            let values = Recordings.samples(header, count: 9000)
            // The first writer is lost in the middle, without finish.
            try RecordedStream.create(path, format: format, header: header).append(Array(values[..<(5000 * 64)]), rowCount: 64)
            if format != .psrfits {
                let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path + ".part"))
                try handle.seekToEnd()
                try handle.write(contentsOf: Data([1, 2, 3]))
                try handle.close()
            }
            let second = try RecordedStream.create(path, format: format, header: header, resume: true)
            let kept = second.samplesWritten
            #expect(kept > 0 && kept <= 5000)
            try second.append(Array(values[(kept * 64)...]), rowCount: 64)
            try second.finish()
            #expect(try RecordedStream.open(path).read(10000) == values, "\(format)")
            // Another header starts anew.
            try RecordedStream.create(path, format: format, header: header).append(values, rowCount: 64)
            var other = header
            other.source = "B0329+54"
            #expect(try RecordedStream.create(path, format: format, header: other, resume: true).samplesWritten == 0)
        }
    }

    @Test func conversionKeepsCodesAndFitsLevels() throws {
        let directory = try TemporaryDirectory()
        let header = Recordings.header(bits: 8, channels: 32)
        let values = try Recordings.write(directory.path("a.fil"), .sigproc, header, count: 5000)
        for format in StreamFormat.allCases {
            let path = directory.path("b-\(format)")
            let outcome = try StreamConversion(format: format).run(RecordedStream.open(directory.path("a.fil")), to: path)
            #expect(outcome.samples == 5000 && outcome.clamped == 0)
            #expect(try RecordedStream.open(path).read(5000) == values)
        }
        _ = try StreamConversion(format: .sigproc, bits: 2, levels: .fit).run(RecordedStream.open(directory.path("a.fil")), to: directory.path("c"))
        let two = try RecordedStream.open(directory.path("c")).read(5000)
        // Uniform codes of standard deviation 1 around 1.5: each of the four a quarter of the time, within 5 standard errors.
        for code in 0..<4 {
            let share = Double(two.count { $0 == Float(code) }) / Double(two.count)
            let expected = code == 0 || code == 3 ? (1.732 - 1) / 3.464 : 1 / 3.464
            #expect(abs(share - expected) < 5 * (0.25 / Double(two.count)).squareRoot() + 0.005)
        }
    }

    @Test func datesGoThereAndBack() throws {
        #expect(ModifiedJulianDate(civil: "2019-03-01-07:55:43")?.day == 58543)
        #expect(ModifiedJulianDate(civil: "1858-11-17-00:00:00")?.days == 0)
        #expect(ModifiedJulianDate(civil: "2000-02-29T12:00:00")?.days == 51603.5)
        #expect(ModifiedJulianDate(civil: "2000-13-01-00:00:00") == nil)
        for day in stride(from: -600_000, to: 600_000, by: 997) {
            let date = try #require(ModifiedJulianDate(day: day, seconds: 12345))
            if day > -678_000 { #expect(ModifiedJulianDate(civil: date.civil(separator: "-")) == date) }
        }
        #expect(ModifiedJulianDate(.infinity) == nil)
        #expect(ModifiedJulianDate(58543.330362)?.days == 58543.330362)
    }
}

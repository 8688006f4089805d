import ParallelHDF5
import Segments

/// Strain in the HDF5 layout of the Gravitational Wave Open Science Center: `strain/Strain` with `Xstart`, `Xspacing`, `meta/GPSstart`,
/// `meta/Detector` (gwosc.org, "What's in the strain files"). *Not collective.*
public struct GWOSCFile {
    public let path: String
    /// Time of the first sample, samples, and samples a second.
    public let start: GPSTime
    public let count: Int
    public let rate: Double
    /// From the first sample to after the last.
    public let span: Segment
    /// `H1`.
    public let detector: String

    /// - Throws: `HDF5Error` for a file that is none; `GlitchError` for one in another layout.
    public init(_ path: String) throws {
        self.path = path
        (start, count, rate, span, detector) = try HDF5File.with(HDF5File.open(path, communicator: nil)) { file in
            guard try file.root.hasObject("strain/Strain") else {
                throw GlitchError("\(path): found no dataset strain/Strain, wanted a strain file of GWOSC")
            }
            let strain = try file.root.dataset("strain/Strain")
            let spacing = try strain.attribute("Xspacing", as: Double.self)
            let begin = try Self.begin(strain, file.root)
            guard strain.shape.count == 1, spacing > 0, spacing.isFinite, let start = GPSTime(seconds: begin) else {
                throw GlitchError("\(path): found strain of shape \(strain.shape) from \(begin) on, \(spacing) s apart; wanted one series")
            }
            let exact = 1 / spacing
            let rate = abs(exact - exact.rounded()) < 1e-6 * exact ? exact.rounded() : exact
            let detector = try file.root.hasObject("meta/Detector") ? file.root.texts("meta/Detector").first ?? "" : ""
            let length = Int64((Double(strain.count) / rate * 1e9).rounded())
            guard let span = Segment(start, start.advanced(byNanoseconds: length)) else { throw GlitchError("\(path): found no samples, wanted some") }
            return (start, strain.count, rate, span, detector)
        }
    }

    private static func begin(_ strain: HDF5Dataset, _ root: HDF5Group) throws -> Double {
        if try strain.hasAttribute("Xstart") { return try Double(strain.attribute("Xstart", as: Int64.self)) }
        return try Double(root.read("meta/GPSstart", as: Int64.self).first ?? 0)
    }

    /// GWOSC files have one strain; it is called as in their frame files.
    public var channel: ChannelArchive.Channel {
        ChannelArchive.Channel(name: "\(detector.isEmpty ? "X1" : detector):GWOSC-STRAIN", rate: rate, unit: "strain")
    }

    /// Names of the bits of `quality/simple/DQmask`, one value a second, and the mask itself; nil where there is none.
    public func dataQuality() throws -> (names: [String], mask: [Int64])? {
        try HDF5File.with(HDF5File.open(path, communicator: nil)) { file in
            guard try file.root.hasObject("quality/simple/DQmask"), try file.root.hasObject("quality/simple/DQShortnames") else { return nil }
            let names = try file.root.texts("quality/simple/DQShortnames")
            let dataset = try file.root.dataset("quality/simple/DQmask")
            return (names, try dataset.read(as: Int64.self))
        }
    }

    /// Puts what the file has into `result`, which begins at `begin`.
    func read(into result: inout [Double], from begin: GPSTime, rate wanted: Double) throws {
        guard rate == wanted else { throw GlitchError("\(path): found strain at \(rate) Hz, wanted \(wanted) Hz as in the first file") }
        let offset = (Double(begin.nanoseconds - start.nanoseconds) * 1e-9 * rate).rounded()
        guard offset.magnitude < 1e15 else { return }
        let (first, last) = (max(0, Int(offset)), min(count, Int(offset) + result.count))
        guard first < last else { return }
        let values = try HDF5File.with(HDF5File.open(path, communicator: nil)) { file in
            try file.root.dataset("strain/Strain").read(as: Double.self, offset: [first], count: [last - first])
        }
        for (i, value) in values.enumerated() { result[first + i - Int(offset)] = value }
    }
}

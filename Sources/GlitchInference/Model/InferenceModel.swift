import Glitches
import MessagePassing
import ParallelHDF5

/// What `calibrate` has learned: whitening of strain and witnesses, P(glitch), and what is to be subtracted. Its file is `inference.h5`.
public struct InferenceModel: Sendable {
    /// A term of the subtraction, with its filter at the geometry's rate: strain for a unit of the term, taps from the latest sample on.
    public struct Filter: Sendable, Equatable {
        public let term: CouplingTerm
        public let taps: [Double]
        /// Gain in logarithm of likelihood with which it was taken.
        public let gain: Double

        public init(term: CouplingTerm, taps: [Double], gain: Double) { (self.term, self.taps, self.gain) = (term, taps, gain) }
    }

    public struct Source: Sendable, Equatable {
        public let name: String
        /// Hz.
        public let rate: Double
        public let isCarrier: Bool
        /// Of witnesses alone.
        public let whitening: PredictionErrorFilter

        public init(name: String, rate: Double, isCarrier: Bool, whitening: PredictionErrorFilter) {
            (self.name, self.rate, self.isCarrier, self.whitening) = (name, rate, isCarrier, whitening)
        }
    }

    public let strain: String
    public let strainRate: Double
    public let strainWhitening: PredictionErrorFilter
    /// Witnesses first, then carriers.
    public let sources: [Source]
    public let geometry: InferenceGeometry
    public let calibration: LogisticCalibration
    public let filters: [Filter]
    /// GPS seconds: what it has learned from.
    public let training: Range<Int64>

    public var witnesses: [Source] { sources.filter { !$0.isCarrier } }

    // MARK: - File

    private static let format = "didymos glitch inference 1"

    /// *Collective;* every rank passes the same.
    package func write(to root: HDF5Group) throws {
        try root.setAttribute("format", Self.format)
        try root.setAttribute("strain", strain)
        try root.setAttribute("strain_rate_hz", strainRate)
        try root.setAttribute("training_start", training.lowerBound)
        try root.setAttribute("training_end", training.upperBound)
        try root.write("strain_whitening", strainWhitening.coefficients)
        let g = try root.createGroup("geometry")
        try g.write("whole", [geometry.rate, geometry.order, geometry.later, geometry.earlier].map { Int64($0) })
        try g.write("real", [geometry.lowest, geometry.factorLowest, geometry.frequencies.lowerBound, geometry.frequencies.upperBound, geometry.gate] + geometry.qualities)
        let list = try root.createGroup("sources")
        try list.setAttribute("names", sources.map(\.name))
        try list.write("rate", sources.map(\.rate), units: "Hz")
        try list.write("carrier", sources.map { UInt8($0.isCarrier ? 1 : 0) })
        for (index, source) in sources.enumerated() { try list.write("whitening_\(index)", source.whitening.coefficients) }
        let p = try root.createGroup("probability")
        try p.setAttribute("features", calibration.features)
        try p.setAttribute("intercept", calibration.intercept)
        try p.write("slopes", calibration.slopes)
        let s = try root.createGroup("subtraction")
        try s.setAttribute("terms", Int64(filters.count))
        for (index, filter) in filters.enumerated() {
            let place = try s.createGroup("term_\(index)")
            try place.setAttribute("title", filter.term.title(sources.map(\.name)))
            try place.setAttribute("kind", filter.term.kind.rawValue)
            try place.write("sources", [Int32(filter.term.first), Int32(filter.term.second), filter.term.isGated ? 1 : 0])
            try place.setAttribute("gain", filter.gain)
            try place.write("taps", filter.taps)
        }
    }

    /// Reads the file `path`. *Collective* where there is a communicator.
    /// - Throws: `GlitchError` for a file that is no model; `HDF5Error`.
    public init(path: String, communicator: Communicator? = nil) throws {
        self = try HDF5File.with(HDF5File.open(path, communicator: communicator)) { try InferenceModel(reading: $0.root, path: path) }
    }

    private init(reading root: HDF5Group, path: String) throws {
        func wrong(_ found: String) -> GlitchError { GlitchError("\(path): found \(found), wanted a model of `glitchgen calibrate`; make it again") }
        guard try root.hasAttribute("format"), try root.stringAttribute("format") == Self.format else { throw wrong("another format") }
        strain = try root.stringAttribute("strain")
        strainRate = try root.attribute("strain_rate_hz", as: Double.self)
        let (begin, end) = (try root.attribute("training_start", as: Int64.self), try root.attribute("training_end", as: Int64.self))
        guard begin < end else { throw wrong("no training time") }
        training = begin..<end
        strainWhitening = PredictionErrorFilter(coefficients: try root.read("strain_whitening", as: Double.self))
        let g = try root.group("geometry")
        let (whole, real) = (try g.read("whole", as: Int64.self), try g.read("real", as: Double.self))
        guard whole.count == 4, real.count > 5, (128...16384).contains(whole[0]), whole[1] >= 1, whole[2] >= 0, whole[3] >= 0,
            whole[1...].allSatisfy({ $0 <= whole[0] }), real.allSatisfy(\.isFinite), real[0] > 0, real[1] > 0, real[2] > 0, real[2] < real[3]
        else { throw wrong("a geometry that is none") }
        var geometry = InferenceGeometry()
        (geometry.rate, geometry.order, geometry.later, geometry.earlier) = (Int(whole[0]), Int(whole[1]), Int(whole[2]), Int(whole[3]))
        (geometry.lowest, geometry.factorLowest, geometry.gate) = (real[0], real[1], real[4])
        geometry.frequencies = real[2]...real[3]
        geometry.qualities = Array(real[5...])
        self.geometry = geometry
        let list = try root.group("sources")
        let (names, rates, carriers) = (try list.stringAttributes("names"), try list.read("rate", as: Double.self), try list.read("carrier", as: UInt8.self))
        guard !names.isEmpty, rates.count == names.count, carriers.count == names.count else { throw wrong("lists of sources of different lengths") }
        sources = try names.indices.map {
            Source(
                name: names[$0], rate: rates[$0], isCarrier: carriers[$0] != 0,
                whitening: PredictionErrorFilter(coefficients: try list.read("whitening_\($0)", as: Double.self)))
        }
        let p = try root.group("probability")
        calibration = LogisticCalibration(
            features: try p.stringAttributes("features"), intercept: try p.attribute("intercept", as: Double.self), slopes: try p.read("slopes", as: Double.self))
        guard calibration.slopes.count == calibration.features.count else { throw wrong("\(calibration.slopes.count) slopes of \(calibration.features.count) features") }
        let s = try root.group("subtraction")
        let count = Int(try s.attribute("terms", as: Int64.self))
        guard (0...1000).contains(count) else { throw wrong("\(count) terms") }
        let known = names.count
        filters = try (0..<count).map { index in
            let place = try s.group("term_\(index)")
            let numbers = try place.read("sources", as: Int32.self)
            let taps = try place.read("taps", as: Double.self)
            guard let kind = CouplingTerm.Kind(rawValue: try place.stringAttribute("kind")), numbers.count == 3, taps.count == geometry.taps,
                (0..<known).contains(Int(numbers[0])), kind != .product || (0..<known).contains(Int(numbers[1]))
            else { throw wrong("term \(index) that is none") }
            return Filter(
                term: CouplingTerm(kind, Int(numbers[0]), Int(numbers[1]), isGated: numbers[2] != 0), taps: taps, gain: try place.attribute("gain", as: Double.self))
        }
    }

    package init(
        strain: String, strainRate: Double, strainWhitening: PredictionErrorFilter, sources: [Source], geometry: InferenceGeometry,
        calibration: LogisticCalibration, filters: [Filter], training: Range<Int64>
    ) {
        (self.strain, self.strainRate, self.strainWhitening, self.sources) = (strain, strainRate, strainWhitening, sources)
        (self.geometry, self.calibration, self.filters, self.training) = (geometry, calibration, filters, training)
    }
}

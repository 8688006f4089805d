import Glibc

/// An interferometer to simulate: its strain, auxiliary channels, and what glitches it has.
public struct TwinModel: Sendable {
    /// What a channel is to the strain.
    public enum Role: String, Sendable, CaseIterable {
        case strain
        /// Sees a disturbance that couples into the strain.
        case witness
        /// A line that multiplies a witness's disturbance on its way into the strain.
        case carrier
        /// The slow motion behind scattered light, below a scan's band.
        case motion
        /// Sees the strain itself.
        case unsafe
        case uncoupled
    }

    public struct Channel: Sendable {
        public var name: String
        /// Hz.
        public var rate: Double
        public var unit: String
        public var role = Role.uncoupled
        /// Amplitude spectral density at 100 Hz and above, unit / sqrt(Hz); below it goes as (f / 100 Hz)^slope. Not of the strain.
        public var level = 1.0
        public var slope = -0.5
        /// Frequencies in Hz and amplitudes of lines.
        public var lines: [(frequency: Double, amplitude: Double)] = []
        /// Glitches of its own, an hour.
        public var glitches = 0.0
        /// Part of the strain's signal to noise with which it sees the strain's glitches.
        public var leak = 0.0

        /// Amplitude spectral density.
        public func density(at frequency: Double) -> Double { level * (frequency < 100 ? pow(max(frequency, 1) / 100, slope) : 1) }
    }

    public enum Coupling: String, Sendable, CaseIterable {
        /// In the strain alone: a low-Q burst that no channel sees.
        case blip
        /// The witness's sine-Gaussian times a gain that goes as a power of the frequency, later by a delay.
        case linear
        /// Its square.
        case quadratic
        /// Fringes of scattered light, which the witness sees as they are.
        case scattered
        /// The witness's sine-Gaussian times the line of a carrier.
        case bilinear
    }

    public struct Family: Sendable {
        public var name: String
        public var coupling: Coupling
        /// Channel numbers; nil for none.
        public var witness, carrier, motion: Int?
        /// Glitches an hour.
        public var rate = 120.0
        /// Hz and Q, log-uniform; of scattered light the fringes' highest frequency and the motion's.
        public var frequencies = 50.0...150.0
        public var qualities = 5.0...15.0
        /// Signal to noise in the witness, log-uniform; of blips, in the strain.
        public var signalToNoise = 20.0...60.0
        /// Signal to noise in the strain of the event in the middle of the ranges: it fixes the gain.
        public var strainSignalToNoise = 20.0
        /// Power of the gain over frequency, and seconds.
        public var slope = 0.0
        public var delay = 0.0

        init(_ name: String, _ coupling: Coupling) { (self.name, self.coupling) = (name, coupling) }
    }

    /// Noise that couples all the time: band-limited noise that a witness sees beside its own, and that enters the strain as it is, or times the
    /// line of a carrier, as sidebands.
    public struct Steady: Sendable {
        public var name: String
        public var witness: Int
        public var carrier: Int?
        /// Hz: of the noise in the witness.
        public var band = 3.0...15.0
        /// Amplitude densities over those of the channel's own noise: in the witness in the middle of the band; in the strain, there or at the carrier.
        public var witnessLevel = 30.0
        public var strainLevel = 3.0
    }

    /// Number 0 is the strain.
    public var channels: [Channel]
    public var families: [Family]
    public var steady: [Steady] = []
    public var spectrum: DetectorSpectrum
    /// Below it the strain's density stays as it is there, Hz.
    public var lowest = 8.0
    public var detector = "V1"

    /// Frequency of the first line of a channel, Hz.
    func carrierFrequency(_ carrier: Int?) -> Double? { carrier.flatMap { channels[$0].lines.first?.frequency } }

    /// Amplitude density of a steady coupling's noise in the witness, and what a unit of it is in the strain (beside the carrier's line of amplitude 1).
    func levels(_ steady: Steady) -> (witness: Double, gain: Double) {
        let middle = (steady.band.lowerBound * steady.band.upperBound).squareRoot()
        let inWitness = steady.witnessLevel * density(steady.witness, at: middle)
        guard inWitness > 0 else { return (0, 0) }
        // Each sideband of x cos has a quarter of the power density of x.
        let (factor, place) = carrierFrequency(steady.carrier).map { (2.0, $0) } ?? (1, middle)
        return (inWitness, factor * steady.strainLevel * density(0, at: place) / inWitness)
    }

    /// Amplitude spectral density of channel `index`.
    public func density(_ index: Int, at frequency: Double) -> Double {
        index == 0 ? spectrum.density(at: max(frequency, lowest)) : channels[index].density(at: frequency)
    }

    /// A small Virgo: one witness for each way into the strain, a channel that sees the strain, five that have nothing to do with it.
    public static func standard(strain: String = "V1:Hrec_hoft_4096Hz", rate: Double = 4096, spectrum: DetectorSpectrum = .advancedVirgo) -> TwinModel {
        func channel(_ name: String, _ rate: Double, _ unit: String, _ role: Role, _ level: Double, glitches: Double = 0, slope: Double = -0.5) -> Channel {
            Channel(name: name, rate: rate, unit: unit, role: role, level: level, slope: slope, glitches: glitches)
        }
        var channels = [
            Channel(name: strain, rate: rate, unit: "strain", role: .strain),
            channel("V1:ENV_CEB_MIC", 1024, "Pa", .witness, 1e-4),
            channel("V1:LSC_PRCL", 2048, "W", .witness, 3e-6),
            channel("V1:SDB2_B8_PD", 512, "W", .witness, 1e-8),
            channel("V1:SDB2_LVDT_Z", 128, "um", .motion, 1e-4, slope: -1),
            channel("V1:ASC_DIFFp_TX", 512, "urad", .witness, 1e-5),
            channel("V1:ENV_CEB_MAINS", 1024, "V", .carrier, 1e-3),
            channel("V1:LSC_DARM", 2048, "m", .unsafe, 1e-20),
            channel("V1:ENV_NEB_MAG", 1024, "T", .uncoupled, 1e-11, glitches: 90),
            channel("V1:SUSP_PR_ACC", 512, "m/s2", .uncoupled, 1e-6, glitches: 240),
            channel("V1:INJ_IMC_TRA", 1024, "W", .uncoupled, 1e-5, glitches: 480),
            channel("V1:ENV_WEB_SEIS", 256, "m/s", .uncoupled, 1e-8, glitches: 60, slope: -1),
            channel("V1:TCS_WI_LASER", 512, "W", .uncoupled, 1e-4),
        ]
        channels[6].lines = [(50, 1), (150, 0.1)]
        channels[7].leak = 0.8
        var acoustic = Family("acoustic", .linear)
        (acoustic.witness, acoustic.frequencies, acoustic.slope, acoustic.delay) = (1, 60...180, -1, 0.002)
        var saturation = Family("saturation", .quadratic)
        (saturation.witness, saturation.frequencies, saturation.qualities) = (2, 40...120, 6...12)
        var scattered = Family("scattered", .scattered)
        (scattered.witness, scattered.motion, scattered.frequencies, scattered.qualities) = (3, 4, 25...60, 0.15...0.4)
        (scattered.signalToNoise, scattered.strainSignalToNoise) = (40...120, 60)
        var bilinear = Family("bilinear", .bilinear)
        (bilinear.witness, bilinear.carrier, bilinear.frequencies, bilinear.qualities, bilinear.strainSignalToNoise) = (5, 6, 14...22, 8...16, 30)
        var blip = Family("blip", .blip)
        (blip.frequencies, blip.qualities, blip.signalToNoise, blip.rate) = (60...200, 3.5...5, 10...30, 60)
        return TwinModel(channels: channels, families: [acoustic, saturation, scattered, bilinear, blip], spectrum: spectrum)
    }
}

/// The constant K of `t = K DM / ν²`, s MHz² cm³ pc⁻¹. Live codes disagree by up to 0.03 %, so that every output names the one it used.
public enum DispersionConstant: String, CaseIterable, Sendable {
    /// 1 / 2.41e-4: TEMPO2, PRESTO, PSRCHIVE, DSPSR. (Manchester & Taylor 1972)
    case tempo
    /// From the fundamental constants, four digits. (Lorimer & Kramer 2005, eq. 4.6)
    case handbook
    /// SIGPROC's.
    case sigproc

    public var value: Double {
        switch self {
        case .tempo: 1 / 2.41e-4
        case .handbook: 4148.808
        case .sigproc: 4148.741601
        }
    }

    /// Delay in seconds of `frequency` behind `reference`, both MHz.
    public func delay(dispersionMeasure: Double, frequency: Double, reference: Double) -> Double {
        value * dispersionMeasure * (1 / (frequency * frequency) - 1 / (reference * reference))
    }
}

/// Names and units of the CLIC layout, the files of the 3DGAN family.
///
/// `ECAL` (N, 51, 51, 25) cell energies in GeV times 50 for variable-angle files, GeV for fixed-angle ones; `energy` (N) GeV; `theta` (N) rad;
/// `sum` (N) the sum of `ECAL`. Files of this suite also hold `pdg` (N), and say their scale in the attribute `scale_per_gev` of `ECAL`.
public enum ShowerLayout {
    public static let cells = "ECAL"
    public static let energy = "energy"
    public static let theta = "theta"
    public static let sum = "sum"
    public static let particle = "pdg"
    public static let scaleAttribute = "scale_per_gev"
    /// Stored units per GeV in variable-angle files.
    public static let scale = 50.0
    /// Showers stored together; a chunk of the CLIC grid is 4 MiB.
    public static let chunk = 16
}

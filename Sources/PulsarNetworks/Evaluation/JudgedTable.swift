import Batch
import Numerics
import ParallelHDF5
import PulsarFrames

/// What a classifier said of frames, one column a quantity: what a checkpoint and `evaluation.h5` hold.
struct JudgedTable {
    /// Numbers of one row.
    static let width = 10
    static let columns = ["target", "with_pulse", "without_pulse", "pulse_probability", "snr", "dm", "width", "arrival", "entropy", "frame"]
    static let units = ["1", "1", "1", "1", "1", "pc cm-3", "s", "s", "1", "1"]
    /// Row after row.
    private(set) var numbers: [Double] = []

    init(numbers: [Double] = []) { self.numbers = Array(numbers.prefix(numbers.count / Self.width * Self.width)) }

    var count: Int { numbers.count / Self.width }

    static func row(_ judgement: ClassifierScore.Judgement, _ truth: FrameTruth, frame: Int) -> [Double] {
        [
            Double(judgement.target), Double(judgement.withPulse), Double(judgement.withoutPulse), judgement.pulseProbability, truth.signalToNoise,
            truth.dispersionMeasure, truth.width, truth.arrival, judgement.entropy, Double(frame),
        ]
    }

    mutating func append(_ rows: [Double]) { numbers += rows }

    /// One frame.
    struct Row {
        let judgement: ClassifierScore.Judgement
        let dispersionMeasure: Double
        /// s.
        let width: Double
        let frame: Int

        var target: Int { judgement.target }
        var hasPulse: Bool { ClassifierModel.hasPulse(judgement.target) }
        var signalToNoise: Double { judgement.signalToNoise }
        var pulseProbability: Double { judgement.pulseProbability }
    }

    var rows: [Row] {
        (0..<count).map { i in
            let row = numbers[i * Self.width..<(i + 1) * Self.width]
            let first = row.startIndex
            return Row(
                judgement: ClassifierScore.Judgement(
                    target: Int(row[first]), withPulse: Int(row[first + 1]), withoutPulse: Int(row[first + 2]), pulseProbability: row[first + 3],
                    signalToNoise: row[first + 4], entropy: row[first + 8]),
                dispersionMeasure: row[first + 5], width: row[first + 6], frame: Int(row[first + 9]))
        }
    }

    /// SHA-256 of the numbers' bits.
    var hash: String {
        SHA256.hexadecimal(of: numbers)
    }

    /// One dataset a column. *Collective.*
    func write(to group: HDF5Group) throws {
        guard count > 0 else { return }
        for (k, name) in Self.columns.enumerated() {
            _ = try group.write(name, (0..<count).map { numbers[$0 * Self.width + k] }, units: Self.units[k])
        }
    }

    /// *Collective.*
    init(from group: HDF5Group) throws {
        guard try group.hasObject(Self.columns[0]) else {
            self.init()
            return
        }
        let columns = try Self.columns.map { try group.read($0, as: Double.self) }
        let count = columns.map(\.count).min() ?? 0
        self.init(numbers: (0..<count).flatMap { i in columns.map { $0[i] } })
    }
}

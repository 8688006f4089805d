import Batch
import Glibc
import PulsarFrames

/// `labels.csv`, a line for each frame, written as frames come: under `labels.csv.part` until it is complete. For one rank.
final class LabelTable {
    private let path: String
    private let classes: Int
    private var file: OutputFile?
    /// Bytes written.
    private(set) var size = 0
    private var part: String { path + ".part" }

    init(_ path: String, classes: Int) {
        self.path = path
        self.classes = classes
    }

    /// Starts the table.
    func begin(comment: [String], hasTruth: Bool) throws {
        file = try OutputFile(part, mode: .create)
        size = 0
        let names = ClassifierModel.classNames.prefix(classes).map { "p_\($0)" }
        let columns = ["frame", "sample", "time", "class", "name", "kept", "p_any_pulse"] + names + (hasTruth ? ["true_class", "snr", "dm", "width", "arrival"] : [])
        try write(comment.map { "# \($0)\n" }.joined() + columns.joined(separator: ",") + "\n")
    }

    /// Goes on after a restart, behind the first `size` bytes. Throws `ClassifierError` if they are not there any more.
    func resume(size: Int) throws {
        // A finished run that is given again.
        if !Files.exists(part), Files.exists(path) { _ = rename(path, part) }
        let descriptor = open(part, O_WRONLY | O_CLOEXEC)
        var status = stat()
        let isThere = descriptor >= 0 && fstat(descriptor, &status) == 0 && Int(status.st_size) >= size && ftruncate(descriptor, off_t(size)) == 0
        if descriptor >= 0 { close(descriptor) }
        guard isThere else {
            throw ClassifierError("\(part): found less than the \(size) bytes that the checkpoint stands on; remove the run directory's checkpoints to start again")
        }
        file = try OutputFile(part, mode: .append)
        self.size = size
    }

    func write(_ text: String) throws {
        let bytes = Array(text.utf8)
        try file?.write(bytes)
        size += bytes.count
    }

    /// What was written is on the disk.
    func synchronize() throws { try file?.synchronize() }

    func finish() throws {
        try file?.synchronize()
        try file?.close()
        file = nil
        guard rename(part, path) == 0 else { throw BatchError(.inputOutput, "cannot rename \(part): \(String(cString: strerror(errno)))") }
    }

    /// One line.
    static func line(
        frame: Int, sample: Int, time: Double, predicted: Int, isKept: Bool, pulseProbability: Double, probabilities: ArraySlice<Float>, truth: FrameTruth?
    ) -> String {
        var fields = [
            "\(frame)", "\(sample)", Format.fixed(time, decimals: 6), "\(predicted)", ClassifierModel.classNames[predicted], isKept ? "1" : "0",
            Format.fixed(pulseProbability, decimals: 6),
        ]
        fields += probabilities.map { Format.fixed(Double($0), decimals: 6) }
        if let truth {
            fields += [
                "\(truth.contents.classIndex)", Format.fixed(truth.signalToNoise, decimals: 3), Format.fixed(truth.dispersionMeasure, decimals: 4),
                Format.general(truth.width), Format.fixed(truth.arrival, decimals: 6),
            ]
        }
        return fields.joined(separator: ",") + "\n"
    }
}

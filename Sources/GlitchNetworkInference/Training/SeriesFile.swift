import Batch
import GlitchInference
import Glitches
import MessagePassing
import ParallelHDF5

/// `series.h5`: whitened strain and terms of all pieces, from which every rank reads the windows that it needs.
///
///     series   [strain and terms, sample]   strain in its standard deviations, terms in those of their noise
///     present  [piece]                      whether all data of a piece are there
///     scales   [term]                       what terms were divided by
final class SeriesFile {
    let path: String
    let channels: Int
    /// Samples of a piece.
    let piece: Int
    let scales: [Double]
    let present: [Bool]
    private let file: HDF5File
    private let dataset: HDF5Dataset

    /// Makes the file in the run directory, unless it is there. *Collective.*
    /// - Throws: `GlitchError` where there is no complete piece.
    static func make(_ context: JobContext, _ series: TrainingSeries) throws -> SeriesFile {
        let path = context.directory.path("series.h5"), communicator = context.communicator
        let key = SHA256.hexadecimal(
            of: "\(AutoencoderModel.fingerprint(series.model)) \(series.pieces) \(series.terms.map { "\($0.kind) \($0.first) \($0.second)" })".utf8)
        let isThere = try communicator.agree { Files.exists(path) && (try? SeriesFile(path, key: key)) != nil }
        if !isThere { try write(context, series, key: key) }
        return try communicator.agree { try SeriesFile(path, key: key) }
    }

    private static func write(_ context: JobContext, _ series: TrainingSeries, key: String) throws {
        let communicator = context.communicator, count = series.pieces.count, samples = TrainingSeries.seconds * series.model.geometry.rate
        let channels = 1 + series.terms.count
        let own = communicator.rank * count / communicator.size..<(communicator.rank + 1) * count / communicator.size
        context.log.info("conditions \(count) pieces of \(TrainingSeries.seconds) s: strain and \(series.terms.count) series of witnesses")
        // Whichever rank asks, the scales are those of the first complete piece.
        let (scales, values, present) = try communicator.agree {
            try context.phases.measure(.compute) {
                let scales = try Self.scales(series)
                var values = [[Float]](repeating: [], count: channels), present = [UInt8](repeating: 0, count: count)
                for index in own {
                    let all = try series.read(index)
                    present[index] = all == nil ? 0 : 1
                    for channel in 0..<channels {
                        let factor = channel == 0 ? 1 : 1 / scales[channel - 1]
                        values[channel] += all.map { $0[channel].map { Float($0 * factor) } } ?? [Float](repeating: 0, count: samples)
                    }
                }
                return (scales, values.flatMap(\.self), present.map(Int64.init))
            }
        }
        var everywhere = present
        try communicator.allReduce(&everywhere, .sum)
        try context.phases.measure(.io) {
            try context.writeData("series.h5") { file in
                try file.root.setAttribute("key", key)
                try file.root.setAttribute("piece_samples", Int64(samples))
                let dataset = try file.root.createDataset("series", shape: [channels, count * samples], type: .float32)
                try dataset.setUnits("1")
                try dataset.write(values, offset: [0, own.lowerBound * samples], count: [channels, own.count * samples])
                try file.root.write("present", everywhere.map { UInt8($0) })
                try file.root.write("scales", scales)
            }
        }
    }

    /// The noise of each term in the first complete piece: the median of its magnitude, as a Gaussian's standard deviation.
    private static func scales(_ series: TrainingSeries) throws -> [Double] {
        for index in series.pieces.indices {
            guard let all = try series.read(index) else { continue }
            return all.dropFirst().map { values in
                let middle = values.map(\.magnitude).sorted()[values.count / 2] / 0.6745
                return middle > 0 ? middle : 1
            }
        }
        throw GlitchError("train: found no piece of \(TrainingSeries.seconds) s in which strain and witnesses all have data, wanted some")
    }

    /// Opens the file for this process alone. *Not collective.*
    /// - Throws: `GlitchError` for a file of other series.
    init(_ path: String, key: String) throws {
        self.path = path
        file = try HDF5File.open(path, communicator: nil)
        do {
            guard try file.root.hasAttribute("key"), try file.root.stringAttribute("key") == key else {
                throw GlitchError("\(path): found series of another calibration, wanted those of this one; remove the file")
            }
            dataset = try file.root.dataset("series")
            piece = Int(try file.root.attribute("piece_samples", as: Int64.self))
            present = try file.root.read("present", as: UInt8.self).map { $0 != 0 }
            scales = try file.root.read("scales", as: Double.self)
            channels = scales.count + 1
            guard dataset.shape == [channels, present.count * piece] else {
                throw GlitchError("\(path): series: found shape \(dataset.shape), wanted [\(channels), \(present.count * piece)]; remove the file")
            }
        } catch {
            try? file.close()
            throw error
        }
    }

    deinit { try? file.close() }

    /// First samples of windows that lie in `pieces` whole, `hop` apart, and in which nothing is missing.
    func starts(in pieces: Range<Int>, window: Int, hop: Int) -> [Int] {
        var starts: [Int] = []
        var begin = pieces.lowerBound
        while begin < pieces.upperBound {
            guard present[begin] else {
                begin += 1
                continue
            }
            var end = begin
            while end < pieces.upperBound, present[end] { end += 1 }
            starts += stride(from: begin * piece, through: end * piece - window, by: hop)
            begin = end
        }
        return starts
    }

    /// `[channel][sample]` of a window. *Not collective.*
    func read(_ start: Int, count: Int) throws -> [Float] { try dataset.read(as: Float.self, offset: [0, start], count: [channels, count], collective: false) }
}

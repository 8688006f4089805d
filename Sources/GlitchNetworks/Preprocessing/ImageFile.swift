import Glitches
import ParallelHDF5
import Segments

/// `images.h5` of `glitchgen preprocess`.
///
///     images           [image, channel, frequency, time]   energies, the strain first
///     gps_seconds, gps_nanoseconds, kind (0 quiet, 1 trigger), snr, split (an `ImageUse`)   [image]
///     maxima           [image, channel]                    of the images
///     frequency, time  Hz and seconds from the image's middle, dimension scales; channel numbers, whose names are an attribute
public final class ImageFile {
    struct Head {
        let strain: String
        let channels: [String]
        let image: QImageSettings
        let margin: Int

        static let format = "didymos glitch images"

        /// The dataset of the images, to be filled. *Collective.*
        func write(to root: HDF5Group, count: Int) throws -> HDF5Dataset {
            try root.setAttribute("format", Self.format)
            try root.setAttribute("format_version", Int64(1))
            try root.setAttribute("strain", strain)
            try root.setAttribute("channels", channels)
            try root.setAttribute("margin", Int64(margin))
            try image.write(to: root.createGroup("image"))
            let size = image.size, width = size + 2 * margin
            let images = try root.createDataset("images", shape: [count, channels.count + 1, size, width], type: .float32)
            try images.setUnits("1")
            let frequency = try root.write("frequency", image.rowFrequencies, units: "Hz")
            let time = try root.write("time", image.columnTimes(margin: margin), units: "s")
            let channel = try root.write("channel", (0...channels.count).map { Int32($0) }, units: "1")
            try channel.setAttribute("names", [strain] + channels)
            try frequency.makeDimensionScale("frequency")
            try time.makeDimensionScale("time")
            try channel.makeDimensionScale("channel")
            try images.setDimensionLabel(0, "image")
            try images.setDimensionScale(1, channel, label: "channel")
            try images.setDimensionScale(2, frequency, label: "frequency")
            try images.setDimensionScale(3, time, label: "time")
            return images
        }
    }

    /// *Collective;* every rank passes the same.
    static func writeTimes(_ entries: [ImageTimes.Entry], uses: [ImageUse], maxima: [Double], channels: Int, to root: HDF5Group) throws {
        try root.write("gps_seconds", entries.map { $0.time.seconds }, units: "s")
        try root.write("gps_nanoseconds", entries.map { Int32(clamping: $0.time.remainder) }, units: "ns")
        try root.write("kind", entries.map { UInt8($0.isTrigger ? 1 : 0) }, units: "0 quiet, 1 trigger")
        try root.write("snr", entries.map(\.signalToNoise), units: "1")
        try root.write("split", uses.map(\.rawValue), units: "0 training, 1 validation, 2 test, 3 unused")
        try root.write("maxima", maxima, shape: [entries.count, channels], units: "1")
    }

    // MARK: Reading

    public let path: String
    public let strain: String
    public let channels: [String]
    public let image: QImageSettings
    /// Columns more on either side.
    public let margin: Int
    public let times: [GPSTime]
    public let uses: [ImageUse]
    public let isTrigger: [Bool]
    public let signalToNoise: [Double]
    /// `[image][channel]`, the strain first.
    let maxima: [Double]
    private let file: HDF5File
    private let dataset: HDF5Dataset

    public var count: Int { times.count }
    var width: Int { image.size + 2 * margin }

    /// Opens a file for this process alone. *Not collective.*
    /// - Throws: `GlitchError` naming the file and what does not fit.
    public init(_ path: String) throws {
        self.path = path
        func wrong(_ what: String, _ found: String, _ wanted: String) -> GlitchError {
            GlitchError("\(path): \(what): found \(found), wanted \(wanted); images are what `glitchgen preprocess` writes")
        }
        file = try HDF5File.open(path, communicator: nil)
        do {
            let root = file.root
            let kind = try root.hasAttribute("format") ? root.stringAttribute("format") : "none"
            guard kind == Head.format else { throw wrong("attribute format", "'\(kind)'", "'\(Head.format)'") }
            let version = try root.attribute("format_version", as: Int64.self)
            guard version == 1 else { throw wrong("format version", "\(version)", "1") }
            strain = try root.stringAttribute("strain")
            channels = try root.stringAttributes("channels")
            image = try QImageSettings(from: root.group("image"), file: path)
            let columns = try root.attribute("margin", as: Int64.self)
            guard (0...256).contains(columns) else { throw wrong("margin", "\(columns)", "0 to 256") }
            margin = Int(columns)
            dataset = try root.dataset("images")
            let size = image.size
            guard dataset.shape.count == 4, Array(dataset.shape.dropFirst()) == [channels.count + 1, size, size + 2 * margin], dataset.type == .float32 else {
                throw wrong("images", "shape \(dataset.shape) of \(dataset.type)", "[images, \(channels.count + 1), \(size), \(size + 2 * margin)] of float32")
            }
            let (seconds, rest) = (try root.read("gps_seconds", as: Int64.self), try root.read("gps_nanoseconds", as: Int32.self))
            let (kinds, split) = (try root.read("kind", as: UInt8.self), try root.read("split", as: UInt8.self))
            signalToNoise = try root.read("snr", as: Double.self)
            maxima = try root.read("maxima", as: Double.self)
            let count = dataset.shape[0]
            guard [seconds.count, rest.count, kinds.count, split.count, signalToNoise.count].allSatisfy({ $0 == count }), maxima.count == count * (channels.count + 1)
            else { throw wrong("gps_seconds, gps_nanoseconds, kind, split, snr, maxima", "other lengths", "one for each of \(count) images") }
            times = zip(seconds, rest).map { (GPSTime(seconds: $0) ?? .epoch).advanced(byNanoseconds: Int64($1)) }
            isTrigger = kinds.map { $0 == 1 }
            uses = split.map { ImageUse(rawValue: $0) ?? .unused }
        } catch {
            try? file.close()
            throw error
        }
    }

    deinit { try? file.close() }

    public func indices(_ use: ImageUse) -> [Int] { uses.indices.filter { uses[$0] == use } }

    /// The energies of image `index`, `[channel][row][column]` with the margins. *Not collective.*
    /// - Throws: `GlitchError` for what is no number.
    public func read(_ index: Int) throws -> [Float] {
        let values = try dataset.read(as: Float.self, offset: [index, 0, 0, 0], count: [1] + dataset.shape.dropFirst(), collective: false)
        guard values.allSatisfy({ $0.isFinite && $0 >= 0 }) else { throw GlitchError("\(path): image \(index): found what is no energy, wanted numbers of at least 0") }
        return values
    }
}

/// A frame for the eye: each channel in units of its own noise, averaged over blocks and brought to unit noise again.
struct FramePicture {
    private let values: [Float]
    private let channels: Int
    private let samples: Int

    init(_ frame: [Float], channels: Int, samples: Int) {
        self.channels = channels
        self.samples = samples
        values = (0..<channels).flatMap { c -> [Float] in
            let row = Array(frame[c * samples..<(c + 1) * samples])
            let sorted = row.sorted()
            let middle = sorted[samples / 2]
            // Half the distance of the quartiles is 0.6745 standard deviations.
            let scale = (sorted[3 * samples / 4] - sorted[samples / 4]) / 1.349
            return row.map { scale > 0 ? ($0 - middle) / scale : 0 }
        }
    }

    /// Row 0 is the lowest frequency, at the bottom of a picture.
    func rows(_ rowCount: Int, _ columnCount: Int) -> [[Double]] {
        let (tall, wide) = (channels / rowCount, samples / columnCount)
        let unit = 1 / Double(tall * wide).squareRoot()
        return (0..<rowCount).reversed().map { r in
            (0..<columnCount).map { x in
                var sum = 0.0
                for c in r * tall..<(r + 1) * tall {
                    for t in x * wide..<(x + 1) * wide { sum += Double(values[c * samples + t]) }
                }
                return sum * unit
            }
        }
    }
}

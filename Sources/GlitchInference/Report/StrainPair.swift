import Glitches

/// Strain before and after the subtraction, whitened by the filter of the model: one filter for both, so that what changes is the strain.
struct StrainPair {
    /// GPS seconds.
    let span: Range<Int64>
    /// Hz, of the whitened series.
    let rate: Int
    /// From the span's start on; 0 where data are missing.
    let before, after: [Double]
    /// By second.
    let isComplete: [Bool]
    /// Variance of each in quiet moments.
    let quietBefore, quietAfter: Double

    /// *Not collective.*
    init(_ model: InferenceModel, before: WindowReader, after: WindowReader?, span: Range<Int64>) throws {
        (self.span, rate) = (span, model.geometry.rate)
        let conditioner = SourceConditioner(model.geometry)
        let (past, piece, later) = (2, 16, 1)
        let seconds = past + piece + later
        var (first, second, complete) = ([Double](), [Double](), [Bool]())
        let strainRate = model.strainRate
        func whiten(_ reader: WindowReader, _ start: Int64) throws -> (series: [Double], complete: [Bool]) {
            let raw = try reader.read(0, from: start - Int64(past), seconds: seconds)
            let isComplete = WindowReader.complete([raw], rates: [strainRate], seconds: seconds)
            let filled = raw.map { $0.isFinite ? $0 : 0 }
            return (model.strainWhitening.apply(try conditioner.whole(filled, rate: strainRate, seconds: seconds)), isComplete)
        }
        var place = span.lowerBound
        while place < span.upperBound {
            let wanted = min(piece, Int(span.upperBound - place))
            let x = try whiten(before, place)
            let y = try after.map { try whiten($0, place) } ?? x
            for index in 0..<wanted {
                // What is missing rings in the second before it and those after it.
                let isGood = (max(0, past + index - 1)...min(seconds - 1, past + index + 1)).allSatisfy { at in
                    let isOutside = place + Int64(at - past) < span.lowerBound || place + Int64(at - past) >= span.upperBound
                    return isOutside || (x.complete[at] && y.complete[at])
                }
                let range = (past + index) * rate..<(past + index + 1) * rate
                complete.append(isGood)
                first += isGood ? Array(x.series[range]) : [Double](repeating: 0, count: rate)
                second += isGood ? Array(y.series[range]) : [Double](repeating: 0, count: rate)
            }
            place += Int64(wanted)
        }
        (self.before, self.after, isComplete) = (first, second, complete)
        (quietBefore, quietAfter) = (Self.quiet(first, rate), Self.quiet(second, rate))
    }

    /// Mean square of the quieter half of the quarters of seconds: their median.
    private static func quiet(_ series: [Double], _ rate: Int) -> Double {
        let width = rate / 4
        let powers = stride(from: 0, to: series.count - width + 1, by: width).map { start in
            series[start..<start + width].reduce(0) { $0 + $1 * $1 } / Double(width)
        }.filter { $0 > 0 }.sorted()
        return powers.isEmpty ? 1 : powers[powers.count / 2]
    }

    /// Samples around a time, as far as they are within.
    func samples(_ time: Int64, reach: Double) -> Range<Int>? {
        let middle = Double(time - span.lowerBound * 1_000_000_000) * 1e-9
        let (low, high) = (Int(((middle - reach) * Double(rate)).rounded()), Int(((middle + reach) * Double(rate)).rounded()))
        guard low >= 0, high <= before.count, low < high, isComplete[low / rate...(high - 1) / rate].allSatisfy(\.self) else { return nil }
        return low..<high
    }
}

import MessagePassing

extension MeasurementSeries {
    /// The series of all ranks' chains, in the order of ranks, on every rank. *Collective.*
    static func gather(_ local: [MeasurementSeries], sliceCount: Int, communicator: Communicator) throws -> [MeasurementSeries] {
        var packed: [Double] = []
        for series in local {
            packed.append(Double(series.count))
            for index in 0..<series.count {
                let m = series[index]
                packed += [m.magnetization, m.square, m.fourth, m.neighbour, m.smallestMode]
                packed += m.slices
            }
        }
        var result: [MeasurementSeries] = []
        for numbers in try communicator.allGather(packed) {
            var position = 0
            while position < numbers.count {
                var series = MeasurementSeries(sliceCount: sliceCount)
                let count = Int(numbers[position])
                position += 1
                for _ in 0..<count {
                    let slices = position + 5
                    series.append(
                        FieldMeasurement(
                            magnetization: numbers[position], square: numbers[position + 1], fourth: numbers[position + 2],
                            neighbour: numbers[position + 3], smallestMode: numbers[position + 4],
                            slices: Array(numbers[slices..<slices + sliceCount])))
                    position = slices + sliceCount
                }
                result.append(series)
            }
        }
        return result
    }
}

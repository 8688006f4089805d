/// Showers in memory without their empty cells, which are 98 of 100: what a rank has read once it need not read again.
struct PackedShowers {
    private struct Shower {
        let cells: [UInt32]
        let values: [Float]
        let sum: Double
    }

    private var showers: [Shower?]
    private(set) var bytes = 0
    let limit: Int

    init(count: Int, limit: Int) {
        showers = Array(repeating: nil, count: count)
        self.limit = limit
    }

    var isFull: Bool { bytes >= limit }

    func holds(_ sample: Int) -> Bool { showers[sample] != nil }

    /// Keeps a shower if there is room.
    mutating func keep(_ sample: Int, cells: [UInt32], values: [Float], sum: Double) {
        guard !isFull, showers[sample] == nil else { return }
        showers[sample] = Shower(cells: cells, values: values, sum: sum)
        bytes += 8 * cells.count
    }

    /// Calls `body` for every cell that holds energy, and returns their sum; nil if the shower is not here.
    func unpack(_ sample: Int, _ body: (_ cell: Int, _ value: Float) -> Void) -> Double? {
        guard let shower = showers[sample] else { return nil }
        for i in shower.cells.indices { body(Int(shower.cells[i]), shower.values[i]) }
        return shower.sum
    }
}

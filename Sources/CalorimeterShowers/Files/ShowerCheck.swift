/// What can be wrong with the values of a shower.
public enum ShowerFault: String, Sendable, CaseIterable {
    case notFinite = "a cell that is not a finite number"
    case negative = "a cell of negative energy"
    case empty = "no energy in any cell"
    case primary = "a primary energy that is not a positive finite number"
    case angle = "an angle outside 0...pi"
}

/// Looks through blocks of showers for values that no calorimeter reads.
public enum ShowerCheck {
    /// The first fault of shower `i` of a block, nil if it is sound. *Not collective.*
    public static func fault(_ block: ShowerBlock, _ i: Int) -> ShowerFault? {
        guard block.energy[i].isFinite, block.energy[i] > 0 else { return .primary }
        guard block.theta[i] > 0, block.theta[i] < .pi else { return .angle }
        var lowest = Float.infinity
        var sum = 0.0
        block.cells.withUnsafeBufferPointer { cells in
            for k in block.range(i) {
                let value = cells[k]
                if value < lowest { lowest = value }
                // NaN and infinity stay in the sum.
                sum += Double(value)
            }
        }
        if !sum.isFinite { return .notFinite }
        if lowest < 0 { return .negative }
        return sum > 0 ? nil : .empty
    }

    /// - Throws: `ShowerError` for the first faulty shower of a block, with what was found where. *Not collective.*
    public static func requireSound(_ block: ShowerBlock, file: String) throws {
        for i in 0..<block.count {
            if let fault = fault(block, i) { throw error(fault, block, i, file: file) }
        }
    }

    static func error(_ fault: ShowerFault, _ block: ShowerBlock, _ i: Int, file: String) -> ShowerError {
        let shower = block.first + i
        let found: String
        let dataset: String
        let wanted: String
        switch fault {
        case .primary: (dataset, found, wanted) = (ShowerLayout.energy, "\(block.energy[i]) GeV", "a positive finite energy")
        case .angle: (dataset, found, wanted) = (ShowerLayout.theta, "\(block.theta[i]) rad", "0 < theta < pi")
        case .empty: (dataset, found, wanted) = (ShowerLayout.cells, fault.rawValue, "a shower of positive energy")
        case .notFinite, .negative:
            let bad = block.range(i).first { fault == .negative ? block.cells[$0] < 0 : !block.cells[$0].isFinite } ?? 0
            let cell = bad - block.range(i).lowerBound
            let (layers, y) = (block.grid.layers, block.grid.y)
            found = "\(block.cells[bad]) GeV in cell [\(cell / (y * layers)), \(cell / layers % y), \(cell % layers)]"
            (dataset, wanted) = (ShowerLayout.cells, "finite energies, none negative")
        }
        return ShowerError("\(file): /\(dataset): shower \(shower): found \(found), wanted \(wanted); `preprocess` can drop such showers with cleaning.faulty: drop")
    }
}

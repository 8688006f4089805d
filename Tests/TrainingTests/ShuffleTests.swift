import Testing
import Training

/// The order of samples in an epoch, computed place by place.
@Suite struct ShuffleTests {
    @Test("every item comes once", arguments: [1, 2, 3, 4, 5, 16, 17, 100, 1000, 4097])
    func permutation(count: Int) {
        for epoch in 0..<3 {
            let shuffle = Shuffle(count: count, seed: 5, epoch: epoch)
            #expect(Set((0..<count).map { shuffle[$0] }) == Set(0..<count))
        }
    }

    @Test("the order is a function of seed and epoch")
    func keys() {
        func order(_ seed: UInt64, _ epoch: Int) -> [Int] {
            let shuffle = Shuffle(count: 50, seed: seed, epoch: epoch)
            return (0..<50).map { shuffle[$0] }
        }
        #expect(order(1, 0) == order(1, 0))
        #expect(order(1, 0) != order(1, 1))
        #expect(order(1, 0) != order(2, 0))
        #expect(order(1, 0) != Array(0..<50))
    }

    @Test("every item is equally likely at every place: chi-square, false alarm 1e-4")
    func uniform() {
        let epochs = 4000
        for count in [6, 10, 16] {
            var seen = [Int](repeating: 0, count: count * count)
            for epoch in 0..<epochs {
                let shuffle = Shuffle(count: count, seed: 3, epoch: epoch)
                for position in 0..<count { seen[position * count + shuffle[position]] += 1 }
            }
            let expected = Double(epochs) / Double(count)
            let chiSquare = seen.reduce(0.0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
            let freedom = Double((count - 1) * (count - 1))
            // Wilson and Hilferty's normal approximation at 3.72 standard deviations.
            let width = (2 / (9 * freedom)).squareRoot()
            let root = 1 - 2 / (9 * freedom) + 3.72 * width
            #expect(chiSquare < freedom * root * root * root, "\(count) items: \(chiSquare)")
        }
    }

    @Test("neighbours in one epoch are not neighbours in the next: serial correlation, false alarm 1e-4")
    func uncorrelated() {
        let count = 100_000
        let shuffle = Shuffle(count: count, seed: 4, epoch: 9)
        let middle = Double(count - 1) / 2
        let values = (0..<count).map { (Double(shuffle[$0]) - middle) / Double(count) * 12.0.squareRoot() }
        let lagged = zip(values, values.dropFirst()).map(*).reduce(0, +) / Double(count).squareRoot()
        #expect(abs(lagged) < 3.9)
        let withPosition = values.enumerated().map { (Double($0) - middle) / Double(count) * 12.0.squareRoot() * $1 }
        #expect(abs(withPosition.reduce(0, +) / Double(count).squareRoot()) < 3.9)
    }
}

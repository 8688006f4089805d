import MessagePassing
import Testing

/// How a lattice is cut; pure arithmetic.
@Suite struct CartesianGridTests {
    @Test("blocks cover the extent once, in order, and differ by at most one site")
    func shares() {
        for extent in [1, 7, 16, 31] {
            for parts in 1...extent {
                let blocks = (0..<parts).map { CartesianGrid.share(of: extent, parts: parts, part: $0) }
                #expect(blocks.flatMap { $0 } == Array(0..<extent))
                #expect((blocks.map(\.count).max() ?? 0) - (blocks.map(\.count).min() ?? 0) <= 1)
            }
        }
    }

    @Test("the best grid loads the busiest rank least and has the smallest surface")
    func bestGrid() throws {
        #expect(try CartesianGrid.bestGrid(ranks: 1, extents: [8, 8]) == [1, 1])
        #expect(try CartesianGrid.bestGrid(ranks: 4, extents: [8, 8]) == [2, 2])
        #expect(try CartesianGrid.bestGrid(ranks: 2, extents: [8, 8]) == [2, 1])
        #expect(try CartesianGrid.bestGrid(ranks: 2, extents: [4, 64]) == [1, 2])
        #expect(try CartesianGrid.bestGrid(ranks: 6, extents: [9, 8]) == [3, 2])
        #expect(try CartesianGrid.bestGrid(ranks: 8, extents: [4, 4, 4, 8]) == [2, 1, 1, 4])
        #expect(try CartesianGrid.bestGrid(ranks: 7, extents: [7, 7]) == [7, 1])
    }

    @Test("more ranks than a lattice can feed are refused with the reason")
    func impossible() {
        let error = #expect(throws: CartesianGridError.self) { try CartesianGrid.bestGrid(ranks: 11, extents: [8, 8]) }
        #expect(error?.description.contains("11 ranks cannot share a lattice of 8x8 sites") == true)
        #expect(error?.exitCode == 65)
    }
}

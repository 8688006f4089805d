import Networks
import TestSupport
import Testing

@Suite("Architectures that were damaged or made by hand")
struct GraphJSONFuzzTests {
    private static let numbers = [
        "-1", "0", "1", "2", "7", "65536", "2147483647", "2147483648", "4294967296", "4611686018427387904", "9223372036854775807",
        "-9223372036854775808", "9223372036854775808", "1e300", "1e999", "0.5", "-0", "null", "[]", "{}", "\"inf\"", "\"\"", "true",
    ]

    /// Those that find most, for the places of every operation.
    private static let extremes = [
        "-1", "0", "2147483648", "4611686018427387904", "9223372036854775807", "-9223372036854775808", "1e999", "null",
    ]

    /// The places of the numbers outside of quotes.
    private func numberRanges(_ text: [UInt8]) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var quoted = false
        var start: Int?
        for (position, byte) in text.enumerated() {
            let isDigit = !quoted && "+-0123456789.eE".utf8.contains(byte) && (start != nil || "-0123456789".utf8.contains(byte))
            if isDigit, start == nil { start = position }
            if !isDigit, let first = start {
                ranges.append(first..<position)
                start = nil
            }
            if byte == UInt8(ascii: "\"") { quoted.toggle() }
        }
        return ranges
    }

    /// Read or refused with a `NetworkError`; what is read is within the bounds and tells the same again.
    private func attempt(_ bytes: [UInt8]) throws -> Bool {
        do {
            let graph = try Graph(json: String(decoding: bytes, as: UTF8.self))
            for node in graph.nodes {
                #expect(!node.type.extents.isEmpty && node.type.extents.allSatisfy { $0 > 0 })
                #expect(node.type.extents.reduce(1.0) { $0 * Double($1) } <= Double(TensorType.largestCount))
            }
            #expect(try Graph(json: graph.json).nodes == graph.nodes)
            return true
        } catch is NetworkError { return false }
    }

    @Test("the numbers of every operation replaced by extreme ones: no trap, no huge tensor", arguments: allCases)
    func extremeNumbers(_ operation: OperationCase) throws {
        let text = Array(try operation.graph().json.utf8)
        var refused = 0
        let ranges = numberRanges(text)
        for range in ranges.indices.filter({ $0 % max(1, ranges.count / 40) == 0 }).map({ ranges[$0] }) {
            for number in Self.extremes {
                if try !attempt(Array(text[..<range.lowerBound]) + Array(number.utf8) + Array(text[range.upperBound...])) { refused += 1 }
            }
        }
        #expect(refused > 0)
    }

    @Test("bytes changed, cut, doubled and two numbers at once, in a fixed random order", arguments: allCases)
    func randomDamage(_ operation: OperationCase) throws {
        let text = Array(try operation.graph().json.utf8)
        let ranges = numberRanges(text)
        var random = SplitMix(state: UInt64(text.count))
        for round in 0..<200 {
            var bytes = text
            switch round % 4 {
            case 0:
                for _ in 0...round / 40 {
                    let place = Int.random(in: bytes.indices, using: &random)
                    bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                }
            case 1: bytes = Array(bytes[..<Int.random(in: bytes.indices, using: &random)])
            case 2:
                let first = Int.random(in: bytes.indices, using: &random)
                let last = min(bytes.count, first + Int.random(in: 1..<40, using: &random))
                bytes.insert(contentsOf: bytes[first..<last], at: Int.random(in: bytes.indices, using: &random))
            default:
                let chosen = (0..<3).compactMap { _ in ranges.randomElement(using: &random) }
                for range in Set(chosen).sorted(by: { $0.lowerBound > $1.lowerBound }) {
                    bytes.replaceSubrange(range, with: Array((Self.numbers.randomElement(using: &random) ?? "0").utf8))
                }
            }
            _ = try attempt(bytes)
        }
    }

    @Test("tensors beyond the bound are refused with their shape, also when they come from an operation")
    func hugeShapes() throws {
        let text = try #require(allCases.first { $0.name == "two convolutions" }).graph().json
        func message(_ from: String, _ to: String) -> String { readingError(text, replacing: from, with: to) }
        #expect(message("\"shape\": [4, 4, 4]", "\"shape\": [4611686018427387904, 4, 4]").contains("at most"))
        #expect(message("\"kernel\": [3, 3]", "\"kernel\": [9223372036854775807, 3]").contains("'kernel'"))
        let builder = GraphBuilder()
        let x = try builder.input("x", shape: [1, 1 << 20])
        #expect(throws: NetworkError.self) { try builder.append(.upsample([1 << 20]), [x]) }
    }
}

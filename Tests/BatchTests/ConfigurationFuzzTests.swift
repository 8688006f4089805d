import Batch
import TestSupport
import Testing

/// Whatever bytes a file holds, reading it ends in values or in a message: a trap would end this process.
@Suite struct ConfigurationFuzzTests {
    private static let seeds = [
        "seed: 7\nlattice: {extents: [16, 8], kappa: 1e-1}\ntraining:\n  steps: 1e3\n  note: \"a\\n\\u00e9\"\n",
        "base: &b {x: 1, y: [1, 2]}\nother: {<<: *b, z: 'it''s'}\ntext: |\n  line\n  line\nfold: >-\n  a\n  b\n",
        "? key\n: value\n- a\n- !!str 5\n--- \n%YAML 1.1\n...\n",
    ]
    private static let pieces: [[UInt8]] = [
        ":", "- ", "\n", "  ", "\t", "[", "]", "{", "}", "&a ", "*a", "<<: ", "!!int ", "!", "%", "|", ">", "'", "\"", "\\", "\\x", "?", ": ", "#",
        "---\n", "...\n", "~", ",", "\u{0}", "\u{7f}", "\u{feff}", "\u{2028}", "é", "1e999", "0x1F", ".inf",
    ].map { Array($0.utf8) } + [[0xff], [0xc3], [0xed, 0xa0, 0x80]]

    @Test("random changes of good files never trap, and what is read is written to text that reads back the same")
    func mutations() throws {
        var random = SplitMix(state: 20_261_124)
        var accepted = 0
        for round in 0..<6000 {
            var bytes = Array(Self.seeds[round % Self.seeds.count].utf8)
            for _ in 0...Int(random.next() % 6) {
                let place = Int(random.next() % UInt64(bytes.count + 1))
                switch random.next() % 4 {
                case 0 where place < bytes.count: bytes.remove(at: place)
                case 1 where place < bytes.count: bytes[place] = UInt8(truncatingIfNeeded: random.next())
                case 2 where place < bytes.count: bytes.removeSubrange(place..<min(bytes.count, place + Int(random.next() % 9)))
                default: bytes.insert(contentsOf: Self.pieces[Int(random.next() % UInt64(Self.pieces.count))], at: place)
                }
            }
            let text = String(decoding: bytes, as: UTF8.self)
            do {
                let configuration = try Configuration(text: text, name: "fuzz.yaml", overrides: round % 3 == 0 ? ["training.steps=5"] : [])
                accepted += 1
                for key in ["seed", "lattice.kappa", "training.steps", "base.y", "text"] {
                    _ = try? configuration.int(key)
                    _ = try? configuration.double(key)
                    _ = try? configuration.string(key)
                    _ = try? configuration.doubles(key)
                    _ = try? configuration.section(key)
                }
                let canonical = configuration.canonicalText
                #expect(try Configuration(text: canonical).canonicalText == canonical, "from \(text.debugDescription)")
                try configuration.finish()
            } catch let error as ConfigurationError {
                #expect(!error.description.isEmpty)
            }
        }
        #expect(accepted > 500, "most mutations are refused, but not nearly all")
    }
}

import Foundation
import ShowerNetworks
import TestSupport
import Testing

/// The reader of foreign bytes: whatever they are, an answer or an error that says where.
@Suite struct ONNXReaderTests {
    private func read(_ bytes: [UInt8], into model: ShowerModel) throws {
        try ShowerONNX.read(bytes, file: "some.onnx", .generator, into: model)
    }

    @Test("ten thousand damaged files: errors with file and byte, or weights, nothing else")
    func damagedFiles() throws {
        let model = try ExchangeSamples.model(.miniature)
        let good = ShowerONNX.encode(model, .generator, axes: .cells)
        let target = try ShowerModel(.miniature, seed: 1)
        var random = SplitMix(state: 17), refused = 0, kept = 0
        for _ in 0..<10_000 {
            var bytes = good
            // Most damage goes where the structure is, which is a small part of the bytes.
            let reach = Bool.random(using: &random) ? 2000 : bytes.count
            for _ in 0...Int.random(in: 0...6, using: &random) {
                let k = Int.random(in: 0..<min(reach, bytes.count), using: &random)
                switch Int.random(in: 0..<5, using: &random) {
                case 0: bytes[k] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes[k] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                case 2: bytes.removeSubrange(k..<min(bytes.count, k + Int.random(in: 1...9, using: &random)))
                case 3: bytes.insert(contentsOf: [0xff, 0xff, 0xff, 0xff, 0x7f], at: k)
                default: bytes.removeLast(Int.random(in: 0..<max(1, bytes.count / 8), using: &random))
                }
                if bytes.isEmpty { break }
            }
            do {
                try read(bytes, into: target)
                kept += 1
            } catch let error as ShowerNetworkError {
                refused += 1
                #expect(error.description.hasPrefix("some.onnx"), "\(error)")
                #expect(error.exitCode == 65)
            }
        }
        #expect(refused > 5000 && kept + refused == 10_000)
    }

    private func expectFailure(_ words: String..., reading body: () throws -> Void) {
        do {
            try body()
            Issue.record("read; wanted \(words)")
        } catch { #expect(words.allSatisfy("\(error)".contains), "\(error); wanted \(words)") }
    }

    /// A field with a length, made by hand.
    private func field(_ number: UInt8, _ content: [UInt8]) -> [UInt8] {
        var length: [UInt8] = [], rest = content.count
        repeat {
            length.append(UInt8(rest & 0x7f) | (rest > 0x7f ? 0x80 : 0))
            rest >>= 7
        } while rest > 0
        return [number << 3 | 2] + length + content
    }

    @Test("claims of more than the file holds are refused before anything is allocated for them")
    func hostileClaims() throws {
        let model = try ShowerModel(.miniature, seed: 1)
        let huge: [UInt8] = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40]
        func constant(_ content: [UInt8]) -> [UInt8] { field(7, field(5, field(8, Array("dense/bias".utf8)) + [0x10, 1] + content)) }
        let cases: [([UInt8], String)] = [
            ([], "no graph"),
            ([0x3a] + huge, "where 0 are left"),
            ([0x3a, 0x80], "an integer that is cut off"),
            ([0x3a] + [UInt8](repeating: 0xff, count: 11), "more than 64 bits"),
            ([0x3b], "wire type 3"),
            ([0x00], "field number 0"),
            (constant([0x08] + huge), "has shape [4611686018427387904], wanted [144]"),
            (constant([UInt8](repeating: 0x08, count: 2) + [UInt8](repeating: 0x08, count: 38)), "as dimension 9"),
            (constant([0x08, 0x90, 1] + field(9, [1, 2, 3])), "shape [144]"),
            (constant([0x08, 0x90, 1, 0x70, 1]), "in another file"),
            (field(7, field(5, field(8, [UInt8](repeating: 65, count: 300)))), "a name of 300 bytes"),
        ]
        for (bytes, words) in cases {
            expectFailure(words, "some.onnx") { try read(bytes, into: model) }
        }
        // Many empty constants cost a pass over the bytes and no more.
        let many = field(7, Array([[UInt8]](repeating: [0x2a, 0], count: 2_000_000).joined()))
        #expect(throws: ShowerNetworkError.self) { try read(many, into: model) }
    }

    @Test("weights that are not numbers are refused")
    func notFinite() throws {
        let model = try ExchangeSamples.model(.miniature)
        model[.generator].parameters[3] = .nan
        let bytes = ShowerONNX.encode(model, .generator, axes: .cells), target = try ShowerModel(.miniature, seed: 1)
        expectFailure("some.onnx: 'dense/weights' holds nan at 3, wanted finite numbers") { try read(bytes, into: target) }
    }

    @Test(
        "files that the reference implementation wrote with numbers of its own encoding",
        .enabled(if: PythonPeer.has("onnx"), "peer onnx not installed"))
    func floatData() throws {
        let directory = try TemporaryDirectory()
        let model = try ExchangeSamples.model(.miniature)
        try Data(ShowerONNX.encode(model, .generator, axes: .cells)).write(to: URL(fileURLWithPath: directory.path("a.onnx")))
        _ = try PythonPeer.run(
            """
            import sys, onnx, onnx.numpy_helper as h
            m = onnx.load(sys.argv[1] + "/a.onnx")
            for t in m.graph.initializer:
                if t.data_type == 1:
                    values = h.to_array(t).ravel().tolist()
                    t.ClearField("raw_data")
                    t.float_data.extend(values)
            onnx.save(m, sys.argv[1] + "/b.onnx")
            """, arguments: [directory.path("")])
        let back = try ShowerModel(.miniature, seed: 1)
        try read(Array(Data(contentsOf: URL(fileURLWithPath: directory.path("b.onnx")))), into: back)
        #expect(back[.generator] == model[.generator])
    }
}

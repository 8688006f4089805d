import Batch
import Foundation
import Glibc
import TestSupport
import Testing

/// A checkpoint of a real job, damaged in every way that one byte can be. The file is checked without HDF5, as `newestValid` does first.
@Suite("A damaged checkpoint is refused, wherever the damage is")
struct CheckpointDamageTests {
    private let run: FlowtrainCase
    private let path: String
    private let whole: [UInt8]

    init() throws {
        run = try FlowtrainCase()
        let job = try run("hmc", ranks: 1)
        #expect(job.status == 0, "\(job.stderr)")
        path = "\(run.run)/checkpoints/hmc/step-000000000050.h5"
        whole = try Files.read(path)
        #expect(try CheckpointTrailer.damage(path) == nil)
    }

    private func withDescriptor(_ body: (Int32) throws -> Void) throws {
        let descriptor = open(path, O_RDWR)
        #expect(descriptor >= 0)
        defer { close(descriptor) }
        try body(descriptor)
    }

    @Test("every byte, each of its bits flipped, and all of them")
    func everyByte() throws {
        try withDescriptor { descriptor in
            var accepted: [String] = []
            for position in whole.indices {
                for mask: UInt8 in [1, 2, 4, 8, 16, 32, 64, 128, 255] {
                    var byte = whole[position] ^ mask
                    pwrite(descriptor, &byte, 1, off_t(position))
                    if try CheckpointTrailer.damage(path) == nil { accepted.append("byte \(position) xor \(mask)") }
                }
                var byte = whole[position]
                pwrite(descriptor, &byte, 1, off_t(position))
            }
            #expect(accepted.isEmpty, "\(accepted.prefix(10))")
            #expect(try CheckpointTrailer.damage(path) == nil)
        }
    }

    @Test("cut at every length, lengthened, and every byte taken out")
    func everyLength() throws {
        try withDescriptor { descriptor in
            var accepted: [String] = []
            for length in whole.indices.reversed() {
                ftruncate(descriptor, off_t(length))
                if try CheckpointTrailer.damage(path) == nil { accepted.append("cut to \(length)") }
            }
            for extra in [[0], [0x31], Array("DIDYMOS1".utf8), whole] as [[UInt8]] {
                try Data(whole + extra).write(to: URL(fileURLWithPath: path))
                // Twice the same file ends with a good trailer, of a wrong length.
                if try CheckpointTrailer.damage(path) == nil { accepted.append("with \(extra.count) bytes more") }
            }
            #expect(accepted.isEmpty, "\(accepted.prefix(10))")
        }
        var accepted: [Int] = []
        try withDescriptor { descriptor in
            // Taking out byte after byte from the end: each step writes one byte.
            var shorter = Array(whole.dropLast())
            pwrite(descriptor, shorter, shorter.count, 0)
            ftruncate(descriptor, off_t(shorter.count))
            for position in shorter.indices.reversed() {
                shorter[position] = whole[position + 1]
                var byte = shorter[position]
                pwrite(descriptor, &byte, 1, off_t(position))
                if try CheckpointTrailer.damage(path) == nil { accepted.append(position) }
            }
        }
        #expect(accepted.isEmpty)
    }

    @Test("trailers of made-up numbers, also with a right checksum of their own: a sentence, and no memory for what they claim")
    func trailerFuzz() throws {
        let file = run.directory.path("trailer")
        var random = SplitMix(state: 1)
        let extremes: [UInt64] = [
            0, 1, 23, 24, 1 << 20, (1 << 20) + 1, 1 << 32, 1 << 54, (1 << 55) - 1, 1 << 55, UInt64(Int64.max), .max, .max - 23,
        ]
        func bytes(_ value: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: value.littleEndian, Array.init) }
        for body in [0, 1, 23, 24, 100, 5000] {
            for claim in extremes + [UInt64(body), UInt64(max(0, body - 4)), UInt64.random(in: 0...UInt64(body + 8), using: &random)] {
                for block: UInt32 in [0, 1, 1 << 20, .max] {
                    let content = (0..<body).map { UInt8(truncatingIfNeeded: $0 &* 37) }
                    for covered in [[], Array(content.suffix(4)), content] {
                        let numbers = bytes(claim) + bytes(block)
                        let sum = bytes(CheckpointTrailer.checksum(covered + numbers))
                        let all = content + numbers + sum + Array("DIDYMOS1".utf8)
                        try Data(all).write(to: URL(fileURLWithPath: file))
                        let verdict = try CheckpointTrailer.damage(file)
                        // An empty payload, or one whose four last bytes happen to be its checksum, would be whole.
                        if claim != 0 || body != 0 { #expect(verdict != nil, "payload \(claim), block \(block), \(body) bytes") }
                    }
                }
            }
        }
        for count in 0..<200 {
            try Data((0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }).write(to: URL(fileURLWithPath: file))
            #expect(try CheckpointTrailer.damage(file) != nil)
        }
    }
}

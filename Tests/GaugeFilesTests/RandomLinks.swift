import Foundation
import GaugeFiles
import LatticeFields
import MessagePassing
import Numerics
import Testing

/// Links for tests: random ones of SU(3), a function of the global site only.
enum RandomLinks {
    /// MPI from one thread at a time: tests run on many.
    static let lock = NSLock()

    static func withRank<R>(_ body: (Communicator) throws -> R) throws -> R {
        lock.lock()
        defer { lock.unlock() }
        return try body(MessagePassing.start())
    }

    /// Extents t, z, y, x.
    static func field(_ extents: [Int], seed: UInt64, communicator: Communicator) throws -> GaugeLinks {
        let geometry = try LatticeGeometry(extents: extents, communicator: communicator)
        var links = try GaugeLinks(geometry)
        let stream = RandomStream(seed: seed, purpose: .test)
        for link in 0..<4 * geometry.localVolume { replace(&links, link, with: matrix(stream, UInt64(link))) }
        return links
    }

    static func replace(_ links: inout GaugeLinks, _ link: Int, with matrix: [SIMD2<Double>]) {
        for k in 0..<9 {
            links.values[18 * link + 2 * k] = matrix[k].x
            links.values[18 * link + 2 * k + 1] = matrix[k].y
        }
    }

    static func matrix(_ links: GaugeLinks, _ link: Int) -> [SIMD2<Double>] {
        (0..<9).map { SIMD2(links.values[18 * link + 2 * $0], links.values[18 * link + 2 * $0 + 1]) }
    }

    /// Gram-Schmidt of two random rows, and the third that they imply.
    static func matrix(_ stream: RandomStream, _ index: UInt64) -> [SIMD2<Double>] {
        func row(_ r: Int) -> [SIMD2<Double>] {
            (0..<3).map { k in
                SIMD2(
                    stream.normal(epoch: 0, index: index, draw: UInt32(6 * r + 2 * k)), stream.normal(epoch: 0, index: index, draw: UInt32(6 * r + 2 * k + 1)))
            }
        }
        let a = normal(row(0))
        var b = row(1)
        let overlap = (0..<3).reduce(SIMD2<Double>.zero) { $0 + times(b[$1], conjugate(a[$1])) }
        b = normal((0..<3).map { b[$0] - times(overlap, a[$0]) })
        let c = (0..<3).map { k in
            let i = (k + 1) % 3, j = (k + 2) % 3
            return conjugate(times(a[i], b[j]) - times(a[j], b[i]))
        }
        return a + b + c
    }

    static func product(_ a: [SIMD2<Double>], _ b: [SIMD2<Double>]) -> [SIMD2<Double>] {
        (0..<9).map { k in (0..<3).reduce(SIMD2<Double>.zero) { $0 + times(a[3 * (k / 3) + $1], b[3 * $1 + k % 3]) } }
    }

    static func adjoint(_ a: [SIMD2<Double>]) -> [SIMD2<Double>] { (0..<9).map { conjugate(a[3 * ($0 % 3) + $0 / 3]) } }

    private static func times(_ a: SIMD2<Double>, _ b: SIMD2<Double>) -> SIMD2<Double> { SIMD2(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x) }
    private static func conjugate(_ a: SIMD2<Double>) -> SIMD2<Double> { SIMD2(a.x, -a.y) }
    private static func normal(_ row: [SIMD2<Double>]) -> [SIMD2<Double>] {
        let length = row.reduce(0) { $0 + ($1 * $1).sum() }.squareRoot()
        return row.map { $0 / length }
    }
}

/// Every way that a file can be written.
struct Writing: CustomTestStringConvertible, Sendable {
    let format: GaugeFormat
    var bits = 64
    var rows = 3
    var isBigEndian = true

    var testDescription: String { "\(format.rawValue) \(bits) bit, \(rows) rows, \(isBigEndian ? "big" : "little")-endian" }

    var options: GaugeFile.WritingOptions {
        var options = GaugeFile.WritingOptions(format: format)
        options.bits = bits
        options.rows = rows
        options.isBigEndian = isBigEndian
        options.logicalName = format == .ildg || format == .scidac ? "mc://ldg/test/ensemble/n1" : nil
        return options
    }

    static let all: [Writing] =
        [
            Writing(format: .ildg), Writing(format: .ildg, bits: 32), Writing(format: .scidac), Writing(format: .scidac, bits: 32), Writing(format: .openqcd),
            Writing(format: .milc, bits: 32), Writing(format: .milc, bits: 32, isBigEndian: false),
        ]
        + [2, 3].flatMap { rows in
            [32, 64].flatMap { bits in [true, false].map { Writing(format: .nersc, bits: bits, rows: rows, isBigEndian: $0) } }
        }
}

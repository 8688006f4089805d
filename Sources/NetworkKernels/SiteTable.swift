import Numerics

/// Copies sites by a table: `y[c][i] = x[c][table[i]]`, zero where the table says -1. Made once; a call allocates nothing.
public struct SiteTable: Sendable {
    public let channels: Int
    /// Sites of the table's source.
    public let sourceSites: Int
    private let table: [Int32]

    /// `table` entries lie in -1..<sourceSites.
    public init(channels: Int, sourceSites: Int, table: [Int32]) {
        self.channels = channels
        self.sourceSites = sourceSites
        self.table = table
    }

    @inline(__always)
    private func gather<Element>(_ x: UnsafePointer<Element>, _ y: UnsafeMutablePointer<Element>, zero: Element) {
        table.withUnsafeBufferPointer { table in
            for channel in 0..<channels {
                let source = x + channel * sourceSites
                let target = y + channel * table.count
                for site in 0..<table.count {
                    let from = Int(table[site])
                    target[site] = from < 0 ? zero : source[from]
                }
            }
        }
    }

    public func gather(input: UnsafePointer<Lane>, output: UnsafeMutablePointer<Lane>) { gather(input, output, zero: Lane(repeating: 0)) }

    public func gather(input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>) { gather(input, output, zero: 0) }

    /// The transpose of `gather`: from the table's sites back to `sourceSites`; `output` is overwritten.
    public func scatter(input: UnsafePointer<Lane>, output: UnsafeMutablePointer<Lane>) {
        output.update(repeating: Lane(repeating: 0), count: channels * sourceSites)
        table.withUnsafeBufferPointer { table in
            for channel in 0..<channels {
                for site in 0..<table.count where table[site] >= 0 {
                    output[channel * sourceSites + Int(table[site])] += input[channel * table.count + site]
                }
            }
        }
    }

    public func scatter(input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>) {
        output.update(repeating: 0, count: channels * sourceSites)
        table.withUnsafeBufferPointer { table in
            for channel in 0..<channels {
                for site in 0..<table.count where table[site] >= 0 {
                    output[channel * sourceSites + Int(table[site])] += input[channel * table.count + site]
                }
            }
        }
    }
}

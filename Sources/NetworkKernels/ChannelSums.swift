import Numerics

/// The bias gradient of every layer: a sum over the sites and samples of each channel.
public enum ChannelSums {
    /// sums[c] = sum over sites and samples of values[c][site]; overwritten, in a fixed order.
    public static func sum(_ values: UnsafePointer<Lane>, channels: Int, sites: Int, into sums: UnsafeMutablePointer<Float>) {
        for channel in 0..<channels {
            let row = values + channel * sites
            // The gradients of many sites cancel: few are added in single precision. Four chains hide the latency of an addition.
            var total = DoubleLane.zero
            var site = 0
            while site < sites {
                var a = Lane.zero, b = Lane.zero, c = Lane.zero, d = Lane.zero
                let end = min(sites, site + block)
                while site + 4 <= end {
                    a += row[site]
                    b += row[site + 1]
                    c += row[site + 2]
                    d += row[site + 3]
                    site += 4
                }
                while site < end {
                    a += row[site]
                    site += 1
                }
                total += LaneMath.double((a + b) + (c + d))
            }
            sums[channel] = Float(total.sum())
        }
    }

    /// Sites that are added in single precision.
    private static let block = 64
}

import Numerics

/// Receivers that nobody has described: what differs from one to the next, drawn. A network that sees many of them learns none by heart.
public enum DrawnReceiver {
    /// The settings of receiver `number`, such as `telescope.ripple=0.031`.
    ///
    /// Noise evenly in its logarithm from 15 to 45 K; ripple to 8 % of 18 to 90 MHz; ends of the band of up to 16 MHz; elevation from 15 to 80 degrees; one or two receptors;
    /// in half of them each channel levelled, in half one level for the whole band; one in four with samples of 4 bits.
    public static func settings(number: Int, seed: UInt64) -> [String] {
        var draws = Draws(RandomStream(seed: seed, purpose: .receiver), index: UInt64(number))
        // Few digits: what is written down is what is used.
        func rounded(_ x: Double) -> Double { (x * 1000).rounded() / 1000 }
        return [
            "telescope.receiver_temperature=\(rounded(draws.logarithmic(15...45)))",
            "telescope.ripple=\(rounded(draws.uniform(0...0.08)))",
            "telescope.ripple_period=\(rounded(draws.logarithmic(18...90)))",
            "telescope.edge=\(rounded(draws.uniform(0...16)))",
            "telescope.elevation=\(rounded(draws.uniform(15...80)))",
            "telescope.polarisations=\(1 + draws.integer(below: 2))",
            "frames.levels=\(draws.uniform() < 0.5 ? Receiver.Levels.channel.rawValue : Receiver.Levels.band.rawValue)",
            "frames.bits=\(draws.uniform() < 0.25 ? 4 : 8)",
        ]
    }
}

import Batch
import Glibc

/// How far generated images are from true ones, in a network's numbers, and what the mean image of training would do in their place.
public struct GlitchScore: Sendable {
    /// One image.
    struct Judgement: Sendable {
        let isTrigger: Bool
        /// Mean absolute difference and structural similarity of the generated image, and of the mean image.
        let absolute, similarity, meanAbsolute, meanSimilarity: Double
        /// Sums of squared differences.
        let squares, meanSquares: Double
        /// Largest energies of the generated and of the true image.
        let largest, trueLargest: Double
        static let count = 9

        var numbers: [Double] { [isTrigger ? 1 : 0, absolute, similarity, meanAbsolute, meanSimilarity, squares, meanSquares, largest, trueLargest] }

        init(
            isTrigger: Bool, absolute: Double, similarity: Double, meanAbsolute: Double, meanSimilarity: Double, squares: Double, meanSquares: Double,
            largest: Double, trueLargest: Double
        ) {
            (self.isTrigger, self.absolute, self.similarity, self.meanAbsolute, self.meanSimilarity) = (isTrigger, absolute, similarity, meanAbsolute, meanSimilarity)
            (self.squares, self.meanSquares, self.largest, self.trueLargest) = (squares, meanSquares, largest, trueLargest)
        }

        init(_ x: ArraySlice<Double>) {
            let n = Array(x)
            self.init(
                isTrigger: n[0] == 1, absolute: n[1], similarity: n[2], meanAbsolute: n[3], meanSimilarity: n[4], squares: n[5], meanSquares: n[6], largest: n[7],
                trueLargest: n[8])
        }
    }

    /// Means over images of the loss and its parts, and of the mean image's loss.
    public let loss, absolute, similarity, meanImageLoss: Double
    /// The same over triggers alone.
    public let triggerLoss, triggerMeanImageLoss: Double
    /// 1 - squared differences of the triggers' images over those from the mean image: 0 for the mean image, 1 for the truth.
    public let explained: Double
    /// Share of images of which the generated one has energy above the threshold just where the true one has: GlitchFlow's accuracy of vetoes.
    public let vetoAccuracy: Double
    public let images, triggers: Int

    init(_ judgements: [Judgement], loss weights: GlitchLoss, threshold: Double) {
        func mean(_ list: [Judgement], _ value: (Judgement) -> Double) -> Double { list.isEmpty ? .nan : list.reduce(0) { $0 + value($1) } / Double(list.count) }
        let share = weights.absoluteShare
        func own(_ j: Judgement) -> Double { share * j.absolute + (1 - share) * (1 - j.similarity) }
        func other(_ j: Judgement) -> Double { share * j.meanAbsolute + (1 - share) * (1 - j.meanSimilarity) }
        let loud = judgements.filter(\.isTrigger)
        loss = mean(judgements, own)
        absolute = mean(judgements) { $0.absolute }
        similarity = mean(judgements) { $0.similarity }
        meanImageLoss = mean(judgements, other)
        triggerLoss = mean(loud, own)
        triggerMeanImageLoss = mean(loud, other)
        let unexplained = loud.reduce(0) { $0 + $1.squares }, whole = loud.reduce(0) { $0 + $1.meanSquares }
        explained = whole > 0 ? 1 - unexplained / whole : .nan
        vetoAccuracy = mean(judgements) { ($0.largest >= threshold) == ($0.trueLargest >= threshold) ? 1 : 0 }
        (images, triggers) = (judgements.count, loud.count)
    }

    /// For `summary.json`.
    func fill(_ results: inout JSONObject) {
        for (name, value) in [
            ("loss", loss), ("l1", absolute), ("similarity", similarity), ("mean_image_loss", meanImageLoss), ("trigger_loss", triggerLoss),
            ("trigger_mean_image_loss", triggerMeanImageLoss), ("explained", explained), ("veto_accuracy", vetoAccuracy),
        ] { results[name] = value.isFinite ? .number(value) : .null }
        results["images"] = .integer(images)
        results["triggers"] = .integer(triggers)
    }
}

import Batch
import ShowerNetworks
import TestSupport
import Testing

/// Which trials a search makes, and which of them go on.
@Suite struct SearchTests {
    private func settings(_ tuning: String, _ more: String = "", seed: UInt64 = 3) throws -> TuningSettings {
        try TuningSettings(Configuration(text: "data: {files: [a.h5]}\nmodel: {profile: miniature}\n\(more)\ntuning: \(tuning)\n"), seed: seed)
    }

    private func refusal(_ tuning: String, _ more: String = "") -> String {
        do {
            _ = try settings(tuning, more)
            return "accepted"
        } catch { return "\(error)" }
    }

    @Test("the best third goes on and trains three times as long; of equals the first; who has no score does not go on")
    func halving() {
        let halving = SuccessiveHalving(rungs: 3, eta: 3, firstEpochs: 2)
        #expect((0..<3).map(halving.epochs) == [2, 6, 18])
        let scores: [Double?] = [0.5, 0.2, nil, 0.2, 0.1, 0.9, 0.2, nil, 0.8]
        #expect(halving.promoted(scores.enumerated().map { ($0, $1) }) == [1, 3, 4])
        #expect(halving.promoted([(7, 0.4), (2, 0.3)]) == [2])
        #expect(halving.promoted([(7, nil), (2, nil)]).isEmpty)
        #expect(halving.promoted([(0, nil), (1, nil), (2, nil), (3, 0.1), (4, nil), (5, nil)]) == [3])
    }

    @Test("random trials lie within their ranges, half of a logarithmic one below its geometric mean; more trials leave the first as they were")
    func random() throws {
        let space = "space: [{setting: training.learning_rate, log_uniform: [1e-4, 1e-2]}, {setting: training.label_flips, uniform: [0.1, 0.2]}, {setting: training.batch, choice: [16, 32]}]"
        let all = try settings("{trials: 400, \(space)}").trials
        #expect(all.count == 400 && all[0].values.isEmpty && all[0].settings.learningRate == 1e-3)
        let rates = all.dropFirst().map(\.settings.learningRate), flips = all.dropFirst().map(\.settings.flips)
        #expect(rates.allSatisfy { (1e-4...1e-2).contains($0) } && flips.allSatisfy { (0.1...0.2).contains($0) })
        // Four standard deviations of a binomial: 6e-5 for each of the three.
        for share in [rates.filter { $0 < 1e-3 }.count, flips.filter { $0 < 0.15 }.count, all.dropFirst().filter { $0.settings.batch == 16 }.count] {
            #expect(abs(Double(share) - 199.5) < 40)
        }
        let few = try settings("{trials: 5, \(space)}").trials
        #expect(few.map(\.values) == all.prefix(5).map(\.values))
        #expect(try settings("{trials: 5, \(space)}", seed: 4).trials.map(\.values) != few.map(\.values))
    }

    @Test("a grid has every combination, ranges at their ends and between; the configuration's own settings come first unless unwanted")
    func grid() throws {
        let space = "space: [{setting: training.learning_rate, log_uniform: [1e-4, 1e-2]}, {setting: model.latent, choice: [8, 12]}]"
        let trials = try settings("{search: grid, \(space)}").trials
        #expect(trials.map(\.values) == [[], ["0.0001", "8"], ["0.0001", "12"], ["0.001", "8"], ["0.001", "12"], ["0.01", "8"], ["0.01", "12"]])
        #expect(trials[2].settings.architecture.latentCount == 12 && trials[0].settings.architecture.latentCount == 10)
        #expect(try settings("{search: grid, baseline: false, \(space)}").trials.count == 6)
        let weights = try settings("{trials: 2, space: [{setting: training.loss_weights.angle, uniform: [5, 6]}]}").trials[1].settings.lossWeights
        #expect((5...6).contains(weights.angle) && weights.energy == 0.1)
    }

    @Test("what cannot be searched is refused with the setting, what was found and what is wanted")
    func refusals() {
        let rate = "{setting: training.learning_rate, log_uniform: [1e-4, 1e-2]}"
        for (tuning, wanted) in [
            ("{trials: 4}", "'tuning.space' is empty"),
            ("{space: [{setting: training.learning_rate}]}", "'training.learning_rate' has no values, wanted one of uniform"),
            ("{space: [{setting: training.learning_rate, log_uniform: [0, 1]}]}", "log_uniform from 0, wanted a positive number"),
            ("{space: [{setting: training.learning_rate, uniform: [2, 1]}]}", "uniform from 2 to 1, wanted the smaller first"),
            ("{space: [{setting: training.learning_rate, uniform: [1, 2], choice: [3]}]}", "has uniform and choice, wanted one of"),
            ("{space: [{setting: data.test_share, uniform: [0.1, 0.2]}]}", "'data.test_share', wanted a setting of the sections model or training"),
            ("{space: [{setting: training.epochs, choice: [1, 2]}]}", "'training.epochs' cannot be searched: how long"),
            ("{space: [\(rate), \(rate)]}", "'training.learning_rate' is there twice"),
            ("{space: [{setting: training.learning_rat, log_uniform: [1e-4, 1e-2]}]}", "did you mean 'learning_rate'?"),
            ("{baseline: false, space: [{setting: training.batch, choice: [24]}]}", "trial 0 of the search: 'training.batch' is 24, wanted a multiple of 16"),
            ("{search: grid, trials: 4, space: [\(rate)]}", "'tuning.trials' is for search: random"),
            ("{rung: 4, space: [\(rate)]}", "did you mean 'rungs'?"),
            ("{eta: 1, space: [\(rate)]}", "'tuning.eta' is '1', wanted an integer from 2 to 100"),
        ] {
            let found = refusal(tuning)
            #expect(found.contains(wanted), "\(tuning): \(found)")
        }
    }
}

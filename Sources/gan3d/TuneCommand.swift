import ArgumentParser
import Batch
import ShowerNetworks

struct Tune: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Search the settings of a training: many trials side by side on parts of the ranks, the best go on.",
        discussion: """
            The section `tuning` says which settings of `train` vary; everything
            else is the configuration's own:

              tuning:
                search: random     # or grid: all combinations
                trials: 27         # the first is the configuration itself
                rungs: 3           # the best 1/eta of a rung go on and train
                eta: 3             # eta times as long
                first_epochs: 1
                ranks_per_trial: 1 # at least; late rungs get more
                space:
                  - setting: training.learning_rate
                    log_uniform: [1e-4, 1e-2]
                  - {setting: training.label_flips, uniform: [0, 0.1]}
                  - {setting: training.batch, choice: [32, 64, 128]}

            A trial's score is that by which `train` chooses its best epoch. A
            trial that runs away or collapses has failed; the search goes on.
            Killed or out of time, the same command goes on, on any number of
            ranks, to the same winner. It leaves tuning.html, tuning.md,
            tuning.h5, and tuned.yaml: the winner's settings, with which
            `train` goes through the same weights, bit for bit.

              mpirun -n 2 gan3d tune  examples/showers-tuning.yaml --run runs/a
              mpirun -n 2 gan3d train runs/a/tuned.yaml --run runs/b
            """)
    @OptionGroup var options: RunOptions

    func run() throws {
        Job.run(
            name: "gan3d tune", configuration: options.configuration, overrides: options.overrides, runDirectory: options.run,
            timeLimit: options.timeLimit
        ) { context in
            context.configuration.leave("detector", "simulation", "preprocessing", "validation", "generation")
            return try TuningRun(context, settings: TuningSettings(context.configuration, seed: context.seed)).run()
        }
    }
}

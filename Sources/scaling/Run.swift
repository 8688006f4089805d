import ArgumentParser
import Batch
import ScalingStudies

struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make the runs of a study that have not passed yet.",
        discussion: """
            The study's keys, with what is taken where one is left out:

              name: hmc-strong              # names files
              title: HMC of 512x512         # (name)
              application: flowtrain        # beside this executable, on PATH, or a path
              command: hmc
              configuration: hmc.yaml       # the application's, beside the study
              arguments: ["{output}/a.fil", "--configuration"]   # words before it, where the command has others
              scaling: strong               # or weak, throughput
              layouts:
                ranks: [1, 2, 4]            # or nodes: [1, 2, 4] and ranks_per_node: 128
                instances: [1, 2]           # throughput only: copies at the same time
                fill: 2                     # (1) others: as many copies as keep so many cores of one node busy, for a base with busy cores
              repeats: 3                    # (3); 6 or more give the median an interval, too
              set: ["lattice.extents=[512, {512*ranks}]"]   # overrides; products of ranks, nodes, instances in braces; {output}
              prepare: ["gan3d simulate showers.yaml --run {output}/data"]   # once, on one rank
              warm_up: 5                    # (0) steps at its beginning left out of each run
              cool_down: 1                  # (0) and at its end, where that closes an epoch
              size: {value: 262144, unit: sites, operations: 1e8, bytes: 2e8}   # of a step; the last two from `plan`
              check: {results: [acceptance], tolerance: 0, expected: [0.98]}     # equal in all runs of a case
              precision: float64            # (float64) or float32
              launch:
                with: mpirun                # (mpirun), srun inside an allocation, sbatch for a chain of jobs
                options: ["--bind-to", "core"]
                time_limit: 10m             # (10m) of one run
                environment: ["OMP_NUM_THREADS=1"]
                job_lines: ["#SBATCH --account=project_x", "module load didymos"]   # sbatch only
              production: {runs: 10, steps: 100000, nodes: 1, ranks: 2}  # fills the milestones row
              keep_runs: false              # (false) keeps run directories of passed runs
            """)

    @Argument(help: "The study, YAML.") var study: String
    @Option(help: "Directory for records.jsonl and the runs; default: runs/NAME of the study.") var output: String?
    @Option(name: .customLong("set"), help: ArgumentHelp("Overrides one of the study's keys, e.g. --set repeats=1. May be repeated.", valueName: "key=value"))
    var overrides: [String] = []
    @Option(name: .customLong("with"), help: "Launcher instead of the study's: mpirun, srun, sbatch.") var method: String?
    @Option(help: "Only this layout, such as n2-p256-i1 for 2 nodes, 256 ranks, 1 instance.") var layout: String?

    func validate() throws {
        if let method, Study.LaunchSettings.Method(rawValue: method) == nil {
            throw ValidationError("--with is '\(method)', wanted mpirun, srun or sbatch")
        }
    }

    func run() throws {
        try Scaling.attempt("run") {
            let study = try Study(path: study, overrides: overrides)
            let place = output ?? "runs/\(study.name)"
            let chosen = method.flatMap(Study.LaunchSettings.Method.init(rawValue:))
            if chosen ?? study.launch.method == .sbatch {
                guard overrides.isEmpty else {
                    throw ScalingError("--set does not reach the jobs that sbatch starts: change the study's file", code: .usage)
                }
                let jobs = try BatchSubmission(study, studyPath: self.study, output: place).submit { print($0) }
                print("submitted \(jobs.count) jobs; records come to \(place)/records.jsonl")
                return
            }
            var runner = try StudyRunner(study, output: place, method: chosen) { Console.writeToError($0 + "\n") }
            let outcome = try runner.run(only: layout)
            for failure in outcome.failures { Console.writeToError("FAILED \(failure)\n") }
            print("\(outcome.passed) runs passed, \(outcome.kept) had passed before, \(outcome.failures.count) failed: \(runner.file.path)")
            if !outcome.isGood { throw ArgumentParser.ExitCode(Batch.ExitCode.internalError.rawValue) }
        }
    }
}

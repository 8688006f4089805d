import Batch
import Glibc

/// Hands a study to SLURM as a chain of jobs, one for each layout, each waiting for the one before: all add to one file of records.
public struct BatchSubmission {
    let study: Study
    let studyPath: String
    let output: String
    /// This executable, for the jobs to start.
    let scaling: String

    public init(_ study: Study, studyPath: String, output: String) {
        self.study = study
        self.studyPath = studyPath
        self.output = output
        scaling = Launcher(study.launch).program("scaling")
    }

    /// The job script of a layout.
    public func script(_ layout: Layout) -> String {
        // All repeats of the layout, preparations included, and as much again for the launcher and the files.
        let minutes = Int((study.launch.timeLimit * Double(study.repeats + study.preparations.count) / 60).rounded(.up)) + 2
        let perNode = (layout.processes + layout.nodes - 1) / layout.nodes
        let lines = study.launch.jobLines
        let options = lines.filter { $0.hasPrefix("#SBATCH") }, rest = lines.filter { !$0.hasPrefix("#SBATCH") }
        return ([
            "#!/bin/bash", "#SBATCH --job-name=\(study.name)-\(layout.processes)", "#SBATCH --nodes=\(layout.nodes)",
            "#SBATCH --ntasks=\(layout.processes)", "#SBATCH --ntasks-per-node=\(perNode)", "#SBATCH --time=\(minutes)",
            "#SBATCH --output=\(output)/job-\(layout.name)-%j.out", "#SBATCH --open-mode=append",
        ] + options + rest + [
            "export OMP_NUM_THREADS=${SLURM_CPUS_PER_TASK:-1} SRUN_CPUS_PER_TASK=${SLURM_CPUS_PER_TASK:-1}",
            "exec \(quoted(scaling)) run \(quoted(studyPath)) --output \(quoted(output)) --with srun --layout \(layout.name)", "",
        ]).joined(separator: "\n")
    }

    /// Writes the scripts and submits them, smallest layout first. Returns the job numbers.
    public func submit(report: (String) -> Void) throws -> [String] {
        try Files.makeDirectories(output)
        var jobs: [String] = []
        for layout in study.layouts {
            let path = "\(output)/job-\(layout.name).sh", answer = "\(output)/job-\(layout.name).id"
            try Files.writeAtomically(path, Array(script(layout).utf8))
            try Files.remove(answer)
            // The next layout runs whatever became of this one: failures are records, too.
            let after = jobs.last.map { ["--dependency=afterany:\($0)"] } ?? []
            let process = try ChildProcess(["sbatch", "--parsable"] + after + [path], output: answer)
            let end = ChildProcess.wait(for: [process], limit: 120)
            let text = String(decoding: try Files.read(answer), as: UTF8.self)
            let job = text.prefix { $0.isNumber }
            guard end == [.exited(0)], !job.isEmpty else {
                throw ScalingError("sbatch refused \(path): \(text.prefix(300))\(jobs.isEmpty ? "" : "; already submitted: \(jobs.joined(separator: ", "))")", code: .inputOutput)
            }
            jobs.append(String(job))
            report("\(layout.description): job \(job)")
        }
        return jobs
    }

    private func quoted(_ text: String) -> String { "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'" }
}

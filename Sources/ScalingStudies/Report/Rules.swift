import Batch

/// The twelve rules of Hoefler and Belli, Scientific Benchmarking of Parallel Computing Systems (SC'15), and how a report keeps each.
enum Rules {
    /// - Returns: for each rule its text, how it was met, and whether it was.
    static func judged(_ result: StudyResult, bounds: Bool) -> [(rule: String, how: String, kept: Bool)] {
        let fewest = result.rows.map(\.runs.count).min() ?? 0
        let base = result.base
        let intervals = fewest >= 2
        return [
            ("1. Say what a speed-up's base case is and give its absolute performance",
                "the base is an MPI run of the same program on \(base.layout.description): \(Shown.number(base.cost.mean)) s a step", true),
            ("2. Give reasons for leaving out results or resources",
                "all \(result.records.count) runs are listed, \(result.failures.count) of them not passed; a warm-up of \(result.warmUp ?? base.runs[0].warmUp) steps is cut from each, and can be cut otherwise from the same records", true),
            ("3. Arithmetic mean for costs, harmonic mean for rates", "times are averaged, rates are formed from the averaged times", true),
            ("4. Do not summarise ratios", "speed-ups and efficiencies are ratios of averaged times; none is averaged", true),
            ("5. Confidence intervals for what is not deterministic",
                intervals ? "95 % intervals from \(fewest) or more runs of each layout" : "some layout was run only once: no interval", intervals),
            ("6. Do not assume normality unchecked",
                "Jarque and Bera's p is given for the samples; the median's interval assumes nothing; Student's interval is over means of runs", true),
            ("7. Compare soundly", intervals ? "ratios carry Welch's intervals" : "ratios without intervals must not be compared", intervals),
            ("8. Ask whether mean or median is the useful number",
                "node-hours need the mean, so the mean leads; the median and mean/median are beside it", true),
            ("9. Document factors, levels and setup", "every record holds machine, command line, environment, configuration hash and load", true),
            ("10. Say how parallel times were measured and summarised",
                result.kind == .throughput
                    ? "from the launch of the first instance to the end of the last, divided by the steps of one instance"
                    : "monotonic clock on rank 0 from one step's end to the next, where all ranks meet in an all-reduce; checkpoints apart", true),
            ("11. Show upper bounds", bounds ? "ceilings measured by `scaling calibrate`, and the ideal line" : "the ideal line; no ceilings: give --ceilings and the study's size.operations", bounds),
            ("12. Plot what is needed; join points only where between them is something", "points are not joined; lines are ideals and fitted laws inside the measured range", true),
        ]
    }
}

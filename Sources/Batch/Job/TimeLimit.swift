/// What command lines call `--time-limit`: how long a job may take, in the words that configurations have for `run.time_limit`.
public enum TimeLimit {
    public static let help = "Time until the job has to leave, such as 90 (seconds), 15m, 1h or 1:30:00; SLURM's own limit is found without it."

    /// Seconds of `90`, `90s`, `15m`, `2h`, `1d`, `MM:SS`, `HH:MM:SS` or `D-HH:MM:SS`. Throws a `ConfigurationError` for anything else.
    public static func seconds(_ text: String) throws -> Double {
        guard let seconds = Format.seconds(of: text) else {
            throw ConfigurationError("wanted a length of time such as 90, 15m, 2h or 1:30:00")
        }
        return seconds
    }
}

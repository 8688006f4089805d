import CProcess
import Glibc

/// What the batch system knows about jobs. *Not collective;* asked by rank 0 alone.
package enum Slurm {
    /// This job's number, nil outside a batch job.
    package static var job: String? { HostInformation.environment("SLURM_JOB_ID") }

    /// When this job will be ended, in seconds since 1970; nil if there is no limit or nobody knows.
    ///
    /// `SLURM_JOB_END_TIME` is missing before SLURM 23, so `squeue` is asked next.
    package static func endTime() -> Double? {
        if let text = HostInformation.environment("SLURM_JOB_END_TIME"), let end = Double(text), end > 0 { return end }
        guard let job, let answer = queue(job, format: "%e"), answer.status == 0 else { return nil }
        return localTime(answer.output)
    }

    /// Whether the job is known to have left the system; nil if the batch system does not answer.
    package static func hasEnded(job: String) -> Bool? {
        guard let answer = queue(job, format: "%T") else { return nil }
        if answer.status != 0 { return answer.output.contains("Invalid job id") ? true : nil }
        let over = ["", "CANCELLED", "COMPLETED", "FAILED", "TIMEOUT", "NODE_FAIL", "BOOT_FAIL", "DEADLINE", "OUT_OF_MEMORY"]
        return over.contains(answer.output)
    }

    /// Seconds since 1970 of `2026-11-24T13:00:00` in this machine's time zone; nil for `N/A`, `NONE` and the like.
    package static func localTime(_ text: String) -> Double? {
        let fields = text.split(whereSeparator: { "-T:".contains($0) }).map { Int32($0) ?? -1 }
        guard fields.count == 6, fields.allSatisfy({ $0 >= 0 }), fields[0] < 10_000, text.utf8.count == 19 else { return nil }
        var parts = tm()
        (parts.tm_year, parts.tm_mon, parts.tm_mday) = (fields[0] - 1900, fields[1] - 1, fields[2])
        (parts.tm_hour, parts.tm_min, parts.tm_sec) = (fields[3], fields[4], fields[5])
        parts.tm_isdst = -1
        let time = mktime(&parts)
        return time < 0 ? nil : Double(time)
    }

    /// Output and status of `squeue`, nil if there is none; a controller that does not answer costs ten seconds at most.
    private static func queue(_ job: String, format: String) -> (output: String, status: Int32)? {
        guard !job.isEmpty, job.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "_+.".contains($0)) }) else { return nil }
        guard let pipe = popen("timeout 10 squeue -h -j \(job) -o \(format) 2>&1", "r") else { return nil }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = fread(&chunk, 1, chunk.count, pipe)
            if count == 0 { break }
            bytes += chunk[..<count]
        }
        let status = pclose(pipe)
        let code = status & 0x7f == 0 ? (status >> 8) & 0xff : 128
        // 124: timed out. 126 and 127: no such program.
        if [124, 126, 127, 128].contains(code) { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        return (text.split(whereSeparator: \.isNewline).first.map(String.init) ?? "", code)
    }
}

import ArgumentParser
import Glibc

// `calibrate` runs on all ranks of a launcher: the first one speaks about a wrong command line, all leave with the same code.
do {
    var command = try Scaling.parseAsRoot()
    try command.run()
} catch {
    let code = Scaling.exitCode(for: error)
    let names: [String] = ["OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", "SLURM_PROCID"]
    let rank = names.compactMap { name in getenv(name).map { String(cString: $0) } }.first ?? "0"
    let bytes = Array((Scaling.fullMessage(for: error) + "\n").utf8)
    if rank == "0", bytes.count > 1 { _ = write(code == .success ? 1 : 2, bytes, bytes.count) }
    exit(code.rawValue)
}

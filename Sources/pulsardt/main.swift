import ArgumentParser
import Glibc

// Help and usage errors need no MPI: the first rank speaks, all leave with the same code.
do {
    var command = try Pulsardt.parseAsRoot()
    try command.run()
} catch {
    let code = Pulsardt.exitCode(for: error)
    let names: [String] = ["OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", "SLURM_PROCID"]
    let rank = names.compactMap { name in getenv(name).map { String(cString: $0) } }.first ?? "0"
    let bytes = Array((Pulsardt.fullMessage(for: error) + "\n").utf8)
    if rank == "0", bytes.count > 1 { _ = write(code == .success ? 1 : 2, bytes, bytes.count) }
    exit(code.rawValue)
}

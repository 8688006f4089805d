import Batch
import Glibc

/// The command lines by which a study starts its applications.
public struct Launcher: Sendable {
    let settings: Study.LaunchSettings
    /// Folder of this executable, where its sisters are.
    let binaries: String

    public init(_ settings: Study.LaunchSettings) {
        self.settings = settings
        var path = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &path, path.count - 1)
        let own = String(decoding: path.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        binaries = own.lastIndex(of: "/").map { String(own[..<$0]) } ?? "."
    }

    /// Path of an application: as it is if it names a folder, else beside this executable, else for PATH to find.
    func program(_ name: String) -> String {
        if name.contains("/") { return name }
        let beside = "\(binaries)/\(name)"
        return Files.exists(beside) ? beside : name
    }

    /// The launcher's own words before the program.
    func prefix(_ layout: Layout) -> [String] {
        let perNode = (layout.ranks + layout.nodes - 1) / layout.nodes
        switch settings.method {
        case .mpirun:
            let words = (HostInformation.environment("DIDYMOS_MPIRUN") ?? "mpirun").split(separator: " ").map(String.init)
            // Launchers that do not know of each other would all bind their ranks to the first cores.
            let isBound = settings.options.contains { $0.hasPrefix("--bind-to") || $0.hasPrefix("-bind-to") }
            return words + ["-n", "\(layout.ranks)"] + (layout.nodes > 1 ? ["--map-by", "ppr:\(perNode):node"] : [])
                + (layout.instances > 1 && !isBound ? ["--bind-to", "none"] : []) + settings.options
        case .srun, .sbatch:
            // A rank that dies must end the job, which srun alone does not see to.
            return ["srun", "--nodes=\(layout.nodes)", "--ntasks=\(layout.ranks)", "--ntasks-per-node=\(perNode)", "--kill-on-bad-exit=1"]
                + (layout.instances > 1 ? ["--exact"] : []) + settings.options
        }
    }
}

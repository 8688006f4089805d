import LatticeFields

/// An input file of openQCD's pure-gauge program `ym1`, in sections of tags and values, as the settings of `flowtrain gauge`.
///
/// What it says of directories, block sizes and streams has no counterpart and is left out; what would change the physics or the algorithm and has none
/// (Schrödinger-functional boundaries, other integrators of the flow) is refused by name. Source: openQCD, main/README.ym1.
public struct OpenQCDInput: Sendable {
    /// The tags of each section that ym1 reads.
    private static let known: [String: [String]] = [
        "Run name": ["name"],
        "Log and data directories": ["log_dir", "dat_dir"],
        "Initial configuration": ["type", "cnfg_dir", "block_dir", "local_dir", "nio_nodes", "nio_streams"],
        "Configurations": ["types", "cnfg_dir", "block_dir", "local_dir", "bs", "nio_nodes", "nio_streams"],
        "Lattice parameters": ["beta", "c0"],
        "Boundary conditions": ["type", "phi", "phi'", "cG", "cG'"],
        "Random number generator": ["level", "seed"],
        "Trajectory length": ["tau"],
        "MD integrator": ["integrator", "lambda", "nstep"],
        "MD trajectories": ["nth", "ntr", "dtr_log", "dtr_cnfg", "dtr_ms"],
        "Wilson flow": ["integrator", "eps", "ntot", "dnms"],
    ]

    private let name: String
    /// `[section][tag]`: the words after the tag, and the line.
    private var values: [String: [String: (words: [String], line: Int)]] = [:]

    /// - Parameter name: of the file, for messages.
    /// - Throws: `LatticeError` naming file and line for a section or a tag that ym1 does not have, with those it has.
    public init(_ text: String, name: String) throws {
        self.name = name
        var section: String?
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let content = line.prefix { $0 != "#" }
            let words = content.split { $0 == " " || $0 == "\t" || $0 == "\r" }.map(String.init)
            guard let first = words.first else { continue }
            if first.hasPrefix("[") {
                let title = words.joined(separator: " ")
                let inner = String(title.dropFirst().prefix { $0 != "]" })
                guard title.hasSuffix("]"), Self.known[inner] != nil else {
                    throw Self.error(name, number + 1, "section '\(title)'", of: Self.known.keys.sorted())
                }
                section = inner
                continue
            }
            guard let section, let tags = Self.known[section] else {
                throw LatticeError("\(name): line \(number + 1): '\(first)' before the first [section]")
            }
            guard tags.contains(first) else { throw Self.error(name, number + 1, "'\(first)' in [\(section)]", of: tags) }
            guard values[section]?[first] == nil else { throw LatticeError("\(name): line \(number + 1): '\(first)' in [\(section)] for the second time") }
            values[section, default: [:]][first] = (Array(words.dropFirst()), number + 1)
        }
    }

    private static func error(_ name: String, _ line: Int, _ what: String, of known: [String]) -> LatticeError {
        LatticeError("\(name): line \(line): \(what) is none of ym1's: \(known.joined(separator: ", "))")
    }

    private func word(_ section: String, _ tag: String, default fallback: String? = nil) throws -> String {
        if let found = values[section]?[tag] {
            guard found.words.count == 1 else { throw LatticeError("\(name): line \(found.line): \(tag) has \(found.words.count) values, wanted 1") }
            return found.words[0]
        }
        guard let fallback else { throw LatticeError("\(name): no '\(tag)' in [\(section)]") }
        return fallback
    }

    private func number<T: LosslessStringConvertible & Comparable>(
        _ section: String, _ tag: String, _ type: T.Type, in range: ClosedRange<T>, default fallback: T? = nil
    ) throws -> T {
        let text = try word(section, tag, default: fallback.map { "\($0)" })
        guard let value = T(text), range.contains(value) else {
            throw LatticeError("\(name): '\(tag)' in [\(section)] is '\(text)', wanted \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    private func refuse(_ section: String, _ tag: String, _ found: String, _ wanted: String) -> LatticeError {
        LatticeError("\(name): '\(tag)' in [\(section)] is \(found): \(wanted)")
    }

    /// The same run as a configuration of `flowtrain gauge`.
    /// - Parameter extents: of the lattice, time first; openQCD has them in its program, not in this file.
    /// - Throws: `LatticeError` naming what is missing, out of range, or has no counterpart.
    public func configuration(extents: [Int]) throws -> String {
        let run = try word("Run name", "name")
        let beta = try number("Lattice parameters", "beta", Double.self, in: 0...1e6)
        let c0 = try number("Lattice parameters", "c0", Double.self, in: -100...100, default: 1)
        let boundary = try number("Boundary conditions", "type", Int.self, in: 0...3)
        guard boundary == 0 || boundary == 3 else { throw refuse("Boundary conditions", "type", "\(boundary)", "this program has open and periodic boundaries, 0 and 3") }
        let improvement = try number("Boundary conditions", "cG", Double.self, in: -100...100, default: 1)
        guard boundary == 3 || c0 == 1 else { throw refuse("Lattice parameters", "c0", "\(c0)", "with open boundaries this program has Wilson's action, c0 1") }
        guard boundary == 3 || improvement == 1 else { throw refuse("Boundary conditions", "cG", "\(improvement)", "plaquettes on open ends count one half here, cG 1") }
        let integrators = ["LPFR": "leapfrog", "OMF2": "omelyan2", "OMF4": "omelyan4"]
        let integrator = try word("MD integrator", "integrator")
        guard let ours = integrators[integrator] else { throw refuse("MD integrator", "integrator", integrator, "wanted LPFR, OMF2 or OMF4") }
        let count = 1...1_000_000_000
        let logged = try number("MD trajectories", "dtr_log", Int.self, in: count)
        let kept = try number("MD trajectories", "dtr_cnfg", Int.self, in: count)
        let first = try number("MD trajectories", "nth", Int.self, in: 0...1_000_000_000)
        let total = try number("MD trajectories", "ntr", Int.self, in: count)
        let flowed = try number("MD trajectories", "dtr_ms", Int.self, in: 0...1_000_000_000, default: 0)
        guard first % kept == 0, total % kept == 0, kept % logged == 0, total > first else {
            throw LatticeError(
                "\(name): [MD trajectories] nth \(first), ntr \(total), dtr_cnfg \(kept), dtr_log \(logged): wanted nth < ntr, both multiples of dtr_cnfg, and it of dtr_log")
        }
        var lines = [
            "# \(name), of openQCD's ym1; directories, block sizes and streams have no counterpart here.",
            "seed: \(try number("Random number generator", "seed", Int.self, in: 1...Int(Int32.max)))",
            "run: {directory: \"runs/\(run.filter { $0.isLetter || $0.isNumber || "-_.".contains($0) })\"}",
            "lattice: {extents: [\(extents.map(String.init).joined(separator: ", "))]}",
            "gauge:",
            "  group: su3",
            "  beta: \(beta)",
            "  rectangle_coefficient: \((1 - c0) / 8)",
            "  algorithm: hmc",
            "  start: hot",
            "  trajectory_length: \(try number("Trajectory length", "tau", Double.self, in: 1e-6...1e6))",
            "  integrator: \(ours)",
            "  steps: \(try number("MD integrator", "nstep", Int.self, in: 1...1_000_000))",
            "  thermalization: \(first)",
            "  updates: \(total - first)",
            "  measure_every: \(logged)",
            "  boundary: \(boundary == 0 ? "open" : "periodic")",
            "  configurations_every: \(kept)",
            "  checkpoint_every: \(kept)",
        ]
        let name = run.filter { ($0.isASCII && ($0.isLetter || $0.isNumber)) || "-_.".contains($0) }.drop { $0 == "." }
        if boundary == 3, !name.isEmpty { lines.append("  openqcd_logs: \"\(name.prefix(100))\"") }
        if integrator == "OMF2", values["MD integrator"]?["lambda"] != nil {
            lines[0] += "\n# lambda of OMF2 is \(try word("MD integrator", "lambda")) there, 0.1931833275 here: another step error, the same distribution."
        }
        if flowed > 0 { lines.append(try flowLine(flowed, logged)) }
        return lines.joined(separator: "\n") + "\n"
    }

    private func flowLine(_ flowed: Int, _ logged: Int) throws -> String {
        let scheme = try word("Wilson flow", "integrator")
        guard scheme == "RK3" else { throw refuse("Wilson flow", "integrator", scheme, "this program has RK3 only") }
        let steps = try number("Wilson flow", "ntot", Int.self, in: 1...1_000_000), every = try number("Wilson flow", "dnms", Int.self, in: 1...1_000_000)
        guard steps % every == 0 else { throw refuse("Wilson flow", "ntot", "\(steps)", "wanted a multiple of dnms, \(every)") }
        guard flowed % logged == 0 else { throw refuse("MD trajectories", "dtr_ms", "\(flowed)", "wanted a multiple of dtr_log, \(logged)") }
        let step = try number("Wilson flow", "eps", Double.self, in: 1e-6...1)
        return "gradient_flow: {every: \(flowed / logged), step: \(step), steps_per_point: \(every), points: \(steps / every)}"
    }
}

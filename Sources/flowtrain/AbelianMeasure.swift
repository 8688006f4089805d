import AbelianFields
import AbelianFlows
import Batch

/// What `measure` and `report` do with chains of U(1) links.
enum AbelianMeasure {
    /// The table of a file, each error three ways: Gamma method, jackknife and bootstrap over blocks of four τ_int.
    static func show(_ path: String) throws {
        let chain = try AbelianChainFile.read(path)
        let count = chain.replicas.reduce(0) { $0 + $1.count }
        print("\(path): \(count) configurations of \(chain.extents.map(String.init).joined(separator: "x")) in \(chain.replicas.count) chains, U(1), beta \(chain.beta)")
        for row in try chain.table().rows {
            var line = "  \(row.description)"
            if let resampled = try? row.resampled(seed: 1) {
                line += "; jackknife \(Format.general(resampled.jackknife, digits: 3)), bootstrap \(Format.general(resampled.bootstrap, digits: 3)) (\(resampled.blocks) blocks)"
            }
            print(line)
        }
    }

    /// Writes the chains of one file as pyerrors reads them.
    static func export(_ path: String, to output: String) throws {
        let chain = try AbelianChainFile.read(path)
        let volume = Double(chain.extents.reduce(1, *))
        var columns = [("plaquette", chain.replicas.map(\.plaquette)), ("charge", chain.replicas.map(\.charge))]
        columns.append(("topological_susceptibility", chain.replicas.map { $0.charge.map { $0 * $0 / volume } }))
        if let first = chain.replicas.first {
            for side in stride(from: 1, through: first.loopCount, by: 1) {
                columns.append(("wilson_loop_\(side)x\(side)", chain.replicas.map { $0.loop(side: side) }))
            }
        }
        let name = "u1-\(chain.extents.map(String.init).joined(separator: "x"))-b\(Format.general(chain.beta, digits: 6))"
        let text = PyerrorsDocument.text(ensemble: name, columns: columns.map { (name: $0.0, replicas: $0.1) }, spacing: chain.measureEvery)
        try Files.writeAtomically(output, Array(text.utf8))
        print("wrote \(output): \(columns.count) observables for pyerrors.input.json.load_json(..., gz=False)")
    }

    /// One page, and the plots as files where a directory for them is named.
    static func report(_ directories: [String], output: String, pictures: String?) throws {
        let report = try AbelianReport(directories: directories)
        try Files.writeAtomically(output, Array(report.html().utf8))
        if let pictures {
            try Files.makeDirectories(pictures)
            for picture in report.pictures() { try Files.writeAtomically("\(pictures)/\(picture.name).svg", Array(picture.plot.svg(identifier: picture.name).utf8)) }
        }
        print("wrote \(output): chains whose charge moves \(report.agrees ? "agree" : "DISAGREE") with the closed forms")
    }
}

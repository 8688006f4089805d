import Batch

/// Chains as pyerrors reads them: `pyerrors.input.json.load_json(path, gz=False)`.
///
/// Source: pyerrors 2.17, `input/json.py`, format version 1.1: one `Obs` of layout "1" for each observable, fluctuations around the mean
/// by configuration number, one replica a chain.
public enum PyerrorsDocument {
    /// - Parameters:
    ///   - ensemble: a name without '|'.
    ///   - columns: name, and the series of every chain.
    ///   - spacing: updates between measurements.
    public static func text(ensemble: String, columns: [(name: String, replicas: [[Double]])], spacing: Int) -> String {
        let observables = columns.map { column -> JSON in
            let total = column.replicas.reduce(0) { $0 + $1.count }
            let mean = column.replicas.reduce(0) { $0 + $1.reduce(0, +) } / Double(max(1, total))
            let replicas = column.replicas.enumerated().map { chain, values -> JSON in
                [
                    "name": .string(column.replicas.count == 1 ? ensemble : "\(ensemble)|r\(chain + 1)"),
                    "deltas": .array(values.enumerated().map { .array([.integer(($0 + 1) * spacing), .number($1 - mean)]) }),
                ]
            }
            return [
                "type": "Obs", "layout": "1", "tag": .array([.string(column.name)]), "value": .array([.number(mean)]),
                "data": .array([["id": .string(ensemble), "replica": .array(replicas)]]),
            ]
        }
        let document: JSON = [
            "program": .string("didymos \(Provenance.version)"), "version": "1.1", "who": "didymos", "date": .string(Format.timestamp()), "host": "",
            "description": .string("observables in order: " + columns.map(\.name).joined(separator: ", ")), "obsdata": .array(observables),
        ]
        return document.prettyText
    }
}

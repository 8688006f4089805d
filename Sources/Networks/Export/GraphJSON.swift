extension Graph {
    private static let format = "didymos.graph"
    private static let version = 1

    /// The architecture as JSON text: nodes, constants, parameters and their initialisers, outputs. Parameter values are not part of it.
    public var json: String {
        JSONValue.object([
            "format": .string(Self.format),
            "version": JSONValue(Self.version),
            "constants": .array(constants.map { JSONValue($0) }),
            "parameters": .array(
                zip(layout.tensors, initializers).map {
                    .object(["name": .string($0.name), "shape": JSONValue($0.shape), "initializer": $1.json])
                }),
            "nodes": .array(nodes.map(Self.json)),
            "outputs": .array(outputs.map { .object(["name": .string($0.name), "node": JSONValue($0.node)]) }),
            "parameterGradients": .array(parameterGradients.map { $0.map { JSONValue($0) } ?? .null }),
        ]).text
    }

    private static func json(_ node: Node) -> JSONValue {
        var members = node.operation.json
        members["name"] = .string(node.name)
        members["inputs"] = JSONValue(node.inputs)
        members["stage"] = JSONValue(node.stage)
        members["shape"] = JSONValue(node.type.extents)
        members["batched"] = .bool(node.type.batched)
        return .object(members)
    }

    /// Reads what `json` wrote and checks it as if it were built anew. Throws `NetworkError` naming the place.
    public init(json text: String) throws {
        self.init()
        let reader = try JSONReader(JSONParser.parse(text), place: "graph")
        guard try reader.string("format") == Self.format, try reader.int("version") == Self.version else {
            throw NetworkError(
                node: "graph", found: "format '\(try reader.string("format"))' version \(try reader.int("version"))",
                wanted: "'\(Self.format)' version \(Self.version)")
        }
        let tables = try reader.list("constants").map { try JSONReader(.object(["values": $0]), place: "constant").floats("values") }
        let parameters = try reader.objects("parameters")
        for node in try reader.objects("nodes") { try append(node, tables: tables, parameters: parameters) }
        guard layout.tensors.count == parameters.count else {
            throw NetworkError(node: "graph", found: "\(layout.tensors.count) parameter nodes", wanted: "\(parameters.count)")
        }
        for output in try reader.objects("outputs") { try appendOutput(output.string("name"), node: output.int("node")) }
        try readParameterGradients(reader)
    }

    private mutating func append(_ reader: JSONReader, tables: [[Float]], parameters: [JSONReader]) throws {
        let (name, stage, shape, batched) = (
            try reader.string("name"), try reader.int("stage"), try reader.extents("shape"), try reader.bool("batched")
        )
        let node: Int
        switch try reader.string("type") {
        case "input":
            node = try appendInput(name, TensorType(shape, batched: batched))
        case "parameter":
            let position = try reader.int("position")
            guard position == layout.tensors.count, parameters.indices.contains(position) else {
                throw NetworkError(node: name, found: "parameter \(position)", wanted: "parameter \(layout.tensors.count)")
            }
            let initializer = try Initializer(JSONReader(parameters[position].value("initializer"), place: name))
            if case .values(let values) = initializer, values.count != shape.reduce(1, *) {
                throw NetworkError(node: name, found: "\(values.count) initial values", wanted: "as many as shape \(shape) holds")
            }
            node = try appendParameter(try parameters[position].string("name"), shape: shape, initializer: initializer)
        case "constant":
            let position = try reader.int("position")
            guard position == constants.count, tables.indices.contains(position) else {
                throw NetworkError(node: name, found: "constant \(position)", wanted: "constant \(constants.count)")
            }
            node = try appendConstant(tables[position], shape: shape, name: name, stage: stage)
        default:
            node = try append(Operation(reader), inputs: reader.ints("inputs"), name: name, stage: stage)
        }
        guard nodes[node].type == TensorType(shape, batched: batched) else {
            throw NetworkError(node: name, found: "type \(TensorType(shape, batched: batched))", wanted: nodes[node].type.description)
        }
    }

    private mutating func readParameterGradients(_ reader: JSONReader) throws {
        let values = try reader.list("parameterGradients")
        guard values.isEmpty || values.count == layout.tensors.count else {
            throw NetworkError(node: "parameterGradients", found: "\(values.count) entries", wanted: "0 or \(layout.tensors.count)")
        }
        parameterGradients = try values.enumerated().map { position, value in
            if value == .null { return nil }
            let node = try JSONReader(.object(["node": value]), place: "parameterGradients").int("node")
            let entry = layout.tensors[position]
            guard nodes.indices.contains(node), nodes[node].type == TensorType(entry.shape, batched: false) else {
                throw NetworkError(node: entry.name, found: "gradient node \(node)", wanted: "a node of shape \(entry.shape)")
            }
            return node
        }
    }
}

extension Initializer {
    var json: JSONValue {
        func object(_ kind: String, _ value: JSONValue) -> JSONValue { .object(["kind": .string(kind), "value": value]) }
        switch self {
        case .constant(let value): return object("constant", JSONValue(value))
        case .values(let values): return object("values", JSONValue(values))
        case .uniform(let bound): return object("uniform", JSONValue(bound))
        case .normal(let deviation): return object("normal", JSONValue(deviation))
        case .kaimingUniform(let slope): return object("kaimingUniform", JSONValue(slope))
        case .kaimingNormal(let slope): return object("kaimingNormal", JSONValue(slope))
        case .xavierUniform(let gain): return object("xavierUniform", JSONValue(gain))
        case .xavierNormal(let gain): return object("xavierNormal", JSONValue(gain))
        }
    }

    init(_ reader: JSONReader) throws {
        switch try reader.string("kind") {
        case "constant": self = .constant(try reader.float("value"))
        case "values": self = .values(try reader.floats("value"))
        case "uniform": self = .uniform(try reader.float("value"))
        case "normal": self = .normal(deviation: try reader.float("value"))
        case "kaimingUniform": self = .kaimingUniform(slope: try reader.float("value"))
        case "kaimingNormal": self = .kaimingNormal(slope: try reader.float("value"))
        case "xavierUniform": self = .xavierUniform(gain: try reader.float("value"))
        case "xavierNormal": self = .xavierNormal(gain: try reader.float("value"))
        case let other: throw NetworkError(node: reader.place, found: "initializer '\(other)'", wanted: "an initializer of this version")
        }
    }
}

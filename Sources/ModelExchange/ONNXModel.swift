/// A model in the exchange format ONNX, to be written.
///
/// Only what convolutional networks in single precision need of onnx.proto. Source: github.com/onnx/onnx, onnx/onnx.proto, IR version 8.
public struct ONNXModel {
    public enum Attribute {
        case integer(Int)
        case integers([Int])
        case float(Float)
        case text(String)
    }

    /// An extent of a tensor that goes in or out.
    public enum Extent {
        case fixed(Int)
        case named(String)
    }

    struct Node {
        let operation: String
        let inputs: [String]
        let output: String
        let attributes: [(name: String, value: Attribute)]
    }

    enum Values {
        case floats([Float])
        case integers([Int])
    }

    public let name: String
    public let producerVersion: String
    /// Key and value pairs for whoever uses the model: units, conditions, provenance.
    public var metadata: [(key: String, value: String)] = []
    private var nodes: [Node] = []
    private var constants: [(name: String, shape: [Int], values: Values)] = []
    private var inputs: [(name: String, shape: [Extent])] = []
    private var outputs: [(name: String, shape: [Extent])] = []

    /// Old enough for the runtimes beside Geant4.
    public static let operatorSet = 13
    public static let intermediateRepresentation = 8

    public init(name: String, producerVersion: String) {
        self.name = name
        self.producerVersion = producerVersion
    }

    public mutating func addInput(_ name: String, _ shape: [Extent]) { inputs.append((name, shape)) }
    public mutating func addOutput(_ name: String, _ shape: [Extent]) { outputs.append((name, shape)) }

    /// A constant tensor; returns its name.
    @discardableResult
    public mutating func add(_ name: String, _ values: [Float], shape: [Int]) -> String {
        constants.append((name, shape, .floats(values)))
        return name
    }

    @discardableResult
    public mutating func add(_ name: String, _ values: [Int]) -> String {
        constants.append((name, [values.count], .integers(values)))
        return name
    }

    /// An operation; returns the name of its result.
    public mutating func add(
        _ operation: String, _ inputs: [String], to output: String, _ attributes: [(name: String, value: Attribute)] = []
    ) -> String {
        nodes.append(Node(operation: operation, inputs: inputs, output: output, attributes: attributes))
        return output
    }

    /// The file.
    public func encoded() -> [UInt8] {
        var model = ProtobufWriter()
        model.integer(1, Self.intermediateRepresentation)
        model.text(2, "didymos")
        model.text(3, producerVersion)
        model.message(7) { graph in
            for node in nodes { graph.message(1) { Self.write(node, to: &$0) } }
            graph.text(2, name)
            for constant in constants { graph.message(5) { Self.write(constant, to: &$0) } }
            for input in inputs { graph.message(11) { Self.write(input, to: &$0) } }
            for output in outputs { graph.message(12) { Self.write(output, to: &$0) } }
        }
        model.message(8) {
            $0.text(1, "")
            $0.integer(2, Self.operatorSet)
        }
        for entry in metadata {
            model.message(14) {
                $0.text(1, entry.key)
                $0.text(2, entry.value)
            }
        }
        return model.bytes
    }

    private static func write(_ node: Node, to out: inout ProtobufWriter) {
        for input in node.inputs { out.text(1, input) }
        out.text(2, node.output)
        out.text(3, node.output)
        out.text(4, node.operation)
        for (name, value) in node.attributes {
            out.message(5) { attribute in
                attribute.text(1, name)
                switch value {
                case .float(let number):
                    attribute.float(2, number)
                    attribute.integer(20, 1)
                case .integer(let number):
                    attribute.integer(3, number)
                    attribute.integer(20, 2)
                case .text(let text):
                    attribute.text(4, text)
                    attribute.integer(20, 3)
                case .integers(let numbers):
                    for number in numbers { attribute.integer(8, number) }
                    attribute.integer(20, 7)
                }
            }
        }
    }

    private static func write(_ constant: (name: String, shape: [Int], values: Values), to out: inout ProtobufWriter) {
        for extent in constant.shape { out.integer(1, extent) }
        switch constant.values {
        case .floats(let values):
            out.integer(2, ONNXElement.float)
            out.text(8, constant.name)
            var raw: [UInt8] = []
            raw.reserveCapacity(4 * values.count)
            for value in values { withUnsafeBytes(of: value.bitPattern.littleEndian) { raw += $0 } }
            out.data(9, raw)
        case .integers(let values):
            out.integer(2, ONNXElement.int64)
            out.text(8, constant.name)
            var raw: [UInt8] = []
            for value in values { withUnsafeBytes(of: Int64(value).littleEndian) { raw += $0 } }
            out.data(9, raw)
        }
    }

    private static func write(_ value: (name: String, shape: [Extent]), to out: inout ProtobufWriter) {
        out.text(1, value.name)
        out.message(2) { type in
            type.message(1) { tensor in
                tensor.integer(1, ONNXElement.float)
                tensor.message(2) { shape in
                    for extent in value.shape {
                        shape.message(1) {
                            switch extent {
                            case .fixed(let count): $0.integer(1, count)
                            case .named(let name): $0.text(2, name)
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Numbers of element types in ONNX.
enum ONNXElement {
    static let float = 1
    static let int64 = 7
}

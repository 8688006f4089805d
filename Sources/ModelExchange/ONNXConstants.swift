/// The constant tensors of an ONNX file, where a trained model has its weights.
public struct ONNXConstants {
    private let root: ProtobufMessage

    /// - Parameter file: name for errors.
    public init(_ bytes: [UInt8], file: String) {
        root = ProtobufMessage(file: file, bytes: bytes, range: 0..<bytes.count, kind: "ONNX model")
    }

    /// Calls `body` with every constant of the main graph, in the order of the file.
    /// - Throws: `ModelExchangeError` where the bytes are not an ONNX model.
    public func forEach(_ body: (ONNXConstant) throws -> Void) throws {
        var graphs = 0
        try root.forEachField { field, value, offset in
            guard field == 7 else { return }
            graphs += 1
            let graph = try root.message(value, "graph", at: offset)
            try graph.forEachField { field, value, offset in
                guard field == 5 else { return }
                try body(ONNXConstant(graph.message(value, "constant", at: offset)))
            }
        }
        guard graphs > 0 else { throw root.failure(0, "no graph", wanted: "an ONNX model") }
    }
}

/// One constant tensor; its numbers stay in the file's bytes until they are asked for.
public struct ONNXConstant {
    public let name: String
    public let shape: [Int]
    private let message: ProtobufMessage
    private let element: Int
    private let raw: Range<Int>?
    private let isExternal: Bool

    /// More dimensions than any operator of a network has.
    private static let mostDimensions = 8

    init(_ message: ProtobufMessage) throws {
        var name = "", shape: [Int] = [], element = 0, raw: Range<Int>?, isExternal = false
        try message.forEachField { field, value, offset in
            switch field {
            case 1:
                try message.integers(value, at: offset) { extent in
                    guard extent >= 0, shape.count < Self.mostDimensions else {
                        throw message.failure(offset, "extent \(extent) as dimension \(shape.count + 1)", wanted: "at most \(Self.mostDimensions) extents from 0")
                    }
                    shape.append(extent)
                }
            case 2: element = try message.integer(value, at: offset)
            case 8: name = try message.name(value, at: offset)
            case 9: raw = try message.data(value, at: offset)
            case 13, 14: isExternal = true
            default: break
            }
        }
        (self.name, self.shape, self.element, self.raw, self.isExternal, self.message) = (name, shape, element, raw, isExternal, message)
    }

    /// The numbers, in the order of the shape.
    /// - Throws: `ModelExchangeError` if they are not in the file, or not as many floats as the shape says.
    public func floats() throws -> [Float] {
        let start = message.range.lowerBound
        guard !isExternal, element == ONNXElement.float else {
            throw message.failure(
                start, isExternal ? "'\(name)' lies in another file" : "'\(name)' has element type \(element)", wanted: "single precision in this file")
        }
        var count = 1
        for extent in shape {
            let (product, overflows) = count.multipliedReportingOverflow(by: extent)
            // Every number takes four bytes, however it is stored.
            guard !overflows, product <= message.range.count / 4 else {
                throw message.failure(start, "'\(name)' of \(message.range.count) bytes has shape \(shape)", wanted: "four bytes a number")
            }
            count = product
        }
        var result: [Float] = []
        result.reserveCapacity(count)
        if let raw {
            guard raw.count == 4 * count else {
                throw message.failure(raw.lowerBound, "'\(name)' has \(raw.count) bytes of numbers", wanted: "\(4 * count) for shape \(shape)")
            }
            append(raw, to: &result)
        } else {
            try message.forEachField { field, value, offset in
                guard field == 4 else { return }
                switch value {
                case .fixed32(let bits) where result.count < count: result.append(Float(bitPattern: bits))
                case .bytes(let range) where range.count % 4 == 0 && range.count / 4 <= count - result.count: append(range, to: &result)
                default: throw message.failure(offset, "'\(name)' has other numbers than its shape \(shape) says", wanted: "\(count) floats")
                }
            }
            guard result.count == count else { throw message.failure(start, "'\(name)' has \(result.count) numbers", wanted: "\(count) for shape \(shape)") }
        }
        return result
    }

    private func append(_ range: Range<Int>, to result: inout [Float]) {
        message.bytes.withUnsafeBytes { bytes in
            for k in stride(from: range.lowerBound, to: range.upperBound, by: 4) {
                result.append(Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: k, as: UInt32.self))))
            }
        }
    }
}

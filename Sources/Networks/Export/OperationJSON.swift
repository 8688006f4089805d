extension Operation {
    /// Type and attributes, without leaves, which the graph writes itself.
    var json: [String: JSONValue] {
        var members: [String: JSONValue] = ["type": .string(label)]
        switch self {
        case .input, .stopGradient, .maximumOverChannels, .concatenateChannels, .dense, .denseDataGradient, .denseWeightGradient, .linearUpsample,
            .linearUpsampleGradient, .attention, .attentionGradient: break
        case .parameter(let position), .constant(let position): members["position"] = JSONValue(position)
        case .uniform(let extents, let draw):
            members["extents"] = JSONValue(extents)
            members["draw"] = JSONValue(Int(draw))
        case .elementwise(let e):
            switch e {
            case .affine(let scale, let shift):
                members["scale"] = JSONValue(scale)
                members["shift"] = JSONValue(shift)
            case .power(let exponent): members["exponent"] = JSONValue(exponent)
            case .leakyRelu(let slope), .leakyStep(let slope): members["slope"] = JSONValue(slope)
            default: break
            }
        case .sum(let axes): members["axes"] = JSONValue(axes.rawValue)
        case .broadcast(let type):
            members["extents"] = JSONValue(type.extents)
            members["batched"] = .bool(type.batched)
        case .reshape(let extents): members["extents"] = JSONValue(extents)
        case .sliceChannels(let range): members["range"] = JSONValue([range.lowerBound, range.upperBound])
        case .padChannels(let before, let after): members["padding"] = JSONValue([before, after])
        case .gatherSites(let map): members["map"] = map.json
        case .scatterSites(let map, let extents):
            members["map"] = map.json
            members["extents"] = JSONValue(extents)
        case .convolution(let geometry), .convolutionWeightGradient(let geometry): members["geometry"] = geometry.json
        case .convolutionDataGradient(let geometry, let extents):
            members["geometry"] = geometry.json
            members["extents"] = JSONValue(extents)
        case .upsample(let factors), .sumPool(let factors), .maximumPool(let factors): members["factors"] = JSONValue(factors)
        }
        return members
    }

    init(_ reader: JSONReader) throws {
        func geometry() throws -> ConvolutionGeometry { try ConvolutionGeometry(JSONReader(reader.value("geometry"), place: reader.place)) }
        func map() throws -> SiteMap { try SiteMap(JSONReader(reader.value("map"), place: reader.place)) }
        func pair(_ key: String) throws -> (Int, Int) {
            let values = try reader.boundedInts(key)
            guard values.count == 2, values[0] <= values[1] || key != "range" else {
                throw NetworkError(node: "\(reader.place), key '\(key)'", found: "\(values)", wanted: "two integers in order")
            }
            return (values[0], values[1])
        }
        let type = try reader.string("type")
        switch type {
        case "uniform":
            guard let draw = UInt32(exactly: try reader.int("draw")) else {
                throw NetworkError(node: "\(reader.place), key 'draw'", found: "\(try reader.int("draw"))", wanted: "0 or more")
            }
            self = .uniform(try reader.extents("extents"), draw: draw)
        case "sum": self = .sum(ReductionAxes(rawValue: try reader.int("axes")))
        case "maximumOverChannels": self = .maximumOverChannels
        case "broadcast": self = .broadcast(TensorType(try reader.extents("extents"), batched: try reader.bool("batched")))
        case "stopGradient": self = .stopGradient
        case "reshape": self = .reshape(try reader.extents("extents"))
        case "sliceChannels":
            let (from, to) = try pair("range")
            self = .sliceChannels(from..<to)
        case "padChannels":
            let (before, after) = try pair("padding")
            self = .padChannels(before: before, after: after)
        case "concatenateChannels": self = .concatenateChannels
        case "gatherSites": self = .gatherSites(try map())
        case "scatterSites": self = .scatterSites(try map(), extents: try reader.extents("extents"))
        case "convolution": self = .convolution(try geometry())
        case "convolutionDataGradient": self = .convolutionDataGradient(try geometry(), extents: try reader.extents("extents"))
        case "convolutionWeightGradient": self = .convolutionWeightGradient(try geometry())
        case "dense": self = .dense
        case "denseDataGradient": self = .denseDataGradient
        case "denseWeightGradient": self = .denseWeightGradient
        case "upsample": self = .upsample(try reader.extents("factors"))
        case "sumPool": self = .sumPool(try reader.extents("factors"))
        case "maximumPool": self = .maximumPool(try reader.extents("factors"))
        case "linearUpsample": self = .linearUpsample
        case "linearUpsampleGradient": self = .linearUpsampleGradient
        case "attention": self = .attention
        case "attentionGradient": self = .attentionGradient
        case "affine": self = .elementwise(.affine(scale: try reader.float("scale"), shift: try reader.float("shift")))
        case "power": self = .elementwise(.power(try reader.float("exponent")))
        case "leakyRelu": self = .elementwise(.leakyRelu(slope: try reader.float("slope")))
        case "leakyStep": self = .elementwise(.leakyStep(slope: try reader.float("slope")))
        default:
            guard let plain = Elementwise.plain.first(where: { "\($0)" == type }) else {
                throw NetworkError(node: reader.place, found: "operation '\(type)'", wanted: "an operation of this version")
            }
            self = .elementwise(plain)
        }
    }
}

extension Elementwise {
    /// Those without attributes.
    static let plain: [Elementwise] = [
        .square, .absolute, .sign, .reciprocal, .squareRoot, .exp, .log, .tanh, .sigmoid, .softplus, .sin, .cos, .erf, .add, .subtract,
        .multiply, .divide, .maximum, .minimum, .greater, .equal, .tanhGradient, .sigmoidGradient, .select,
    ]
}

extension ConvolutionGeometry {
    var json: JSONValue {
        var members = ["kernel": JSONValue(kernel), "stride": JSONValue(stride)]
        switch boundary {
        case .periodic: members["boundary"] = .string("periodic")
        case .zeros(let before, let after):
            members["boundary"] = .string("zeros")
            members["before"] = JSONValue(before)
            members["after"] = JSONValue(after)
        }
        return .object(members)
    }

    init(_ reader: JSONReader) throws {
        let boundary: Boundary
        switch try reader.string("boundary") {
        case "periodic": boundary = .periodic
        case "zeros": boundary = .zeros(before: try reader.boundedInts("before"), after: try reader.boundedInts("after"))
        case let other: throw NetworkError(node: reader.place, found: "boundary '\(other)'", wanted: "'periodic' or 'zeros'")
        }
        self.init(kernel: try reader.extents("kernel"), stride: try reader.extents("stride"), boundary: boundary)
    }
}

extension SiteMap {
    var json: JSONValue {
        switch self {
        case .roll(let shift): .object(["kind": .string("roll"), "shift": JSONValue(shift)])
        case .checkerboard(let parity): .object(["kind": .string("checkerboard"), "parity": JSONValue(parity)])
        case .fromCheckerboard(let parity, let extents):
            .object(["kind": .string("fromCheckerboard"), "parity": JSONValue(parity), "extents": JSONValue(extents)])
        case .table(let sites, let extents):
            .object(["kind": .string("table"), "sites": JSONValue(sites.map(Int.init)), "extents": JSONValue(extents)])
        }
    }

    init(_ reader: JSONReader) throws {
        switch try reader.string("kind") {
        case "roll": self = .roll(try reader.boundedInts("shift"))
        case "checkerboard": self = .checkerboard(parity: try reader.int("parity"))
        case "fromCheckerboard": self = .fromCheckerboard(parity: try reader.int("parity"), extents: try reader.extents("extents"))
        case "table": self = .table(sites: try reader.ints("sites").map { Int32(clamping: $0) }, extents: try reader.extents("extents"))
        case let other:
            throw NetworkError(
                node: reader.place, found: "site map '\(other)'", wanted: "'roll', 'checkerboard', 'fromCheckerboard' or 'table'")
        }
    }
}

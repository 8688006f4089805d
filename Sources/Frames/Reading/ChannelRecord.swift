extension FrameChannel {
    init(_ record: Record, kind: Kind, vector: FrameVector) throws {
        var rate = SampleRate.of(spacing: vector.dimensions.first?.spacing ?? 0)
        let source: Source
        switch kind {
        case .digitised:
            rate = try record.real("sampleRate")
            source = .digitised(
                Digitisation(
                    group: try record.unsigned("channelGroup"), number: try record.unsigned("channelNumber"), bits: try record.unsigned("nBits"),
                    bias: Float(try record.real("bias")), slope: Float(try record.real("slope")), units: try record.text("units"),
                    invalid: try record.unsigned("dataValid")))
        case .processed:
            let (names, values) = (try record.texts("auxParamNames"), try record.reals("auxParam"))
            guard names.count == values.count else {
                throw record.place.error("auxParam", found: "\(values.count) values and \(names.count) names", wanted: "as many")
            }
            source = .processed(
                Processing(
                    type: try record.unsigned("type"), subtype: try record.unsigned("subType"), timeRange: try record.real("tRange"),
                    frequencyRange: try record.real("fRange"), bandwidth: try record.real("BW"),
                    parameters: zip(names, values).map { .init(name: $0, value: $1) }))
        case .simulated:
            rate = try record.real("sampleRate")
            source = .simulated
        }
        self.init(
            name: try record.text("name"), comment: try record.text("comment"), source: source, sampleRate: rate,
            timeOffset: try record.real("timeOffset"), frequencyShift: try record.real("fShift"), phase: Float(try record.real("phase")),
            vector: vector)
        for field in ["aux", "table", "history", "input"] where record.layout.index(of: field) != nil {
            if try !record.pointer(field).isNull { unread.append(field) }
        }
    }
}

extension StructureBuilder {
    /// The elements of a channel's structure.
    mutating func put(_ channel: FrameChannel, vector: StructurePointer, next: StructurePointer) throws {
        try put(channel.name)
        try put(channel.comment)
        switch channel.source {
        case .digitised(let adc):
            for value in [adc.group, adc.number, adc.bits] { put(value) }
            put(adc.bias)
            put(adc.slope)
            try put(adc.units)
            put(channel.sampleRate)
            putTime(of: channel)
            put(adc.invalid)
            for pointer in [vector, .null, next] { put(pointer) }
        case .processed(let processing):
            put(processing.type)
            put(processing.subtype)
            put(channel.timeOffset)
            put(processing.timeRange)
            put(channel.frequencyShift)
            put(channel.phase)
            put(processing.frequencyRange)
            put(processing.bandwidth)
            guard let count = UInt16(exactly: processing.parameters.count) else {
                throw FrameError(.request, file: file, "found \(processing.parameters.count) parameters of \"\(channel.name)\", wanted at most 65535")
            }
            put(count)
            for parameter in processing.parameters { put(parameter.value) }
            for parameter in processing.parameters { try put(parameter.name) }
            for pointer in [vector, .null, .null, .null, next] { put(pointer) }
        case .simulated:
            put(channel.sampleRate)
            putTime(of: channel)
            for pointer in [vector, .null, .null, next] { put(pointer) }
        }
    }

    private mutating func putTime(of channel: FrameChannel) {
        put(channel.timeOffset)
        put(channel.frequencyShift)
        put(channel.phase)
    }
}

import Numerics

/// Average and maximum pooling; tables made once, a call allocates nothing.
public struct Pooling: Sendable {
    public let shape: WindowShape
    /// First input site of each output's window, and each window site's distance from it.
    private let origins: [Int32]
    private let window: [Int32]

    public init(_ shape: WindowShape) {
        self.shape = shape
        let strides = Extents.strides(of: shape.inputExtents)
        var origins: [Int32] = [], window: [Int32] = []
        Extents.forEach(shape.outputExtents) { site in
            origins.append(Int32(Extents.dot(zip(site, shape.strides).map { $0 * $1 }, strides)))
        }
        Extents.forEach(shape.windowExtents) { window.append(Int32(Extents.dot($0, strides))) }
        self.origins = origins
        self.window = window
    }

    /// output = mean over the window.
    public func average(input: UnsafePointer<Lane>, output: UnsafeMutablePointer<Lane>) {
        let scale = Lane(repeating: 1 / Float(window.count))
        forEachWindow { source, target in
            var sum = Lane.zero
            for offset in window { sum += input[source + Int(offset)] }
            output[target] = sum * scale
        }
    }

    /// Transpose of `average`; overwrites `inputGradient`.
    public func averageGradient(outputGradient: UnsafePointer<Lane>, inputGradient: UnsafeMutablePointer<Lane>) {
        inputGradient.update(repeating: .zero, count: shape.channels * shape.inputSites)
        let scale = Lane(repeating: 1 / Float(window.count))
        forEachWindow { source, target in
            let share = outputGradient[target] * scale
            for offset in window { inputGradient[source + Int(offset)] += share }
        }
    }

    /// output = largest value of the window, sample by sample.
    public func maximum(input: UnsafePointer<Lane>, output: UnsafeMutablePointer<Lane>) {
        forEachWindow { source, target in
            var largest = input[source]
            for offset in window {
                let value = input[source + Int(offset)]
                largest.replace(with: value, where: value .> largest)
            }
            output[target] = largest
        }
    }

    /// Sends each gradient to the first site of the window that holds the maximum; overwrites `inputGradient`.
    public func maximumGradient(
        input: UnsafePointer<Lane>, output: UnsafePointer<Lane>, outputGradient: UnsafePointer<Lane>,
        inputGradient: UnsafeMutablePointer<Lane>
    ) {
        inputGradient.update(repeating: .zero, count: shape.channels * shape.inputSites)
        forEachWindow { source, target in
            let largest = output[target]
            var rest = outputGradient[target]
            for offset in window {
                let isHere = input[source + Int(offset)] .== largest
                inputGradient[source + Int(offset)] += Lane.zero.replacing(with: rest, where: isHere)
                rest.replace(with: 0, where: isHere)
            }
        }
    }

    @inline(__always)
    private func forEachWindow(_ body: (_ source: Int, _ target: Int) -> Void) {
        let inputs = shape.inputSites, outputs = origins.count
        for channel in 0..<shape.channels {
            for site in 0..<outputs { body(channel * inputs + Int(origins[site]), channel * outputs + site) }
        }
    }
}

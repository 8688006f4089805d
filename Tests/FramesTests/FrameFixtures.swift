import Foundation
import Frames
import Segments
import TestSupport
import Testing

/// Shapes of values that compressions treat differently.
enum Shape: String, CaseIterable {
    /// Neighbours differ by little.
    case walk
    /// All bits random, extremes among them.
    case wild
    case zeros

    func integers<T: FixedWidthInteger & SignedInteger>(_ count: Int, seed: UInt64) -> [T] {
        var random = SplitMix(state: seed)
        var last: T = 0
        return (0..<count).map { index in
            switch self {
            case .walk: last &+= T(truncatingIfNeeded: Int64(random.next() % 15) - 7)
            case .wild: last = index % 50 == 0 ? .min : index % 50 == 1 ? .max : T(truncatingIfNeeded: random.next())
            case .zeros: last = 0
            }
            return last
        }
    }

    func floats(_ count: Int, seed: UInt64) -> [Double] {
        var random = SplitMix(state: seed)
        return (0..<count).map { index in
            switch self {
            case .walk: sin(Double(index) * 0.1) * 1e-21
            case .wild: Double(Int64(bitPattern: random.next())) * 1e-9
            case .zeros: 0
            }
        }
    }

    func samples(_ type: SampleType, _ count: Int) -> Samples {
        let seed = UInt64(type.rawValue) + 100
        switch type {
        case .int8: return .int8(integers(count, seed: seed))
        case .uint8: return .uint8((integers(count, seed: seed) as [Int8]).map { UInt8(bitPattern: $0) })
        case .int16: return .int16(integers(count, seed: seed))
        case .uint16: return .uint16((integers(count, seed: seed) as [Int16]).map { UInt16(bitPattern: $0) })
        case .int32: return .int32(integers(count, seed: seed))
        case .uint32: return .uint32((integers(count, seed: seed) as [Int32]).map { UInt32(bitPattern: $0) })
        case .int64: return .int64(integers(count, seed: seed))
        case .uint64: return .uint64((integers(count, seed: seed) as [Int64]).map { UInt64(bitPattern: $0) })
        case .float32: return .float32(floats(count, seed: seed).map(Float.init))
        case .float64: return .float64(floats(count, seed: seed))
        case .complex64:
            let x = floats(2 * count, seed: seed).map(Float.init)
            return .complex64((0..<count).map { [x[2 * $0], x[2 * $0 + 1]] })
        case .complex128:
            let x = floats(2 * count, seed: seed)
            return .complex128((0..<count).map { [x[2 * $0], x[2 * $0 + 1]] })
        case .text: return .text((0..<count).map { self == .zeros ? "" : "value \($0) é" })
        }
    }
}

let someTime = GPSTime(seconds: 1_266_624_018, nanoseconds: 125_000_000) ?? .epoch

extension Samples {
    var raw: [UInt8] { withBytes { Array($0) } }
}

/// A channel of `count` values in one second.
func channel(_ name: String, _ samples: Samples, _ source: FrameChannel.Source = .processed(.init())) -> FrameChannel {
    FrameChannel(name: name, source: source, samples: samples, rate: Double(samples.count), unit: "m", comment: "a test")
}

/// Every type in every shape, as processed channels `V1:INT_4S_walk`, …
func everyChannel(_ types: [SampleType] = SampleType.allCases, count: Int = 1003) -> [FrameChannel] {
    types.flatMap { type in Shape.allCases.map { channel("V1:\(type)_\($0)", $0.samples(type, count)) } }
}

/// Writes frames of one second and reads the file's bytes.
func written(
    _ frames: [Frame], compression: FrameCompression = .zeroSuppressOrGzip, byteOrder: FrameFileWriter.ByteOrder = .little
) throws -> [UInt8] {
    let directory = try TemporaryDirectory()
    try write(frames, to: directory.path("x.gwf"), compression: compression, byteOrder: byteOrder)
    return Array(try Data(contentsOf: URL(fileURLWithPath: directory.path("x.gwf"))))
}

func write(
    _ frames: [Frame], to path: String, compression: FrameCompression = .zeroSuppressOrGzip, byteOrder: FrameFileWriter.ByteOrder = .little
) throws {
    let writer = try FrameFileWriter(path: path, compression: compression, byteOrder: byteOrder)
    for frame in frames { try writer.append(frame) }
    try writer.close()
}

func frame(_ channels: [FrameChannel], at index: Int = 0) -> Frame {
    Frame(
        FrameDescription(
            name: "V1", start: someTime.advanced(byNanoseconds: Int64(index) * 1_000_000_000), duration: 1, run: -3, number: UInt32(index),
            dataQuality: 5, detectors: [.virgo], history: [.init(name: "test", time: 1_266_624_000, comment: "written by a test")]),
        channels: channels)
}

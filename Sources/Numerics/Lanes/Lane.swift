/// Sixteen samples of one channel at one site: the unit of every kernel.
///
/// An activation is stored as `[channel][space…]` of lanes, so the batch is in the vector and every
/// layer is the same loop for any channel count.
public typealias Lane = SIMD16<Float>

/// Sixteen samples in double precision, for densities and energies that are compared or summed.
public typealias DoubleLane = SIMD16<Double>

/// Samples in a lane, and so in a shard.
public let laneWidth = 16

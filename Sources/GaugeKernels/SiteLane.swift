import CLanes
import Numerics

/// One number of eight sites of one parity: the unit of the kernels of gauge fields.
///
/// A field is `[vector of sites][direction][component]` of site lanes, so a product of links is the same instructions for eight sites.
public typealias SiteLane = SIMD8<Double>
/// Whole numbers or masks of eight sites.
public typealias SiteWords = SIMD8<Int64>

/// Sites in a lane.
public let siteLaneWidth = 8

@inline(__always)
func fma(_ a: SiteLane, _ b: SiteLane, _ c: SiteLane) -> SiteLane { didymos_sites_fma(a, b, c) }
/// c - a b.
@inline(__always)
func fnma(_ a: SiteLane, _ b: SiteLane, _ c: SiteLane) -> SiteLane { didymos_sites_fnma(a, b, c) }
@inline(__always)
func squareRoot(_ x: SiteLane) -> SiteLane { didymos_sites_sqrt(x) }
@inline(__always)
func wide(_ x: Double) -> SiteLane { SiteLane(repeating: x) }

/// -1 where x < y, 0 elsewhere.
@inline(__always)
func less(_ x: SiteLane, _ y: SiteLane) -> SiteWords { SiteWords(repeating: 0).replacing(with: SiteWords(repeating: -1), where: x .< y) }
@inline(__always)
func select(_ mask: SiteWords, _ a: SiteLane, _ b: SiteLane) -> SiteLane { didymos_sites_select(mask, a, b) }

/// Sixteen numbers as two vectors of sites, and back.
@inline(__always)
func halves(_ x: DoubleLane) -> (low: SiteLane, high: SiteLane) { unsafeBitCast(x, to: (low: SiteLane, high: SiteLane).self) }
@inline(__always)
func joined(_ low: SiteLane, _ high: SiteLane) -> DoubleLane { DoubleLane(lowHalf: low, highHalf: high) }

/// Memory for site lanes at the start of cache lines, which Swift's own allocation (16 bytes) does not give: otherwise every load would touch two.
public enum SiteMemory {
    /// Zeros, to be given back by `deallocate()`; room for one lane at least.
    public static func allocate(_ count: Int) -> UnsafeMutablePointer<SiteLane> {
        let lanes = max(1, count)
        let memory = LargeMemory.allocate(byteCount: lanes * MemoryLayout<SiteLane>.stride, alignment: 64).bindMemory(to: SiteLane.self, capacity: lanes)
        memory.initialize(repeating: .zero, count: lanes)
        return memory
    }

    /// Scratch for `count` lanes on the stack.
    @inline(__always)
    static func withScratch(_ count: Int, _ body: (UnsafeMutablePointer<SiteLane>) -> Void) {
        withUnsafeTemporaryAllocation(byteCount: (count + 1) * 64, alignment: 16) { bytes in
            guard let start = bytes.baseAddress else { return }
            body((start + (64 - Int(bitPattern: start) % 64)).assumingMemoryBound(to: SiteLane.self))
        }
    }
}

/// Places values of known size and lifetime in one block of memory so that those alive together never overlap.
///
/// Largest first, each at the lowest place that is free during its life: the greedy-by-size rule of
/// Pisarchyk and Lee, arXiv:2001.03288.
package struct Arena {
    package struct Request {
        /// In `Float`s, a multiple of the alignment.
        package var size: Int
        /// First and last block during which the value exists.
        package var lifetime: ClosedRange<Int>

        package init(size: Int, lifetime: ClosedRange<Int>) {
            self.size = size
            self.lifetime = lifetime
        }
    }

    package private(set) var offsets: [Int]
    /// In `Float`s.
    package private(set) var size = 0

    /// One 64-byte lane.
    package static let alignment = 16

    static func aligned(_ floats: Int) -> Int { (floats + alignment - 1) / alignment * alignment }

    package init(_ requests: [Request]) {
        offsets = [Int](repeating: 0, count: requests.count)
        var placed: [Int] = []
        let bySize = requests.indices.sorted { (requests[$0].size, $1) > (requests[$1].size, $0) }
        for request in bySize {
            var offset = 0
            for other in placed where requests[other].lifetime.overlaps(requests[request].lifetime) {
                // `placed` is sorted by offset: the first gap that is wide enough is the lowest.
                if offsets[other] >= offset + requests[request].size { break }
                offset = max(offset, offsets[other] + requests[other].size)
            }
            offsets[request] = offset
            size = max(size, offset + requests[request].size)
            let position = placed.firstIndex { offsets[$0] > offset } ?? placed.count
            placed.insert(request, at: position)
        }
    }
}

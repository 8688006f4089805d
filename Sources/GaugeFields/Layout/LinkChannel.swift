import GaugeKernels
import LatticeFields
import MessagePassing

/// Brings other ranks' links into a field's halo by persistent messages: those of some directions, of one parity or of all sites.
///
/// *Collective*: `start` and `finish` in pairs.
final class LinkChannel {
    private struct Side {
        /// First double of each link, lane by lane: (vector · directions + direction) · components · 8 + lane.
        let places: [Int]
        let buffer: UnsafeMutableBufferPointer<Double>
        let request: PersistentRequest
    }

    private let field: UnsafeMutablePointer<Double>
    private let components: Int
    private var sends: [Side] = []
    private var receives: [Side] = []
    private var isUnderWay = false

    /// - Parameters:
    ///   - directions: how many the field has at a site.
    ///   - chosen: those that travel.
    ///   - parity: 0 or 1, nil for all sites.
    init(_ order: SiteOrder, field: UnsafeMutablePointer<Double>, directions: Int, components: Int, chosen: Range<Int>, parity: Int?) throws {
        self.field = field
        self.components = components
        let tag = order.nextTag()
        let communicator = order.geometry.grid.communicator
        for peer in order.peers {
            func side(_ slots: [Int], _ make: (UnsafeMutableBufferPointer<Double>) throws -> PersistentRequest) throws -> Side? {
                let places = slots.flatMap { slot in
                    chosen.map { ((slot / siteLaneWidth) * directions + $0) * components * siteLaneWidth + slot % siteLaneWidth }
                }
                guard !places.isEmpty else { return nil }
                let buffer = UnsafeMutableBufferPointer<Double>.allocate(capacity: places.count * components)
                buffer.initialize(repeating: 0)
                return Side(places: places, buffer: buffer, request: try make(buffer))
            }
            let received = peer.received.filter { parity == nil || order.parity(ofHaloSlot: $0) == parity }
            let sent = peer.sent.filter { parity == nil || (($0 / siteLaneWidth < order.evenVectors) ? 0 : 1) == parity }
            if let side = try side(received, { try communicator.makeReceive($0, from: peer.rank, tag: tag) }) { receives.append(side) }
            if let side = try side(sent, { try communicator.makeSend(UnsafeBufferPointer($0), to: peer.rank, tag: tag) }) { sends.append(side) }
        }
    }

    deinit {
        for side in sends + receives { side.buffer.deallocate() }
    }

    /// Sends off what others need. *Collective.*
    func start() throws {
        for side in receives { try side.request.start() }
        for side in sends {
            guard let target = side.buffer.baseAddress else { continue }
            for (k, place) in side.places.enumerated() {
                for c in 0..<components { target[k * components + c] = field[place + c * siteLaneWidth] }
            }
            try side.request.start()
        }
        isUnderWay = true
    }

    /// Waits and fills the halo; nothing where nothing is under way. *Collective.*
    func finish() throws {
        guard isUnderWay else { return }
        isUnderWay = false
        for side in receives {
            try side.request.wait()
            guard let source = side.buffer.baseAddress else { continue }
            for (k, place) in side.places.enumerated() {
                for c in 0..<components { field[place + c * siteLaneWidth] = source[k * components + c] }
            }
        }
        for side in sends { try side.request.wait() }
    }
}

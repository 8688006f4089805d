/// A pulse as the search reports it: the strongest of events that belong together.
public struct Candidate: Equatable, Sendable {
    public let strongest: SearchEvent
    /// Events that belong to it.
    public let members: Int
    public let begin: Int
    public let end: Int
}

/// Puts events together that are one pulse: in neighbouring trials, at times that touch.
public struct EventGrouping: Sendable {
    /// Trials between two events of one pulse, at most.
    public let trials: Int
    /// Samples between them, at most.
    public let samples: Int

    public init(trials: Int, samples: Int) {
        self.trials = trials
        self.samples = samples
    }

    /// Groups of events, each in the order of the input. The result does not depend on that order but for it.
    func groups(_ events: [SearchEvent]) -> [[SearchEvent]] {
        let order = events.indices.sorted { (events[$0].begin, events[$0].trial, $0) < (events[$1].begin, events[$1].trial, $1) }
        var parent = Array(events.indices)
        func root(_ i: Int) -> Int {
            var i = i
            while parent[i] != i {
                parent[i] = parent[parent[i]]
                i = parent[i]
            }
            return i
        }
        var open: [Int] = []
        for i in order {
            open.removeAll { events[$0].end + samples < events[i].begin }
            for j in open where abs(events[i].trial - events[j].trial) <= trials {
                let (a, b) = (root(i), root(j))
                parent[max(a, b)] = min(a, b)
            }
            open.append(i)
        }
        var groups: [Int: [SearchEvent]] = [:]
        for i in events.indices { groups[root(i), default: []].append(events[i]) }
        return groups.sorted { $0.key < $1.key }.map(\.value)
    }

    /// A candidate for each group.
    public func candidates(_ events: [SearchEvent]) -> [Candidate] { groups(events).compactMap(Self.candidate) }

    /// The candidate of a group: the strongest event, of equal ones the first in trial and time.
    static func candidate(_ group: [SearchEvent]) -> Candidate? {
        let strongest = group.max { a, b in
            (a.signalToNoise, -a.trial, -a.peak) < (b.signalToNoise, -b.trial, -b.peak)
        }
        guard let strongest, let begin = group.map(\.begin).min(), let end = group.map(\.end).max() else { return nil }
        return Candidate(strongest: strongest, members: group.count, begin: begin, end: end)
    }
}

/// Consecutive weights that all meet something.
struct TapRun: Sendable {
    let first: Int32
    let count: Int32
}

/// Consecutive entries of a table of sites that see one list of taps, flat enough for the innermost loops.
struct SiteSegment: Sendable {
    let firstSite: Int32
    let endSite: Int32
    let firstOffset: Int32
    /// Runs in one channel, or -1 if no tap is missing, so that all channels are a single run.
    let runsPerChannel: Int32
    let firstRun: Int32
}

/// What sites see through the kernel: for each class of sites, offsets in bytes from a site's origin, tap after tap and channel after
/// channel of a chunk. Where a tap would read a zero it is left out, and what is left are runs of weights.
struct TapLists: Sendable {
    struct List: Sendable {
        let firstOffset: Int
        let firstRun: Int
        let runsPerChannel: Int
    }
    private var lists: [List] = []
    private(set) var offsets: [Int32] = []
    private(set) var runs: [TapRun] = []
    let tapCount: Int
    let channels: Int
    let channelLanes: Int

    /// - Parameters:
    ///   - channels: of a chunk; a shorter chunk uses the beginning of every list.
    ///   - channelLanes: distance between channels.
    init(tapCount: Int, channels: Int, channelLanes: Int) {
        self.tapCount = tapCount
        self.channels = channels
        self.channelLanes = channelLanes
    }

    /// Adds the list of a class that sees these taps (index in the kernel and offset in lanes); returns its number.
    mutating func add(_ taps: [(index: Int, offset: Int)]) -> Int {
        let firstOffset = offsets.count, firstRun = runs.count
        let isWhole = taps.count == tapCount
        for channel in 0..<channels {
            let startOfChannel = runs.count
            for tap in taps {
                offsets.append(Int32((channel * channelLanes + tap.offset) * 64))
                guard !isWhole else { continue }
                let position = Int32(channel * tapCount + tap.index)
                if runs.count > startOfChannel, let last = runs.last, last.first + last.count == position {
                    runs[runs.count - 1] = TapRun(first: last.first, count: last.count + 1)
                } else {
                    runs.append(TapRun(first: position, count: 1))
                }
            }
        }
        lists.append(
            List(firstOffset: firstOffset, firstRun: firstRun, runsPerChannel: isWhole ? -1 : (runs.count - firstRun) / channels))
        return lists.count - 1
    }

    /// Entries of a table of sites that see a list.
    func segment(list: Int, sites: Range<Int>) -> SiteSegment {
        SiteSegment(
            firstSite: Int32(sites.lowerBound), endSite: Int32(sites.upperBound), firstOffset: Int32(lists[list].firstOffset),
            runsPerChannel: Int32(lists[list].runsPerChannel), firstRun: Int32(lists[list].firstRun))
    }
}

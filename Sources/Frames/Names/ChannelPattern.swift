/// Channel names as shells write file names: `*` for any characters, `?` for one.
public struct ChannelPattern: Sendable {
    public let text: String
    private let pattern: [UInt8]

    public init(_ text: String) { (self.text, pattern) = (text, Array(text.utf8)) }

    public func matches(_ name: String) -> Bool {
        let name = Array(name.utf8)
        var (at, place, star, retry) = (0, 0, -1, 0)
        while place < name.count {
            if at < pattern.count, pattern[at] == UInt8(ascii: "*") {
                (star, retry) = (at, place)
                at += 1
            } else if at < pattern.count, pattern[at] == UInt8(ascii: "?") || pattern[at] == name[place] {
                at += 1
                place += 1
            } else if star >= 0 {
                retry += 1
                (at, place) = (star + 1, retry)
            } else {
                return false
            }
        }
        return pattern[at...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}

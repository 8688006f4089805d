/// A file of a model that cannot be read: names the file, the byte, what was found and what is wanted.
public struct ModelExchangeError: Error, CustomStringConvertible, Equatable {
    public let description: String

    init(file: String, offset: Int, found: String, wanted: String) {
        description = "\(file), byte \(offset): \(found); wanted \(wanted)"
    }
}

import MessagePassing

/// Training that cannot go on, or a setting or a checkpoint that does not fit; equal on all ranks.
public struct TrainingError: Error, ExitCoded, CustomStringConvertible {
    public let description: String
    /// Step and shard at fault, where there is one.
    public let step: Int?
    public let shard: Int?
    public let exitCode: Int32

    init(_ description: String, step: Int? = nil, shard: Int? = nil, exitCode: Int32 = 65) {
        self.description = description
        self.step = step
        self.shard = shard
        self.exitCode = exitCode
    }
}

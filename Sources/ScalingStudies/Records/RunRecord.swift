import Batch

/// Everything measured in one run, and enough to know what it was: one line of a records file.
public struct RunRecord: Sendable, Equatable {
    public static let schema = 1

    public enum Status: String, CaseIterable, Sendable {
        case passed, failed
        case timedOut = "timed_out"
        case wrongCheck = "wrong_check"
    }

    // Identity.
    public var study: String
    public var studyHash: String
    public var title: String
    public var version: String
    public var revision: String
    public var started: String
    public var job: String?
    public var repetition: Int
    public var attempt: Int
    // Setup.
    public var system: SystemDescription
    public var launcher: String
    public var commandLine: [String]
    public var layout: Layout
    public var messagePassing: String
    public var environment: [String]
    /// Mean number of runnable processes during the minute before the run.
    public var loadBefore: Double
    // Case.
    public var application: String
    public var command: String
    public var kind: ScalingKind
    public var caseHash: String
    public var overrides: [String]
    public var size: Double
    public var sizeUnit: String
    /// Of a step of the whole case; nil if the study does not say.
    public var operations: Double?
    public var bytes: Double?
    public var warmUp: Int
    public var coolDown: Int
    public var precision: String
    // Outcome.
    public var status: Status
    public var exitCode: Int
    public var message: String
    // Time.
    /// From the launcher's start to its end; of the group, for several instances.
    public var launchSeconds: Double
    /// What the application says it took.
    public var wallSeconds: Double
    public var steps: Int
    public var stepsPerSample: Int
    /// Mean seconds of a step, block by block.
    public var samples: [Double]
    public var phases: [PhaseTime]
    // Parallel efficiency by the application's timers; nil if it has none.
    public var loadBalance: Double?
    public var communicationEfficiency: Double?
    // Resources.
    public var peakMemoryMax: Double
    public var peakMemoryMean: Double
    public var bytesWritten: Double
    // Check.
    public var check: [CheckValue]
    /// What the milestones row is about, as the study says.
    public var productionRuns: Int?
    public var productionSteps: Int?
    public var productionLayout: Layout?

    public struct PhaseTime: Sendable, Equatable {
        public let name: String
        public let minimum, mean, maximum: Double
    }

    public struct CheckValue: Sendable, Equatable {
        public let name: String
        /// As text, so that a hash and a number compare alike.
        public let value: String
    }

    /// Names the run within its study: layout and repetition.
    public var key: String { "\(layout.name)-r\(repetition)" }

    /// Samples without the warm-up and the end; `warmUp` nil takes the record's own.
    public func counted(warmUp: Int? = nil) -> [Double] {
        let cut = max(0, warmUp ?? self.warmUp)
        func blocks(_ steps: Int) -> Int { steps / stepsPerSample + (steps % stepsPerSample == 0 ? 0 : 1) }
        return Array(samples.dropFirst(blocks(cut)).dropLast(blocks(coolDown)))
    }
}

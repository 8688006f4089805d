import Batch

extension RunRecord {
    /// One JSON object; `init(json:)` reads it back to an equal record.
    public var json: JSON {
        [
            "schema": .integer(Self.schema),
            "identity": [
                "study": .string(study), "study_hash": .string(studyHash), "title": .string(title), "version": .string(version),
                "revision": .string(revision), "started": .string(started), "job": job.map(JSON.string) ?? .null,
                "repeat": .integer(repetition), "attempt": .integer(attempt),
            ],
            "setup": [
                "system": system.json, "launcher": .string(launcher), "command_line": Self.list(commandLine), "layout": Self.json(layout),
                "message_passing": .string(messagePassing), "environment": Self.list(environment), "load_before": .number(loadBefore),
            ],
            "case": [
                "application": .string(application), "command": .string(command), "scaling": .string(kind.rawValue),
                "configuration_hash": .string(caseHash), "overrides": Self.list(overrides), "size": .number(size), "unit": .string(sizeUnit),
                "operations_per_step": operations.map(JSON.number) ?? .null, "bytes_per_step": bytes.map(JSON.number) ?? .null,
                "warm_up_steps": .integer(warmUp), "cool_down_steps": .integer(coolDown), "precision": .string(precision),
            ],
            "outcome": ["status": .string(status.rawValue), "exit": .integer(exitCode), "message": .string(message)],
            "time": [
                "launch_seconds": .number(launchSeconds), "wall_seconds": .number(wallSeconds), "steps": .integer(steps),
                "steps_per_sample": .integer(stepsPerSample), "sample_seconds": .array(samples.map(JSON.number)),
                "phases": .array(
                    phases.map { ["name": .string($0.name), "min": .number($0.minimum), "mean": .number($0.mean), "max": .number($0.maximum)] }),
            ],
            "parallel": [
                "load_balance": loadBalance.map(JSON.number) ?? .null,
                "communication_efficiency": communicationEfficiency.map(JSON.number) ?? .null,
            ],
            "resource": [
                "peak_bytes_per_rank_max": .number(peakMemoryMax), "peak_bytes_per_rank_mean": .number(peakMemoryMean),
                "bytes_written": .number(bytesWritten),
            ],
            "check": .array(check.map { ["name": .string($0.name), "value": .string($0.value)] }),
            "production": productionLayout.map {
                ["runs": .integer(productionRuns ?? 0), "steps": .integer(productionSteps ?? 0), "layout": Self.json($0)]
            } ?? .null,
        ]
    }

    private static func list(_ texts: [String]) -> JSON { .array(texts.map(JSON.string)) }
    private static func json(_ layout: Layout) -> JSON {
        ["nodes": .integer(layout.nodes), "ranks": .integer(layout.ranks), "instances": .integer(layout.instances)]
    }

    /// Throws a `ScalingError` that names the member that is missing or wrong.
    public init(json: JSON) throws {
        let record = Reader(json)
        let schema = try record.integer("schema", in: 1...Int.max)
        guard schema == Self.schema else { throw ScalingError("schema is \(schema), wanted \(Self.schema): made by another version of scaling") }
        study = try record.string("identity.study")
        studyHash = try record.string("identity.study_hash")
        title = try record.string("identity.title")
        version = try record.string("identity.version")
        revision = try record.string("identity.revision")
        started = try record.string("identity.started")
        job = record["identity.job"]?.string
        repetition = try record.integer("identity.repeat", in: 1...1_000_000)
        attempt = try record.integer("identity.attempt", in: 1...1_000_000)
        system = try SystemDescription(record.reader("setup.system"))
        launcher = try record.string("setup.launcher")
        commandLine = try record.strings("setup.command_line")
        layout = try record.layout("setup.layout")
        messagePassing = try record.string("setup.message_passing")
        environment = try record.strings("setup.environment")
        loadBefore = try record.number("setup.load_before")
        application = try record.string("case.application")
        command = try record.string("case.command")
        kind = try record.choice("case.scaling")
        caseHash = try record.string("case.configuration_hash")
        overrides = try record.strings("case.overrides")
        size = try record.number("case.size")
        sizeUnit = try record.string("case.unit")
        operations = record["case.operations_per_step"]?.double
        bytes = record["case.bytes_per_step"]?.double
        warmUp = try record.integer("case.warm_up_steps", in: 0...Int.max)
        // Records of before there was one.
        coolDown = record["case.cool_down_steps"] == nil ? 0 : try record.integer("case.cool_down_steps", in: 0...Int.max)
        precision = try record.string("case.precision")
        status = try record.choice("outcome.status")
        exitCode = try record.integer("outcome.exit", in: Int.min...Int.max)
        message = try record.string("outcome.message")
        launchSeconds = try record.number("time.launch_seconds")
        wallSeconds = try record.number("time.wall_seconds")
        steps = try record.integer("time.steps", in: 0...Int.max)
        stepsPerSample = try record.integer("time.steps_per_sample", in: 1...Int.max / 2)
        samples = try record.numbers("time.sample_seconds")
        phases = try record.list("time.phases").map {
            PhaseTime(name: try $0.string("name"), minimum: try $0.number("min"), mean: try $0.number("mean"), maximum: try $0.number("max"))
        }
        loadBalance = record["parallel.load_balance"]?.double
        communicationEfficiency = record["parallel.communication_efficiency"]?.double
        peakMemoryMax = try record.number("resource.peak_bytes_per_rank_max")
        peakMemoryMean = try record.number("resource.peak_bytes_per_rank_mean")
        bytesWritten = try record.number("resource.bytes_written")
        check = try record.list("check").map { CheckValue(name: try $0.string("name"), value: try $0.string("value")) }
        if record["production"]?.object != nil {
            productionRuns = try record.integer("production.runs", in: 1...Int.max)
            productionSteps = try record.integer("production.steps", in: 1...Int.max)
            productionLayout = try record.layout("production.layout")
        }
    }
}

/// Typed reading of a JSON object whose errors name the member.
struct Reader {
    let json: JSON
    let place: String

    init(_ json: JSON, place: String = "") {
        self.json = json
        self.place = place
    }

    subscript(_ path: String) -> JSON? { path.split(separator: ".").reduce(Optional(json)) { $0?[String($1)] } }

    private func wrong(_ path: String, _ wanted: String) -> ScalingError {
        let found = self[path].map { String($0.text.prefix(60)) } ?? "missing"
        return ScalingError("'\(place)\(path)' is \(found), wanted \(wanted)")
    }

    func string(_ path: String) throws -> String {
        guard let value = self[path]?.string else { throw wrong(path, "text") }
        return value
    }
    func strings(_ path: String) throws -> [String] {
        guard let array = self[path]?.array, case let texts = array.compactMap(\.string), texts.count == array.count else {
            throw wrong(path, "a list of texts")
        }
        return texts
    }
    func number(_ path: String) throws -> Double {
        guard let value = self[path]?.double, value.isFinite else { throw wrong(path, "a number") }
        return value
    }
    func numbers(_ path: String) throws -> [Double] {
        guard let array = self[path]?.array, case let values = array.compactMap(\.double), values.count == array.count,
            values.allSatisfy({ $0.isFinite && $0 >= 0 })
        else { throw wrong(path, "a list of numbers that are not negative") }
        return values
    }
    func integer(_ path: String, in range: ClosedRange<Int>) throws -> Int {
        guard let value = self[path]?.integer, range.contains(value) else {
            throw wrong(path, "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }
    func choice<E: RawRepresentable<String> & CaseIterable>(_ path: String) throws -> E {
        guard let value = self[path]?.string.flatMap(E.init(rawValue:)) else {
            throw wrong(path, "one of \(E.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return value
    }
    func list(_ path: String) throws -> [Reader] {
        guard let array = self[path]?.array else { throw wrong(path, "a list") }
        return array.enumerated().map { Reader($1, place: "\(place)\(path)[\($0)].") }
    }
    func reader(_ path: String) throws -> Reader {
        guard let inner = self[path], inner.object != nil else { throw wrong(path, "an object") }
        return Reader(inner, place: "\(place)\(path).")
    }
    func layout(_ path: String) throws -> Layout {
        let inner = try reader(path)
        return Layout(
            nodes: try inner.integer("nodes", in: 1...1_000_000), ranks: try inner.integer("ranks", in: 1...100_000_000),
            instances: try inner.integer("instances", in: 1...10_000))
    }
}

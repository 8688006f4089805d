import Batch
import Foundation
import ScalingStudies
import TestSupport
import Testing

/// The performance model against times that a known law made.
@Suite struct PredictionTests {
    private let network = Network(name: "test", latency: 2e-6, overhead: 0.5e-6, gapPerByte: 1e-9)

    /// A strong and a weak study whose every step takes `constant` + `perUnit` · sites + messages, times `excess` of the ranks.
    private func studies(
        constant: Double, perUnit: Double, waiting: Waiting = .none, excess: (Int) -> Double = { _ in 1 }
    ) throws -> [(study: Study, result: StudyResult)] {
        try [("strong", "[\"64\", \"64\"]"), ("weak", "[\"{16*ranks}\", \"64\"]")].map { kind, extents in
            let fake = try FakeStudy()
            try fake.write("good", scaling: kind, more: "model: {extents: \(extents), halos_per_step: 10, bytes_per_site: 8, sums: [{count: 2, bytes: 64}]}")
            let study = try Study(path: fake.directory.path("study.yaml"))
            let model = try #require(study.model)
            let records = try study.layouts.flatMap { layout in
                try (1...2).map { repetition in
                    var record = RunRecord(study, layout, repetition: repetition, attempt: 1, command: [], overrides: [])
                    record.system.cores = 8
                    let work = try constant + perUnit * model.demand(layout).work
                    let seconds = try work + model.communication(layout, network) + waiting.seconds(work: work, meetings: model.meetings(layout))
                    record.samples = [Double](repeating: seconds * excess(layout.ranks), count: 4)
                    record.steps = 4
                    return record
                }
            }
            return (study, try StudyResult(records))
        }
    }

    @Test("times made by the model are fitted and predicted back: constant, time a site, and what was held back")
    func synthetic() throws {
        let studies = try studies(constant: 1e-4, perUnit: 2e-8)
        let model = try PerformanceModel(studies, network: network)
        #expect(abs(model.constant / 1e-4 - 1) < 1e-9 && abs(model.perUnit / 2e-8 - 1) < 1e-9)
        #expect(model.heldBack.map(\.layout.ranks) == [4, 4] && model.fitted.count == 4)
        #expect(model.heldBack.allSatisfy { abs($0.error) < 1e-9 })
        // 4096 ranks on 64 x 64: one site each, two cut dimensions, messages of 16 bytes.
        let far = try model.predict(studies[0].study, ranks: 4096, network: network, ranksPerNode: 1, coreSpeed: 2, writeRate: nil)
        let exchange = 2 * (2e-6 + 2 * 0.5e-6 + 16e-9 + 2 * 0.5e-6)
        #expect(abs(far.work - (1e-4 + 2e-8) / 2) < 1e-15)
        #expect(abs(far.messages - (10 * exchange + 2 * 12 * (3e-6 + 64e-9))) < 1e-12)
        #expect(throws: (any Error).self) {
            try model.predict(studies[0].study, ranks: 8192, network: network, ranksPerNode: 1, coreSpeed: 1, writeRate: nil)
        }
    }

    @Test("waiting for ranks that were held up is part of fit and test, whichever layouts are fitted, and not of a prediction")
    func waiting() throws {
        let waiting = Waiting(lengths: [1e-6, 1e-5, 1e-4], losses: [4e-7, 3e-6, 5e-6])
        let studies = try studies(constant: 1e-4, perUnit: 2e-8, waiting: waiting)
        for counts in [nil, Set([1])] {
            let model = try PerformanceModel(studies, network: network, waiting: waiting, heldBack: counts)
            #expect(abs(model.constant / 1e-4 - 1) < 1e-6 && abs(model.perUnit / 2e-8 - 1) < 1e-6)
            #expect(model.heldBack.allSatisfy { abs($0.error) < 1e-6 })
            let step = try model.predict(studies[0].study, ranks: 2, network: network, ranksPerNode: 2, coreSpeed: 1, writeRate: nil)
            #expect(abs(step.work / (1e-4 + 2e-8 * 2048) - 1) < 1e-6)
        }
        let unaware = try PerformanceModel(studies, network: network)
        #expect(unaware.heldBack.contains { $0.error < -0.05 })
    }

    @Test("what a piece of work loses: the shortest's share below it, lines between, the square root above the longest; the inverse gives the work back")
    func losses() throws {
        let waiting = Waiting(lengths: [1e-6, 1e-5], losses: [4e-7, 3e-6])
        #expect(waiting.loss(0) == 0 && abs(waiting.loss(5e-7) - 2e-7) < 1e-15)
        #expect(abs(waiting.loss(5.5e-6) - 1.7e-6) < 1e-15 && abs(waiting.loss(4e-5) - 6e-6) < 1e-15)
        for work in [1e-7, 4e-6, 1e-3] {
            #expect(abs(waiting.work(of: work + waiting.seconds(work: work, meetings: 3), meetings: 3) / work - 1) < 1e-9)
        }
        #expect(abs(Waiting.none.work(of: 1e-3, meetings: 5) / 1e-3 - 1) < 1e-9)
    }

    @Test("what the model does not know shows as error on what was held back, not in the fit")
    func contention() throws {
        let model = try PerformanceModel(studies(constant: 1e-4, perUnit: 2e-8) { $0 == 4 ? 1.25 : 1 }, network: network)
        #expect(model.fitted.allSatisfy { abs($0.error) < 1e-9 })
        #expect(model.heldBack.allSatisfy { abs($0.error + 0.2) < 1e-9 })
    }

    @Test("with everything of one size held back or oversubscribed there is nothing to fit, which is said")
    func tooLittle() throws {
        let studies = try studies(constant: 1e-4, perUnit: 2e-8)
        #expect(throws: ScalingError.self) { try PerformanceModel([studies[1]], network: network) }
        #expect(throws: ScalingError.self) { try PerformanceModel(studies, network: network, heldBack: [1, 2, 4]) }
    }

    @Test("a study without a model asks the application's plan, which knows how many shards a batch has; one that has no plan is told so")
    func plan() throws {
        let fake = try FakeStudy()
        try fake.write("train")
        let study = fake.directory.path("study.yaml")
        func use(_ application: String) throws -> Study {
            let text = try String(contentsOfFile: study, encoding: .utf8).split(separator: "\n").map { $0.hasPrefix("application:") ? "application: \(application)" : String($0) }
            try text.joined(separator: "\n").write(toFile: study, atomically: true, encoding: .utf8)
            return try Study(path: study)
        }
        try """
            lattice: {extents: [4, 4]}
            action: {convention: albergo, mass_squared: -4, lambda: 6.975}
            training: {batch: 128}
            """.write(toFile: fake.directory.path("case.yaml"), atomically: true, encoding: .utf8)
        func result(_ study: Study) throws -> StudyResult {
            try StudyResult(
                study.layouts.map { layout in
                    var record = RunRecord(study, layout, repetition: 1, attempt: 1, command: [], overrides: [])
                    record.system.cores = 8
                    record.samples = [Double](repeating: 1e-3 + 1e-2 * Double((7 + layout.ranks) / layout.ranks), count: 4)
                    record.steps = 4
                    return record
                })
        }
        let planned = try use(MPIRun.product("flowtrain"))
        let model = try PerformanceModel([(planned, result(planned))], network: Network(name: "free", latency: 0, overhead: 0, gapPerByte: 0))
        #expect(abs(model.perUnit / 1e-2 - 1) < 1e-9 && model.heldBack.allSatisfy { abs($0.error) < 1e-9 })
        #expect(model.fitIsIdler == false)
        #expect(throws: ScalingError.self) { try model.predict(planned, ranks: 9, network: network, ranksPerNode: 1, coreSpeed: 1, writeRate: nil) }
        let without = try use("/bin/false")
        #expect(throws: ScalingError.self) { try PerformanceModel([(without, result(without))], network: network) }
    }

    @Test("a fit on idle cores and a test on busy ones is pointed out")
    func idleFit() throws {
        var studies = try studies(constant: 1e-4, perUnit: 2e-8)
        studies = try studies.map { study, result in
            (study, try StudyResult(result.records.map { record in
                var record = record
                record.system.cores = 4
                return record
            }))
        }
        #expect(try PerformanceModel(studies, network: network).fitIsIdler)
    }

    @Test("an all-reduce takes the cheaper of two algorithms; a network is fitted to ping-pong times")
    func networks() throws {
        #expect(abs(network.allReduce(8, ranks: 8) - 3 * (3e-6 + 8e-9)) < 1e-15)
        #expect(abs(network.allReduce(1e8, ranks: 8) - (6 * 3e-6 + 2 * 7 / 8.0 * 0.1)) < 1e-12)
        #expect(network.allReduce(1e8, ranks: 1) == 0)
        let table = try MachineTable(path: "\(URL(fileURLWithPath: #filePath).deletingLastPathComponent().path)/../../benchmarks/machines.yaml")
        #expect(try table.network("infiniband-hdr200").gapPerByte == 1 / 25e9)
        #expect(throws: ScalingError.self) { try table.network("token-ring") }
    }
}

import Batch
import CalorimeterShowers
import Foundation
import MessagePassing
import Numerics
import ParallelHDF5
import TestSupport
import Testing

@Suite("Classifiers between two samples, tails and support", .serialized)
struct ClassifierTests {
    private func normals(_ count: Int, _ epoch: UInt64, shift: Double = 0, width: Int = 4) -> [[Float]] {
        let stream = RandomStream(seed: 17, purpose: .test)
        return (0..<count).map { i in
            (0..<width).map { Float(($0 == 0 ? shift : 0) + stream.normal(epoch: epoch, index: UInt64(i), draw: UInt32($0))) }
        }
    }

    private func test(_ x: [[Float]], _ y: [[Float]], seed: UInt64 = 5) throws -> ClassifierTest {
        let settings = try ClassifierSettings(Configuration(text: "{epochs: 12}"))
        return try #require(
            try ClassifierTest(sample: x, reference: y, settings: settings, seed: seed, communicator: MessagePassing.start()) { true })
    }

    @Test("the area counts pairs in order, ties half; its error is that of DeLong")
    func area() {
        // Pairs: 3 > 1, 3 > 2, 2 > 1, 2 = 2, 1 = 1, 1 < 2.
        let small = ReceiverCurve(positives: [3, 2, 1], negatives: [1, 2])
        #expect(abs(small.area.value - 4.0 / 6) < 1e-12)
        // Placements of the positives 1, 0.75, 0.25 and of the negatives 5/6, 1/2.
        let wanted = Statistics.variance([1, 0.75, 0.25]) / 3 + Statistics.variance([5.0 / 6, 0.5]) / 2
        #expect(abs(small.area.error - max(0.25, wanted.squareRoot())) < 1e-12)
        // Uniform scores: the variance of the area of equal samples is 1/12 (1/m + 1/n), but for order 1/(m n).
        let stream = RandomStream(seed: 2, purpose: .test)
        func uniforms(_ n: Int, _ epoch: UInt64) -> [Double] { (0..<n).map { stream.uniform(epoch: epoch, index: UInt64($0), draw: 0) } }
        let large = ReceiverCurve(positives: uniforms(4000, 0), negatives: uniforms(3000, 1))
        #expect(abs(large.area.error / (1.0 / 12 * (1 / 4000.0 + 1 / 3000)).squareRoot() - 1) < 0.03)
        #expect(abs(large.area.value - 0.5) < 4 * large.area.error)
        #expect(large.accepted.first ?? 1 < 0.01 && large.accepted.last == 1)
        #expect((0...100).allSatisfy { abs(large.accepted[$0] - Double($0) / 100) < 0.05 })
    }

    @Test("calibration undoes a stretch and a shift of the logits")
    func calibration() {
        let stream = RandomStream(seed: 3, purpose: .test)
        let truth = (0..<6000).map { 2 * stream.normal(epoch: 0, index: $0, draw: 0) }
        let labels = truth.enumerated().map { stream.uniform(epoch: 1, index: UInt64($0), draw: 0) < 1 / (1 + exp(-$1)) }
        let found = ClassifierCalibration(logits: truth.map { 3 * $0 + 1 }, labels: labels)
        // Errors of the two from the information of 6000 labels are about 0.01 and 0.035.
        #expect(abs(3 * found.slope - 1) < 0.15 && abs(found.offset + found.slope) < 0.15, "\(found)")
    }

    @Test("samples of one source give 0.5 and a divergence of zero; shifted normal numbers give the area that no classifier can exceed")
    func areas() throws {
        let x = normals(1500, 0)
        // A false alarm of 4 standard errors: 6e-5, each.
        let same = try test(x, normals(1500, 1))
        #expect(abs(same.area.value - 0.5) < 4 * same.area.error && same.area.error < 0.02, "\(same.area)")
        #expect(abs(same.divergence.value) < 0.02 && same.folds.count == 5, "\(same.divergence)")
        // Phi(d / sqrt 2) for a shift d; a trained network loses a little.
        let far = try test(x, normals(1500, 1, shift: 1))
        let best = Statistics.normalDistribution(1 / 2.0.squareRoot())
        #expect(far.area.value < best + 4 * far.area.error && far.area.value > best - 0.02 - 4 * far.area.error, "\(far.area), best \(best)")
        // 1 - E log2(1 + exp(-|logit| ...)) of unit normals one apart, by quadrature: 0.1118 bit.
        let exact = Self.divergence(shift: 1)
        #expect(far.divergence.value < exact + 4 * far.divergence.error && far.divergence.value > exact - 0.02 - 4 * far.divergence.error, "\(far.divergence), exact \(exact)")
        let disjoint = try test(x, normals(1500, 1, shift: 20))
        #expect(disjoint.area.value > 0.999 && disjoint.divergence.value > 0.98, "\(disjoint.area) \(disjoint.divergence)")
    }

    /// Jensen-Shannon divergence over ln 2 of two unit normal distributions.
    private static func divergence(shift: Double) -> Double {
        let step = 0.01
        return (-1000...1000).reduce(0) { sum, k in
            let x = Double(k) * step
            let p = exp(-x * x / 2) / (2 * Double.pi).squareRoot(), q = exp(-(x - shift) * (x - shift) / 2) / (2 * Double.pi).squareRoot()
            guard p > 0, q > 0 else { return sum }
            return sum + step * 0.5 * (p * log2(2 * p / (p + q)) + q * log2(2 * q / (p + q)))
        }
    }

    @Test("tails: one for one source, the ratio of the normal tails for a wider one, zero with the error of one shower for a cut one")
    func tails() throws {
        let stream = RandomStream(seed: 8, purpose: .test)
        func column(_ epoch: UInt64, _ scale: Double) -> [Double] { (0..<20_000).map { scale * stream.normal(epoch: epoch, index: $0, draw: 0) } }
        let reference = column(0, 1)
        let same = try #require(Tail(.upper, sample: column(1, 1), reference: reference))
        #expect(same.reference == 200 && abs(same.ratio.value - 1) < 4 * same.ratio.error && abs(same.ratio.error - 0.1) < 0.02, "\(same)")
        let wide = try #require(Tail(.lower, sample: column(1, 1.3), reference: reference))
        let wanted = Statistics.normalDistribution(Statistics.normalQuantile(0.01) / 1.3) / 0.01
        #expect(abs(wide.ratio.value - wanted) < 4 * wide.ratio.error, "\(wide), wanted \(wanted)")
        let cut = try #require(Tail(.upper, sample: reference.filter { $0 < 1 }, reference: reference))
        #expect(cut.sample == 0 && cut.ratio.value == 0 && cut.ratio.error > 0.004 && cut.ratio.error < 0.01, "\(cut)")
        #expect(Tail(.upper, sample: reference, reference: [Double](repeating: 1, count: 500)) == nil)
        #expect(Tail(.upper, sample: reference, reference: Array(reference.prefix(20))) == nil)
    }

    @Test("support: what the sample leaves empty counts against coverage, what the reference leaves empty is outside")
    func support() {
        let overlap = SupportOverlap(sample: [0, 3, 1, 4], reference: [2, 6, 0, 2])
        #expect(overlap.coverage == 0.8 && overlap.outside == 0.125)
    }

    @Test("validate trains classifiers to the same bits on 1, 2 and 3 ranks; one source is 0.5 within its error, a wrong detector is told apart")
    func command() throws {
        let directory = try TemporaryDirectory()
        let text = """
            seed: 5
            detector:
              pads: [11, 13]
              layers: [{repeat: 6, absorber_thickness: 7, active_thickness: 0.5, gap: 1}]
            simulation: {events: 800, events_per_file: 400, energy: [20, 60]}
            validation: {classifier: {epochs: 10, width: 32, voxels: [4, 4, 3]}}
            run: {tensorboard: false, prometheus: false}
            """
        let settings = directory.path("run.yaml")
        try text.write(toFile: settings, atomically: true, encoding: .utf8)
        func gan3d(_ command: String, _ run: String, _ more: [String], ranks: Int = 2) throws {
            let result = try MPIRun.run(
                executable: "gan3d", arguments: [command, settings, "--run", directory.path(run)] + more, ranks: ranks, timeout: 100)
            #expect(result.status == 0, "\(result.stderr)")
        }
        try gan3d("simulate", "a", [])
        try gan3d("simulate", "b", ["--set", "simulation.events=400", "--set", "seed=6", "--set", "simulation.tuning.core_radius=1.6", "--set", "simulation.tuning.depth_shift=0.4"])
        let (first, second, wrong) = (directory.path("a/showers-0000.h5"), directory.path("a/showers-0001.h5"), directory.path("b/showers-0000.h5"))
        func numbers(_ run: String) throws -> [UInt64] {
            try HDF5File.with(.open(directory.path("\(run)/validation.h5"), communicator: nil)) { file in
                try ["high_level", "voxels"].flatMap { input in
                    try ["comparison", "floor"].flatMap { part in
                        let group = try file.root.group("classifiers/\(input)/\(part)")
                        return try ["fold_auc", "fold_jsd", "validation_loss", "roc_reference_share"].flatMap { try group.read($0, as: Double.self).map(\.bitPattern) }
                    }
                }
            }
        }
        for ranks in 1...3 { try gan3d("validate", "same\(ranks)", [first, second], ranks: ranks) }
        let reference = try numbers("same1")
        #expect(reference.count > 4 * (5 + 5 + 101))
        #expect(try numbers("same2") == reference)
        #expect(try numbers("same3") == reference)
        try gan3d("validate", "wrong", [wrong, second])

        func area(_ run: String, _ name: String) throws -> (value: Double, error: Double) {
            let summary = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: directory.path("\(run)/summary.json"))))
            let results = try #require((summary as? [String: Any])?["results"] as? [String: Any])
            let entry = try #require(results[name] as? [String: Any])
            return (try #require(entry["value"] as? Double), try #require(entry["error"] as? Double))
        }
        for input in ["high_level", "voxels"] {
            // Four standard errors: 6e-5 each.
            for name in ["classifier_auc_\(input)", "classifier_auc_\(input)_floor"] {
                let found = try area("same1", name)
                #expect(abs(found.value - 0.5) < 4 * found.error && found.error < 0.06, "\(name) \(found)")
            }
            let told = try area("wrong", "classifier_auc_\(input)")
            #expect(told.value > 0.7 && told.value > 0.5 + 5 * told.error, "\(input) \(told)")
        }
        let page = try String(contentsOfFile: directory.path("wrong/validation.html"), encoding: .utf8)
        #expect(page.contains("Classifiers") && page.contains("Tails and support") && page.contains("Receiver"))
    }

    @Test("wrong settings of a classifier are refused with key, found and wanted")
    func refusals() throws {
        for (text, wanted) in [
            ("{inputs: [cells]}", "'cells', wanted high_level, voxels"), ("{batch: 40}", "'validation.classifier.batch' is 40, wanted a multiple of 16"),
            ("{voxels: [3, 3]}", "'voxels' is"), ("{learning_rate: 0}", "'learning_rate' is '0'"),
        ] {
            let refused = ShowerSamples.refusal { _ = try ClassifierSettings(Configuration(text: text)) }
            #expect(refused?.message.contains(wanted) == true && refused?.code == 65, "\(refused.map { $0.message } ?? "accepted")")
        }
    }
}

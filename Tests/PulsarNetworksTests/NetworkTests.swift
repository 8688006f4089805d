import Foundation
import Networks
import NetworkKernels
import Numerics
import PulsarFrames
import PulsarNetworks
import TestSupport
import Testing

private func axes(_ extent: Int) -> FrameAxes {
    FrameAxes(channels: extent, samples: extent, firstFrequency: 1529.375, channelBandwidth: -320 / Double(extent), samplingTime: 102.4e-6)
}

@Suite struct PublishedNetworkTests {
    /// Parameters at 128 x 128 and 256 x 256, and multiply-adds in millions, counted from the published layers.
    static let table: [(ClassifierKind, small: Int, large: Int, work: Double)] = [
        (.PROT_LE_1_230908_0, 375_328, 1_784_352, 22.05), (.PROT_LE_1_230908_1, 1_124_214, 5_351_286, 51.6),
        (.PROT_LE_1_230908_2, 4_488_172, 21_396_460, 86.4), (.PROT_LE_1_230909_0, 483_908, 2_499_140, 28.6),
        (.PROT_LE_1_230909_1, 965_388, 4_995_852, 49.3), (.PROT_LE_1_230909_2, 3_850_398, 19_972_254, 82.8),
    ]

    @Test("have the published numbers of parameters and multiply-adds", arguments: PublishedNetworkTests.table.indices)
    func parameters(_ row: Int) throws {
        let (kind, small, large, work) = Self.table[row]
        for (extent, wanted) in [(128, small), (256, large)] {
            let graph = try ClassifierGraph.build(ClassifierModel(kind: kind, axes: axes(extent)), training: false).graph
            #expect(graph.layout.count == wanted, "\(kind.rawValue) at \(extent)")
        }
        guard row == 0 else { return }
        let classifier = try FrameClassifier(ClassifierModel(kind: kind, axes: axes(256)), training: false)
        #expect(abs(Double(classifier.multiplyAdds) / 1e6 - work) < 0.3)
    }

    @Test("frames that do not suit a network are refused with what was found and wanted") func refused() throws {
        func message(_ kind: ClassifierKind, _ axes: FrameAxes) -> String {
            do {
                _ = try ClassifierGraph.build(ClassifierModel(kind: kind, axes: axes), training: false)
                return ""
            } catch { return "\(error)" }
        }
        var wrong = axes(256)
        wrong.channels = 100
        #expect(message(.didymos, wrong).contains("found 100 channels of 256 samples, wanted channels in multiples of 64"))
        wrong = axes(256)
        wrong.channelBandwidth = 1.25
        #expect(message(.didymos, wrong).contains("wanted falling frequencies"))
        wrong = axes(256)
        wrong.samplingTime = .nan
        #expect(message(.PROT_LE_1_230908_0, wrong).contains("sampling time: found nan s"))
    }
}

private let torchScript = """
    import json, sys, torch
    import torch.nn.functional as F
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    cases = json.load(open(sys.argv[1]))
    answers = {}
    for name, case in cases.items():
        x = {k: torch.tensor(v["values"]).reshape(v["shape"] + [16]).movedim(-1, 0) for k, v in case["inputs"].items()}
        p = {k: torch.tensor(v["values"]).reshape(v["shape"]).requires_grad_() for k, v in case["parameters"].items()}
        def conv(name, x, stride=1, padding=None):
            w, b = p[name + "/weights"], p[name + "/bias"].flatten()
            function = F.conv1d if w.dim() == 3 else F.conv2d
            if padding is None:
                padding = [k // 2 for k in w.shape[2:]]
            return F.relu(function(x, w, b, stride=stride, padding=padding))
        def dense(name, x):
            return F.linear(x, p[name + "/weights"], p[name + "/bias"].flatten())
        if name == "didymos":
            a = conv("image3", conv("image2", conv("image1", x["image"], 2), 2), 2)
            b = F.max_pool2d(conv("paths1", x["paths"] + p["level"]), (2, 1))
            b = conv("paths3", F.max_pool2d(conv("paths2", b), 2))
            def line(name, x):
                y = F.max_pool1d(conv(name + "1", x), 4)
                return conv(name + "3", F.max_pool1d(conv(name + "2", y), 4))
            parts = [a, b, line("channels", x["channels"]), line("series", x["series"])]
            summary = lambda y: torch.cat([y.flatten(2).amax(2), y.flatten(2).mean(2)], 1)
            seen = [summary(y) for y in parts]
            seen.insert(2, F.max_pool2d(x["paths"] + p["level"], (8, 16)).flatten(1))
            answers4 = dense("answers", F.relu(dense("hidden", torch.cat(seen, 1))))
            table = torch.zeros(9, 4)
            for k in range(8):
                for bit in range(3):
                    table[k, bit] = k >> bit & 1
            table[8, 3] = 1
            logits = answers4 @ table.T
        else:
            y = F.max_pool2d(conv("conv1", x["frame"], padding=0), 2)
            y = F.max_pool2d(conv("conv2", y, padding=0), 2)
            y = conv("conv3", y, padding=0).flatten(1)
            logits = dense("classes", F.relu(dense("hidden", y)))
        loss = F.cross_entropy(logits, torch.tensor(case["targets"]))
        gradients = torch.autograd.grad(loss, [p[k] for k in case["order"]])
        answers[name] = {
            "logits": logits.T.flatten().tolist(), "loss": [loss.item()],
            "gradient": [v for g in gradients for v in g.flatten().tolist()],
        }
    print(json.dumps(answers))
    """

@Suite struct ClassifierTorchTests {
    @Test(
        "logits, loss and gradient are PyTorch's", .enabled(if: PythonPeer.has("torch"), "PyTorch is not installed: pip install torch==2.13.0+cpu"))
    func equalsTorch() throws {
        let stream = RandomStream(seed: 8, purpose: .test)
        var small = axes(64)
        small.samples = 64
        let models = [
            ToyClassifier.model, ClassifierModel(kind: .PROT_LE_1_230908_0, axes: small, preparation: .published),
            ClassifierModel(kind: .PROT_LE_1_230909_1, axes: small, preparation: .published),
        ]
        var questions: [String: Any] = [:]
        var ours: [String: [String: [Double]]] = [:]
        for model in models {
            let (graph, inputs) = try ClassifierGraph.build(model, training: true)
            let plan = try Plan(graph)
            var parameters = graph.initialParameters(seed: 2)
            // Biases other than zero.
            for i in parameters.indices { parameters[i] += 0.02 * Float(stream.normal(epoch: 1, index: UInt64(i), draw: 0)) }
            var given: [String: Any] = [:]
            for (k, input) in inputs.enumerated() {
                let lanes = try plan.input(input.name)
                for i in lanes.indices { lanes[i] = stream.normalLane(epoch: UInt64(10 + k), firstIndex: UInt64(16 * i), draw: 0) }
                given[input.name] = ["shape": input.shape, "values": lanes.flatMap { lane in (0..<16).map { Double(lane[$0]) } }] as [String: Any]
            }
            let targets = (0..<16).map { $0 % model.classes }
            let lanes = try plan.input("targets")
            for k in 0..<model.classes {
                var lane = Lane(repeating: 0)
                for j in 0..<16 where targets[j] == k { lane[j] = 1 }
                lanes[k] = lane
            }
            var gradient = [Float](repeating: 0, count: graph.layout.count)
            plan.run(parameters: parameters, gradient: &gradient)
            ours[model.kind.rawValue] = [
                "logits": try plan.output("logits").flatMap { lane in (0..<16).map { Double(lane[$0]) } },
                "loss": [Double(try plan.unbatchedOutput("loss")[0])], "gradient": gradient.map { Double($0) },
            ]
            var tensors: [String: Any] = [:]
            for tensor in graph.layout.tensors {
                tensors[tensor.name] = ["shape": tensor.shape, "values": parameters[tensor.range].map { Double($0) }] as [String: Any]
            }
            questions[model.kind.rawValue] = ["inputs": given, "targets": targets, "parameters": tensors, "order": graph.layout.tensors.map(\.name)] as [String: Any]
        }
        let directory = try TemporaryDirectory()
        try JSONSerialization.data(withJSONObject: questions).write(to: URL(fileURLWithPath: directory.path("cases.json")))
        let answer = try PythonPeer.run(torchScript, arguments: [directory.path("cases.json")])
        let peers = try #require(JSONSerialization.jsonObject(with: Data(answer.utf8)) as? [String: [String: [Double]]])
        for (name, values) in ours {
            let peer = try #require(peers[name])
            for (output, mine) in values {
                let theirs = try #require(peer[output])
                let scale = max(theirs.map(abs).max() ?? 0, 1e-3)
                #expect(mine.count == theirs.count)
                #expect(zip(mine, theirs).allSatisfy { abs($0 - $1) < 2e-5 * scale }, "\(name): \(output)")
            }
        }
    }
}

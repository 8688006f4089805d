import Foundation
import GlitchNetworks
import Glitches
import Networks
import Numerics
import TestSupport
import Testing

/// Numbers of one sign, as energies are, a function of the epoch alone.
private func numbers(_ count: Int, epoch: UInt64) -> [Float] {
    var x = [Double](repeating: 0, count: count)
    RandomStream(seed: 3, purpose: .test).fillNormals(&x, epoch: epoch, indices: 0..<UInt64(count), draw: 0)
    return x.map { Float(abs($0)) }
}

private func fill(_ learner: GlitchLearner) {
    for (epoch, lanes) in [learner.images, learner.target].enumerated() {
        let values = numbers(16 * lanes.count, epoch: UInt64(epoch))
        for i in lanes.indices { for lane in 0..<16 { lanes[i][lane] = values[16 * i + lane] } }
    }
}

/// The same networks in PyTorch, double precision, from parameters by name; loss, image and gradient.
private let torchScript = """
    import json, sys, torch
    import torch.nn.functional as F
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    case = json.load(open(sys.argv[1]))
    P = {k: torch.tensor(v["values"], dtype=torch.float64).reshape(v["shape"]).requires_grad_() for k, v in case["parameters"].items()}
    def batched(e):
        return torch.tensor(e["values"], dtype=torch.float64).reshape(e["shape"] + [16]).movedim(-1, 0)
    x, y = batched(case["images"]), batched(case["target"])

    def norm(x, n):
        return F.batch_norm(x, None, None, P[n + "/scale"].flatten(), P[n + "/shift"].flatten(), training=True, eps=1e-5)
    def block(x, n):
        z = F.leaky_relu(norm(F.conv2d(x, P[n + "/convolution1/weights"], padding=1), n + "/normalisation1"), 0.01)
        z = norm(F.conv2d(z, P[n + "/convolution2/weights"], padding=1), n + "/normalisation2")
        s = F.conv2d(x, P[n + "/shortcut/weights"]) if n + "/shortcut/weights" in P else x
        return F.leaky_relu(z + s, 0.01)
    def stage(x, n):
        return block(block(x, n + "/block1"), n + "/block2")
    def conv(x, n, pad=0):
        return F.conv2d(x, P[n + "/weights"], P[n + "/bias"].flatten(), padding=pad)
    def gate(x, g, n):
        q, k, v = (conv(s, n + m).flatten(2) for s, m in ((x, "/query"), (g, "/key"), (g, "/value")))
        a = torch.softmax(torch.bmm(q.transpose(1, 2), k), -1)
        return P[n + "/gamma"] * torch.bmm(v, a.transpose(1, 2)).view_as(x) + x
    def similarity(a, b, span=21.0):
        t = torch.arange(11.0) - 5
        g = torch.exp(-t * t / 4.5); g = g / g.sum()
        m = torch.cat([a, b, a * a, b * b, a * b], 1).flatten(0, 1)[:, None]
        m = F.conv2d(F.conv2d(m, g.view(1, 1, 1, 11)), g.view(1, 1, 11, 1))
        m = m.view(len(a), 5, *m.shape[-2:])
        ma, mb, aa, bb, ab = m.unbind(1)
        c1, c2 = (0.01 * span) ** 2, (0.03 * span) ** 2
        return ((2 * ma * mb + c1) * (2 * (ab - ma * mb) + c2) / ((ma * ma + mb * mb + c1) * (aa - ma * ma + bb - mb * mb + c2))).mean()

    def unet(z):
        skips = []
        for i in (1, 2, 3):
            z = stage(z, f"encoder{i}"); skips.append(z); z = F.max_pool2d(z, 2)
        z = stage(z, "bottleneck")
        for i in (1, 2, 3):
            z = conv(F.interpolate(z, scale_factor=2, mode="bilinear", align_corners=False), f"up{i}/convolution", 1)
            z = stage(torch.cat([z, gate(skips[3 - i], z, f"attention{i}")], 1), f"decoder{i}")
        return conv(z, "final")
    def resnet(z):
        mirrored = lambda z, n: F.pad(z, (n, n, n, n), mode="reflect")
        z = F.relu(F.instance_norm(conv(mirrored(z, 3), "first/convolution"), eps=1e-5))
        for i in (1, 2):
            z = F.relu(F.instance_norm(F.conv2d(z, P[f"down{i}/convolution/weights"], P[f"down{i}/convolution/bias"].flatten(), stride=2, padding=1), eps=1e-5))
        for i in range(1, case["blocks"] + 1):
            t = F.relu(F.instance_norm(conv(mirrored(z, 1), f"block{i}/convolution1"), eps=1e-5))
            z = z + F.instance_norm(conv(mirrored(t, 1), f"block{i}/convolution2"), eps=1e-5)
        for i in (1, 2):
            z = F.relu(conv(F.interpolate(z, scale_factor=2, mode="nearest"), f"up{i}/convolution", 1))
        return conv(mirrored(z, 1), "final")
    image = F.softplus({"unet": unet, "resnet": resnet}[case["kind"]](x))
    loss = 0.8 * (image - y).abs().mean() + 0.2 * (1 - similarity(image, y))
    loss.backward()
    print(json.dumps({"loss": [loss.item()], "image": image.movedim(0, -1).reshape(-1).tolist(),
                      **{k: p.grad.reshape(-1).tolist() for k, p in P.items()}}))
    """

@Suite("glitchgen's networks") struct GlitchGraphTests {
    @Test("the reference's numbers of parameters") func parameters() throws {
        let unet = try GlitchGraph(GlitchArchitecture(), normalisation: .shard).graph
        #expect(unet.layout.count == 16_836_660)
        let resnet = try GlitchGraph(GlitchArchitecture(kind: .resnet, inputs: 3), normalisation: .shard).graph
        #expect(resnet.layout.count == 14_909_825)
    }

    @Test(
        "small networks: image, loss and every gradient as PyTorch's", .enabled(if: PythonPeer.has("torch"), "PyTorch is not installed: pip install torch==2.13.0+cpu"),
        arguments: GlitchNetworkKind.allCases)
    func equalsPyTorch(kind: GlitchNetworkKind) throws {
        let learner = try GlitchLearner(GlitchArchitecture(kind: kind, inputs: 3, base: 8, blocks: 2, size: 16), loss: GlitchLoss())
        fill(learner)
        var parameters = learner.initialParameters(seed: 5)
        // Attention takes part.
        for tensor in learner.layout.tensors where tensor.name.hasSuffix("gamma") { parameters[tensor.range.lowerBound] = 0.7 }
        var gradient = [Float](repeating: .nan, count: parameters.count)
        let result = learner.descend(parameters: parameters, gradient: &gradient)
        func entry(_ shape: [Int], _ values: [Double]) -> [String: Any] { ["shape": shape, "values": values] }
        func values(_ lanes: UnsafeMutableBufferPointer<Lane>) -> [Double] { lanes.flatMap { lane in (0..<16).map { Double(lane[$0]) } } }
        var tensors: [String: Any] = [:]
        for tensor in learner.layout.tensors { tensors[tensor.name] = entry(tensor.shape, parameters[tensor.range].map(Double.init)) }
        let directory = try TemporaryDirectory()
        let file = directory.path("case.json")
        try JSONSerialization.data(withJSONObject: [
            "kind": kind.rawValue, "blocks": 2, "parameters": tensors, "images": entry([3, 16, 16], values(learner.images)), "target": entry([1, 16, 16], values(learner.target)),
        ]).write(to: URL(fileURLWithPath: file))
        let answer = try PythonPeer.run(torchScript, arguments: [file])
        let peer = try #require(JSONSerialization.jsonObject(with: Data(answer.utf8)) as? [String: [Double]])
        #expect(abs(result.loss - (peer["loss"]?[0] ?? .nan)) < 1e-5 * abs(result.loss))
        let image = learner.lastStrain.flatMap { lane in (0..<16).map { Double(lane[$0]) } }
        #expect(difference(image, peer["image"] ?? []) < 3e-5)
        let scale = gradient.map { Double(abs($0)) }.max() ?? 0
        for tensor in learner.layout.tensors {
            let theirs = try #require(peer[tensor.name])
            let worst = zip(gradient[tensor.range], theirs).map { abs(Double($0) - $1) }.max() ?? .infinity
            // Single precision against double; gradients by queries are sums that nearly cancel.
            #expect(worst < 1e-3 * max(theirs.map { abs($0) }.max() ?? 0, 0.01 * scale), "\(tensor.name)")
        }
    }

    private func difference(_ a: [Double], _ b: [Double]) -> Double {
        guard a.count == b.count else { return .infinity }
        return (zip(a, b).map { abs($0 - $1) }.max() ?? .infinity) / (b.map { abs($0) }.max() ?? 1)
    }

    @Test("with a shard's own statistics folded in, the network draws what it drew in training", arguments: GlitchNetworkKind.allCases)
    func folded(kind: GlitchNetworkKind) throws {
        let architecture = GlitchArchitecture(kind: kind, inputs: 2, base: 8, blocks: 2, size: 16)
        let learner = try GlitchLearner(architecture, loss: GlitchLoss())
        fill(learner)
        let parameters = learner.initialParameters(seed: 6)
        let statistics = learner.statistics(parameters: parameters)
        let widths = learner.normalised.map(\.channels), total = widths.reduce(0, +)
        var (means, variances): ([[Float]], [[Float]]) = ([], [])
        var place = 0
        for (index, width) in widths.enumerated() {
            means.append(statistics[place..<place + width].map { Float($0) })
            // A shard is normalised by the mean square deviation; what is kept is the unbiased variance.
            let name = learner.normalised[index].convolution
            let level = name.hasPrefix("bottleneck") ? 3 : name.hasPrefix("encoder") ? Int(name.dropFirst(7).prefix(1)).map { $0 - 1 } : Int(name.dropFirst(7).prefix(1)).map { 3 - $0 }
            let count = Double(16 * 256 >> (2 * (level ?? 0)))
            variances.append(statistics[total + place..<total + place + width].map { Float($0 * (count - 1) / count) })
            place += width
        }
        let model = GlitchModel(
            strain: "S", channels: ["A", "B"], image: QImageSettings(), architecture: architecture, scaling: ImageScaling(.energy, scales: [1, 1, 1]),
            parameters: parameters, means: means, variances: variances)
        let generator = try GlitchGenerator(model)
        let images = (0..<16).flatMap { lane in learner.images.map { $0[lane] } }
        let strain = try generator.generate(images, count: 16)
        let wanted = (0..<16).flatMap { lane in learner.lastStrain.map { $0[lane] } }
        #expect(difference(strain.map(Double.init), wanted.map(Double.init)) < 1e-4)
        // Fewer samples than a batch: the same images.
        let few = try generator.generate(Array(images.prefix(3 * 512)), count: 3)
        #expect(few == Array(strain.prefix(3 * 256)))
        #expect(throws: GlitchError.self) { try generator.generate(images, count: 17) }
    }
}

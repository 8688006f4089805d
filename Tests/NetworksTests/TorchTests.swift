import Foundation
import Networks
import TestSupport
import Testing

/// The same small cases written in PyTorch: `x`, `y` are `[16, channels, space…]`, `w` the parameters, all in double precision.
private let torchExpressions: [(name: String, expression: String)] = [
    ("add", "x + y"), ("subtract", "x - y"), ("multiply", "x * y"), ("divide", "x / y"), ("affine", "2.5 * x + 0.5"),
    ("square", "x ** 2"), ("absolute", "x.abs()"), ("reciprocal", "1 / x"), ("squareRoot", "x.sqrt()"),
    ("exp", "x.exp()"), ("log", "x.log()"), ("tanh", "x.tanh()"), ("sigmoid", "x.sigmoid()"), ("softplus", "F.softplus(x)"),
    ("sin", "x.sin()"), ("cos", "x.cos()"), ("erf", "x.erf()"), ("relu", "F.relu(x)"),
    ("leakyRelu", "F.leaky_relu(x, float(torch.tensor(0.3, dtype=torch.float32)))"),
    ("maximum", "torch.maximum(x, y)"), ("minimum", "torch.minimum(x, y)"), ("select", "torch.where(x > 0, x * y, y ** 2)"),
    ("long chain", "((x + y).tanh() * y + 2 * x.sigmoid() - (x + y).tanh() ** 2) / (y ** 2 + 1)"),
    ("bias per channel", "(x + w[0]).tanh()"), ("scale per site", "x * w[0] + w[0]"), ("one number", "x * w[0]"),
    ("number per sample", "x * y[:, :, None, None]"), ("mask over channels", "x * y"),
    ("sum over channels", "(x ** 2).sum(1, keepdim=True) * y"),
    ("sum over sites and lanes", "(x ** 2).sum((0, 2, 3), keepdim=True) * y"),
    ("maximum over channels", "x.amax(1, keepdim=True) * y"),
    ("slice channels", "x[:, 1:3].exp() * y[:, 2:4]"), ("concatenate", "torch.cat((x ** 2, y, x), 1)"),
    ("pad channels", "F.pad(x ** 2, (0, 0, 0, 0, 1, 2))"), ("reshape", "(x * y).reshape(16, 4, 8)"),
    ("roll", "x.roll((1, -2), (2, 3)) * y"),
    ("upsample", "F.interpolate(x, scale_factor=(2, 3), mode='nearest') * y"),
    ("average pool", "F.avg_pool2d(x ** 2, (2, 3)) ** 2"), ("maximum pool", "F.max_pool2d(x, (2, 3)) ** 2"),
    ("linear upsample", "F.interpolate(x ** 2, scale_factor=2, mode='bilinear', align_corners=False) * y"),
    (
        "attention",
        "torch.bmm(y.flatten(2), torch.softmax(torch.bmm(x[:, :2].flatten(2).transpose(1, 2), y[:, 1:].flatten(2)), -1).transpose(1, 2)).view_as(y)"
    ),
    ("convolution 1d, periodic", "F.conv1d(F.pad(x, (1, 1), mode='circular'), w[0])"),
    ("convolution 2d, periodic", "F.conv2d(F.pad(x, (1, 1, 1, 1), mode='circular'), w[0])"),
    ("convolution 2d, zeros", "F.conv2d(x, w[0], padding=1)"),
    ("convolution 2d, uneven zeros, stride", "F.conv2d(F.pad(x, (1, 2, 0, 1)), w[0], stride=2)"),
    ("convolution 3d, valid", "F.conv3d(x, w[0])"),
    ("transposed convolution", "F.conv_transpose2d(x, w[0], stride=2, padding=1, output_padding=1)"),
    ("dense", "x @ w[0].T"),
    (
        "two convolutions",
        "F.conv2d(F.pad((F.conv2d(F.pad(x, (1, 1, 1, 1), mode='circular'), w[0]) + w[1]).tanh(), (1, 1, 1, 1), mode='circular'), w[2]) + w[3]"
    ),
    (
        "ghost batch normalisation",
        "F.batch_norm(x, None, None, w[0].flatten(), w[1].flatten(), training=True, eps=float(torch.tensor(1e-5, dtype=torch.float32)))"
    ),
    ("softmax cross-entropy", "F.cross_entropy(x, y.softmax(1), reduction='none')[:, None]"),
    ("binary cross-entropy", "F.binary_cross_entropy_with_logits(x, y.sigmoid(), reduction='none').mean((1, 2, 3))[:, None]"),
    ("mean square error", "((x - y) ** 2).mean((1, 2, 3))[:, None]"),
    (
        "second derivative",
        """
        torch.autograd.grad((F.conv2d(F.pad(x, (1, 1, 1, 1), mode='circular'), w[0]) + w[1]).tanh().square().sum(), x, create_graph=True)[0] ** 2
        """
    ),
    ("second derivative of a dense network", "torch.autograd.grad((F.softplus(x @ w[0].T + w[1]) @ w[2].T).sum(), x, create_graph=True)[0].sigmoid()"),
]

private let torchScript = """
    import json, sys, torch
    import torch.nn.functional as F
    torch.set_num_threads(1)

    def batched(entry):  # [element][lane] to [lane, channels, space...]
        return torch.tensor(entry["values"], dtype=torch.float64).reshape(entry["shape"] + [16]).movedim(-1, 0).clone().requires_grad_()

    def flat(t):
        return t.movedim(0, -1).reshape(-1).tolist()

    answers = {}
    for case in json.load(open(sys.argv[1])):
        x, y, weight = (batched(case[k]) for k in ("x", "y", "weight"))
        w = [torch.tensor(p["values"], dtype=torch.float64).reshape(p["shape"]).requires_grad_() for p in case["parameters"]]
        result = eval(case["expression"].strip())
        loss = (result * weight).sum() / 16
        gradients = torch.autograd.grad(loss, [x, y] + w, allow_unused=True)
        zeros = lambda g, like: torch.zeros_like(like) if g is None else g
        answers[case["name"]] = {
            "result": flat(result.expand(weight.shape)), "loss": [loss.item()],
            "dx": flat(zeros(gradients[0], x)), "dy": flat(zeros(gradients[1], y)),
            "gradient": [v for g, p in zip(gradients[2:], w) for v in zeros(g, p).reshape(-1).tolist()],
        }
    print(json.dumps(answers))
    """

@Suite struct TorchTests {
    /// Values, input gradients and parameter gradients of the interpreter against PyTorch's autograd, both in double precision.
    @Test(.enabled(if: PythonPeer.has("torch"), "PyTorch is not installed: pip install torch==2.13.0+cpu"))
    func equalsPyTorch() throws {
        var questions: [[String: Any]] = []
        var ours: [String: ReferenceValues] = [:]
        for (name, expression) in torchExpressions {
            let operation = try #require(allCases.first { $0.name == name }, "\(name)")
            let graph = try operation.graph()
            let data = CaseData(graph, domain: operation.domain)
            ours[name] = try ReferenceInterpreter(graph).evaluate(inputs: data.inputs, parameters: data.parameters)
            var question: [String: Any] = ["name": name, "expression": expression]
            for node in graph.inputNodes {
                let input = graph.nodes[node]
                question[input.name] = ["shape": input.type.extents, "values": data.inputs[input.name] ?? []] as [String: Any]
            }
            question["parameters"] = graph.layout.tensors.map { ["shape": $0.shape, "values": Array(data.parameters[$0.range])] as [String: Any] }
            questions.append(question)
        }
        let directory = try TemporaryDirectory()
        let file = directory.path("cases.json")
        try JSONSerialization.data(withJSONObject: questions).write(to: URL(fileURLWithPath: file))
        let answer = try PythonPeer.run(torchScript, arguments: [file])
        let peers = try #require(JSONSerialization.jsonObject(with: Data(answer.utf8)) as? [String: [String: [Double]]])
        // A factor such as 1/6 is a Float in our graph and a double in the peer.
        let roundedFactors: Set = ["erf", "average pool"]
        for (name, values) in ours {
            let tolerance = roundedFactors.contains(name) ? 1e-7 : 1e-12
            let peer = try #require(peers[name])
            for output in ["result", "loss", "dx", "dy"] {
                let difference = relativeDifference(values.output(output) ?? [], peer[output] ?? [])
                #expect(difference < tolerance, "\(name): \(output)")
            }
            #expect(relativeDifference(values.gradient, peer["gradient"] ?? []) < tolerance, "\(name): gradient")
        }
    }
}

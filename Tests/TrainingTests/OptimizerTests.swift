import Foundation
import Numerics
import TestSupport
import Testing
import Training

/// The optimizers against their published updates as `torch.optim` computes them.
@Suite struct OptimizerTests {
    static let count = 40
    static let steps = 50

    /// A gradient that does not depend on the parameters, so that both sides see the same one.
    static func gradient(_ step: Int, _ i: Int) -> Float {
        Float(sin(0.7 * Double(i) + 0.31 * Double(step)) * pow(10, Double(i % 5) - 2))
    }
    static func start(_ i: Int) -> Float { Float(cos(Double(i))) }

    /// Name in the test's title, the rule, and the line of Python that makes its twin.
    static let pairs: [(name: String, optimizer: any Optimizer, twin: String)] = [
        ("Adam", Adam(), "torch.optim.Adam([p], lr=0.02)"),
        ("Adam with L2", Adam(firstDecay: 0.8, secondDecay: 0.99, weightDecay: 0.1),
            "torch.optim.Adam([p], lr=0.02, betas=(0.8, 0.99), weight_decay=0.1)"),
        ("AdamW", Adam.withDecoupledDecay(weightDecay: 0.05), "torch.optim.AdamW([p], lr=0.02, weight_decay=0.05)"),
        ("RMSprop", RMSprop(), "torch.optim.RMSprop([p], lr=0.02)"),
        ("RMSprop with momentum", RMSprop(decay: 0.9, momentum: 0.5, weightDecay: 0.01),
            "torch.optim.RMSprop([p], lr=0.02, alpha=0.9, momentum=0.5, weight_decay=0.01)"),
        ("SGD", SGD(), "torch.optim.SGD([p], lr=0.02)"),
        ("SGD with momentum", SGD(momentum: 0.9, weightDecay: 0.01),
            "torch.optim.SGD([p], lr=0.02, momentum=0.9, weight_decay=0.01)"),
        ("SGD with Nesterov momentum", SGD(momentum: 0.9, nesterov: true),
            "torch.optim.SGD([p], lr=0.02, momentum=0.9, nesterov=True)"),
    ]

    static func run(_ optimizer: any Optimizer) -> [Float] {
        let lanes = (count + laneWidth - 1) / laneWidth
        var parameters = [Lane](repeating: .zero, count: lanes)
        var moments = [Lane](repeating: .zero, count: lanes * max(optimizer.momentCount, 1))
        for i in 0..<count { parameters[i / laneWidth][i % laneWidth] = start(i) }
        for step in 0..<steps {
            var gradient = [Lane](repeating: .zero, count: lanes)
            for i in 0..<count { gradient[i / laneWidth][i % laneWidth] = self.gradient(step, i) }
            optimizer.update(
                parameters: &parameters, gradient: gradient, moments: &moments, lanes: lanes, step: step + 1,
                learningRate: 0.02, gradientFactor: 1)
        }
        #expect((count..<lanes * laneWidth).allSatisfy { parameters[$0 / laneWidth][$0 % laneWidth] == 0 })
        return (0..<count).map { parameters[$0 / laneWidth][$0 % laneWidth] }
    }

    @Test("50 steps agree with torch", .enabled(if: PythonPeer.has("torch"), "peer torch not installed"))
    func agreesWithTorch() throws {
        let start = (0..<Self.count).map { "\(Self.start($0))" }.joined(separator: ",")
        let gradients = (0..<Self.steps).map { step in
            "[" + (0..<Self.count).map { "\(Self.gradient(step, $0))" }.joined(separator: ",") + "]"
        }.joined(separator: ",\n")
        var script = "import torch\nstart = torch.tensor([\(start)])\ngradients = torch.tensor([\(gradients)])\n"
        for pair in Self.pairs {
            script += """
                p = start.clone().requires_grad_()
                o = \(pair.twin)
                for g in gradients:
                    p.grad = g.clone()
                    o.step()
                print(*[repr(float(x)) for x in p.detach()])

                """
        }
        let lines = try PythonPeer.run(script).split(separator: "\n")
        try #require(lines.count == Self.pairs.count)
        for (pair, line) in zip(Self.pairs, lines) {
            let wanted = line.split(separator: " ").compactMap { Double($0) }
            let found = Self.run(pair.optimizer).map(Double.init)
            try #require(wanted.count == found.count)
            // Fifty roundings of a float in another order, relative to the parameter or to 1.
            let largest = zip(found, wanted).map { abs($0 - $1) / max(1, abs($1)) }.max() ?? 1
            #expect(largest < 2e-6, "\(pair.name) differs by \(largest)")
        }
    }

    @Test("schedules agree with torch", .enabled(if: PythonPeer.has("torch"), "peer torch not installed"))
    func schedulesAgreeWithTorch() throws {
        let pairs: [(schedule: LearningRateSchedule, twin: String)] = [
            (.cosine(from: 0.1, to: 0.01, steps: 40), "s.CosineAnnealingLR(o, 40, eta_min=0.01)"),
            (.exponential(from: 0.1, factor: 0.9, every: 1), "s.ExponentialLR(o, 0.9)"),
            (.staircase(from: 0.1, factor: 0.5, every: 7), "s.StepLR(o, 7, 0.5)"),
            (.warmUp(steps: 5, first: 0.2, then: .constant(0.1)), "s.LinearLR(o, 0.2, 1.0, 5)"),
            (.oneCycle(peak: 0.3, steps: 40), "s.OneCycleLR(o, 0.3, total_steps=40)"),
        ]
        var script = "import torch, warnings\nwarnings.simplefilter('ignore')\ns = torch.optim.lr_scheduler\n"
        for pair in pairs {
            script += """
                o = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
                r = \(pair.twin)
                rates = []
                for _ in range(40):
                    rates.append(o.param_groups[0]['lr'])
                    o.step()
                    r.step() if len(rates) < 40 else None
                print(*map(repr, rates))

                """
        }
        let lines = try PythonPeer.run(script).split(separator: "\n")
        try #require(lines.count == pairs.count)
        for (pair, line) in zip(pairs, lines) {
            let wanted = line.split(separator: " ").compactMap { Double($0) }
            try #require(wanted.count == 40)
            for step in 0..<40 {
                #expect(abs(pair.schedule.rate(step: step) - wanted[step]) < 1e-12, "\(pair.schedule), step \(step)")
            }
        }
    }

    @Test("a schedule stays at its end")
    func ends() {
        #expect(LearningRateSchedule.cosine(from: 1, to: 0.1, steps: 10).rate(step: 1000) == 0.1)
        #expect(abs(LearningRateSchedule.oneCycle(peak: 1, steps: 10).rate(step: 1000) - 4e-6) < 1e-18)
    }
}

"""The residual attention U-Net of glitchgen in PyTorch, one core: a training step and an inference, 16 images of 8 x 64 x 64.

usage: OMP_NUM_THREADS=1 python3 benchmarks/glitch-network/peer.py [BASE] [STEPS]
Times are processor seconds of the thread, medians. The same layers, loss and batch as `didymos-bench glitch-network`; the similarity is
written out, because torchmetrics, which GlitchFlow takes it from, does the same work.
"""
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.set_num_threads(1)


class Residual(nn.Module):
    def __init__(self, a, b):
        super().__init__()
        self.c1, self.n1 = nn.Conv2d(a, b, 3, padding=1, bias=False), nn.BatchNorm2d(b)
        self.c2, self.n2 = nn.Conv2d(b, b, 3, padding=1, bias=False), nn.BatchNorm2d(b)
        self.short = nn.Identity() if a == b else nn.Conv2d(a, b, 1, bias=False)

    def forward(self, x):
        y = F.leaky_relu(self.n1(self.c1(x)), 0.01, inplace=True)
        return F.leaky_relu(self.n2(self.c2(y)) + self.short(x), 0.01, inplace=True)


class Gate(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.q, self.k, self.v = nn.Conv2d(c, c // 8, 1), nn.Conv2d(c, c // 8, 1), nn.Conv2d(c, c, 1)
        self.gamma = nn.Parameter(torch.zeros(1))

    def forward(self, x, g):
        b, c, h, w = x.shape
        q, k, v = self.q(x).flatten(2), self.k(g).flatten(2), self.v(g).flatten(2)
        weights = torch.softmax(torch.bmm(q.transpose(1, 2), k), -1)
        return self.gamma * torch.bmm(v, weights.transpose(1, 2)).view(b, c, h, w) + x


class UNet(nn.Module):
    def __init__(self, inputs=8, base=64):
        super().__init__()
        stage = lambda a, b: nn.Sequential(Residual(a, b), Residual(b, b))
        w = [base, 2 * base, 4 * base, 8 * base]
        self.down = nn.ModuleList(stage(a, b) for a, b in zip([inputs] + w[:2], w[:3]))
        self.bottom = stage(w[2], w[3])
        self.up = nn.ModuleList(nn.Conv2d(w[i + 1], w[i], 3, padding=1) for i in (2, 1, 0))
        self.gates = nn.ModuleList(Gate(w[i]) for i in (2, 1, 0))
        self.dec = nn.ModuleList(stage(2 * w[i], w[i]) for i in (2, 1, 0))
        self.final = nn.Conv2d(base, 1, 1)

    def forward(self, x):
        skips = []
        for stage in self.down:
            x = stage(x)
            skips.append(x)
            x = F.max_pool2d(x, 2)
        x = self.bottom(x)
        for up, gate, dec, skip in zip(self.up, self.gates, self.dec, reversed(skips)):
            x = up(F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False))
            x = dec(torch.cat([x, gate(skip, x)], 1))
        return F.softplus(self.final(x))


def similarity(a, b, span=21.0):
    x = torch.arange(11.0) - 5
    g = torch.exp(-x * x / 4.5)
    g = g / g.sum()
    maps = torch.cat([a, b, a * a, b * b, a * b], 1).flatten(0, 1)[:, None]
    maps = F.conv2d(F.conv2d(maps, g.view(1, 1, 1, 11)), g.view(1, 1, 11, 1)).view(len(a), 5, 54, 54)
    ma, mb, saa, sbb, sab = maps.unbind(1)
    c1, c2 = (0.01 * span) ** 2, (0.03 * span) ** 2
    return ((2 * ma * mb + c1) * (2 * (sab - ma * mb) + c2) / ((ma * ma + mb * mb + c1) * (saa - ma * ma + sbb - mb * mb + c2))).mean()


def main():
    base = int(sys.argv[1]) if len(sys.argv) > 1 else 64
    steps = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    torch.manual_seed(1)
    net = UNet(8, base)
    x, y = torch.randn(16, 8, 64, 64) ** 2, torch.randn(16, 1, 64, 64) ** 2
    def median(body, n):
        body()
        times = []
        for _ in range(n):
            t = time.thread_time()
            body()
            times.append(time.thread_time() - t)
        return sorted(times)[n // 2]

    def step():
        net.zero_grad(set_to_none=True)
        out = net(x)
        (0.8 * (out - y).abs().mean() + 0.2 * (1 - similarity(out, y))).backward()

    count = sum(p.numel() for p in net.parameters())
    net.train()
    training = median(step, steps)
    net.eval()
    with torch.no_grad():
        inference = median(lambda: net(x), steps)
    print(f"PyTorch {torch.__version__}, one core, base {base}: {count} parameters, step {training:.3f} s, inference {inference:.3f} s")


main()

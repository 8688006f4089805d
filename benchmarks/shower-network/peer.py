#!/usr/bin/env python3
"""The peer of benchmarks/shower-network: 3DGAN (Keras profile) in PyTorch, float32, one thread; the same passes as `didymos-bench shower-step`.

Reads names of passes from standard input, does each once and prints a JSON line: processor milliseconds per shower.
"""
import json, math, sys, time
import torch
from torch import nn
import torch.nn.functional as F


def normalised(channels):
    return nn.BatchNorm3d(channels, eps=1e-6, momentum=0.01)


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.dense = nn.Linear(256, 5184)
        layers, inputs = [nn.Upsample(scale_factor=6, mode="nearest")], 8
        for channels, kernel, pad, norm in [
            (8, (6, 6, 8), 0, True), (6, (4, 4, 6), (2, 2, 1), True), (6, (4, 4, 6), (2, 2, 1), True), (6, (4, 4, 6), (2, 2, 1), True),
            (6, (3, 3, 5), (1, 1, 0), True), (6, (3, 3, 3), (1, 1, 0), False), (1, (2, 2, 2), 0, False)]:
            layers += [nn.Conv3d(inputs, channels, kernel, padding=pad), nn.ReLU()] + ([normalised(channels)] if norm else [])
            inputs = channels
        self.layers = nn.Sequential(*layers)

    def forward(self, z):
        return self.layers(self.dense(z).reshape(-1, 8, 9, 9, 8))


def angle_and_sum(image):
    e = torch.where(image > 0, image, 1.0) ** (1 / 0.85) * (image > 0)
    cx, cy, cz = (torch.arange(k) + 0.5 for k in e.shape[1:])
    total = e.sum((1, 2, 3))
    x0, y0, z0 = (e.sum((2, 3)) * cx).sum(1) / total, (e.sum((1, 3)) * cy).sum(1) / total, (e.sum((1, 2)) * cz).sum(1) / total
    layer = e.sum((1, 2))
    has = layer != 0
    safe = torch.where(has, layer, 1.0)
    x, y = (e.sum(2) * cx[None, :, None]).sum(1) / safe, (e.sum(1) * cy[None, :, None]).sum(1) / safe
    m = (y - y0[:, None]) / torch.sqrt(torch.clamp((x - x0[:, None]) ** 2 + (cz - z0[:, None]) ** 2, min=1e-7))
    m = torch.where(cz < z0[:, None], -m, m)
    w = cz * has
    return ((math.pi / 2 - torch.atan(m)) * w).sum(1) / w.sum(1), total


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        layers, inputs = [], 1
        for channels, pad, norm in [
            (16, (2, 3, 2, 3, 2, 2), False), (8, (1, 1, 0, 0, 0, 0), True), (8, (1, 1, 0, 0, 0, 0), True), (8, (0,) * 6, True)]:
            layers += [nn.ConstantPad3d(pad, 0.0), nn.Conv3d(inputs, channels, (5, 6, 6)), nn.LeakyReLU(0.3)]
            layers += ([normalised(channels)] if norm else []) + [nn.Dropout(0.2)]
            inputs = channels
        self.layers = nn.Sequential(*layers, nn.AvgPool3d(2), nn.Flatten())
        self.generation, self.auxiliary = nn.Linear(19152, 1), nn.Linear(19152, 1)

    def forward(self, image):
        x = self.layers(image)
        return self.generation(x)[:, 0], self.auxiliary(x)[:, 0], *angle_and_sum(image[:, 0])


def loss(outputs, target):
    logit, energy, angle, total = outputs
    return (3 * F.binary_cross_entropy_with_logits(logit, target) + 10 * ((energy - target).abs() / target).mean()
            + 25 * (angle - target).abs().mean() + 10 * ((total - target).abs() / target).mean())


def main():
    batch = 16
    torch.set_num_threads(1)
    torch.manual_seed(1)
    g, d = Generator(), Discriminator()
    assert sum(q.numel() for q in g.parameters()) == 1364983 and sum(q.numel() for q in d.parameters()) == 87354
    of_g, of_d = (torch.optim.RMSprop(n.parameters(), lr=1e-3, alpha=0.9, eps=1e-7) for n in (g, d))
    z, target = torch.randn(batch, 256), torch.ones(batch)
    z[:, 0], z[:, 1] = 0.5, 1.5
    image = F.relu(torch.randn(batch, 1, 51, 51, 25))

    def generate():
        g.eval()
        with torch.no_grad():
            result = g(z)
        g.train()
        return result

    def judge(x):
        of_d.zero_grad(set_to_none=True)
        loss(d(x), target).backward()
        of_d.step()

    def imitate():
        of_g.zero_grad(set_to_none=True)
        for q in d.parameters():
            q.requires_grad_(False)
        loss(d(g(z)), target).backward()
        for q in d.parameters():
            q.requires_grad_(True)
        of_g.step()

    def step():
        judge(image)
        judge(generate())
        imitate()
        imitate()

    passes = {"generate": generate, "discriminator": lambda: judge(image), "generator": imitate, "step": step}
    for line in sys.stdin:
        name = line.strip()
        start = time.process_time()
        passes[name]()
        print(json.dumps({"pass": name, "milliseconds_per_shower": 1e3 * (time.process_time() - start) / batch}), flush=True)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""The peer of benchmarks/coupling-step: one reverse-KL training step of the normflow `scalar_affine` model in PyTorch.

Same mathematics as `flowtrain`'s architecture `affine`: power-spectral-density block (a spline in the lattice momentum squared for
the non-zero modes, a spline on the zero mode), a spline on every site, four Z2-symmetric affine couplings on a checkerboard (periodic
3x3 convolutions 1-8-8-2, tanh, no bias), a last spline on every site; action b, c, d of two-dimensional phi^4; AdamW.

    python3 peer.py --extent 16 --batch 128 --steps 20        # one thread; prints one JSON line
"""
import argparse, json, math, statistics, time
import torch
from torch import nn


def rational_quadratic(x, knots_x, knots_y, slopes):
    """Monotone rational-quadratic spline (Gregory and Delbourgo 1982): value and derivative at x inside the knots."""
    i = torch.searchsorted(knots_x, x.detach(), right=True).clamp(1, len(knots_x) - 1) - 1
    x0, y0, d0, d1 = knots_x[i], knots_y[i], slopes[i], slopes[i + 1]
    w, h = knots_x[i + 1] - x0, knots_y[i + 1] - y0
    s, t = h / w, (x - x0) / w
    u = t * (1 - t)
    denominator = s + (d1 + d0 - 2 * s) * u
    y = y0 + h * (s * t * t + d0 * u) / denominator
    derivative = s * s * (d1 * t * t + 2 * s * u + d0 * (1 - t) ** 2) / denominator**2
    return y, derivative


class Spline(nn.Module):
    """Knots on [low, high] from softmax widths and heights; slopes by softplus in base 2, so that zeros give the identity."""

    def __init__(self, knots, low):
        super().__init__()
        self.low = low
        self.width, self.height = nn.Parameter(torch.zeros(knots - 1)), nn.Parameter(torch.zeros(knots - 1))
        self.slope = nn.Parameter(torch.zeros(knots))

    def forward(self, x):
        zero = x.new_zeros(1)
        edges = lambda w: self.low + (1 - self.low) * torch.cat((zero, torch.cumsum(torch.softmax(w, 0), 0)))
        return rational_quadratic(x, edges(self.width), edges(self.height), nn.functional.softplus(self.slope, beta=math.log(2)))


class SiteSpline(nn.Module):
    """sigmoid, odd spline on [1/2, 1], logit: an odd monotone map of the line."""

    def __init__(self, knots):
        super().__init__()
        self.spline = Spline(knots, 0.5)

    def forward(self, x):
        a = x.abs()
        u = torch.sigmoid(a)
        v, slope = self.spline(u.clamp(max=1 - 1e-6))
        y = torch.log(v / (1 - v))
        log_derivative = torch.log(slope * u * (1 - u) / (v * (1 - v)))
        return torch.sign(x) * y, log_derivative


class SpectralDensity(nn.Module):
    """Non-zero modes divided by the root of a spline in the normalised lattice momentum squared; the zero mode by a spline of its own."""

    def __init__(self, extent, knots=10):
        super().__init__()
        self.extent = extent
        k = 4 * torch.sin(torch.arange(extent) * math.pi / extent) ** 2
        k2 = k[:, None] + k[None, : extent // 2 + 1]
        self.register_buffer("k2", k2 / k2.max())
        weight = torch.full_like(k2, 2.0)
        weight[:, 0] = 1
        weight[:, -1] = 1
        weight[0, 0] = 0
        self.register_buffer("weight", weight)
        self.log_ends = nn.Parameter(torch.tensor([0.0, math.log(8.0)]))
        self.spline, self.zero_mode = Spline(knots, 0.0), SiteSpline(knots)
        self.log_scale = nn.Parameter(torch.zeros(()))

    def forward(self, x):
        low, high = torch.exp(self.log_ends)
        inverse = low + high * self.spline(self.k2.reshape(-1))[0].reshape(self.k2.shape)
        log_gain = -0.5 * torch.log(inverse)
        mean = x.mean((1, 2), keepdim=True)
        y = torch.fft.irfft2(torch.fft.rfft2(x - mean) * torch.exp(log_gain), s=(self.extent, self.extent))
        zero = mean[:, 0, 0] * self.extent
        new, log_derivative = self.zero_mode(zero)
        y = y + (new * torch.exp(self.log_scale) / self.extent)[:, None, None]
        return y, (self.weight * log_gain).sum() + log_derivative + self.log_scale


class ScalarAffine(nn.Module):
    def __init__(self, extent, couplings=4, hidden=(8, 8)):
        super().__init__()
        self.density, self.first, self.last = SpectralDensity(extent), SiteSpline(50), SiteSpline(50)
        even = (torch.arange(extent)[:, None] + torch.arange(extent)[None, :]) % 2 == 0
        self.register_buffer("even", even.float())
        widths = (1, *hidden, 2)
        self.nets = nn.ModuleList()
        for _ in range(couplings):
            layers = []
            for a, b in zip(widths, widths[1:]):
                layers += [nn.Conv2d(a, b, 3, padding=1, padding_mode="circular", bias=False), nn.Tanh()]
            self.nets.append(nn.Sequential(*layers[:-1]))

    def forward(self, z):
        x, log_jacobian = self.density(z)
        x, d = self.first(x)
        log_jacobian = log_jacobian + d.sum((1, 2))
        for i, net in enumerate(self.nets):
            active = self.even if i % 2 == 0 else 1 - self.even
            t, s = net((x * (1 - active)).unsqueeze(1)).unbind(1)
            s = active * s.abs()
            x = (1 - active) * x + active * (t + x * torch.exp(-s))
            log_jacobian = log_jacobian - s.sum((1, 2))
        x, d = self.last(x)
        return x, log_jacobian + d.sum((1, 2))


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--extent", type=int, default=16)
    p.add_argument("--batch", type=int, default=128)
    p.add_argument("--steps", type=int, default=20)
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--double", action="store_true")
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(1)
    if a.double:
        torch.set_default_dtype(torch.float64)
    model = ScalarAffine(a.extent)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    b, c, d = 0.634, 0.0, 0.5
    times = []
    for step in range(a.steps + 5):
        start = time.perf_counter()
        z = torch.randn(a.batch, a.extent, a.extent)
        x, log_jacobian = model(z)
        log_q = -0.5 * (z * z).sum((1, 2)) - 0.5 * math.log(2 * math.pi) * a.extent**2 - log_jacobian
        neighbours = torch.roll(x, 1, 1) + torch.roll(x, 1, 2)
        action = (-b * x * neighbours + c * x**2 + d * x**4).sum((1, 2))
        loss = (log_q + action).mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        if step >= 5:
            times.append(1e3 * (time.perf_counter() - start))
    print(json.dumps({
        "program": "pytorch " + torch.__version__, "extent": a.extent, "batch": a.batch, "threads": a.threads,
        "precision": "float64" if a.double else "float32", "parameters": sum(q.numel() for q in model.parameters()),
        "step_ms_median": statistics.median(times), "step_ms_min": min(times), "loss": loss.item()}))


if __name__ == "__main__":
    main()

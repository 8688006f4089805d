/// 3DGAN in PyTorch, float64, written from the published description: the reference of the tests here.
///
/// Reads `SIZE BATCH` and float32 files from its directory; writes float64 files beside them.
///
/// A rectifier has a kink at zero, where the gradient jumps. A number within single precision's rounding of zero falls on one side there and perhaps on
/// the other here, and a fraction f of such numbers moves a gradient by the root of f: no bug, and far above rounding. So the reference takes the
/// sides as they were decided (`*.sides`, a byte each), and says how many of these it would have decided otherwise and how far from zero they are.
let torchReference = #"""
import sys, math, json
import numpy as np, torch
from torch import nn
import torch.nn.functional as F

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)
directory, size, batch = sys.argv[1], sys.argv[2], int(sys.argv[3])
sizes = {
    "keras": dict(latent=256, seed=(8, 9, 9, 8), up=(6, 6, 6), image=(51, 51, 25), pool=2,
        g=[(8, (6, 6, 8), 0, True), (6, (4, 4, 6), (2, 2, 1), True), (6, (4, 4, 6), (2, 2, 1), True), (6, (4, 4, 6), (2, 2, 1), True),
           (6, (3, 3, 5), (1, 1, 0), True), (6, (3, 3, 3), (1, 1, 0), False), (1, (2, 2, 2), 0, False)],
        d=[(16, (5, 6, 6), ((2, 2), (2, 3), (2, 3)), False), (8, (5, 6, 6), ((0, 0), (0, 0), (1, 1)), True),
           (8, (5, 6, 6), ((0, 0), (0, 0), (1, 1)), True), (8, (5, 6, 6), ((0, 0), (0, 0), (0, 0)), True)]),
    "miniature": dict(latent=10, seed=(3, 4, 4, 3), up=(3, 3, 4), image=(10, 10, 5), pool=2,
        g=[(4, (3, 3, 5), 0, True), (3, (2, 2, 3), (1, 1, 1), True), (3, (3, 3, 3), (1, 1, 0), False), (1, (2, 2, 2), 0, False)],
        d=[(4, (3, 4, 4), ((1, 1), (1, 2), (1, 2)), False), (3, (3, 4, 4), ((0, 0), (0, 0), (1, 1)), True)]),
    "small": dict(filled=True, latent=8, seed=(4, 5, 5, 4), up=(3, 3, 2), at=1, image=(10, 10, 5), pool=1, power=0.5, slopes=(0.2, 0.2), stride=2,
        g=[(4, (3, 3, 3), (1, 1, 1), False), (3, (4, 4, 2), 0, False), (1, (3, 3, 3), 0, False)],
        d=[(4, (3, 3, 3), ((1, 1), (1, 1), (1, 1)), False), (6, (4, 4, 3), ((1, 1), (1, 1), (1, 1)), True)]),
}
spec = dict(dict(at=0, filled=False, power=0.85, slopes=(0, 0.3), stride=1), **sizes[size])

def read(name, *shape):
    return torch.from_numpy(np.fromfile(f"{directory}/{name}.f32", dtype=np.float32).astype(np.float64)).reshape(*shape)

def write(name, tensor):
    tensor.detach().numpy().astype(np.float64).tofile(f"{directory}/{name}.f64")

def take(flat, shapes):
    out, at = [], 0
    for shape in shapes:
        n = int(np.prod(shape))
        out.append(flat[at:at + n].reshape(shape))
        at += n
    assert at == flat.numel(), (at, flat.numel())
    return out

def normalise(x, gamma, beta):
    dims = (0, 2, 3, 4)
    mean, var = x.mean(dims, keepdim=True), x.var(dims, unbiased=False, keepdim=True)
    return (x - mean) / torch.sqrt(var + 1e-6) * gamma.reshape(1, -1, 1, 1, 1) + beta.reshape(1, -1, 1, 1, 1)

def shapes_of(layers, inputs):
    shapes = []
    for channels, kernel, _, normalised in layers:
        shapes += [(channels, inputs, *kernel), (channels,)] + ([(channels,), (channels,)] if normalised else [])
        inputs = channels
    return shapes

class Sides:
    def __init__(self, name):
        self.name, self.at = name, 0
        self.sides = torch.from_numpy(np.fromfile(f"{directory}/{name}.sides", dtype=np.uint8)).bool()
        self.others, self.farthest = 0, 0.0

    def rectify(self, x, slope):
        side = self.sides[self.at:self.at + x.numel()].reshape(x.shape)
        self.at += x.numel()
        value = x.detach()
        other = value[side != (value > 0)]
        if other.numel():
            self.others += other.numel()
            self.farthest = max(self.farthest, (other.abs().max() / value.square().mean().sqrt()).item())
        return torch.where(side, x, slope * x)

    def close(self):
        assert self.at == self.sides.numel(), (self.name, self.at, self.sides.numel())
        write(self.name + "_sides", torch.tensor([self.others, self.at, self.farthest]))

class Masks:
    def __init__(self, name):
        self.bits, self.at = (read(name, -1) if name else None), 0

    def apply(self, x):
        if self.bits is None:
            return x
        n = x.numel()
        mask = self.bits[self.at:self.at + n].reshape(*x.shape[1:], x.shape[0]).movedim(-1, 0)
        self.at += n
        return x * mask / 0.8

def generator(z, flat, sides):
    box = int(np.prod(spec["seed"]))
    p = take(flat, [(box, spec["latent"]), (box,)] + shapes_of(spec["g"], spec["seed"][0]))
    x = (z @ p[0].T + p[1]).reshape(-1, *spec["seed"])
    i = 2
    for layer, (channels, kernel, pad, normalised) in enumerate(spec["g"]):
        if layer == spec["at"]:
            for axis, factor in enumerate(spec["up"]):
                x = x.repeat_interleave(factor, dim=axis + 2)
        slope = 0 if layer + 1 == len(spec["g"]) else spec["slopes"][0]
        x = sides.rectify(F.conv3d(x, p[i], p[i + 1], padding=pad), slope)
        i += 2
        if normalised:
            x = normalise(x, p[i], p[i + 1])
            i += 2
    image = x[:, 0]
    if not spec["filled"]:
        return image
    # A law without spread: shares that rise with the layer, of a deposit of 1.
    shares = torch.arange(1, image.shape[3] + 1)
    sums = (image ** 2).sum((1, 2), keepdim=True)
    return image * torch.sqrt(shares / shares.sum() / torch.where(sums > 0, sums, torch.ones_like(sums)))

def ecal_angle(e):
    n, nx, ny, nz = e.shape
    cx, cy, cz = (torch.arange(k) + 0.5 for k in (nx, ny, nz))
    total = e.sum((1, 2, 3))
    x0 = (e.sum((2, 3)) * cx).sum(1) / total
    y0 = (e.sum((1, 3)) * cy).sum(1) / total
    z0 = (e.sum((1, 2)) * cz).sum(1) / total
    layer = e.sum((1, 2))
    has = layer != 0
    safe = torch.where(has, layer, torch.ones_like(layer))
    x = (e.sum(2) * cx[None, :, None]).sum(1) / safe
    y = (e.sum(1) * cy[None, :, None]).sum(1) / safe
    square = torch.clamp((x - x0[:, None]) ** 2 + (cz[None] - z0[:, None]) ** 2, min=1e-7)
    m = (y - y0[:, None]) / torch.sqrt(square)
    m = torch.where(cz[None] < z0[:, None], -m, m)
    angle = math.pi / 2 - torch.atan(m)
    w = cz[None] * has
    return (angle * w).sum(1) / w.sum(1)

def discriminator(image, flat, sides, masks):
    layers = spec["d"]
    probe = [int(k) for k in spec["image"]]
    for _, kernel, pad, _ in layers:
        probe = [(probe[a] + sum(pad[a]) - kernel[a]) // spec["stride"] + 1 for a in range(3)]
    features = layers[-1][0] * int(np.prod([k // spec["pool"] for k in probe]))
    p = take(flat, shapes_of(layers, 1) + [(features,), (features,), (1,), (1,)])
    x, i = image[:, None], 0
    for channels, kernel, pad, normalised in layers:
        x = F.pad(x, (*pad[2], *pad[1], *pad[0]))
        x = sides.rectify(F.conv3d(x, p[i], p[i + 1], stride=spec["stride"]), spec["slopes"][1])
        i += 2
        if normalised:
            x = normalise(x, p[i], p[i + 1])
            i += 2
        x = masks.apply(x)
    x = F.avg_pool3d(x, spec["pool"]).flatten(1)
    energy = torch.where(image > 0, image, torch.ones_like(image)) ** (1 / spec["power"]) * (image > 0)
    return x @ p[i] + p[i + 2], x @ p[i + 1] + p[i + 3], ecal_angle(energy), energy.sum((1, 2, 3))

def loss(outputs, targets):
    logit, aux, angle, total = outputs
    label, energy, theta, deposit = targets
    parts = [
        F.binary_cross_entropy_with_logits(logit, label),
        100 * ((aux - energy).abs() / energy.abs()).mean(),
        (angle - theta).abs().mean(),
        100 * ((total - deposit).abs() / deposit.abs()).mean(),
    ]
    return 3 * parts[0] + 0.1 * parts[1] + 25 * parts[2] + 0.1 * parts[3], parts

g = read("generator", -1).requires_grad_()
d = read("discriminator", -1).requires_grad_()
targets = list(read("targets", 4, batch))
images = read("images", batch, *spec["image"])
masks = "masks" if len(sys.argv) > 4 else None

sides = Sides("judge")
total, parts = loss(discriminator(images, d, sides, Masks(masks)), targets)
total.backward()
sides.close()
write("judge_loss", torch.stack([total] + parts))
write("judge_gradient", d.grad)
sides = Sides("imitate")
fake = generator(read("latents", batch, spec["latent"]), g, sides)
write("imitation", fake)
total, parts = loss(discriminator(fake, d.detach(), sides, Masks(masks)), targets)
total.backward()
sides.close()
write("imitate_loss", torch.stack([total] + parts))
write("imitate_gradient", g.grad)
"""#

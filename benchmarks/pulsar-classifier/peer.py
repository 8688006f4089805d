"""The networks of `didymos-bench pulsar-classifier` in PyTorch on one core, batched, inputs ready in memory: the best of several batch sizes and
memory layouts."""
import sys
import time

import torch
from torch import nn

torch.set_num_threads(1)

PUBLISHED = {
    "PROT_LE_1_230908_0": ((4, 8, 8), 3, 64),
    "PROT_LE_1_230908_1": ((8, 10, 12), 3, 128),
    "PROT_LE_1_230908_2": ((10, 12, 12), 3, 512),
    "PROT_LE_1_230909_0": ((4, 8, 12), 5, 64),
    "PROT_LE_1_230909_1": ((8, 8, 12), 5, 128),
    "PROT_LE_1_230909_2": ((10, 10, 12), 5, 512),
}


def published(name, extent):
    (c1, c2, c3), last, hidden = PUBLISHED[name]
    side = ((extent - 4) // 2 - 4) // 2 - last + 1
    return nn.Sequential(
        nn.Conv2d(1, c1, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(c1, c2, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(c2, c3, last), nn.ReLU(),
        nn.Flatten(), nn.Linear(c3 * side * side, hidden), nn.ReLU(), nn.Linear(hidden, 8))


def trials(extent, largest=100.0, step=8.0):
    """The number of paths' trials, as the feature stage chooses them."""
    first, width = 1530 - 160 / extent, 320 / extent
    last = first - width * (extent - 1)
    unit = 4148.808 * (last**-2 - first**-2) / 102.4e-6
    count, delay = 0, 0.0
    while count % 8 or not count or delay <= largest * unit:
        count += 1
        delay = delay + step if delay < extent else delay * (1 + step / extent)
    return count


class Didymos(nn.Module):
    def __init__(self, extent):
        super().__init__()
        conv = lambda i, o, k, s=1: nn.Sequential(nn.Conv2d(i, o, k, s, k // 2), nn.ReLU())
        line = lambda i: nn.Sequential(
            nn.Conv1d(i, 8, 5, padding=2), nn.ReLU(), nn.MaxPool1d(4), nn.Conv1d(8, 16, 5, padding=2), nn.ReLU(), nn.MaxPool1d(4),
            nn.Conv1d(16, 16, 3, padding=1), nn.ReLU())
        self.image = nn.Sequential(conv(1, 8, 5, 2), conv(8, 16, 3, 2), conv(16, 16, 3, 2))
        self.level = nn.Parameter(torch.zeros(1, trials(extent), 16))
        self.paths = nn.Sequential(conv(1, 8, 3), nn.MaxPool2d((2, 1)), conv(8, 16, 3), nn.MaxPool2d(2), conv(16, 16, 3))
        self.channels, self.series = line(5), line(6)
        self.head = nn.Sequential(nn.Linear(128, 32), nn.ReLU(), nn.Linear(32, 4))
        table = torch.zeros(9, 4)
        for k in range(8):
            for bit in range(3):
                table[k, bit] = k >> bit & 1
        table[8, 3] = 1
        self.register_buffer("table", table)

    def forward(self, image, paths, channels, series):
        parts = [self.image(image), self.paths(paths + self.level), self.channels(channels), self.series(series)]
        summary = [f for y in parts for f in (y.flatten(2).amax(2), y.flatten(2).mean(2))]
        return self.head(torch.cat(summary, 1)) @ self.table.T


def frames_per_second(network, inputs, batch):
    with torch.inference_mode():
        network(*inputs)
        start = time.process_time()
        network(*inputs)
        calls = max(1, int(0.2 / max(1e-6, time.process_time() - start)))
        times = []
        for _ in range(5):
            start = time.process_time()
            for _ in range(calls):
                network(*inputs)
            times.append((time.process_time() - start) / calls)
    return batch / sorted(times)[2]


print(f"\nPyTorch {torch.__version__}, one thread\n\n| network | frame | frames / s | batch | memory |\n|---|---|---|---|---|")
for extent in [int(a) for a in sys.argv[1:]] or [128, 256]:
    for name in ["didymos", *PUBLISHED]:
        best = (0.0, 0, "")
        for layout, form in (("contiguous", torch.contiguous_format), ("channels last", torch.channels_last)):
            network = Didymos(extent) if name == "didymos" else published(name, extent)
            if name == "didymos" and layout != "contiguous":
                continue
            network = network.eval().to(memory_format=form)
            for batch in (1, 16, 64, 256):
                if name == "didymos":
                    shapes = [(1, 64, 64), (1, trials(extent), 16), (5, extent), (6, extent)]
                    inputs = [torch.randn(batch, *s) for s in shapes]
                else:
                    inputs = [torch.randn(batch, 1, extent, extent).to(memory_format=form)]
                best = max(best, (frames_per_second(network, inputs, batch), batch, layout))
        print(f"| {name} | {extent} | {best[0]:.0f} | {best[1]} | {best[2]} |", flush=True)

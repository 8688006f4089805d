"""Noise alone, 256 x 256 numbers of 8 bits a frame, in numpy. Processor time, medians of five."""

import statistics
import time

import numpy as np


def rate(make, frames):
    times = []
    for _ in range(5):
        start = time.process_time()
        make(frames)
        times.append(time.process_time() - start)
    return frames / statistics.median(times)


generator = np.random.Generator(np.random.SFC64(1))


def gaussian(frames):
    for _ in range(frames):
        x = generator.standard_normal((256, 256), dtype=np.float32)
        np.clip(np.rint(127.5 + 24 * x), 0, 255).astype(np.uint8)


def chi_square(frames):
    for _ in range(frames):
        x = generator.standard_gamma(256, (256, 256), dtype=np.float32) / 256
        np.clip(np.rint(127.5 + 24 * 16 * (x - 1)), 0, 255).astype(np.uint8)


print(f"\nnumpy {np.__version__}, one thread, noise only, no signal of any kind\n")
print("| numpy | frames / s | Msample / s |")
print("|---|---|---|")
for name, make in [("normal noise, float32, and 8 bits", gaussian), ("chi-square noise, float32, and 8 bits", chi_square)]:
    found = rate(make, 100)
    print(f"| {name} | {found:.0f} | {found * 65536e-6:.1f} |")

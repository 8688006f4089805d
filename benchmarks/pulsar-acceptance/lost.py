"""Which pulses of S/N 7 and more are not kept, from evaluation.h5 (and what of the first set is kept as the mixture keeps 1 %).

usage: benchmarks/pulsar-acceptance/lost.py RUN/evaluate
"""

import json
import sys

import h5py
import numpy as np

run = sys.argv[1]
threshold = json.load(open(f"{run}/summary-evaluate.json"))["results"]["keep_threshold"]
file = h5py.File(f"{run}/evaluation.h5")


def columns(group):
    g = file[group]
    return g["pulse_probability"][:], g["snr"][:], g["target"][:].astype(int), g["frame"][:].astype(int)


probability, snr, target, frame = columns("set")
pulse = (target & 1 == 1) & (snr >= 7)
lost = pulse & (probability < threshold)
print(f"of {pulse.sum()} pulses of S/N 7 and more {lost.sum()} are not kept")
for low, high in ((7, 8), (8, 10), (10, np.inf)):
    part = (snr >= low) & (snr < high)
    print(f"  S/N {low} to {high}: {(lost & part).sum()} of {(pulse & part).sum()}, beside broad-band bursts {(lost & part & (target & 4 > 0)).sum()}")
# Telescopes take turns of eight frames, in the order of data.variations.
for variation in range(3):
    part = frame // 8 % 3 == variation
    print(f"  telescope {variation + 1}: {100 - 100 * (lost & part).sum() / (pulse & part).sum():.2f} % kept")
mixed, mixed_snr, mixed_target, _ = columns("mixture")
least = np.sort(mixed)[::-1][len(mixed) // 100 - 1]
strong = (mixed_target & 1 == 1) & (mixed_snr >= 7)
share = (probability[pulse] >= least).mean()
print(f"as 1 % of the mixture is kept: {(strong & (mixed >= least)).sum()} of {strong.sum()} of its pulses, {100 * share:.2f} ± {100 * np.sqrt(share * (1 - share) / pulse.sum()):.2f} % of the set's")

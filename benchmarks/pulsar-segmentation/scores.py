"""Pulses found by several scores of a frame, where the share 2e-3 of the frames without one is above the threshold: scores.py FRAMES.h5 MASKS.h5

MASKS.h5 is that of `segment` with a threshold of 0: a mask for each frame."""

import sys

import h5py
import numpy as np

with h5py.File(sys.argv[1]) as file, h5py.File(sys.argv[2]) as found:
    kinds, ratios = file["class"][:], file["snr"][:]
    rows = found["mask"][:].max(2).astype(float) / 255
assert len(rows) == len(kinds), "a mask for each frame is wanted"
falling = np.sort(rows, 1)[:, ::-1]
count = rows.shape[1]
scores = {
    "mean over all rows": rows.mean(1), "rows with a place above one half": (rows >= 0.5).mean(1),
    "mean over the largest quarter": falling[:, : count // 4].mean(1), "mean over the largest eighth": falling[:, : count // 8].mean(1),
}
pulses, others = (kinds < 8) & (kinds % 2 == 1), (kinds < 8) & (kinds % 2 == 0)
for name, score in scores.items():
    quiet = np.sort(score[others])[::-1]
    threshold = quiet[max(1, int(2e-3 * len(quiet))) - 1]
    shares = [(score[pulses & (ratios >= low) & (ratios < high)] > threshold).mean() for low, high in ((8, 10), (10, 15), (15, 20), (20, 50))]
    print(f"{name:34}", "S/N 8, 10, 15, 20 to 50:", " ".join(f"{share:.3f}" for share in shares))

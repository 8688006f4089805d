"""Frames with a pulse, each channel in units of its own noise, and the masks found in them: draw.py FRAMES.h5 MASKS.h5 PICTURE.png"""

import sys

import h5py
import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt

with h5py.File(sys.argv[1]) as file, h5py.File(sys.argv[2]) as found:
    kinds, ratios = file["class"][:], file["snr"][:]
    masks, numbers = found["mask"][:], found["frame"][:]
    shown = [(mask, frame) for mask, frame in zip(masks, numbers) if kinds[frame] % 2 == 1 and 12 < ratios[frame] < 30][:6]
    figure, axes = plt.subplots(2, len(shown), figsize=(3 * len(shown), 6), squeeze=False)
    for column, (mask, frame) in enumerate(shown):
        values = file["frames"][frame]
        middle = np.median(values, axis=1, keepdims=True)
        values = (values - middle) / (1.4826 * np.median(abs(values - middle), axis=1, keepdims=True) + 1e-9)
        rows, columns = values.shape[0] // mask.shape[0], values.shape[1] // mask.shape[1]
        values = values.reshape(mask.shape[0], rows, mask.shape[1], columns).mean((1, 3)) * np.sqrt(rows * columns)
        axes[0, column].imshow(values, vmin=-2, vmax=6, aspect="auto")
        axes[0, column].set_title(f"class {kinds[frame]}, S/N {ratios[frame]:.0f}")
        axes[1, column].imshow(mask, vmin=0, vmax=255, aspect="auto")
    axes[0, 0].set_ylabel("frame: frequency falls")
    axes[1, 0].set_ylabel("mask")
    figure.tight_layout()
    figure.savefig(sys.argv[3], dpi=45)

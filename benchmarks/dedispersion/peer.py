"""Dedispersion in numpy, and in numba where it is installed: the gulp of `didymos-bench dedispersion`, one core, nearest-sample delays."""
import sys
import time

import numpy as np

count, trials = 16384, 256


def gulp(channels):
    frequencies = 1530 - 320 * np.arange(channels) / channels
    measures = np.arange(trials) * 0.5
    delays = np.rint(4148.808 * measures[:, None] * (frequencies**-2.0 - 1530.0**-2) / 102.4e-6).astype(np.int64)
    data = (np.arange(channels * (count + delays.max() + 16)) % 251).astype(np.float32).reshape(channels, -1)
    return data, delays


def with_numpy(data, delays, out):
    for d in range(delays.shape[0]):
        row = out[d]
        row[:] = 0
        for c in range(data.shape[0]):
            start = delays[d, c]
            row += data[c, start : start + count]


def rate(function, data, delays, repeats=3):
    """Additions a second: the median of the processor times."""
    out = np.zeros((delays.shape[0], count), np.float32)
    function(data, delays[:2], out[:2])
    times = []
    for _ in range(repeats):
        start = time.process_time()
        function(data, delays, out)
        times.append(time.process_time() - start)
    return data.shape[0] * count * delays.shape[0] / sorted(times)[len(times) // 2]


try:
    import numba

    @numba.njit(fastmath=False)
    def with_numba(data, delays, out):
        for d in range(delays.shape[0]):
            for t in range(out.shape[1]):
                out[d, t] = 0
            for c in range(data.shape[0]):
                start = delays[d, c]
                for t in range(out.shape[1]):
                    out[d, t] += data[c, start + t]

except ImportError:
    with_numba = None
    print("skipped: numba is not installed")

print("| channels | numpy, additions / s | numba, additions / s |\n|---|---|---|")
for channels in [int(a) for a in sys.argv[1:]] or [256, 1024]:
    data, delays = gulp(channels)
    peers = [rate(with_numpy, data, delays), rate(with_numba, data, delays) if with_numba else float("nan")]
    print(f"| {channels} | {peers[0] / 1e9:.2f}e9 | {peers[1] / 1e9:.2f}e9 |")

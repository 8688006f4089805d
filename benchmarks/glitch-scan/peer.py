"""gwpy on the same task: whitening and one Q plane of 6 s of white noise at 4096 Hz, Q 12, on one core."""
import time

import gwpy
import numpy
from gwpy.signal.qtransform import QPlane
from gwpy.timeseries import TimeSeries

rate, duration = 4096, 6
series = TimeSeries(numpy.random.default_rng(1).normal(size=rate * duration), sample_rate=rate, t0=0)
print(f"\ngwpy {gwpy.__version__}, numpy {numpy.__version__}\n")
print("| band, Hz | rows | tiles | whitening ms | Q transform ms | both ms | a second |")
print("|---|---|---|---|---|---|---|")
for low, high in ((8, 500), (10, 50)):
    plane = QPlane(12, (low, high), duration, rate)
    rows = list(plane)

    def measure(body):
        body()
        times = []
        for _ in range(15):
            start = time.process_time()
            body()
            times.append(time.process_time() - start)
        return 1e3 * sorted(times)[7]

    whitened = series.whiten(2, 1, fduration=2)
    whitening = measure(lambda: series.whiten(2, 1, fduration=2))
    transform = measure(lambda: plane.transform(whitened.fft(), epoch=0))
    both = measure(lambda: plane.transform(series.whiten(2, 1, fduration=2).fft(), epoch=0))
    print(f"| {low}-{high} | {len(rows)} | {sum(r.ntiles for r in rows)} | {whitening:.2f} | {transform:.2f} | {both:.2f} | {1e3 / both:.0f} |")

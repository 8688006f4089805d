"""Noise alone, 256 x 256 numbers of 8 bits a frame, in numpy; PsrSigSim where it can be imported. Processor time, medians of five."""

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

try:
    import psrsigsim as pss
except Exception as error:  # its dependencies end with all kinds of errors
    print(f"\nskipped: PsrSigSim ({type(error).__name__}: {error})")
else:
    def crab():
        signal = pss.signal.FilterBankSignal(fcent=1370, bandwidth=320, Nsubband=256, sample_rate=9765.625e-6, fold=False)
        pulsar = pss.pulsar.Pulsar(0.0334, 0.014, pss.pulsar.GaussProfile(0.5, 0.01, 1.0), name="crab")
        pulsar.make_pulses(signal, tobs=3)
        pss.ism.ISM().disperse(signal, 56.7712)
        telescope = pss.telescope.Telescope(100.0, name="dish")
        telescope.add_system("L", pss.telescope.receiver.Receiver(fcent=1370, bandwidth=320, name="L", Trec=16), pss.telescope.backend.Backend(samprate=0.0097, name="B"))
        telescope.observe(signal, pulsar, system="L", noise=True)
        return signal.nsamp

    start = time.process_time()
    samples = crab()
    seconds = time.process_time() - start
    print(f"\nPsrSigSim {pss.__version__}: {samples / 256 / seconds:.1f} frames / s, pulses, dispersion and noise")

"""PsrSigSim 1.0.1 (pip install --no-deps psrsigsim==1.0.1): the Crab in 256 channels of 1.25 MHz for three seconds, pulses, dispersion, Arecibo's noise; processor time.

It wants NumPy below 1.20, pint 0.7 and a fitsio that no longer builds. Beside today's NumPy it needs the names that NumPy has dropped, and stand-ins for the packages that it
imports to read and write PSRFITS, which is not done here. Nothing of what is timed is replaced.
"""
import importlib.abc
import importlib.machinery
import io
import contextlib
import sys
import time
import types
import warnings

import numpy as np

for name, value in (("float", float), ("int", int), ("bool", bool), ("complex", complex), ("object", object)):
    if name not in np.__dict__:
        setattr(np, name, value)


class StandIn(types.ModuleType):
    __path__ = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (object,), {})


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("pint", "pdat", "fitsio"):
            return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec):
        return StandIn(spec.name)

    def exec_module(self, module):
        pass


sys.meta_path.insert(0, Finder())
warnings.simplefilter("ignore")
with contextlib.redirect_stdout(io.StringIO()):
    import psrsigsim
    from psrsigsim.ism import ISM
    from psrsigsim.pulsar import GaussProfile, Pulsar
    from psrsigsim.signal import FilterBankSignal
    from psrsigsim.telescope import telescope


def once():
    with contextlib.redirect_stdout(io.StringIO()):
        signal = FilterBankSignal(fcent=1370, bandwidth=320, Nsubband=256, sample_rate=1 / 102.4, fold=False)
        pulsar = Pulsar(0.0333924, 0.014, profiles=GaussProfile(peak=0.25, width=0.01, amp=1.0), name="Crab")
        start = time.process_time()
        pulsar.make_pulses(signal, tobs=3)
        ISM().disperse(signal, 56.7712)
        telescope.Arecibo().observe(signal, pulsar, system="Lband_PUPPI", noise=True)
        return signal.data.size / (time.process_time() - start)


rates = sorted(once() for _ in range(3))
print(f"\n| PsrSigSim {psrsigsim.__version__}, one thread, the same run | frames / s | Msample / s |")
print("|---|---|---|")
print(f"| pulses, dispersion, noise; median of three | {rates[1] / 65536:.1f} | {rates[1] / 1e6:.2f} |")

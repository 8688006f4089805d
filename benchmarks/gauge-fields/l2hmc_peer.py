#!/usr/bin/env python3
"""The force of SU(3), Wilson's action, by l2hmc (PyPI, PyTorch with automatic differentiation), one core, float64.

    pip install torch && pip install --no-deps l2hmc
    benchmarks/gauge-fields/l2hmc_peer.py [EXTENT ...]

Prints ns a site, beside `didymos-bench gauge EXTENT` of the same hour. l2hmc imports TensorFlow and its own configuration classes at the top; the force
uses neither, so empty modules stand in for them.
"""
import statistics
import sys
import time
import types

import torch


class Anything(types.ModuleType):
    """A module that has every name, each a class of nothing."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {"__init__": lambda self, *_, **__: None})


for name in ("tensorflow", "tensorflow.linalg", "l2hmc.configs", "horovod", "horovod.torch"):
    sys.modules[name] = Anything(name)

from l2hmc.lattice.su3.pytorch.lattice import LatticeSU3  # noqa: E402


def main():
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    print(f"l2hmc, torch {torch.__version__}, one thread; medians of 5")
    for extent in [int(word) for word in sys.argv[1:]] or [4, 8]:
        lattice = LatticeSU3(1, [extent] * 4)
        links = lattice.random().to(torch.complex128)
        beta = torch.tensor(6.0)
        lattice.grad_action(links, beta)
        times = []
        for _ in range(5):
            start = time.process_time()
            lattice.grad_action(links, beta)
            times.append(time.process_time() - start)
        print(f"{extent}^4: force {statistics.median(times) / extent ** 4 * 1e9:.0f} ns a site")


if __name__ == "__main__":
    main()

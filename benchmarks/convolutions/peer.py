"""The same convolutions in PyTorch on one thread, and the table of both.

usage: peer.py OURS.json RESULTS.md   (OURS.json from `didymos-bench convolutions --json`)
"""

import json
import statistics
import sys
import time

import torch
import torch.nn.functional as functional

SECONDS = 0.5  # of each measurement, at least
REPEATS = 5


def measure(row):
    """Median GF/s of one pass of one layer; operations are counted as in the other program."""
    rank = len(row["inputExtents"])
    x = torch.randn(16, row["inputChannels"], *row["inputExtents"])
    w = torch.randn(row["outputChannels"], row["inputChannels"], *row["kernelExtents"]) * 0.01
    b = torch.randn(row["outputChannels"])
    # Functional padding lists the last axis first.
    pads = [p for axis in reversed(range(rank)) for p in (row["lowerPadding"][axis], row["upperPadding"][axis])]
    mode = "circular" if row["boundary"] == "periodic" else "constant"
    convolve = (functional.conv1d, functional.conv2d, functional.conv3d)[rank - 1]
    symmetric = row["lowerPadding"] == row["upperPadding"] and mode == "constant"

    def forward(x, w, b):
        if symmetric:
            return convolve(x, w, b, padding=tuple(row["lowerPadding"]))
        return convolve(functional.pad(x, pads, mode=mode) if any(pads) else x, w, b)

    if row["pass"] == "forward":
        def call():
            with torch.no_grad():
                forward(x, w, b)
    else:
        x.requires_grad_(row["pass"] == "data gradient")
        w.requires_grad_(row["pass"] == "weight gradient")
        y = forward(x, w, b)
        g = torch.randn_like(y)
        wanted = x if row["pass"] == "data gradient" else w

        def call():
            torch.autograd.grad(y, wanted, g, retain_graph=True)

    call()
    start = time.thread_time()
    call()
    calls = max(1, int(0.02 / max(1e-9, time.thread_time() - start)))
    rates = []
    begin = time.thread_time()
    while len(rates) < REPEATS or time.thread_time() - begin < SECONDS:
        start = time.thread_time()
        for _ in range(calls):
            call()
        rates.append(row["operations"] * calls / (time.thread_time() - start) * 1e-9)
    return statistics.median(rates)


def main(ours, results):
    torch.set_num_threads(1)
    torch.manual_seed(1)
    # A backward pass runs on a thread of autograd's own unless told otherwise, and thread_time would miss it.
    torch.autograd.set_multithreading_enabled(False)
    data = json.load(open(ours))
    lines = [
        f"Machine: {data['processor']}, one core; PyTorch {torch.__version__}, one thread; batch 16, f32.",
        "",
        "| layer | pass | GF/s | peak GF/s | % of peak | PyTorch GF/s | ratio |",
        "|---|---|---:|---:|---:|---:|---:|",
    ]
    for row in data["rows"]:
        peer = measure(row)
        lines.append(
            f"| {row['layer']} | {row['pass']} | {row['gigaflops']:.1f} | {row['peak']:.1f} | "
            f"{100 * row['gigaflops'] / row['peak']:.0f} | {peer:.1f} | {row['gigaflops'] / peer:.1f} |")
        print(lines[-1], flush=True)
    with open(results, "w") as file:
        file.write("\n".join(lines) + "\n")


main(*sys.argv[1:])

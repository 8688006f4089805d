#!/usr/bin/env python3
"""3DGAN in Didymos and in PyTorch on one core, pass by pass in turn in one run: medians of processor time, printed as a table.

    paired.py BIN REPEATS     # BIN holds didymos-bench
"""
import json, os, statistics, subprocess, sys

binaries, repeats = sys.argv[1], int(sys.argv[2])
here = os.path.dirname(os.path.abspath(__file__))
environment = dict(os.environ, OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")


def start(*command):
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)


def do(program, name):
    program.stdin.write(name + "\n")
    program.stdin.flush()
    return json.loads(program.stdout.readline())


ours, peer = start(f"{binaries}/didymos-bench", "shower-step"), start(sys.executable, f"{here}/peer.py")
passes = ["generate", "discriminator", "generator", "step"]
for name in passes[:3]:  # the step is made of these
    do(ours, name), do(peer, name)
print("| pass | Didymos, ms a shower | PyTorch, ms a shower | PyTorch / Didymos | of the pairs | GFLOP/s | of peak |")
print("|---|---|---|---|---|---|---|")
for name in passes:
    pairs = [(do(ours, name), do(peer, name)) for _ in range(repeats)]
    mine = [a["milliseconds_per_shower"] for a, _ in pairs]
    other = [b["milliseconds_per_shower"] for _, b in pairs]
    ratios = [b / a for a, b in zip(mine, other)]
    rate = statistics.median(a["gflop_per_s"] for a, _ in pairs)
    share = statistics.median(a["gflop_per_s"] / a["peak_gflop_per_s"] for a, _ in pairs)
    print(f"| {name} | {statistics.median(mine):.1f} | {statistics.median(other):.0f} | **{statistics.median(other) / statistics.median(mine):.2f}** "
          f"| {min(ratios):.2f} to {max(ratios):.2f} | {rate:.0f} | {100 * share:.0f} % |", flush=True)
for program in (ours, peer):
    program.stdin.close()
    program.wait()

#!/usr/bin/env python3
"""Figures of a finished run from its summary.json: what the harnesses of other people's (ReFrame, JUBE) read.

usage: summary.py SUMMARY [WARM_UP [COOL_DOWN [CHECK ...]]]     CHECK: dotted names in `results`

Prints one `name: value` a line: steps_per_second, step_seconds, wall_seconds, ranks, peak_mebibytes, parallel_efficiency, and the checks.
"""
import json
import sys


def figures(path, warm_up=0, cool_down=0, checks=()):
    """A dictionary; raises ValueError for a run that did not finish or has too few steps."""
    with open(path) as file:
        summary = json.load(file)
    if summary["exit"]["code"] != 0:
        raise ValueError(f'{path}: the run ended with {summary["exit"]["code"]}: {summary["exit"]["reason"]}')
    steps = summary["steps"]
    each = steps["steps_per_sample"]
    samples = steps["sample_seconds"][-(-warm_up // each):]
    samples = samples[:len(samples) - -(-cool_down // each)]
    if not samples:
        raise ValueError(f'{path}: {steps["count"]} steps leave none after {warm_up} of warm-up and {cool_down} at the end')
    mean = sum(samples) / len(samples)
    found = {
        "steps_per_second": 1 / mean, "step_seconds": mean, "wall_seconds": summary["wall_seconds"], "ranks": summary["ranks"],
        "peak_mebibytes": summary["memory"]["peak_bytes_per_rank_max"] / 2**20,
        "parallel_efficiency": (summary.get("parallel") or {}).get("parallel_efficiency"),
    }
    for name in checks:
        value = summary["results"]
        for part in name.split("."):
            value = value[part]
        found[name] = value
    return found


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    counts = [int(word) for word in sys.argv[2:4]] + [0, 0]
    for name, value in figures(sys.argv[1], counts[0], counts[1], sys.argv[4:]).items():
        print(f"{name}: {value}")

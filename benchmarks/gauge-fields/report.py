#!/usr/bin/env python3
"""The tables of results.md from the summaries of run.sh; exit status 1 where a number is off by more than 4 standard errors.

usage: report.py RUNS
"""
import json
import math
import pathlib
import sys

# Plaquettes of another program (a heat bath of its own, errors by the Gamma method), at the same volume.
OTHER = {"4^4-su3-1": (0.05993, 0.00015), "4^4-su3-5.7": (0.56014, 0.00044), "4^4-su3-6": (0.59703, 0.00014),
         "8^4-su3-5": (0.40072, 0.00016), "8^4-su3-5.7": (0.54917, 0.00024), "8^4-su3-6": (0.59427, 0.00012)}


def pair(results, name):
    found = results[name]
    return (found["value"], found["error"]) if isinstance(found, dict) else (found, results[name + "_error"])


def main():
    bad = []
    print("| case | plaquette | wanted | deviation | acceptance | <exp(-dH)> | sites updated / s |")
    print("|---|---|---|---|---|---|---|")
    for path in sorted(pathlib.Path(sys.argv[1]).glob("*/summary.json")):
        results = json.loads(path.read_text())["results"]
        case = path.parent.name
        value, error = pair(results, "plaquette")
        if "plaquette_exact" in results:
            wanted, spread, text = results["plaquette_exact"], 0.0, f"{results['plaquette_exact']:.8f} exact"
        else:
            wanted, spread = OTHER[case.rsplit("-", 1)[0]]
            text = f"{wanted:.5f} ± {spread:.5f}"
        deviation = (value - wanted) / math.hypot(error, spread)
        if abs(deviation) > 4:
            bad.append(case)
        more = ["", ""]
        if "exp_minus_dH" in results:
            e, d = pair(results, "exp_minus_dH")
            more = [f"{results['acceptance']:.3f}", f"{e:.4f} ± {d:.4f}"]
            if abs(e - 1) > 4 * d:
                bad.append(case + ": <exp(-dH)>")
        print(f"| {case} | {value:.6f} ± {error:.6f} | {text} | {deviation:+.1f} | {more[0]} | {more[1]} | {results['site_updates_per_second']:.3g} |")
        for name in ("t0", "w0_squared", "t0_plaquette", "w0_squared_plaquette", "charge_squared_density"):
            if name in results:
                v, e = pair(results, name)
                print(f"| {case}: {name} | {v:.5g} ± {e:.2g} | | | | | |")
    if bad:
        print("off by more than 4 standard errors:", ", ".join(bad))
    sys.exit(1 if bad else 0)


main()

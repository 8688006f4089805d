"""Observables of HMC, cluster updates and flow from the summaries of run directories, against each other and against a fourth program.

    python3 compare.py RUN [RUN ...]        prints Markdown; exits with 1 if two of them are more than LIMIT combined errors apart.
"""
import json
import math
import os
import sys

# 3 lattices, 6 observables, 6 pairs: at 4.5 a false alarm has a probability below 108 x 6.8e-6 < 1e-3.
LIMIT = 4.5
OBSERVABLES = {
    "square": "⟨φ²⟩", "fourth": "⟨φ⁴⟩", "neighbour": "⟨φφ′⟩", "action_density": "S/V", "absolute_magnetization": "⟨\\|M\\|⟩", "susceptibility": "V⟨M²⟩"}
# An independent leapfrog HMC (80 lines of C++), Gamma-method errors; one row a lattice on the line of constant physics, xi = L/4.
INDEPENDENT = {
    8: [(0.183925, 30e-6), (0.066800, 20e-6), (0.075618, 41e-6), (0.09886, 14e-5), (0.142204, 153e-6), (1.8961, 35e-4)],
    16: [(0.226076, 50e-6), (0.096267, 32e-6), (0.114523, 80e-6), (0.02093, 20e-5), (0.13696, 48e-5), (6.960, 41e-3)],
    32: [(0.256576, 92e-6), (0.119288, 62e-6), (0.147664, 152e-6), (-0.04527, 33e-5), (0.1325, 16e-4), (25.7, 0.5)],
}


def results(directory, command):
    path = os.path.join(directory, f"summary-{command}.json")
    if not os.path.exists(path):
        return None
    with open(path) as file:
        summary = json.load(file)
    return {name: (value["value"], value["error"]) for name, value in summary["results"].items() if isinstance(value, dict) and "error" in value}


def show(estimate):
    if estimate is None:
        return "–"
    value, error = estimate
    digits = max(0, 1 - math.floor(math.log10(error))) if error > 0 else 6
    return f"{value:.{digits}f}({round(error * 10**digits)})"


def main():
    worst = (0.0, "")
    print("# Results\n\nFour programs, one theory: deviations in combined standard errors; the limit is "
          f"{LIMIT} (false alarm below 1e-3 for the table).\n")
    for directory in sys.argv[1:]:
        found = {"HMC": results(directory, "hmc"), "cluster": results(directory, "cluster"), "flow": results(directory, "sample")}
        with open(os.path.join(directory, "configuration.yaml")) as file:
            text = file.read()
        extent = int(text.split("extents:")[1].replace("[", " ").replace("-", " ").replace(",", " ").split()[0].rstrip("]"))
        missing = [name for name, table in found.items() if table is None]
        print(f"## L = {extent}\n")
        if missing:
            print(f"Missing: {', '.join(missing)} (benchmarks/flow-acceptance/run.sh trains and samples the flows).\n")
        print("| observable | HMC | cluster | flow | independent HMC | largest deviation |\n|---|---|---|---|---|---|")
        for row, (name, symbol) in enumerate(OBSERVABLES.items()):
            estimates = {key: table.get(name) for key, table in found.items() if table}
            if extent in INDEPENDENT:
                estimates["independent"] = INDEPENDENT[extent][row]
            pairs = [(abs(a[0] - b[0]) / math.hypot(a[1], b[1]), f"{symbol}, L = {extent}: {p} and {q}")
                     for p, a in estimates.items() for q, b in estimates.items() if p < q and a and b]
            largest = max(pairs, default=(0.0, ""))
            worst = max(worst, largest)
            columns = [show(estimates.get(key)) for key in ("HMC", "cluster", "flow", "independent")]
            print(f"| {symbol} | {' | '.join(columns)} | {largest[0]:.1f} |")
        print()
    print(f"The largest of all is {worst[0]:.1f} ({worst[1]}): {'they agree' if worst[0] < LIMIT else 'THEY DISAGREE'}.")
    return 0 if worst[0] < LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())

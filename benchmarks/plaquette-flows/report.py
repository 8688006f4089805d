"""The table of results.md from the summaries of run.sh, with deviations from closed forms in standard errors; exit 1 beyond four."""

import json
import sys
from pathlib import Path

runs, names = Path(sys.argv[1]), sys.argv[2:]
limit, wrong = 4.0, []


def shown(entry, digits):
    return f"{entry['value']:.{digits}f}({round(entry['error'] * 10**digits)})"


print("| case | acceptance | effective sample size | log Z found | exact | σ | plaquette | exact | σ | σ of the loops 2, 3, 4 a side | τ_int of the plaquette | training, core s | a sample, core µs |")
print("|---|---|---|---|---|---|---|---|---|---|---|---|---|")
for name in names:
    found = json.loads((runs / name / "summary-sample.json").read_text())["results"]

    def deviation(entry, exact):
        return (entry["value"] - exact) / entry["error"]

    partition = deviation(found["log_partition"], found["log_partition_exact"])
    loops = [deviation(found[f"wilson_{n}x{n}"], found[f"exact_wilson_{n}x{n}"]) for n in (2, 3, 4)]
    plaquette = deviation(found["plaquette"], found["exact_plaquette"])
    wrong += [name for value in [partition, plaquette, *loops] if abs(value) > limit]
    print(
        f"| {name} | {shown(found['acceptance'], 4)} | {shown(found['effective_sample_size'], 4)} | {shown(found['log_partition'], 4)} | {found['log_partition_exact']:.5f} | {partition:.1f} "
        f"| {shown(found['plaquette'], 5)} | {found['exact_plaquette']:.7f} | {plaquette:.1f} | {', '.join(f'{value:.1f}' for value in loops)} "
        f"| {shown(found['tau_int_plaquette'], 3)} | {found['training_core_seconds']:.1f} | {1e6 * found['sampling_core_seconds'] / found['samples']:.0f} |"
    )
if wrong:
    sys.exit(f"beyond {limit} standard errors: {', '.join(sorted(set(wrong)))}")

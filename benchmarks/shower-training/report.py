"""Figures and learning curves of trainings, from the files that gan3d leaves.
    report.py table RUN REFERENCE   what validate found, cells hit beside those of the REFERENCE showers, and what the training cost
    report.py curves OUT.svg RUN... the scores of the epochs over wall time; RUN@S: over batches of S seconds, for a run that shared its machine
"""
import json, math, os, sys


def cells(path):
    import h5py

    images = h5py.File(path)["ECAL"][:500]
    return (images > 0).sum() / len(images), (images > 50e-5).sum() / len(images)  # stored as GeV x 50; 10 keV


def table(run, reference):
    for name in ("10-100", "50"):
        path = f"{run}/{name}/summary-validate.json"
        r = json.load(open(path))["results"]
        d = r["depth_profile_largest_deviation"]
        print(f'{name:7s} GeV: largest deviation of a layer {100 * d["value"]:.1f} +- {100 * d["error"]:.1f} % (halves of Geant4 '
              f'{100 * r["depth_profile_largest_deviation_floor"]:.1f} %), response x {r["sampling_fraction_ratio"]:.4f}, '
              f'resolution x {r["resolution_ratio"]:.3f}')
    print("cells hit a shower, all and above 10 keV: generated {:.0f}, {:.0f}; Geant4 {:.0f}, {:.0f}".format(*cells(f"{run}/generated.h5"), *cells(reference)))
    s = json.load(open(f"{run}/summary-train.json"))
    r = s["results"]
    if "batches" not in r:
        return print("training: stopped before its end; the registry holds the epochs so far")
    print(f'training: {r["batches"]} batches, best epoch {r["best_epoch"]}, {s["wall_seconds"]:.0f} s wall in the last execution'
          f', of which reading {r["read_seconds"]:.1f} s; {r["showers_read"]} showers read, {r["showers_in_memory_bytes"] / 2**20:.0f} MiB kept')


def epochs(run):
    run, _, pace = run.partition("@")
    lines = [json.loads(line) for line in open(f"{run}/metrics-train.jsonl")]
    first = lines[0]["wall"]["time"]
    return [(line["step"], float(pace) * line["step"] if pace else line["wall"]["time"] - first, line["score_profile_largest"] if "score_profile_largest" in line else None,
             line["score_response"]) for line in lines if "score_response" in line]


def curves(out, runs):
    width, height, left, top, inner = 690, 300, 60, 30, 210
    points = {run: epochs(run) for run in runs}
    longest = max(p[-1][1] for p in points.values()) or 1
    low, high = 1e-3, 3.0
    x = lambda t: left + (width - left - 190) * t / longest
    y = lambda v: top + inner * (math.log(high) - math.log(min(high, max(low, v)))) / (math.log(high) - math.log(low))
    svg = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">',
           '<rect width="100%" height="100%" fill="white"/>']
    for v in (0.001, 0.01, 0.1, 1):
        svg.append(f'<line x1="{left}" x2="{width - 190}" y1="{y(v):.1f}" y2="{y(v):.1f}" stroke="#ddd"/><text x="{left - 6}" y="{y(v) + 4:.1f}" text-anchor="end">{100 * v:g} %</text>')
    for k in range(5):
        t = longest * k / 4
        svg.append(f'<text x="{x(t):.1f}" y="{top + inner + 16}" text-anchor="middle">{t / 60:.0f}</text>')
    svg.append(f'<text x="{left + (width - left - 190) / 2:.0f}" y="{top + inner + 34}" text-anchor="middle">minutes after the first batch</text>')
    colours = {"keras": "#c44", "didymos": "#26a"}
    row = 0
    for run, p in points.items():
        name = os.path.basename(run).partition("@")[0]
        for index, (label, dash) in ((2, ("largest layer", "none")), (3, ("response", "4 3"))):
            line = [(t, values) for t, values in ((e[1], e[index]) for e in p) if values is not None]
            if not line:
                continue
            path = " ".join(f"{x(t):.1f},{y(v):.1f}" for t, v in line)
            colour = colours.get(name, "#555")
            svg.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5" stroke-dasharray="{dash}"/>')
            at = top + 14 + 18 * row
            svg.append(f'<line x1="{width - 180}" x2="{width - 156}" y1="{at - 4}" y2="{at - 4}" stroke="{colour}" stroke-dasharray="{dash}" stroke-width="1.5"/><text x="{width - 150}" y="{at}">{name}, {label}</text>')
            row += 1
    svg.append('<text x="10" y="16">Deviation from Geant4 on test showers, cut at 300 %</text></svg>')
    open(out, "w").write("\n".join(svg) + "\n")
    for run, p in points.items():
        for step, t, largest, response in p:
            shown = "" if largest is None else f"{100 * largest:6.1f} %"
            print(f"{os.path.basename(run).partition(chr(64))[0]:8s} batch {step:5d} {t:7.0f} s  largest {shown}  response {100 * response:6.2f} %")


{"table": table, "curves": lambda out, *runs: curves(out, runs)}[sys.argv[1]](*sys.argv[2:])

#!/usr/bin/env python3
"""Draws the rooms of the suite and what stands on what, from the targets of Package.swift.

usage: Tools/draw-architecture.py > docs/pictures/architecture.svg        a test compares the two

A room stands one floor above the highest of those that it imports. A line is left out where the way over another room says the same.
"""
import pathlib
import re

PACKAGE = pathlib.Path(__file__).resolve().parent.parent / "Package.swift"
# Fill and what it means, in the order of the legend.
KINDS = {
    "executable": ("#f3d9b1", "executables: commands only"),
    "library": ("#cfe3f5", "libraries: every check on"),
    "kernels": ("#f5c6c6", "kernels over lanes: built without checks"),
    "system": ("#dddddd", "C: module maps and small targets"),
}
FONT, PADDING, GAP, HEIGHT, FLOOR, MARGIN = 12, 8, 14, 26, 74, 24


def targets(text):
    """Name to (kind, names of targets that it depends on), tests left out."""
    found = {}
    for match in re.finditer(r"\.(target|executableTarget|systemLibrary)\(\s*name:", text):
        depth, end = 0, match.start()
        for end in range(match.start(), len(text)):
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            if depth == 0 and text[end] == ")":
                break
        body = text[match.start():end]
        name = re.search(r'name:\s*"(\w[\w-]*)"', body).group(1)
        path = re.search(r'path:\s*"([^"]+)"', body)
        if path and path.group(1).startswith("Tests/"):
            continue
        if match.group(1) == "systemLibrary" or path and path.group(1).startswith("Sources/System/"):
            kind = "system"
        elif match.group(1) == "executableTarget":
            kind = "executable"
        else:
            kind = "kernels" if "swiftSettings: kernels" in body else "library"
        listed = re.search(r"dependencies:\s*\[", body)
        needs = []
        if listed:
            depth, stop = 1, listed.end()
            while depth:
                depth += {"[": 1, "]": -1}.get(body[stop], 0)
                stop += 1
            inner = re.sub(r"\.product\([^)]*\)", "", body[listed.end():stop])
            needs = re.findall(r'"([\w-]+)"', inner)
        found[name] = (kind, needs)
    return found


def layout(rooms):
    """Floor of each room, and the lines that say something new."""
    floors, everything = {}, {}

    def floor(name):
        if name not in floors:
            floors[name] = 1 + max((floor(need) for need in rooms[name][1]), default=-1)
        return floors[name]

    def reach(name):
        if name not in everything:
            everything[name] = set().union(*({need} | reach(need) for need in rooms[name][1])) if rooms[name][1] else set()
        return everything[name]

    lines = [(name, need) for name in rooms for need in rooms[name][1] if not any(need in reach(other) for other in rooms[name][1])]
    # Executables share the roof.
    top = max(floor(name) for name in rooms)
    for name, (kind, _) in rooms.items():
        if kind == "executable":
            floors[name] = top
    return floors, lines


def svg(rooms):
    floors, lines = layout(rooms)
    rows = [[name for name in rooms if floors[name] == level] for level in range(max(floors.values()) + 1)]
    width = {name: 7.2 * len(name) + 2 * PADDING for name in rooms}
    page = max(sum(width[name] + GAP for name in row) for row in rows) + 2 * MARGIN
    neighbours = {name: [] for name in rooms}
    for a, b in lines:
        neighbours[a].append(b)
        neighbours[b].append(a)
    place = {}

    def spread(row):
        total = sum(width[name] + GAP for name in row) - GAP
        x = (page - total) / 2
        for name in row:
            place[name] = x + width[name] / 2
            x += width[name] + GAP

    for row in rows:
        spread(row)
    # A few sweeps of the barycentre heuristic keep lines short.
    for sweep in range(12):
        for row in rows if sweep % 2 == 0 else reversed(rows):
            row.sort(key=lambda name: (sum(place[n] for n in neighbours[name]) / len(neighbours[name]) if neighbours[name] else place[name], name))
            spread(row)
    height = MARGIN + FLOOR * len(rows) + 30
    y = {name: MARGIN + FLOOR * (len(rows) - 1 - floors[name]) for name in rooms}
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{page:.0f}" height="{height:.0f}" viewBox="0 0 {page:.0f} {height:.0f}" font-family="sans-serif" font-size="{FONT}">',
        "<title>The rooms of didymos: what stands on what</title>",
        f'<rect width="{page:.0f}" height="{height:.0f}" fill="white"/>',
    ]
    for a, b in sorted(lines):
        x1, y1, x2, y2 = place[a], y[a] + HEIGHT, place[b], y[b]
        middle = (y1 + y2) / 2
        out.append(f'<path d="M{x1:.1f} {y1:.1f} C{x1:.1f} {middle:.1f} {x2:.1f} {middle:.1f} {x2:.1f} {y2:.1f}" fill="none" stroke="#999999" stroke-width="0.8"/>')
    for name in sorted(rooms):
        fill = KINDS[rooms[name][0]][0]
        out.append(f'<rect x="{place[name] - width[name] / 2:.1f}" y="{y[name]:.1f}" width="{width[name]:.1f}" height="{HEIGHT}" rx="4" fill="{fill}" stroke="#555555"/>')
        out.append(f'<text x="{place[name]:.1f}" y="{y[name] + 17:.1f}" text-anchor="middle">{name}</text>')
    x = MARGIN
    for fill, meaning in KINDS.values():
        out.append(f'<rect x="{x:.1f}" y="{height - 26:.1f}" width="14" height="14" fill="{fill}" stroke="#555555"/>')
        out.append(f'<text x="{x + 20:.1f}" y="{height - 15:.1f}">{meaning}</text>')
        x += 40 + 6.6 * len(meaning)
    return "\n".join(out + ["</svg>"])


if __name__ == "__main__":
    print(svg(targets(PACKAGE.read_text())))

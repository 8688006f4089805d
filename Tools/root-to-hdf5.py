#!/usr/bin/env python3
"""Geant4 shower trees (ROOT) to the CLIC layout (HDF5) that `gan3d preprocess` reads.

Needs uproot, awkward, numpy and h5py. Exit codes: 0 done, 64 command line, 65 input, 74 files.
"""
import argparse
import os
import sys


class Refusal(Exception):
    """Input that cannot be used: file, branch, found and wanted."""


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("input")
    parser.add_argument("output")
    parser.add_argument("--tree", default="showers")
    parser.add_argument("--grid", nargs=3, type=int, default=[51, 51, 25], metavar=("X", "Y", "LAYERS"))
    parser.add_argument("--cells", default="EnergyCell", help="jagged branch of hit energies")
    parser.add_argument("--indices", nargs=3, default=["xCell", "yCell", "zCell"], help="jagged branches of the hits' cells")
    parser.add_argument("--energy", default="EnergyMC", help="branch of the primary energy")
    parser.add_argument("--theta", default="ThetaMC", help="branch of the polar angle in rad")
    parser.add_argument("--particle", default="PDG", help="branch of the particle number, optional in the file")
    parser.add_argument("--gev-per-unit", type=float, default=1.0, help="GeV in a unit of both energies; 0.001 for MeV")
    parser.add_argument("--scale", type=float, default=50.0, help="stored units per GeV")
    parser.add_argument("--step", type=int, default=500, help="showers in memory at a time")
    try:
        return parser.parse_args()
    except SystemExit as leaving:
        sys.exit(64 if leaving.code else 0)


def branch(tree, path, name, jagged):
    import numpy

    if name not in tree:
        raise Refusal(f"{path}: tree '{tree.name}' has no branch '{name}'; found {', '.join(tree.keys())}")
    found = tree[name].typename
    interpretation = tree[name].interpretation
    content = getattr(interpretation, "content", None) if jagged else interpretation
    kind = getattr(content, "to_dtype", getattr(content, "numpy_dtype", None))
    if kind is None or numpy.dtype(kind).kind not in "iuf":
        wanted = "a list of numbers a shower" if jagged else "one number a shower"
        raise Refusal(f"{path}: branch '{name}': found type {found}, wanted {wanted}")


def convert(options):
    import awkward
    import h5py
    import numpy
    import uproot

    shape = tuple(options.grid)
    try:
        file = uproot.open(options.input)
        tree = file[options.tree]
    except FileNotFoundError:
        raise
    except Exception as error:
        raise Refusal(f"{options.input}: wanted a ROOT file with a tree '{options.tree}': {str(error).splitlines()[0]}")
    if "RNTuple" in type(tree).__name__:
        raise Refusal(f"{options.input}: '{options.tree}' is an RNTuple, wanted a TTree; write it with TTree output, or convert it with ROOT")
    jagged = [options.cells, *options.indices]
    for name in jagged:
        branch(tree, options.input, name, True)
    for name in [options.energy, options.theta]:
        branch(tree, options.input, name, False)
    count = tree.num_entries
    if count == 0:
        raise Refusal(f"{options.input}: tree '{options.tree}' is empty, wanted at least one shower")
    names = jagged + [options.energy, options.theta] + ([options.particle] if options.particle in tree else [])
    with h5py.File(options.output + ".tmp", "w") as out:
        cells = out.create_dataset("ECAL", (count, *shape), "f4", chunks=(min(16, count), *shape), compression=1, shuffle=True)
        cells.attrs["scale_per_gev"] = options.scale
        cells.attrs["units"] = f"GeV / {options.scale}"
        energy, theta = out.create_dataset("energy", (count,), "f4"), out.create_dataset("theta", (count,), "f4")
        energy.attrs["units"], theta.attrs["units"] = "GeV", "rad"
        particle = out.create_dataset("pdg", (count,), "i4")
        first = 0
        for part in tree.iterate(names, step_size=options.step):
            n = len(part)
            hits = awkward.num(part[options.cells])
            shower = numpy.repeat(numpy.arange(n), awkward.to_numpy(hits))
            where = []
            for name, extent in zip(options.indices, shape):
                if not awkward.all(awkward.num(part[name]) == hits):
                    raise Refusal(f"{options.input}: branch '{name}' has other hits than '{options.cells}' from shower {first} on")
                index = awkward.to_numpy(awkward.flatten(part[name])).astype(numpy.int64)
                wrong = numpy.flatnonzero((index < 0) | (index >= extent))
                if len(wrong):
                    raise Refusal(f"{options.input}: branch '{name}': found cell {index[wrong[0]]} in shower {first + shower[wrong[0]]}, wanted 0 to {extent - 1}")
                where.append(index)
            block = numpy.zeros((n, *shape))
            numpy.add.at(block, (shower, *where), awkward.to_numpy(awkward.flatten(part[options.cells])).astype(float))
            cells[first : first + n] = block * options.gev_per_unit * options.scale
            energy[first : first + n] = awkward.to_numpy(part[options.energy]) * options.gev_per_unit
            theta[first : first + n] = awkward.to_numpy(part[options.theta])
            particle[first : first + n] = awkward.to_numpy(part[options.particle]) if options.particle in tree else 11
            first += n
    os.replace(options.output + ".tmp", options.output)
    print(f"{count} showers of {options.input} in {options.output}")


def main():
    options = arguments()
    try:
        convert(options)
    except (Refusal, OSError) as error:
        if os.path.exists(options.output + ".tmp"):
            os.remove(options.output + ".tmp")
        print(f"root-to-hdf5: {error}", file=sys.stderr)
        sys.exit(65 if isinstance(error, Refusal) else 74)


if __name__ == "__main__":
    main()

#!/usr/bin/env bash
# The reference of all public declarations, by DocC: one archive for each library, merged. Needs no plugin: the compiler extracts, docc of the toolchain renders.
#   Tools/documentation.sh BUILD OUTPUT [LIBRARY ...]    BUILD: of a finished `swift build`; OUTPUT: a directory for a web server, replaced
set -euo pipefail
[ $# -ge 2 ] || { sed -n '2,3s/^# *//p' "${BASH_SOURCE[0]}" >&2; exit 64; }
build=$(cd "$1" && pwd) output=$2
shift 2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tools=$(dirname "$(readlink -f "$(command -v swift)")")
target=$(swift -print-target-info | sed -n 's/.*"unversionedTriple": *"\([^"]*\)".*/\1/p' | head -n 1)

# Where the C libraries and their module maps are.
flags=(-I "$build/Modules" -I "$build")
for map in "$here"/Sources/System/*/module.modulemap; do flags+=(-Xcc "-fmodule-map-file=$map"); done
for folder in "$here"/Sources/System/*/include "$here"/.build/checkouts/*/Sources/C*/include; do
    [ ! -d "$folder" ] || flags+=(-Xcc "-I$folder")
done
for flag in $(pkg-config --cflags-only-I "${DIDYMOS_MPI:-ompi-c}" "${DIDYMOS_HDF5:-hdf5-openmpi}" openblas fftw3 zlib libdeflate cfitsio); do flags+=(-Xcc "$flag"); done

archives=()
for page in "$here"/docs/reference/*.md; do
    module=$(basename "$page" .md)
    [ $# -eq 0 ] || [[ " $* " == *" $module "* ]] || continue
    mkdir -p "$work/$module/symbols" "$work/$module/catalogue.docc"
    cp "$page" "$work/$module/catalogue.docc/"
    "$tools/swift-symbolgraph-extract" -module-name "$module" -target "$target" -minimum-access-level public -skip-inherited-docs \
        "${flags[@]}" -output-dir "$work/$module/symbols"
    docc convert "$work/$module/catalogue.docc" --additional-symbol-graph-dir "$work/$module/symbols" --output-path "$work/$module.doccarchive" \
        --fallback-display-name "$module" --fallback-bundle-identifier "didymos.$module" --transform-for-static-hosting --diagnostic-level error
    archives+=("$work/$module.doccarchive")
done
docc merge "${archives[@]}" --output-path "$work/didymos.doccarchive" --synthesized-landing-page-name didymos --synthesized-landing-page-kind "MPI batch applications"
rm -rf "$output"
mkdir -p "$(dirname "$output")"
mv "$work/didymos.doccarchive" "$output"
echo "${#archives[@]} libraries in $output; to read them: python3 -m http.server -d $output, then http://localhost:8000/documentation"

#!/usr/bin/env bash
# Copies executables and all that belongs to them to a prefix, which can be moved afterwards.
#   Tools/install.sh BUILD PREFIX EXECUTABLE...     BUILD: where the executables are
# MODULE_REQUIRES="OpenMPI/4.1.6 HDF5/1.14.3": modules that the modulefile loads with it.
set -euo pipefail
[ $# -ge 3 ] || { sed -n '2,4s/^# *//p' "${BASH_SOURCE[0]}" >&2; exit 64; }
build=$1 prefix=$2
shift 2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
version=$(cat "$here/VERSION")
share=$prefix/share

install -d "$prefix/bin" "$share/didymos" "$share/man/man1" "$share/modulefiles/didymos" "$share/lmod/didymos" \
    "$share/bash-completion/completions" "$share/zsh/site-functions" "$share/fish/vendor_completions.d"
for program in "$@"; do
    # Renamed into place: a job may be running the old one.
    install -m 755 "$build/$program" "$prefix/bin/.$program.new"
    mv -f "$prefix/bin/.$program.new" "$prefix/bin/$program"
    if missing=$(ldd "$prefix/bin/$program" | grep 'not found'); then
        echo "install: $program needs what is not found here:" >&2
        echo "$missing" >&2
        exit 69
    fi
    "$here/Tools/manual.sh" "$prefix/bin/$program" "$version" >"$share/man/man1/$program.1"
    # selfcheck has no options to complete.
    if "$prefix/bin/$program" --generate-completion-script bash >"$share/bash-completion/completions/$program" 2>/dev/null; then
        "$prefix/bin/$program" --generate-completion-script zsh >"$share/zsh/site-functions/_$program"
        "$prefix/bin/$program" --generate-completion-script fish >"$share/fish/vendor_completions.d/$program.fish"
    else
        rm -f "$share/bash-completion/completions/$program"
    fi
done

rm -rf "$share/didymos/examples" "$share/didymos/jobs"
cp -r "$here/examples" "$here/jobs" "$share/didymos/"
ln -sfn ../share/didymos/jobs/submit "$prefix/bin/didymos-submit"

tcl="" lua=""
for module in ${MODULE_REQUIRES:-}; do
    tcl+="depends-on $module\\n"
    lua+="depends_on(\"$module\")\\n"
done
fill() { sed -e "s|@VERSION@|$version|" -e "s|@EXECUTABLES@|$1|" -e "s|@REQUIRES_TCL@|$tcl|" -e "s|@REQUIRES_LUA@|$lua|"; }
names=$(printf '%s, ' "$@")
fill "${names%, }" <"$here/modulefiles/didymos.tcl" >"$share/modulefiles/didymos/$version"
fill "${names%, }" <"$here/modulefiles/didymos.lua" >"$share/lmod/didymos/$version.lua"

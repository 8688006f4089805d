#%Module1.0
# Loads in Environment Modules and in Lmod. It finds the installation from its own place, PREFIX/share/modulefiles/didymos/VERSION,
# so that PREFIX can be moved; where this file alone is moved, set root to PREFIX.
set root [file dirname [file dirname [file dirname [file dirname $ModulesCurrentModulefile]]]]

proc ModulesHelp { } {
    puts stderr "didymos: MPI batch applications for digital twins in physics: @EXECUTABLES@."
    puts stderr "Each has a manual page (man flowtrain) and --help. didymos-submit sends them to SLURM; selfcheck tries a new machine."
}
module-whatis "Name: didymos"
module-whatis "Version: @VERSION@"
module-whatis "Category: physics, machine learning"
module-whatis "Description: MPI batch applications for digital twins in physics: @EXECUTABLES@"

conflict didymos
@REQUIRES_TCL@
setenv DIDYMOS_ROOT $root
setenv DIDYMOS_JOBS $root/share/didymos/jobs
prepend-path PATH $root/bin
prepend-path MANPATH $root/share/man
# An empty entry: the pages of the system, too.
append-path MANPATH ""

-- For Lmod. It finds the installation from its own place, PREFIX/share/lmod/didymos/VERSION.lua, so that PREFIX can be moved; where
-- this file alone is moved, set root to PREFIX.
local root = myFileName():match("^(.*)/share/lmod/[^/]+/[^/]+$")

help([[
didymos: MPI batch applications for digital twins in physics: @EXECUTABLES@.
Each has a manual page (man flowtrain) and --help. didymos-submit sends them to SLURM; selfcheck tries a new machine.
]])
whatis("Name: didymos")
whatis("Version: @VERSION@")
whatis("Category: physics, machine learning")
whatis("Description: MPI batch applications for digital twins in physics: @EXECUTABLES@")

-- One version at a time, whatever a site calls its own builds.
family("didymos")
@REQUIRES_LUA@
setenv("DIDYMOS_ROOT", root)
setenv("DIDYMOS_JOBS", pathJoin(root, "share/didymos/jobs"))
prepend_path("PATH", pathJoin(root, "bin"))
prepend_path("MANPATH", pathJoin(root, "share/man"))
-- An empty entry: the pages of the system, too.
append_path("MANPATH", "")

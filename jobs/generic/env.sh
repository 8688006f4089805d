# shellcheck shell=bash disable=SC2034
# Any SLURM: the partition and account that it gives by itself, one rank to a core as asked for on the command line.
# Tried: the tests run the jobs with this file on SLURM 22.05 with two nodes.
sbatch_options=(--hint=nomultithread)
srun_options=()

# Whatever modules the login shell loads are there already.
load_modules() {
    if [ -n "${DIDYMOS_MODULE:-}" ]; then module load "$DIDYMOS_MODULE"; fi
}

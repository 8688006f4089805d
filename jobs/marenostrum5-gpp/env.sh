# shellcheck shell=bash disable=SC2034
# MareNostrum 5 GPP (BSC): two Intel Xeon 8480+, 112 cores a node, InfiniBand.
# Never tried on this machine: written from its public documentation. See docs/clusters.md.
# The queue is chosen by --qos alone; two hours for tests: --qos=gp_debug. Login nodes reach no network: bring the sources along.
sbatch_options=(
    --account="${DIDYMOS_ACCOUNT:?set it to the project that pays, such as ehpc001}"
    --qos=gp_ehpc --hint=nomultithread --exclusive --mem=0 --ntasks-per-node=112 --cpus-per-task=1 --distribution=block:block
)
srun_options=()

# Builds with: DIDYMOS_HDF5=hdf5 DIDYMOS_MARCH=sapphirerapids make install PREFIX=$HOME/didymos, with cfitsio and libdeflate of your own where no module has them
load_modules() {
    module load gcc/13.2.0 openmpi/4.1.5-gcc hdf5 openblas fftw
    if [ -n "${DIDYMOS_MODULE:-}" ]; then module load "$DIDYMOS_MODULE"; fi
}

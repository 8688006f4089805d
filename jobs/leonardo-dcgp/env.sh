# shellcheck shell=bash disable=SC2034
# Leonardo DCGP (CINECA): two Intel Xeon 8480+, 112 cores a node, InfiniBand.
# Never tried on this machine: written from its public documentation. See docs/clusters.md.
# Half an hour for tests: --qos=dcgp_qos_dbg. A day is the limit; longer: --qos=dcgp_qos_lprod.
sbatch_options=(
    --account="${DIDYMOS_ACCOUNT:?set it to the project that pays, such as EUHPC_B01_001}"
    --partition=dcgp_usr_prod --hint=nomultithread --exclusive --mem=0 --ntasks-per-node=112 --cpus-per-task=1 --distribution=block:block
)
srun_options=()

# Builds with: DIDYMOS_HDF5=hdf5 DIDYMOS_MARCH=sapphirerapids make install PREFIX=$HOME/didymos, with cfitsio and libdeflate of your own where no module has them
load_modules() {
    module load openmpi/4.1.6--gcc--12.2.0 hdf5/1.14.3--openmpi--4.1.6--gcc--12.2.0 openblas fftw
    if [ -n "${DIDYMOS_MODULE:-}" ]; then module load "$DIDYMOS_MODULE"; fi
}

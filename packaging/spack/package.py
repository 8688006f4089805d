# Compiles as Python; never built by Spack. The checksum of the release archive and of the toolchain belong where None stands.
from spack.package import *


class Didymos(MakefilePackage):
    """MPI batch applications for digital twins in physics: lattice field theory and calorimeter showers."""

    # Where the repository lives.
    homepage = "https://example.org/didymos"
    git = "https://example.org/didymos.git"

    license("Apache-2.0")

    version("main", branch="main")

    depends_on("c", type="build")
    depends_on("gmake", type="build")
    depends_on("pkgconfig", type="build")
    depends_on("mpi")
    depends_on("hdf5+mpi+hl")
    depends_on("openblas")
    depends_on("fftw precision=double")
    depends_on("zlib-api")
    depends_on("libdeflate")
    depends_on("cfitsio")

    # Spack's own package `swift` is the astrophysics code SWIFT. The compiler of swift.org is taken from here, for the build alone.
    variant("swift_root", default="/opt/swift-6.3", description="Where the toolchain of swift.org lies", values=str, multi=False)

    conflicts("target=aarch64:", msg="builds for x86 alone")

    def setup_build_environment(self, env):
        env.prepend_path("PATH", join_path(self.spec.variants["swift_root"].value, "usr", "bin"))
        # The compilers behind Swift do not pass through Spack's wrappers, so the instruction set is named.
        env.set("DIDYMOS_MARCH", self.spec.target.name.replace("_", "-") if self.spec.target.name.startswith("x86_64_v") else "native")
        env.set("DIDYMOS_MPI", "ompi-c" if "openmpi" in self.spec["mpi"].name else "mpich")
        env.set("DIDYMOS_HDF5", "hdf5")
        env.set("DIDYMOS_REVISION", str(self.version))

    def setup_run_environment(self, env):
        env.set("DIDYMOS_JOBS", self.prefix.share.didymos.jobs)

    def build(self, spec, prefix):
        """`make install` builds what it installs."""

    def install(self, spec, prefix):
        make("install", f"PREFIX={prefix}")

    @run_after("install")
    def check_install(self):
        Executable(self.prefix.bin.flowtrain)("--version")

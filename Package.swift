// swift-tools-version: 6.2
import PackageDescription

// One instruction set for every module: modules that disagree would pass lanes differently.
// DIDYMOS_MARCH=x86-64-v3 (or any -march value) builds on a login node for other compute nodes.
let architecture = Context.environment["DIDYMOS_MARCH"] ?? "native"
// pkg-config names of the MPI and HDF5 to build against: `mpich` and `hdf5-mpich` work too.
let messagePassingPackage = Context.environment["DIDYMOS_MPI"] ?? "ompi-c"
let parallelHDF5Package = Context.environment["DIDYMOS_HDF5"] ?? "hdf5-openmpi"
// What outputs name as the source they were made by; `make install` sets it. Changing it rebuilds all above Batch.
let revision = Context.environment["DIDYMOS_REVISION"] ?? "unknown"

let machineFlags = ["-Xcc", "-march=\(architecture)", "-Xcc", "-mprefer-vector-width=512"]

/// Whatever reads a file, a configuration or a message: checked, optimised.
let checked: [SwiftSetting] = [
    .unsafeFlags(machineFlags),
    .treatAllWarnings(as: .error),
]
/// Kernels over lanes only: a failed precondition is undefined behaviour here.
let kernels: [SwiftSetting] = [
    .unsafeFlags(machineFlags + ["-Ounchecked", "-enforce-exclusivity=unchecked"]),
    .treatAllWarnings(as: .error),
]
let shim: [CSetting] = [.unsafeFlags(["-march=\(architecture)", "-Wall", "-Wextra", "-Werror"])]

let package = Package(
    name: "didymos",
    products: [
        .executable(name: "flowtrain", targets: ["flowtrain"]),
        .executable(name: "gan3d", targets: ["gan3d"]),
        .executable(name: "glitchgen", targets: ["glitchgen"]),
        .executable(name: "pulsardt", targets: ["pulsardt"]),
        .executable(name: "scaling", targets: ["scaling"]),
        .executable(name: "selfcheck", targets: ["selfcheck"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.0.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
    ],
    targets: [
        // System: the C libraries, nothing else.
        .systemLibrary(name: "COpenMPI", path: "Sources/System/COpenMPI", pkgConfig: messagePassingPackage),
        .systemLibrary(name: "CHDF5", path: "Sources/System/CHDF5", pkgConfig: parallelHDF5Package),
        .systemLibrary(name: "COpenBLAS", path: "Sources/System/COpenBLAS", pkgConfig: "openblas"),
        .systemLibrary(name: "CFFTW", path: "Sources/System/CFFTW", pkgConfig: "fftw3"),
        .systemLibrary(name: "CZlib", path: "Sources/System/CZlib", pkgConfig: "zlib"),
        .systemLibrary(name: "CDeflate", path: "Sources/System/CDeflate", pkgConfig: "libdeflate"),
        .systemLibrary(name: "CCFITSIO", path: "Sources/System/CCFITSIO", pkgConfig: "cfitsio"),
        .systemLibrary(name: "CInstructionSet", path: "Sources/System/CInstructionSet"),
        .systemLibrary(name: "CLanes", path: "Sources/System/CLanes"),
        // C targets that hide the handle types of MPI, HDF5's macros, and the signal flag.
        .target(name: "CMessagePassing", dependencies: ["COpenMPI"], path: "Sources/System/CMessagePassing", cSettings: shim),
        .target(
            name: "CParallelHDF5", dependencies: ["COpenMPI", "CHDF5"], path: "Sources/System/CParallelHDF5", cSettings: shim,
            linkerSettings: [.linkedLibrary("hdf5_hl")]),  // Dimension scales; pkg-config names only hdf5 itself.
        .target(
            name: "CProcess", path: "Sources/System/CProcess",
            cSettings: shim + [
                .define("DIDYMOS_VERSION", to: "\"0.1.0\""), .define("DIDYMOS_REVISION", to: "\"\(revision)\""),
            ]),

        .target(name: "Numerics", dependencies: ["COpenBLAS", "CFFTW", "CLanes"], swiftSettings: checked),
        .target(name: "MessagePassing", dependencies: ["CMessagePassing", "Numerics"], swiftSettings: checked),
        .target(name: "ParallelHDF5", dependencies: ["CParallelHDF5", "MessagePassing"], swiftSettings: checked),
        .target(
            name: "Batch",
            dependencies: [
                "CProcess", "CZlib", "MessagePassing", "ParallelHDF5", "Numerics",
                .product(name: "Yams", package: "Yams"), .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: checked),
        .target(name: "NetworkKernels", dependencies: ["CInstructionSet", "CLanes", "Numerics"], swiftSettings: kernels),
        .target(name: "Networks", dependencies: ["NetworkKernels", "Numerics", "COpenBLAS"], swiftSettings: checked),
        .target(name: "Training", dependencies: ["Networks", "Batch", "MessagePassing", "ParallelHDF5", "Numerics"], swiftSettings: checked),
        .target(name: "LatticeKernels", dependencies: ["Numerics"], swiftSettings: kernels),
        .target(
            name: "LatticeFields",
            dependencies: ["LatticeKernels", "MessagePassing", "ParallelHDF5", "Numerics", "Batch"], swiftSettings: checked),
        .target(
            name: "GaugeFiles", dependencies: ["GaugeKernels", "LatticeFields", "MessagePassing", "Batch", "Numerics", "CDeflate"], swiftSettings: checked),
        .target(name: "LatticeCatalogue", dependencies: ["GaugeFiles", "Batch", "MessagePassing", "ParallelHDF5"], swiftSettings: checked),
        .target(name: "GaugeKernels", dependencies: ["Numerics", "CLanes"], swiftSettings: kernels),
        .target(
            name: "GaugeFields",
            dependencies: ["GaugeKernels", "GaugeFiles", "LatticeFields", "MessagePassing", "ParallelHDF5", "Numerics", "Batch"], swiftSettings: checked),
        .target(name: "AbelianKernels", dependencies: ["Numerics"], swiftSettings: kernels),
        .target(
            name: "AbelianFields",
            dependencies: ["AbelianKernels", "GaugeFiles", "LatticeFields", "MessagePassing", "ParallelHDF5", "Numerics", "Batch"], swiftSettings: checked),
        .target(
            name: "AbelianFlows",
            dependencies: [
                "AbelianFields", "AbelianKernels", "Flows", "LatticeFields", "NetworkKernels", "Networks", "Training", "Batch", "Numerics", "MessagePassing",
                "ParallelHDF5",
            ],
            swiftSettings: checked),
        .target(
            name: "NonAbelianFlows",
            dependencies: [
                "GaugeFields", "GaugeKernels", "Flows", "LatticeFields", "Networks", "Training", "Batch", "Numerics", "MessagePassing", "ParallelHDF5",
            ],
            swiftSettings: checked),
        .target(name: "FlowKernels", dependencies: ["Numerics", "CLanes"], swiftSettings: kernels),
        .target(
            name: "Flows",
            dependencies: ["FlowKernels", "NetworkKernels", "Networks", "Training", "LatticeFields", "Batch", "Numerics", "MessagePassing", "ParallelHDF5"],
            swiftSettings: checked),

        .target(
            name: "CalorimeterShowers", dependencies: ["Networks", "Training", "Batch", "Numerics", "MessagePassing", "ParallelHDF5"],
            swiftSettings: checked),
        .target(name: "ModelExchange", swiftSettings: checked),
        .target(name: "ShowerKernels", dependencies: ["NetworkKernels", "Numerics", "CLanes"], swiftSettings: kernels),
        .target(
            name: "ShowerNetworks",
            dependencies: ["ModelExchange", "ShowerKernels", "NetworkKernels", "Networks", "Training", "Batch", "Numerics", "MessagePassing", "ParallelHDF5"],
            swiftSettings: checked),

        .target(name: "RadioStreams", dependencies: ["CCFITSIO", "CProcess", "MessagePassing"], swiftSettings: checked),
        .target(name: "Segments", dependencies: ["CZlib"], swiftSettings: checked),
        .target(name: "Frames", dependencies: ["Segments", "Numerics", "CDeflate"], swiftSettings: checked),
        .target(name: "GlitchKernels", dependencies: ["Numerics", "CLanes"], swiftSettings: kernels),
        .target(
            name: "Glitches", dependencies: ["GlitchKernels", "Frames", "Segments", "Batch", "Numerics", "MessagePassing", "ParallelHDF5"],
            swiftSettings: checked),
        .target(
            name: "GlitchInference", dependencies: ["Glitches", "GlitchKernels", "Frames", "Segments", "Batch", "Numerics", "MessagePassing", "ParallelHDF5"],
            swiftSettings: checked),
        .target(
            name: "GlitchNetworks",
            dependencies: [
                "Glitches", "GlitchKernels", "Frames", "Segments", "NetworkKernels", "Networks", "Training", "Batch", "Numerics", "MessagePassing", "ParallelHDF5",
            ],
            swiftSettings: checked),
        .target(
            name: "GlitchNetworkInference",
            dependencies: [
                "GlitchInference", "GlitchNetworks", "Glitches", "NetworkKernels", "Networks", "Training", "Batch", "Numerics", "MessagePassing", "ParallelHDF5",
            ],
            swiftSettings: checked),
        .target(name: "PulsarKernels", dependencies: ["Numerics"], swiftSettings: kernels),
        .target(
            name: "Pulsars", dependencies: ["PulsarKernels", "RadioStreams", "Batch", "Numerics", "MessagePassing", "ParallelHDF5"],
            swiftSettings: checked),

        .target(name: "PulsarFrames", swiftSettings: checked),
        .target(
            name: "PulsarTwin",
            dependencies: ["PulsarFrames", "PulsarKernels", "Pulsars", "RadioStreams", "Batch", "Numerics", "MessagePassing", "ParallelHDF5"],
            swiftSettings: checked),
        .target(
            name: "PulsarNetworks",
            dependencies: [
                "PulsarFrames", "PulsarKernels", "Pulsars", "RadioStreams", "NetworkKernels", "Networks", "Training", "ModelExchange", "Batch", "Numerics",
                "MessagePassing", "ParallelHDF5",
            ],
            swiftSettings: checked),

        .target(name: "ScalingStudies", dependencies: ["CInstructionSet", "Batch", "MessagePassing", "ParallelHDF5", "Numerics"], swiftSettings: checked),

        .executableTarget(
            name: "scaling",
            dependencies: ["ScalingStudies", "Batch", "MessagePassing", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            swiftSettings: checked),
        .executableTarget(
            name: "flowtrain",
            dependencies: [
                "AbelianFields", "AbelianFlows", "Flows", "GaugeFields", "GaugeFiles", "GaugeKernels", "HealthChecks", "LatticeCatalogue", "LatticeFields", "MessagePassing", "NonAbelianFlows", "Numerics", "ParallelHDF5", "Training", "Batch",
                .product(name: "ArgumentParser", package: "swift-argument-parser")],
            swiftSettings: checked),
        .executableTarget(
            name: "gan3d",
            dependencies: ["CalorimeterShowers", "ShowerNetworks", "Batch", "MessagePassing", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            swiftSettings: checked),
        .executableTarget(
            name: "glitchgen",
            dependencies: ["GlitchInference", "GlitchNetworkInference", "GlitchNetworks", "Glitches", "Frames", "Segments", "Batch", "MessagePassing", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            swiftSettings: checked),
        .executableTarget(
            name: "pulsardt",
            dependencies: [
                "PulsarNetworks", "PulsarTwin", "PulsarFrames", "Pulsars", "RadioStreams", "Batch", "MessagePassing",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: checked),
        .target(
            name: "HealthChecks",
            dependencies: [
                "AbelianFields", "Flows", "GaugeFields", "GaugeFiles", "GaugeKernels", "LatticeFields", "Training", "Networks", "Batch", "MessagePassing",
                "ParallelHDF5", "Numerics",
            ],
            swiftSettings: checked),
        .executableTarget(
            name: "selfcheck", dependencies: ["HealthChecks", "MessagePassing"], swiftSettings: checked),

        .executableTarget(
            name: "didymos-bench",
            dependencies: [
                "CInstructionSet", "Flows", "Frames", "GaugeFields", "GaugeKernels", "GlitchKernels", "GlitchNetworks", "Glitches", "LatticeFields", "MessagePassing", "NetworkKernels", "Networks", "Numerics", "PulsarFrames",
                "PulsarKernels", "PulsarNetworks", "PulsarTwin", "ScalingStudies",
                "Segments", "ShowerNetworks", "Training",
            ],
            swiftSettings: checked),

        // A job that only counts, for tests of what Batch promises about jobs.
        .executableTarget(name: "batchprobe", dependencies: ["Batch", "MessagePassing"], path: "Tests/batchprobe", swiftSettings: checked),
        .target(name: "CAllocationCounter", path: "Tests/CAllocationCounter", cSettings: shim),
        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: checked),
        .testTarget(name: "NumericsTests", dependencies: ["Numerics", "TestSupport"], swiftSettings: checked),
        .testTarget(name: "MessagePassingTests", dependencies: ["MessagePassing", "TestSupport"], swiftSettings: checked),
        .testTarget(name: "ParallelHDF5Tests", dependencies: ["ParallelHDF5", "TestSupport"], swiftSettings: checked),
        .testTarget(name: "BatchTests", dependencies: ["Batch", "TestSupport"], swiftSettings: checked),
        .testTarget(name: "NetworksTests", dependencies: ["Networks", "NetworkKernels", "CAllocationCounter", "TestSupport"], swiftSettings: checked),
        .testTarget(name: "TrainingTests", dependencies: ["Training", "TestSupport"], swiftSettings: checked),
        .testTarget(name: "LatticeFieldsTests", dependencies: ["LatticeFields", "LatticeKernels", "MessagePassing", "TestSupport"], swiftSettings: checked),
        .testTarget(name: "GaugeFilesTests", dependencies: ["GaugeFiles", "LatticeFields", "MessagePassing", "Numerics", "TestSupport"], swiftSettings: checked),
        .testTarget(
            name: "GaugeFieldsTests",
            dependencies: ["Batch", "GaugeFields", "GaugeKernels", "GaugeFiles", "LatticeFields", "MessagePassing", "Numerics", "ParallelHDF5", "TestSupport"],
            swiftSettings: checked),
        .testTarget(
            name: "LatticeCatalogueTests", dependencies: ["LatticeCatalogue", "GaugeFiles", "LatticeFields", "MessagePassing", "TestSupport"],
            swiftSettings: checked),
        .testTarget(
            name: "AbelianFieldsTests",
            dependencies: ["AbelianFields", "AbelianFlows", "AbelianKernels", "Flows", "LatticeFields", "MessagePassing", "Numerics", "ParallelHDF5", "TestSupport"],
            swiftSettings: checked),
        .testTarget(
            name: "NonAbelianFlowsTests",
            dependencies: ["NonAbelianFlows", "Flows", "GaugeFields", "GaugeKernels", "LatticeFields", "MessagePassing", "Numerics", "ParallelHDF5", "TestSupport"],
            swiftSettings: checked),
        .testTarget(name: "FlowsTests", dependencies: ["Flows", "FlowKernels", "Networks", "CAllocationCounter", "TestSupport"], swiftSettings: checked),
        .testTarget(
            name: "CalorimeterShowersTests", dependencies: ["CalorimeterShowers", "MessagePassing", "Numerics", "ParallelHDF5", "Batch", "TestSupport"], swiftSettings: checked),
        .testTarget(
            name: "ShowerNetworksTests", dependencies: ["ShowerNetworks", "ShowerKernels", "NetworkKernels", "Batch", "MessagePassing", "ParallelHDF5", "TestSupport"],
            swiftSettings: checked),
        .testTarget(name: "SegmentsTests", dependencies: ["Segments", "TestSupport"], swiftSettings: checked),
        .testTarget(
            name: "GlitchesTests", dependencies: ["Glitches", "GlitchKernels", "Frames", "Segments", "Numerics", "ParallelHDF5", "TestSupport"],
            swiftSettings: checked),
        .testTarget(
            name: "GlitchInferenceTests", dependencies: ["GlitchInference", "Glitches", "Frames", "Segments", "Numerics", "ParallelHDF5", "TestSupport"],
            swiftSettings: checked),
        .testTarget(
            name: "GlitchNetworksTests",
            dependencies: [
                "GlitchNetworks", "Glitches", "Frames", "Segments", "Networks", "NetworkKernels", "Training", "Batch", "Numerics", "MessagePassing", "ParallelHDF5",
                "TestSupport",
            ],
            swiftSettings: checked),
        .testTarget(
            name: "GlitchNetworkInferenceTests",
            dependencies: ["GlitchNetworkInference", "GlitchInference", "GlitchNetworks", "Glitches", "Networks", "Numerics", "ParallelHDF5", "TestSupport"],
            swiftSettings: checked),
        .testTarget(name: "FramesTests", dependencies: ["Frames", "Segments", "TestSupport"], swiftSettings: checked),
        .testTarget(name: "ScalingStudiesTests", dependencies: ["ScalingStudies", "Batch", "Numerics", "TestSupport"], swiftSettings: checked),
        .testTarget(name: "RadioStreamsTests", dependencies: ["RadioStreams", "TestSupport"], swiftSettings: checked),
        .testTarget(
            name: "PulsarTwinTests", dependencies: ["PulsarTwin", "PulsarFrames", "PulsarKernels", "RadioStreams", "TestSupport"], swiftSettings: checked),
        .testTarget(
            name: "PulsarNetworksTests",
            dependencies: ["PulsarNetworks", "PulsarFrames", "RadioStreams", "Networks", "NetworkKernels", "Numerics", "CAllocationCounter", "TestSupport"],
            swiftSettings: checked),
        .testTarget(
            name: "PulsarsTests", dependencies: ["Pulsars", "PulsarKernels", "RadioStreams", "TestSupport"], swiftSettings: checked),
        .testTarget(name: "IntegrationTests", dependencies: ["Batch", "ParallelHDF5", "TestSupport"], path: "Tests/Integration", swiftSettings: checked),
    ]
)

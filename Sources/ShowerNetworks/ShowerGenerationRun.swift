import Batch
import Numerics
import ParallelHDF5
import ShowerKernels

extension RandomPurpose {
    static let showerConditions = RandomPurpose(rawValue: 67)
}

/// The section `generation`.
public struct ShowerGenerationSettings: Sendable {
    /// A model file, or a run directory of `train`; nil: `model.h5` of this run directory, the best epoch of its training.
    public let model: String?
    public let profile: ShowerArchitecture
    public let showers: Int
    /// GeV and rad, uniform between the two.
    public let energies: [Double]
    public let angles: [Double]
    public let output: String
    /// Rings and sectors for the CaloChallenge's layout; nil for the CLIC layout.
    public let binning: CylindricalBinning?
    public let particle: String

    /// - Parameter padSize: edge of a pad in mm.
    /// *Not collective.* Throws `ConfigurationError`.
    public init(_ configuration: Configuration, padSize: Double) throws {
        let section = try configuration.section("generation")
        model = section.has("model") ? try section.string("model") : nil
        showers = try section.int("showers", default: 1024, in: 16...1 << 40)
        energies = try section.doubles("energies", default: [10, 100], count: 2...2)
        angles = try section.doubles("angles", default: [1.0471975511965976, 2.0943951023931953], count: 2...2)
        output = try section.string("output", default: "generated.h5")
        profile = try ShowerArchitecture(configuration.section("model"))
        let layout = try section.string("layout", default: "clic", oneOf: ["clic", "calochallenge"])
        let rings = section.has("rings") ? try section.doubles("rings", in: 0...1e5, count: 2...1000) : nil
        let sectors = try section.int("sectors", default: 16, in: 1...1000)
        particle = try section.string("particle", default: "electron", oneOf: ["electron", "photon"])
        binning =
            layout == "clic" ? nil : try CylindricalBinning(extents: profile.imageExtents, padSize: padSize, edges: rings, sectors: sectors)
        guard showers % laneWidth == 0 else {
            throw ConfigurationError("'generation.showers' is \(showers), wanted a multiple of 16")
        }
        guard energies[0] > 0, energies[0] <= energies[1], angles[0] <= angles[1] else {
            throw ConfigurationError("'generation.energies' \(energies) and 'generation.angles' \(angles): wanted positive energies, lower bound first")
        }
        configuration.leave("data", "training")
        try configuration.finish()
    }
}

/// The command `generate`: showers of a trained model in the CLIC or the CaloChallenge's layout, the same bits on any number of ranks.
public struct ShowerGenerationRun {
    private let context: JobContext
    private let settings: ShowerGenerationSettings

    public init(_ context: JobContext, settings: ShowerGenerationSettings) {
        self.context = context
        self.settings = settings
    }

    /// *Collective.*
    public func run() throws -> StopReason? {
        let architecture = settings.profile, communicator = context.communicator
        let generator = try ShowerGenerator(architecture, shards: 0)
        let model = try communicator.agree {
            try settings.model.map { try ShowerModelPath.resolve($0, epoch: nil) } ?? context.directory.path("model.h5")
        }
        let parameters = try HDF5File.with(HDF5File.open(model, communicator: communicator)) { file in
            try ShowerModelFile.read(file, "generator", layout: generator.layout, moving: &generator.moving, energies: &generator.layerEnergies)
        }
        let moments = ShowerMoments(extents: architecture.imageExtents, power: architecture.imagePower)
        let latent = LaneBlock(architecture.latentCount), deposits = LaneBlock(architecture.imageSites)
        let noise = RandomStream(seed: context.seed, purpose: .showerNoise), conditions = RandomStream(seed: context.seed, purpose: .showerConditions)
        let sites = architecture.imageSites
        var rows = [Float](repeating: 0, count: laneWidth * sites)
        let progress = context.progress(total: settings.showers, unit: "shower", label: "generate")
        let size = communicator.size, shards = settings.showers / laneWidth
        try context.writeData(settings.output) { file in
            try file.root.setAttribute("model", model)
            let showers: any GeneratedShowers =
                if let binning = settings.binning {
                    try CylindricalShowers(file.root, showers: settings.showers, binning: binning)
                } else {
                    try ClicShowers(file.root, showers: settings.showers, extents: architecture.imageExtents)
                }
            for shard in stride(from: communicator.rank, to: shards, by: size) {
                let first = shard * laneWidth
                func uniform(_ bounds: [Double], _ j: Int, _ draw: UInt32) -> Double {
                    bounds[0] + (bounds[1] - bounds[0]) * conditions.uniform(epoch: 0, index: UInt64(first + j), draw: draw)
                }
                let energies = (0..<laneWidth).map { uniform(settings.energies, $0, 0) }, angles = (0..<laneWidth).map { uniform(settings.angles, $0, 1) }
                let scaled = energies.map { $0 / architecture.energyScale }
                context.phases.measure(.compute) {
                    LatentNoise.fill(
                        latent.lanes, count: architecture.latentCount, energies: scaled, angles: angles,
                        stream: noise, epoch: UInt64.max >> 2, firstSample: UInt64(first))
                    moments.expand(
                        generator.infer(latent.lanes, parameters: parameters), unit: architecture.unit(energies: scaled), into: deposits.lanes)
                    for i in 0..<sites { for j in 0..<laneWidth { rows[j * sites + i] = deposits.lanes[i][j] } }
                }
                try showers.write(rows, energies: energies, angles: angles, first: first)
                progress.advance(to: min(settings.showers, (shard + size) * laneWidth), [:])
            }
        }
        progress.finish()
        try writeBinning()
        context.summary.set("showers", settings.showers)
        context.log.info("wrote \(context.directory.path(settings.output)): \(settings.showers) showers")
        return nil
    }

    /// The binning of the CaloChallenge's layout, beside the showers.
    private func writeBinning() throws {
        guard let binning = settings.binning else { return }
        let stem = settings.output.hasSuffix(".h5") ? String(settings.output.dropLast(3)) : settings.output
        try context.communicator.agree {
            guard context.communicator.isRoot else { return }
            let text = binning.xml(particle: settings.particle, pdg: settings.particle == "electron" ? 11 : 22)
            try context.directory.writeAtomically("\(stem)-binning.xml", text: text)
        }
    }
}

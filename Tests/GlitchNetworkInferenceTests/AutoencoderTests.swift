import Foundation
import GlitchInference
import GlitchNetworks
import Glitches
import Networks
import Numerics
import ParallelHDF5
import TestSupport
import Testing

import GlitchNetworkInference

@Suite("The autoencoder of witnesses")
struct AutoencoderTests {
    /// A calibration as far as an autoencoder needs one: white strain, two witnesses and a carrier.
    static func calibration(features: [String] = []) -> InferenceModel {
        var geometry = InferenceGeometry()
        geometry.rate = 256
        geometry.order = 8
        geometry.frequencies = 10...100
        let filter = PredictionErrorFilter(coefficients: [1, -0.5, 0.1])
        let sources = [("X1:A", false), ("X1:B", false), ("X1:LINE", true)].map {
            InferenceModel.Source(name: $0.0, rate: 256, isCarrier: $0.1, whitening: filter)
        }
        return InferenceModel(
            strain: "X1:STRAIN", strainRate: 512, strainWhitening: filter, sources: sources, geometry: geometry,
            calibration: LogisticCalibration(features: ["X1:A", "X1:B"] + features, intercept: -4, slopes: [1, 1] + features.map { _ in 1 }), filters: [], training: 0..<64)
    }

    static func model(widths: [Int] = [4, 8], isNormalised: Bool = true, activation: AutoencoderArchitecture.Activation = .tanh) throws -> AutoencoderModel {
        let calibration = calibration()
        let terms = [CouplingTerm(.linear, 0, isGated: false), CouplingTerm(.linear, 1, isGated: false), CouplingTerm(.product, 0, 2, isGated: false)]
        let architecture = AutoencoderArchitecture(inputs: 3, widths: widths, activation: activation, isNormalised: isNormalised, wanted: 256)
        let stream = RandomStream(seed: 5, purpose: .test)
        func numbers(_ count: Int, _ epoch: UInt64) -> [Float] {
            var values = [Double](repeating: 0, count: count)
            stream.fillNormals(&values, epoch: epoch, indices: 0..<UInt64(count), draw: 0)
            return values.map { Float(0.3 * $0) }
        }
        let channels = try AutoencoderModel.normalisedWidths(architecture)
        return AutoencoderModel(
            strain: calibration.strain, sources: calibration.sources.map(\.name), terms: terms, scales: [1, 2, 0.5],
            calibration: AutoencoderModel.fingerprint(calibration), architecture: architecture,
            parameters: numbers(try AutoencoderModel.parameterCount(architecture), 1), means: channels.enumerated().map { numbers($1, UInt64(10 + $0)) },
            variances: channels.enumerated().map { numbers($1, UInt64(40 + $0)).map { 0.5 + $0 * $0 } })
    }

    static func series(_ count: Int) -> [[Double]] {
        (0..<3).map { channel in
            var values = [Double](repeating: 0, count: count)
            RandomStream(seed: 6, purpose: .test).fillNormals(&values, epoch: UInt64(channel), indices: 0..<UInt64(count), draw: 0)
            return values
        }
    }

    @Test("21 witnesses: the 43,873 parameters of DeepClean, less the 218 biases that a normalisation takes out again")
    func parameters() throws {
        #expect(try AutoencoderModel.parameterCount(AutoencoderArchitecture(inputs: 21)) == 43_873 - 218)
        #expect(try AutoencoderModel.parameterCount(AutoencoderArchitecture(inputs: 21, isNormalised: false)) == 43_873 - 436)
    }

    @Test("a second's prediction is the same bits whatever seconds are asked for with it: windows overlap by more than the network sees", arguments: [[4], [4, 8], [2, 4, 8, 16]])
    func windows(widths: [Int]) throws {
        for (isNormalised, activation) in [(true, AutoencoderArchitecture.Activation.tanh), (false, .leaky)] {
            let network = try WitnessAutoencoder(Self.model(widths: widths, isNormalised: isNormalised, activation: activation), calibration: Self.calibration())
            let series = Self.series(20 * 256)
            let whole = network.whitened(series)
            #expect(whole.contains { abs($0) > 1e-3 } && whole.allSatisfy(\.isFinite))
            let part = network.whitened(series.map { Array($0[3 * 256..<8 * 256]) })
            #expect(Array(part[256..<4 * 256]) == Array(whole[4 * 256..<7 * 256]))
            // And every sample within reach counts: half as much overlap would show.
            var changed = series
            changed[0][5 * 256 - 3] += 1
            #expect(network.whitened(changed)[5 * 256..<5 * 256 + 8] != whole[5 * 256..<5 * 256 + 8])
        }
    }

    /// The network of an `autoencoder.h5` in PyTorch, double precision, over whole seconds of whitened series.
    private static let torchScript = """
        import json, sys, h5py, torch
        import torch.nn.functional as F
        torch.set_num_threads(1)
        torch.set_default_dtype(torch.float64)
        f = h5py.File(sys.argv[1])
        x = torch.tensor(json.load(open(sys.argv[2])), dtype=torch.float64) / torch.tensor(f["scales"][:])[:, None]
        t = lambda name: torch.tensor(f[name][:], dtype=torch.float64)
        levels, wanted = len(f.attrs["widths"]), int(f.attrs["wanted_samples"])
        margin = 16 << (levels - 1)
        def layer(y, name, stride=1):
            if not f.attrs["normalised"]:
                y = F.conv1d(y, t(f"parameters/{name}/weights"), t(f"parameters/{name}/bias").flatten(), stride, 3)
            else:
                y = F.conv1d(y, t(f"parameters/{name}/weights"), None, stride, 3)
                n = f"{name}_normalisation"
                y = F.batch_norm(y, t(f"statistics/{n}/mean"), t(f"statistics/{n}/variance"), t(f"parameters/{n}/scale").flatten(), t(f"parameters/{n}/shift").flatten(), False, 0, 1e-5)
            return torch.tanh(y) if f.attrs["activation"] in ("tanh", b"tanh") else F.leaky_relu(y, 0.1)
        padded, out = F.pad(x, (margin, margin)), []
        for start in range(0, x.shape[1], wanted):
            y = layer(padded[None, :, start:start + wanted + 2 * margin], "input")
            for i in range(1, levels + 1): y = layer(y, f"down{i}", 2)
            for i in range(1, levels + 1): y = layer(F.interpolate(y, scale_factor=2, mode="nearest"), f"up{i}")
            y = F.conv1d(y, t("parameters/output/weights"), t("parameters/output/bias").flatten(), 1, 3)
            out += y[0, 0, margin:margin + wanted].tolist()
        print(json.dumps(out))
        """

    @Test(
        "what the file's network foretells is what PyTorch makes of it", .enabled(if: PythonPeer.has("torch") && PythonPeer.has("h5py"), "peers torch and h5py not installed"),
        arguments: [true, false])
    func equalsPyTorch(isNormalised: Bool) throws {
        let directory = try TemporaryDirectory()
        let path = directory.path("autoencoder.h5"), model = try Self.model(isNormalised: isNormalised, activation: isNormalised ? .tanh : .leaky)
        try HDF5File.with(HDF5File.create(path, communicator: nil)) { try model.write(to: $0.root) }
        let series = Self.series(3 * 256)
        try JSONSerialization.data(withJSONObject: series).write(to: URL(fileURLWithPath: directory.path("series.json")))
        let answer = try PythonPeer.run(Self.torchScript, arguments: [path, directory.path("series.json")])
        let theirs = try #require(JSONSerialization.jsonObject(with: Data(answer.utf8)) as? [Double])
        let ours = try WitnessAutoencoder(model, calibration: Self.calibration()).whitened(series)
        let largest = theirs.map { abs($0) }.max() ?? 0
        #expect(ours.count == theirs.count && largest > 1e-2 && zip(ours, theirs).allSatisfy { abs($0 - $1) < 2e-5 * largest }, "\(largest)")
    }

    @Test("whitening undone: the restored series whitens to what it came from")
    func restored() {
        let filter = PredictionErrorFilter(coefficients: [2, -1, 0.3, 0.05])
        let series = Self.series(500)[0]
        let white = filter.apply(series)
        let back = filter.apply(filter.restore(white))
        #expect((8..<500).allSatisfy { abs(back[$0] - white[$0]) < 1e-12 })
        #expect(filter.restore(series).count == 500 && abs(filter.restore(series)[0] - series[0] / 2) < 1e-15)
    }

    @Test("a file gives the same model back; one of another calibration is refused with both names; damage is named")
    func files() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path("autoencoder.h5"), model = try Self.model()
        try HDF5File.with(HDF5File.create(path, communicator: nil)) { try model.write(to: $0.root) }
        let read = try AutoencoderModel(path: path)
        #expect(read.parameters == model.parameters && read.means == model.means && read.variances == model.variances && read.terms == model.terms)
        #expect(read.scales == model.scales && read.architecture == model.architecture && read.calibration == model.calibration)
        let series = Self.series(512)
        #expect(try WitnessAutoencoder(read, calibration: Self.calibration()).whitened(series) == WitnessAutoencoder(model, calibration: Self.calibration()).whitened(series))
        let old = Self.calibration()
        let other = InferenceModel(
            strain: old.strain, strainRate: old.strainRate, strainWhitening: PredictionErrorFilter(coefficients: [1, -0.4]), sources: old.sources, geometry: old.geometry,
            calibration: old.calibration, filters: [], training: old.training)
        let refused = #expect(throws: GlitchError.self) { try WitnessAutoencoder(read, calibration: other) }
        #expect("\(refused.map { "\($0)" } ?? "")".contains("train it again"))
        for (name, change) in [
            ("scales", { (root: HDF5Group) in try root.dataset("scales").write([1, 2, 0.0]) }),
            ("activation", { try $0.setAttribute("activation", "sigmoid") }),
            ("parameters/output/weights", { try $0.dataset("parameters/output/weights").write([Float](repeating: .nan, count: 21)) }),
        ] as [(String, (HDF5Group) throws -> Void)] {
            let damaged = directory.path("\(name.replacingOccurrences(of: "/", with: "-")).h5")
            try HDF5File.with(HDF5File.create(damaged, communicator: nil)) {
                try model.write(to: $0.root)
                try change($0.root)
            }
            let error = #expect(throws: GlitchError.self, "\(name)") { try AutoencoderModel(path: damaged) }
            #expect("\(error.map { "\($0)" } ?? "")".contains(name), "\(name)")
        }
    }
}

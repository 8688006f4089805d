import Foundation
import ParallelHDF5
import ShowerNetworks
import TestSupport
import Testing

extension FileTests {
    /// The CaloChallenge's layout of generated showers, and the times of Geant4 that `plan` compares with.
    @Suite struct GenerationLayoutTests {
        @Test("every pad gives all of its energy, to voxels that lie where the pad lies", arguments: [[51, 51, 2], [10, 7, 3]])
        func binning(extents: [Int]) throws {
            let pad = 5.1
            let binning = try CylindricalBinning(extents: extents, padSize: pad, edges: nil, sectors: 16)
            let cells = extents.reduce(1, *)
            for x in stride(from: 0, to: extents[0], by: 3) {
                for y in stride(from: 0, to: extents[1], by: 2) {
                    for layer in 0..<extents[2] {
                        var shower = [Float](repeating: 0, count: cells)
                        shower[(x * extents[1] + y) * extents[2] + layer] = 0.7
                        let voxels = binning.voxels(of: shower[...], scale: 20)
                        let sum: Double = voxels.reduce(0, +), given: Double = 20 * Double(Float(0.7))
                        #expect(abs(sum - given) < 1e-13)
                        let own = layer * binning.sectors * binning.rings..<(layer + 1) * binning.sectors * binning.rings
                        #expect(voxels.indices.allSatisfy { voxels[$0] == 0 || own.contains($0) })
                        // No part of the pad is farther from a voxel's middle than both are wide.
                        let u: Double = pad * (Double(x) + 0.5 - Double(extents[0]) / 2)
                        let v: Double = pad * (Double(y) + 0.5 - Double(extents[1]) / 2)
                        for voxel in own where voxels[voxel] > 0 {
                            let ring = voxel % binning.rings, sector = (voxel - own.lowerBound) / binning.rings
                            let inner: Double = binning.edges[ring], outer: Double = binning.edges[ring + 1]
                            let alpha: Double = Double.pi / 8 * (Double(sector) + 0.5) - Double.pi
                            let r: Double = (inner + outer) / 2
                            let distance: Double = hypot(r * cos(alpha) - u, r * sin(alpha) - v)
                            let reach: Double = pad * 0.75 + hypot((outer - inner) / 2, Double.pi / 16 * outer)
                            #expect(distance < reach, "pad \(x) \(y), voxel \(sector) \(ring)")
                        }
                    }
                }
            }
        }

        @Test("rings that do not rise are refused, and the window's corner is always inside")
        func rings() throws {
            #expect(throws: ShowerNetworkError.self) { try CylindricalBinning(extents: [4, 4, 1], padSize: 1, edges: [0, 2, 2], sectors: 4) }
            #expect(throws: ShowerNetworkError.self) { try CylindricalBinning(extents: [4, 4, 1], padSize: 1, edges: [1, 2], sectors: 4) }
            let binning = try CylindricalBinning(extents: [4, 4, 1], padSize: 1, edges: [0, 1, 2, 50], sectors: 4)
            #expect(binning.edges == [0, 1, 2, 2.9] && binning.voxels == 12)
        }

        @Test("both layouts hold the same showers, the same bits on 1, 2 and 3 ranks, with a binning that counts the voxels")
        func layouts() throws {
            let directory = try TemporaryDirectory()
            try ExchangeSamples.write(ExchangeSamples.model(.miniature), directory.path("model.h5"))
            let settings = """
                seed: 4
                model: {profile: miniature}
                generation: {model: \(directory.path("model.h5")), showers: 80}
                """
            try settings.write(toFile: directory.path("run.yaml"), atomically: true, encoding: .utf8)
            func generate(_ layout: String, ranks: Int) throws -> String {
                let run = directory.path("\(layout)\(ranks)")
                let result = try MPIRun.run(
                    executable: "gan3d", arguments: ["generate", directory.path("run.yaml"), "--run", run, "--set", "generation.layout=\(layout)"],
                    ranks: ranks, timeout: 60)
                #expect(result.status == 0, "\(result.stderr)")
                return run
            }
            func read(_ run: String, _ name: String) throws -> [Double] {
                try HDF5File.with(HDF5File.open(run + "/generated.h5", communicator: nil)) { try $0.root.read(name, as: Double.self) }
            }
            let reference = try generate("calochallenge", ranks: 1)
            let showers = try read(reference, "showers")
            for ranks in 2...3 {
                let run = try generate("calochallenge", ranks: ranks)
                for name in ["showers", "incident_energies", "incident_theta"] { #expect(try read(run, name) == read(reference, name)) }
            }
            let clic = try generate("clic", ranks: 1)
            let cells = try read(clic, "ECAL"), energies = try read(clic, "energy"), incident = try read(reference, "incident_energies")
            let voxels = showers.count / 80
            for shower in 0..<80 {
                let energy: Double = energies[shower], other: Double = incident[shower] / 1000
                #expect(abs(other - energy) < 1e-5 * energy)
                for layer in 0..<5 {
                    var deposit = 0.0
                    for pad in 0..<100 { deposit += 20 * cells[(shower * 100 + pad) * 5 + layer] }
                    let first = shower * voxels + layer * (voxels / 5)
                    let sum: Double = showers[first..<first + voxels / 5].reduce(0, +)
                    #expect(abs(sum - deposit) <= 1e-12 * deposit, "shower \(shower) layer \(layer)")
                }
            }
            #expect(showers.contains { $0 > 0 })
            let xml = try XMLText.attributes(reference + "/generated-binning.xml", of: "Layer")
            var counted = 0
            for layer in xml {
                let edges = layer["r_edges"]?.split(separator: ",").count ?? 1
                counted += (edges - 1) * (layer["n_bin_alpha"].flatMap { Int($0) } ?? 0)
            }
            #expect(xml.count == 5 && counted == voxels)
        }

        @Test("the time of Geant4 passes through its measurements, and the crossover is where it equals the generation's")
        func timing() throws {
            let clic = GeantTiming.clic
            for point in clic.points {
                let ratio: Double = clic.seconds(at: point.energy) / point.seconds
                #expect(abs(ratio - 1) < 1e-12)
            }
            for energy in [0.3, 1, 4, 10, 77, 150, 500] {
                let ratio: Double = clic.energy(taking: clic.seconds(at: energy)) / energy
                #expect(abs(ratio - 1) < 1e-12)
            }
            let linear = try GeantTiming("1:0.01,100:1")
            let seconds: Double = linear.seconds(at: 20), energy: Double = linear.energy(taking: 3)
            #expect(abs(seconds - 0.2) < 1e-12)
            #expect(abs(energy - 300) < 1e-9)
            #expect(linear.covers(100) && !linear.covers(101))
            for text in ["", "1:2", "1:2,3", "1:2,0.5:3", "1:2,3:1", "0:1,2:3", "a:b,c:d"] {
                #expect(throws: ShowerNetworkError.self, "\(text)") { try GeantTiming(text) }
            }
        }

        @Test("plan prints parameters, operations, memory, speed and the crossover")
        func plan() throws {
            let result = try MPIRun.run(executable: "gan3d", arguments: ["plan", "--geant4", "1:0.01,100:1", "--gigaflops", "100"], ranks: nil, timeout: 60)
            #expect(result.status == 0, "\(result.stderr)")
            let cost = ShowerCost(.keras)
            let energy: Double = 2e-9 * cost.generation
            let line = result.lines.first { $0.hasPrefix("crossover") } ?? ""
            let printed = line.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? 0
            let ratio: Double = printed / energy
            #expect(abs(ratio - 1) < 1e-2, "\(line), wanted \(energy)")
            #expect(result.stdout.contains("1364983") && result.stdout.contains("87354") && result.stdout.contains("showers/s"))
            let wrong = try MPIRun.run(executable: "gan3d", arguments: ["plan", "--geant4", "1:2"], ranks: nil, timeout: 60)
            #expect(wrong.status == 64 && wrong.stderr.contains("GeV:seconds"), "\(wrong.status) \(wrong.stderr)")
        }
    }
}

/// The attributes of a file's elements of one name.
private enum XMLText {
    static func attributes(_ path: String, of element: String) throws -> [[String: String]] {
        let text = try String(contentsOfFile: path, encoding: .utf8)
        return text.split(separator: "<").filter { $0.hasPrefix(element + " ") }.map { tag in
            var result: [String: String] = [:]
            let parts = tag.split(separator: "\"", omittingEmptySubsequences: false)
            for k in stride(from: 0, to: parts.count - 1, by: 2) {
                let key = parts[k].split(separator: " ").last.map { $0.dropLast() } ?? ""
                result[String(key)] = String(parts[k + 1])
            }
            return result
        }
    }
}

import MessagePassing
import Numerics
import ParallelHDF5
import Training

/// Every rank reads its shards of three epochs; together they must be every sample once an epoch, in lanes, whatever
/// the layout in the file.
func checkDataset(_ world: Communicator) throws -> String {
    try withScratch(world) { directory in
        let path = "\(directory)/samples.h5"
        let samples = 165  // 10 shards and 5 samples that an epoch leaves out
        let images = (0..<samples * 6).map { Float($0 / 6) + Float($0 % 6) * 0.125 }
        try HDF5File.with(.create(path, communicator: world)) { file in
            try file.root.write("images", images, shape: [samples, 2, 3])
            try file.root.write("labels", (0..<samples).map { Int16($0) })
            let packed = try file.root.createDataset(
                "packed", shape: [samples, 2, 3], type: .float32, chunk: [20, 2, 3], deflate: 4)
            try packed.write(images)
        }
        return try HDF5File.with(.open(path, communicator: world)) { file in
            let names = ["images", "labels", "packed"]
            let data = try ShardedDataset(
                try names.map { try file.root.dataset($0) }, file: path, shardsPerBatch: 4, seed: 12, communicator: world)
            try expectEqual(data.shardsPerEpoch, 10, "shards in an epoch")
            var read: [[Int]] = [[], [], []]
            // Batches of 4 shards do not divide the epoch of 10: 15 steps are 6 epochs.
            for step in 0..<15 {
                for shard in stride(from: world.rank, to: 4, by: world.size) {
                    try data.load(step: step, shard: shard)
                    let epoch = (step * 4 + shard) / data.shardsPerEpoch
                    for j in 0..<laneWidth {
                        let sample = Int(data.lanes(1)[0][j])
                        try expectEqual(sample, data.sample(step: step, shard: shard, j), "label of sample \(j)")
                        for i in 0..<6 {
                            try expectEqual(data.lanes(0)[i][j], images[sample * 6 + i], "number \(i) of sample \(sample)")
                            try expectEqual(data.lanes(2)[i][j], images[sample * 6 + i], "packed number \(i) of sample \(sample)")
                        }
                        if epoch < 3 { read[epoch].append(sample) }
                    }
                }
            }
            for epoch in 0..<3 {
                let all = try world.allGather(read[epoch]).joined().sorted()
                try expectEqual(all.count, 160, "samples in epoch \(epoch)")
                try expectEqual(Set(all).count, 160, "different samples in epoch \(epoch)")
            }
            return "165 samples, 3 epochs, contiguous and compressed"
        }
    }
}

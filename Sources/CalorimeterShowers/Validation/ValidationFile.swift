import Numerics
import ParallelHDF5

/// Every histogram and profile of a validation as HDF5.
enum ValidationFile {
    static let name = "validation.h5"

    /// *Collective;* every rank passes the same.
    static func write(_ validation: Validation, to root: HDF5Group) throws {
        try root.setAttribute("format", "didymos shower validation")
        try root.setAttribute("format_version", Int64(2))
        try root.setAttribute("sample", validation.sample.name)
        try root.setAttribute("reference", validation.reference.name)
        for (name, comparison) in [("comparison", validation.comparison), ("floor", validation.floor)] {
            let group = try root.createGroup(name)
            let histograms = try group.createGroup("histograms")
            for observable in comparison.observables { try write(observable, to: histograms.createGroup(observable.name)) }
            let profiles = try group.createGroup("profiles")
            for (place, mine) in [("sample", comparison.sampleProfiles), ("reference", comparison.referenceProfiles)] {
                let inner = try profiles.createGroup(place)
                for (axis, profile) in [("depth", mine.depth), ("x", mine.rowsX), ("y", mine.rowsY)] {
                    try inner.write("\(axis)_mean", profile.means, units: "1")
                    try inner.write("\(axis)_error", profile.errors, units: "1")
                }
                try inner.write("occupancy", mine.occupancy, shape: validation.reference.grid.extents, units: "1")
            }
        }
        try writeResponse(validation.response, to: root.createGroup("response"))
        for classifier in validation.classifiers {
            let group = try root.createGroup("classifiers/\(classifier.input.rawValue)")
            try write(classifier.comparison, to: group.createGroup("comparison"))
            try write(classifier.floor, to: group.createGroup("floor"))
        }
    }

    private static func write(_ test: ClassifierTest, to group: HDF5Group) throws {
        let folds = test.folds
        try group.setAttribute("showers_of_each", Int64(test.showers))
        try group.setAttribute("auc", test.area.value)
        try group.setAttribute("auc_error", test.area.error)
        try group.setAttribute("jsd", test.divergence.value)
        try group.setAttribute("jsd_error", test.divergence.error)
        try group.write("fold_auc", folds.map(\.curve.area.value), units: "1")
        try group.write("fold_auc_error", folds.map(\.curve.area.error), units: "1")
        try group.write("fold_jsd", folds.map(\.divergence.value), units: "1")
        try group.write("fold_jsd_error", folds.map(\.divergence.error), units: "1")
        try group.write("fold_epoch", folds.map { Int64($0.epoch) })
        try group.write("roc_sample_share", (0...100).map { Double($0) / 100 }, units: "1")
        try group.write("roc_reference_share", test.accepted, units: "1")
        // Trainings end at epochs of their own.
        let longest = folds.map(\.history.count).max() ?? 0
        try group.write(
            "validation_loss", folds.flatMap { $0.history + [Double](repeating: .nan, count: longest - $0.history.count) },
            shape: [folds.count, longest], units: "nat")
    }

    private static func write(_ observable: SampleComparison.Observable, to group: HDF5Group) throws {
        try group.write("edges", observable.sample.axis.edges, units: observable.sample.axis.units)
        // Underflow first, overflow last.
        try group.write("sample", observable.sample.all, units: "1")
        try group.write("reference", observable.reference.all, units: "1")
        try group.setAttribute("title", observable.title)
        try group.setAttribute("separation", observable.separation)
        try group.setAttribute("expected_separation", observable.expectedSeparation)
        try group.setAttribute("probability", observable.probability)
        try group.setAttribute("support_coverage", observable.support.coverage)
        try group.setAttribute("support_outside", observable.support.outside)
        for tail in observable.tails {
            let inner = try group.createGroup("\(tail.side)_tail")
            try inner.setAttribute("threshold", tail.threshold)
            try inner.setAttribute("sample_showers", Int64(tail.sample))
            try inner.setAttribute("reference_showers", Int64(tail.reference))
            try inner.setAttribute("ratio", tail.ratio.value)
            try inner.setAttribute("ratio_error", tail.ratio.error)
        }
    }

    private static func writeResponse(_ bins: [ResponseBin], to group: HDF5Group) throws {
        try group.write("energy_lower", bins.map(\.energies.lowerBound), units: "GeV")
        try group.write("energy_upper", bins.map(\.energies.upperBound), units: "GeV")
        for (name, moments) in [("sample", bins.map(\.sample)), ("reference", bins.map(\.reference))] {
            try group.write("\(name)_mean", moments.map(\.mean.value), units: "1")
            try group.write("\(name)_mean_error", moments.map(\.mean.error), units: "1")
            try group.write("\(name)_resolution", moments.map { ResponseBin.resolution($0).value }, units: "1")
            try group.write("\(name)_resolution_error", moments.map { ResponseBin.resolution($0).error }, units: "1")
        }
    }
}

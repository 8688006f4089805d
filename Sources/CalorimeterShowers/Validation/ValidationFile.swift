import Numerics
import ParallelHDF5

/// Every histogram and profile of a validation as HDF5.
enum ValidationFile {
    static let name = "validation.h5"

    /// *Collective;* every rank passes the same.
    static func write(_ validation: Validation, to root: HDF5Group) throws {
        try root.setAttribute("format", "didymos shower validation")
        try root.setAttribute("format_version", Int64(1))
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
            }
        }
        try writeResponse(validation.response, to: root.createGroup("response"))
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

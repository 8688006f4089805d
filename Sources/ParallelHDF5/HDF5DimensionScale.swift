import CParallelHDF5

// Dimension scales (HDF5 High Level library, "HDF5 Dimension Scale Specification"): coordinates of a dataset's
// dimensions, which h5py shows as `dataset.dims` and netCDF-4 as coordinate variables.

extension HDF5Dataset {
    /// Makes this one-dimensional dataset a dimension scale called `name`.
    public func makeDimensionScale(_ name: String) throws {
        try place.file.together {
            try place.requireOpen(writable: true)
            guard shape.count == 1 else { throw place.wrong("has shape \(shape), a dimension scale has one dimension") }
            try place.check(H5DSset_scale(id, name), "H5DSset_scale")
        }
    }

    /// Attaches `scale` to dimension `dimension` (0 is the slowest) and names that dimension `label`.
    public func setDimensionScale(_ dimension: Int, _ scale: HDF5Dataset, label: String? = nil) throws {
        try place.file.together {
            try place.requireOpen(writable: true)
            try requireDimension(dimension)
            guard scale.shape == [shape[dimension]] else {
                throw place.wrong("dimension \(dimension) has \(shape[dimension]) values, its scale \(scale.path) has shape \(scale.shape)")
            }
            let isScale = try scale.place.check(H5DSis_scale(scale.id), "H5DSis_scale") > 0
            if !isScale { try scale.place.check(H5DSset_scale(scale.id, label ?? scale.path), "H5DSset_scale") }
            try place.check(H5DSattach_scale(id, scale.id, UInt32(dimension)), "H5DSattach_scale")
            if let label { try place.check(H5DSset_label(id, UInt32(dimension), label), "H5DSset_label") }
        }
    }

    /// Names dimension `dimension` without a scale.
    public func setDimensionLabel(_ dimension: Int, _ label: String) throws {
        try place.file.together {
            try place.requireOpen(writable: true)
            try requireDimension(dimension)
            try place.check(H5DSset_label(id, UInt32(dimension), label), "H5DSset_label")
        }
    }

    /// The name of dimension `dimension`, empty if it has none.
    public func dimensionLabel(_ dimension: Int) throws -> String {
        try place.file.together { try requireDimension(dimension) }
        // The attribute itself: H5DSget_label crashes on a damaged file (1.10.8).
        guard try hasAttribute("DIMENSION_LABELS") else { return "" }
        let labels = try stringAttributes("DIMENSION_LABELS")
        return labels.indices.contains(dimension) ? labels[dimension] : ""
    }

    private func requireDimension(_ dimension: Int) throws {
        try place.requireOpen()
        guard shape.indices.contains(dimension) else {
            throw place.wrong("has shape \(shape), which has no dimension \(dimension)")
        }
    }
}

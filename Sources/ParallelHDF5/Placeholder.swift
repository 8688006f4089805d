enum ParallelHDF5Placeholder {}

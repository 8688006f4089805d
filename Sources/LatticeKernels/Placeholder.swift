enum LatticeKernelsPlaceholder {}

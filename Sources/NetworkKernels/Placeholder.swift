enum NetworkKernelsPlaceholder {}

enum FlowKernelsPlaceholder {}

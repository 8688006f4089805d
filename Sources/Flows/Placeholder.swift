enum FlowsPlaceholder {}

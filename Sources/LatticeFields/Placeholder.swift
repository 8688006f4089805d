enum LatticeFieldsPlaceholder {}

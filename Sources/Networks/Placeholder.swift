enum NetworksPlaceholder {}

enum MessagePassingPlaceholder {}

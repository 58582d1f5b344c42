"""IR to files: one package per target, and the source printer that they share."""

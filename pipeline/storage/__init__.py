"""Where the catalogue is published: one store protocol, its implementations, and the pure publish plan."""

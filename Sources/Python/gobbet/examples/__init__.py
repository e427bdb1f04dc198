"""Examples that are run as modules."""

"""The embedded OpenObserve: the same REST surface on the same engines, for first runs and tests."""

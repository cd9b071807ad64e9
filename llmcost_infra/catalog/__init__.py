"""Declarations become specs, specs become what OpenObserve gets: no Pulumi, no HTTP."""

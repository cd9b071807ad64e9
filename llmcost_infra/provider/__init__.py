"""The Pulumi provider: the process that the engine talks to."""

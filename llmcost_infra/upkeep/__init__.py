"""What keeps stored numbers true after ingest: calls priced again when their prices came late."""

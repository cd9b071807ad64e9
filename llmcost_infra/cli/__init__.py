"""The llmcost command."""

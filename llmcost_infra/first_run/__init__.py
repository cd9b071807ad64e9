"""The first run: from a clean checkout to a populated dashboard."""

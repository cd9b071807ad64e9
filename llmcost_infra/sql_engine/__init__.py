"""DataFusion and VRL, set up the way OpenObserve sets them up."""

"""How each kind of OpenObserve object is found, made, changed and removed over REST."""

"""The OpenObserve REST API: client, errors, and what each kind of object is."""

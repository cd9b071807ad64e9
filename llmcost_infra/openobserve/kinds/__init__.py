"""What each kind of OpenObserve object is, as pure functions of its inputs."""

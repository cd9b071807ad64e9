"""Takes over what an OpenObserve organization holds: a project that declares and imports it."""

from llmcost_infra.adopt.adopting import Adoption, adopt

__all__ = ["Adoption", "adopt"]

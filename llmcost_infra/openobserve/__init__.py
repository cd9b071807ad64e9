"""REST client of OpenObserve, and the kinds of objects that it holds."""

from llmcost_infra.openobserve.client import Client, SearchResult
from llmcost_infra.openobserve.retry import Retry

__all__ = ["Client", "Retry", "SearchResult"]

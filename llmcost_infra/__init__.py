"""LLM cost dashboards and alerts for OpenObserve, provisioned as code with Pulumi."""

__all__ = ["__version__"]

__version__ = "0.1.0"

"""The policy pack's process: started by the engine in the folder of `PulumiPolicy.yaml`."""

from __future__ import annotations

import sys
from pathlib import Path

from llmcost_infra.check.policies import Policies, policies_in
from llmcost_infra.errors import LlmCostError
from llmcost_infra.policy.servicer import serve_policies
from llmcost_infra.provider.plugin import run_plugin

__all__ = ["main"]


def main() -> None:
    """Serve the engine that started this process."""
    chosen = _chosen(Path.cwd())
    run_plugin(lambda: serve_policies(chosen), lambda: None)


def _chosen(pack: Path) -> Policies:
    try:
        return policies_in(pack)
    except LlmCostError as error:
        # The engine shows what a plugin says that ends before it has told its port.
        sys.exit(str(error))

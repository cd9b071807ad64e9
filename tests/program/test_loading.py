"""What runs programs is light: a check waits for several of them."""

from __future__ import annotations

import subprocess
import sys

import pytest

RULES = {"datafusion", "jinja2", "pyarrow", "sqlglot", "vrl_python"}


@pytest.mark.parametrize(
    ("module", "needless"),
    [
        ("llmcost_infra.program.child", {"httpx", "rich", "click", *RULES} - {"jinja2"}),
        ("llmcost_infra.program.run", {"httpx", "pulumi", *RULES}),
        ("llmcost_infra.check.running", {"httpx", "pulumi", *RULES}),
    ],
)
def test_a_program_runs_without_what_only_others_need(module: str, needless: set[str]) -> None:
    """No program calls a server, and the rules' engines are loaded while programs run."""
    code = f"import sys, {module}; print(*sys.modules)"

    ended = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert needless & set(ended.stdout.split()) == set()

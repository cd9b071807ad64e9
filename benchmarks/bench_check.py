"""How long `llmcost check` of the repository takes, beside one `llmcost render` a stack."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from llmcost_infra.program.project import stack_names

__all__ = ["main"]

_LIMIT_S = 3.0
_RUNS = 5


def main() -> int:
    """Print a table; 1 when the check takes longer than its limit."""
    llmcost = str(Path(sys.executable).with_name("llmcost"))
    stacks = stack_names(Path())
    ours = min(_once(llmcost, "check") for _ in range(_RUNS))
    with tempfile.TemporaryDirectory() as folder:
        rendered = min(
            sum(
                _once(llmcost, "render", "--stack", one, "--out", f"{folder}/{one}")
                for one in stacks
            )
            for _ in range(_RUNS)
        )
    print(f"llmcost check, {len(stacks)} stacks   {ours:6.2f} s")
    print(f"llmcost render of each     {rendered:6.2f} s  ({ours / rendered:.2f} of it)")
    print(f"limit {_LIMIT_S:.1f} s, {'met' if ours <= _LIMIT_S else 'MISSED'}")
    return 0 if ours <= _LIMIT_S else 1


def _once(*command: str) -> float:
    started = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)  # noqa: S603 - named above
    return time.perf_counter() - started


if __name__ == "__main__":
    sys.exit(main())

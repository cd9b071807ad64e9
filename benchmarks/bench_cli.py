"""How long a person waits for `llmcost --help`, beside Python alone and the Pulumi CLI's help."""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

__all__ = ["main"]

_LIMIT_MS = 150
_RUNS = 21


def main() -> int:
    """Print a table; 1 when our help takes longer than its limit."""
    llmcost = str(Path(sys.executable).with_name("llmcost"))
    ours = _measure("llmcost --help", llmcost, "--help")
    _measure("python -c pass", sys.executable, "-c", "pass")
    pulumi = shutil.which("pulumi")
    if pulumi:
        _measure("pulumi --help", pulumi, "--help")
    fast = ours <= _LIMIT_MS
    print(f"llmcost --help: limit {_LIMIT_MS} ms, {'met' if fast else 'MISSED'}")
    return 0 if fast else 1


def _measure(name: str, *command: str) -> float:
    """Print and return the median of a process's wall time, in milliseconds."""
    took = sorted(_once(command) for _ in range(_RUNS))
    middle = statistics.median(took)
    print(f"{name:<16}{middle:7.1f} ms  ({took[0]:.1f} to {took[-1]:.1f}, {_RUNS} runs)")
    return middle


def _once(command: tuple[str, ...]) -> float:
    started = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)  # noqa: S603 - named above
    return (time.perf_counter() - started) * 1000


if __name__ == "__main__":
    sys.exit(main())

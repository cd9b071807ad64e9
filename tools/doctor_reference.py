"""Writes docs/doctor.md from the checks' own docstrings, so that the two cannot disagree."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path

from llmcost_infra.doctor import CHECKLIST

__all__ = ["PAGE", "main", "reference"]

PAGE = Path(__file__).resolve().parent.parent / "docs" / "doctor.md"

_INTRODUCTION = """\
# The production checklist

`make docs` writes this page from the checks in `llmcost_infra/doctor`.

```console
$ llmcost doctor --stack prod
$ llmcost doctor --stack prod --send-test
```

`llmcost doctor` looks at a stack on its server, with the calls of the last day, and says for
every point what it saw and what to do next. It ends with 4 if a point fails. Nothing is
written; with `--send-test` a notification goes out on every route.

| state | what it means |
|---|---|
| ok | seen to be right |
| warn | may be right: somebody has to decide |
| fail | money, texts or alerts are being lost |
| unknown | could not be looked at, and why |

- `--json`: a list of `check`, `state`, `evidence` and `next`.
- `--watch`: stays, looks every `--every` minutes and tells what has changed. As a job of GitHub:
  [examples/github-actions/doctor.yml](../examples/github-actions/doctor.yml), every morning.

The server is the one that OPENOBSERVE_URL, OPENOBSERVE_USER and OPENOBSERVE_PASSWORD name; a
service account will do. `--send-test` needs one that may change alerts.

## Before the first day in production

What no server can tell, once for each stack:

1. The key with which ids are hashed (`llmcost:hash_key`) is kept where keys are kept: with
   another one, the same user is somebody else. See [privacy](privacy.md).
2. Pulumi's state is in a backend that several people can reach and that keeps versions; its
   passphrase or key is no file of the repository. See [provider](provider.md).
3. Something outside waits for the [heartbeat](alerts.md): no alert can tell that alerting is
   dead.
4. Jobs run: `llmcost rollup` every day where totals are kept, `llmcost reconcile` on the 3rd of
   each month, this checklist every morning, and the drift job of [review](review.md).
5. A [backtest](backtest.md) of every limit with a month of real calls, once there is one.
"""


def reference() -> str:
    """Return the page."""
    parts = [_INTRODUCTION, "\n## The checks\n"]
    for one in CHECKLIST:
        text = inspect.cleandoc(one.look.__doc__ or "")
        parts.append(f"\n### `{one.id}`\n\n{text}\n")
    return "".join(parts)


def main() -> int:
    """Write the page."""
    PAGE.write_text(reference(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

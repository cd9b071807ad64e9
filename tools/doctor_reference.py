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
$ llmcost doctor --stack prod --send-test --canary
```

`llmcost doctor` looks at a stack on its server, with the calls of the last day, and says for
every point what it saw and what to do next. It ends with 4 if a point fails. It only reads, but
with `--send-test` a notification goes out on every route, and with `--canary` a made-up call of
two tokens is sent through the pipeline and looked for in every stream.

| state | what it means |
|---|---|
| ok | seen to be right |
| warn | may be right: somebody has to decide |
| fail | money, texts or alerts are being lost |
| unknown | could not be looked at, and why |

`--json` prints a list of `check`, `state`, `evidence` and `next`. Without `--stack` it looks at
the stack that Pulumi has selected, or at the only one.

The server is the one that OPENOBSERVE_URL, OPENOBSERVE_USER and OPENOBSERVE_PASSWORD name; a
service account will do. `--send-test` needs one that may change alerts.

## As a job

- **Whatever runs jobs by the clock** (cron, a CronJob, GitHub) runs `llmcost doctor` as it is: it
  looks once, and its exit code is the job's. 0: no point fails. 4: one does. 3: nobody answers,
  or the account may not ask. As a job of GitHub:
  [examples/github-actions/doctor.yml](../examples/github-actions/doctor.yml), every morning.
- **A process that stays** (a terminal, a service of systemd, a container) runs
  `llmcost doctor --watch`: it looks every `--every` minutes and tells what has changed since,
  with the time (`at` with `--json`). A server that does not answer is told on stderr, and asked
  again. What `--send-test` and `--canary` send is sent on the first look only.

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

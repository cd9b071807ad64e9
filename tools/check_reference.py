"""Writes docs/check.md from the rules' own docstrings, so that the two cannot disagree."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import llmcost_infra.check.gathering  # noqa: F401 - registers every rule
from llmcost_infra.check.live import LIVE
from llmcost_infra.check.registry import RULES, Rule
from llmcost_infra.check.running import ALWAYS

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PAGE", "main", "reference"]

PAGE = Path(__file__).resolve().parent.parent / "docs" / "check.md"

_INTRODUCTION = """\
# Checks before anything is sent

`make docs` writes this page from the rules in `llmcost_infra/check/rules`.

```console
$ llmcost check
$ llmcost check dashboards/llm_cost.yaml --stack prod
```

`llmcost check` runs the project's program for every stack, as `llmcost render` does: without
engine, server and secrets, and with all components that you wrote yourself. It plans every
statement on the columns that streams declare, in the SQL engine that OpenObserve uses, and holds
all to the rules below. A project's own dashboards and alerts are planned with every other column
profile as well; what fails there is a warning. It ends with 4 if a rule finds an error;
warnings are for people. A stack that cannot be rendered is a finding, and the others are looked at
all the same. It needs the extra `local`.

- `--stack NAME`: only this stack; may be repeated. By default every `Pulumi.<stack>.yaml`.
- `PATHS`: only what these files and folders declare.
- `--json`: `version`, `stacks`, `errors`, `warnings`, and `findings` with `path`, `line`, `rule`,
  `severity`, `message`, `hint`, `declaration` and `stacks`.
- `--format github`: annotations of a pull request;
  [examples/github-actions/check.yml](../examples/github-actions/check.yml) is a workflow.
- `--live`: asks a server as well, see below.

**To allow what a rule finds**, say so in a comment, with a reason:

```yaml
# check: allow panel-unit the number of this panel has no unit
```

It is about the line below it and what is indented there, or about its own line. In a SQL template
(`{# check: allow sql-plan reason #}`) it is about the whole statement. A rule that is not there and
a reason that is missing are findings themselves.

## Rules of your own

A file in the project's folder `rules` is a rule. `target` is the path of what it looks at in an
object's inputs, whose names are those of [resources.md](resources.md); a list is looked at item by
item. `expect` has to be true of it. Both are [JMESPath](https://jmespath.org/specification.html).

```yaml
# rules/quiet-pages.yaml
kind: Alert
target: trigger_condition
expect: silence >= `60`
message: It may tell people more than once an hour.
hint: Set silence_minutes to 60 or more.
severity: warning  # or error, which it is without this line
```

Its id is `rules/quiet-pages`, and a comment allows what it finds as with ours.

## Policies

`stream-ceiling`, `stream-protected`, `stream-watched` and `alert-context` are an organization's
policies as well: Pulumi's engine can hold them, and `policy/config.json` says how strict they are
([policies.md](policies.md)).

## Asking a server

`llmcost check --stack prod --live` also asks the server that `OPENOBSERVE_URL` names, or the
embedded one: whether it has the streams and columns, whether it can do what objects need (model
prices, user-defined schemas, how far back a query may look), and whether it takes each statement,
which it runs over the last minute. No row of an answer is looked at. A server that is slow or busy
is a warning, and ends the asking. Credentials that may not ask end the command with 3.

{live}
## What is always found

"""


def main() -> int:
    """Write the page."""
    PAGE.write_text(reference(), encoding="utf-8")
    return 0


def reference() -> str:
    """Return the page: what is always found, the rules in a table, then each by itself."""
    rules = [RULES[name] for name in sorted(RULES)]
    always, live = (_listed(one) for one in (ALWAYS, LIVE))
    rows = "".join(
        f"| [{one.id}](#{one.id}) | {one.severity} | {one.doc.partition(chr(10))[0]} |\n"
        for one in rules
    )
    head = f"\n## The rules\n\n| rule | severity | why |\n|---|---|---|\n{rows}"
    return _INTRODUCTION.replace("{live}", live) + always + head + "".join(map(_section, rules))


def _listed(ids: Mapping[str, str]) -> str:
    return "".join(f"- `{name}`: {said}\n" for name, said in ids.items())


def _section(one: Rule) -> str:
    lines: list[str] = []
    inside = False
    for line in one.doc.splitlines():
        if line.startswith("    "):
            lines += [] if inside else ["```text"]
            inside = True
        elif inside and line:
            lines.insert(len(lines) - (not lines[-1]), "```")
            inside = False
        lines.append(line.removesuffix("::") + ":" if line.endswith("::") else line[4 * inside :])
    closing = ["```"] if inside else []
    text = "\n".join([*lines, *closing]).replace("```text\n\n", "```text\n")
    return f"\n## {one.id}\n\n{text}\n"


if __name__ == "__main__":
    sys.exit(main())

"""Writes the worked month of docs/reconciliation.md, and its picture, from a comparison."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from worked_month import COMMAND, compared, search_service

from llmcost_infra.reconcile.causes import Cause
from llmcost_infra.reconcile.pages import as_svg
from llmcost_infra.reconcile.report import usd

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmcost_infra.reconcile.comparison import Comparison

__all__ = ["PAGE", "PICTURE", "main", "page", "worked"]

_DOCS: Final = Path(__file__).resolve().parent.parent / "docs"
PAGE: Final = _DOCS / "reconciliation.md"
PICTURE: Final = _DOCS / "images" / "reconciliation.svg"

_BEGIN: Final = "<!-- worked month: `make docs` writes it -->\n"
_END: Final = "<!-- end of the worked month -->\n"
_HEAD: Final = ("amount", "cause", "model", "days", "evidence")
_NO_TOKENS: Final = frozenset({Cause.NOT_OBSERVABLE, Cause.UNPARSED})
_NUMBERS: Final = ("no cause", "one cause", "two causes", "three causes", "four causes")

_TEXT: Final = """
A team's search service in October. Its nightly job uses the batch API without any spans, an old
instrumentation reports no cached tokens until it is updated on the 22nd, one model's calls are
instrumented twice on two days, and some streams report no usage. `make docs` sends the month's
spans through the pipeline of a server of its own, serves the bill from the stand-in, and compares:

```console
$ {command}
```

![From the bill to our sum](images/reconciliation.svg)

Ours is {ours}, the bill for tokens {billed}: {share:.0%} too low. The sum alone would be explained
by one cause, and that would be wrong: {causes} work against each other.

{table}

The lines add up exactly: {difference} is ours less the whole bill of {charged}. Images are no
tokens, and no span shows them; they are in the bill's total, and not in the 5 %. The command ends
with {exit_code}, and says what is beyond a limit and what was left out:

{said}

Put in order: instrument the batch job, keep the update, switch one of two instrumentations off, ask
streams for their usage. After that o3 and gpt-4o meet the bill.

"""


def main() -> int:
    """Write page and picture."""
    found = compared(search_service())
    PAGE.write_text(page(found, PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    PICTURE.write_text(as_svg(found), encoding="utf-8")
    return 0


def page(found: Comparison, before: str) -> str:
    """Return the page with the month as it was found now.

    Args:
        found: the month.
        before: the page.
    """
    ahead, _, rest = before.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    return f"{ahead}{_BEGIN}{worked(found)}{_END}{after}"


def worked(found: Comparison) -> str:
    """Return what the page says about the month."""
    return _TEXT.format(
        command=COMMAND,
        ours=usd(found.ours),
        billed=usd(found.billed),
        share=1 - found.ours / found.billed,
        causes=_NUMBERS[len({one.cause for one in found.causes} - _NO_TOKENS)],
        table="\n".join(_table(found)),
        exit_code=found.exit_code,
        said="\n".join(f"- {one}" for one in (*found.problems, *found.left_out)),
        difference=usd(found.ours - found.charged, signed=True),
        charged=usd(found.charged),
    )


def _table(found: Comparison) -> Iterator[str]:
    yield f"| {' | '.join(_HEAD)} |"
    yield "| ---: | --- | --- | ---: | --- |"
    for one in found.causes:
        cells = (usd(one.usd, signed=True), one.cause, one.model.partition("/")[2], str(one.days),
                 one.evidence)  # fmt: skip
        yield f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.exit(main())

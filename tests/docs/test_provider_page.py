"""The page about the provider names every setting and every kind, as the provider has them."""

from __future__ import annotations

import re
from pathlib import Path

from llmcost_infra.openobserve.kinds import KINDS
from llmcost_infra.provider.configuration import SETTINGS

PAGE = (Path(__file__).parent.parent.parent / "docs/provider.md").read_text()


def test_every_setting_has_a_row() -> None:
    """A setting that the provider takes is explained, and no other."""
    assert re.findall(r"^\| `openobserve:(\w+)` \|", PAGE, re.MULTILINE) == list(SETTINGS)


def test_every_kind_has_its_import_id_and_what_replaces_it() -> None:
    """What a person imports, and what would replace an object, is what the kind says."""
    rows = re.findall(r"^\| `(openobserve:index:\w+)` \| `(\S+)` \| (.*) \|$", PAGE, re.MULTILINE)

    assert rows == [
        (token, kind.id_form, ", ".join(sorted(kind.replace_on))) for token, kind in KINDS.items()
    ]

"""The page about the checklist is what its checks say of themselves."""

from __future__ import annotations

import doctor_reference


def test_the_page_is_current() -> None:
    """`make docs` writes it anew."""
    assert doctor_reference.PAGE.read_text(encoding="utf-8") == doctor_reference.reference()

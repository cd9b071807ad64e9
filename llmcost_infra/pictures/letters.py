"""How wide a text is in Liberation Sans, so that titles, legends and tables can be fitted."""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import Final

__all__ = ["fitted", "plain", "width_of", "wrapped"]

# Thousandths of the font size, from the font itself.
_REGULAR: Final = {
    191: "'",
    222: "ijl",
    260: "|",
    278: " !,./:;I[\\]ft",
    333: "()-`r",
    334: "{}",
    355: '"',
    389: "*",
    469: "^",
    500: "Jcksvxyz",
    556: "#$0123456789?L_abdeghnopqu€£¥",
    584: "+<=>~",
    611: "FTZ",
    667: "&ABEKPSVXY",
    722: "CDHNRUw",
    778: "GOQ",
    833: "Mm",
    889: "%",
    944: "W",
    1000: "…—→",
    1015: "@",
}
_BOLD: Final = {
    238: "'",
    278: " ,./I\\ijl",
    280: "|",
    333: "!()-:;[]`ft",
    389: "*r{}",
    474: '"',
    500: "z",
    556: "#$0123456789J_aceksvxy€£¥",
    584: "+<=>^~",
    611: "?FLTZbdghnopqu",
    667: "EPSVXY",
    722: "&ABCDHKNRU",
    778: "GOQw",
    833: "M",
    889: "%m",
    944: "W",
    975: "@",
    1000: "…—→",
}
_WIDTHS: Final = tuple(
    {letter: width for width, letters in table.items() for letter in letters}
    for table in (_REGULAR, _BOLD)
)
_OTHER: Final = 611
_WIDE: Final = 1000


@cache
def _letter(letter: str, bold: bool) -> int:
    known = _WIDTHS[bold].get(letter)
    if known is not None:
        return known
    if unicodedata.combining(letter) or unicodedata.category(letter) in {"Cf", "Mn", "Me"}:
        return 0
    base = unicodedata.normalize("NFD", letter)[0]
    if base != letter and base in _WIDTHS[bold]:
        return _WIDTHS[bold][base]
    return _WIDE if unicodedata.east_asian_width(letter) in "WF" else _OTHER


def width_of(text: str, size: float, *, bold: bool = False) -> float:
    """Return the width of a line.

    Args:
        text: one line.
        size: of the font, in px.
        bold: whether it is written bold.
    """
    return sum(_letter(letter, bold) for letter in text) * size / 1000


def fitted(text: str, width: float, size: float, *, bold: bool = False) -> str:
    """Return the text, or its start and an ellipsis where it is wider than `width` px."""
    if width_of(text, size, bold=bold) <= width:
        return text
    room = width - width_of("…", size, bold=bold)
    kept: list[str] = []
    for letter in text:
        room -= _letter(letter, bold) * size / 1000
        if room < 0:
            break
        kept.append(letter)
    return "".join(kept).rstrip() + "…"


def wrapped(text: str, width: float, size: float, *, bold: bool = False) -> list[str]:
    """Return the lines of a text that is broken between words; a longer word is cut."""
    lines: list[str] = []
    line = ""
    for word in text.split():
        longer = f"{line} {word}" if line else word
        if line and width_of(longer, size, bold=bold) > width:
            lines.append(fitted(line, width, size, bold=bold))
            line = word
        else:
            line = longer
    return [*lines, fitted(line, width, size, bold=bold)] if line else lines


def plain(value: object) -> str:
    """Return a value as one line that XML can hold: controls and lone surrogates are replaced."""
    return "".join(
        letter if _harmless(letter) else " " if letter in "\t\n\r" else "�" for letter in str(value)
    )


def _harmless(letter: str) -> bool:
    code = ord(letter)
    return (
        code >= 0x20  # noqa: PLR2004 - the first that is no control
        and not 0x7F <= code < 0xA0  # noqa: PLR2004 - the other controls
        and not 0xD800 <= code < 0xE000  # noqa: PLR2004 - surrogates
        and code & 0xFFFE != 0xFFFE  # noqa: PLR2004 - not characters
        # An override of the direction would show a name as another one.
        and not 0x202A <= code <= 0x202E  # noqa: PLR2004
        and not 0x2066 <= code <= 0x2069  # noqa: PLR2004
    )

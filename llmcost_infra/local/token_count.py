r"""An estimate of how many tokens a text has.

The server counts with the byte-pair tables of the model, several megabytes that are not shipped
here. Words cost one token up to some length, numbers one for three digits; the runs of marks
between the parts of a JSON message cost what was seen on a real server. Good for messages, near
enough for the rest: no bill rests on this figure.
"""

from __future__ import annotations

import re

__all__ = ["count_tokens"]

_PIECE = re.compile(r"[^\r\nA-Za-z0-9]?[A-Za-z]+|\d{1,3}| ?[^\sA-Za-z0-9]+|\s+")
_LETTERS_A_TOKEN = 10
_CAPITALS_A_TOKEN = 4
_MARKS_A_TOKEN = 2
# Runs of marks in messages that are JSON inside of JSON text.
_SEEN = {
    1: (r"\":\"", r"\",\"", r"\":", r"\",", r" \""),
    2: (r"\":[{\"", '}]"', r"\"}]" + '"', r" [{\"", r".\",", r" {\"", r"?\",", r"},{\"", r"\"}],"),
    3: (r'"[{\"', r"\"}],\"", r".\",\"", r"?\",\"", r"\"}]}]" + '"', r"\"}]},", r" \"\"}]" + '"'),
}
_MARKS = {run: tokens for tokens, runs in _SEEN.items() for run in runs}


def count_tokens(text: str) -> int:
    """Return about the number of tokens of a text."""
    return sum(map(_cost, _PIECE.findall(text)))


def _cost(piece: str) -> int:
    if piece in _MARKS:
        return _MARKS[piece]
    if piece[-1].isalpha():
        capitals = piece.isupper()
        return -(-len(piece) // (_CAPITALS_A_TOKEN if capitals else _LETTERS_A_TOKEN))
    return 1 if piece[-1].isdigit() else -(-len(piece) // _MARKS_A_TOKEN)

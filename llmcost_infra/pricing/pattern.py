"""The patterns by which a price row names model ids.

They are anchored and finite: so they can be compared with each other, cost nothing to try, and mean
the same in Python and in VRL.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import takewhile
from typing import Final

__all__ = ["Claims", "Pattern", "PatternError"]

# A run of plain characters up to one that a quantifier belongs to.
_RUN: Final = re.compile(r"(?:(?:[A-Za-z0-9_:@/-]|\\\.)(?![?{]))+")
_PLAIN: Final = re.compile(r"[A-Za-z0-9_:@/-]")
_COUNT: Final = re.compile(r"\{([1-9][0-9]?)\}")
_DIGITS: Final = "0123456789"
_MOST_FORMS: Final = 200

Form = tuple[str, ...]
"""One shape of an id: for each position the characters that may stand there."""


class PatternError(ValueError):
    """A pattern uses what the table's pattern language does not have."""


@dataclass(frozen=True)
class Pattern:
    r"""A pattern such as `^gpt-4o(-2024-(08-06|11-20))?$` or `^o1(-\d{8})?$`.

    Args:
        text: anchored; may hold plain characters, `\.`, `\d`, `[34]`, groups with `|`, `?` and
            `{n}`.

    Raises:
        PatternError: it is not anchored, or holds anything else.
    """

    text: str

    def __post_init__(self) -> None:
        if not (self.text.startswith("^") and self.text.endswith("$")):
            raise PatternError("is not anchored: it has to start with ^ and end with $")
        _ = self.forms

    @cached_property
    def forms(self) -> tuple[Form, ...]:
        """Every shape that the pattern can take."""
        return _forms(self.text)

    @cached_property
    def lengths(self) -> frozenset[int]:
        """Every length that an id of the pattern can have."""
        return frozenset(map(len, self.forms))

    @cached_property
    def literals(self) -> frozenset[str]:
        """The ids among its shapes that leave nothing open."""
        return frozenset("".join(form) for form in self.forms if _is_literal(form))

    @cached_property
    def open_forms(self) -> tuple[Form, ...]:
        """The shapes that stand for more than one id."""
        return tuple(form for form in self.forms if not _is_literal(form))

    @cached_property
    def examples(self) -> frozenset[str]:
        """One id of each shape."""
        return frozenset("".join(characters[0] for characters in form) for form in self.forms)

    @cached_property
    def beginnings(self) -> frozenset[str]:
        """What stands before the first open character, for each shape."""
        closed = (takewhile(lambda characters: len(characters) == 1, form) for form in self.forms)
        return frozenset(map("".join, closed))

    @cached_property
    def _regex(self) -> re.Pattern[str]:
        return re.compile(self.text[1:-1], re.ASCII)

    def matches(self, model: str) -> bool:
        """Tell whether a model id fits; one of any other length is not even looked at."""
        return len(model) in self.lengths and self._regex.fullmatch(model) is not None


class Claims:
    """Whose the ids are that patterns name, to find the two that name one id."""

    def __init__(self) -> None:
        self._literals: dict[str, str] = {}
        # By length of an id: only ids of one length can be the same.
        self._closed: dict[int, list[tuple[Form, str]]] = {}
        self._open: dict[int, list[tuple[Form, str]]] = {}

    def claim(self, owner: str, pattern: Pattern) -> dict[str, str]:
        """Take the ids of a pattern, and return who has some of them: other owner → such an id."""
        taken: dict[str, str] = {}
        for literal in sorted(pattern.literals & self._literals.keys()):
            taken.setdefault(self._literals[literal], literal)
        for form in pattern.forms:
            is_open = form in pattern.open_forms
            rivals = [*self._open.get(len(form), ())]
            rivals += self._closed.get(len(form), ()) if is_open else ()
            for theirs, other in rivals:
                if common := _common(form, theirs):
                    taken.setdefault(other, common)
        for form in pattern.forms:
            held = self._open if form in pattern.open_forms else self._closed
            held.setdefault(len(form), []).append((form, owner))
        self._literals |= dict.fromkeys(pattern.literals, owner)
        return taken


@lru_cache(maxsize=4096)
def _forms(text: str) -> tuple[Form, ...]:
    # A file's patterns are read twice: when its problems are looked for, and for the table.
    return _Parser(text[1:-1]).parse()


def _is_literal(form: Form) -> bool:
    return sum(map(len, form)) == len(form)


def _common(one: Form, other: Form) -> str:
    common = ""
    for a, b in zip(one, other, strict=True):
        shared = min(set(a) & set(b), default="")
        if not shared:
            return ""
        common += shared
    return common


class _Parser:
    """Recursive descent over the pattern between its anchors."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def parse(self) -> tuple[Form, ...]:
        forms = self._alternatives()
        if self._at < len(self._text):
            raise PatternError(f"has a ) too many at character {self._at + 2}")
        return tuple(dict.fromkeys(forms))

    def _alternatives(self) -> list[Form]:
        forms = self._sequence()
        while self._take("|"):
            forms += self._sequence()
        return _few(forms)

    def _sequence(self) -> list[Form]:
        forms: list[Form] = [()]
        while self._at < len(self._text) and self._text[self._at] not in "|)":
            if run := _RUN.match(self._text, self._at):
                self._at = run.end()
                forms = _joined(forms, [tuple(run[0].replace("\\", ""))])
            else:
                forms = _joined(forms, self._quantified(self._atom()))
        return forms

    def _quantified(self, forms: list[Form]) -> list[Form]:
        if self._take("?"):
            return [*forms, ()]
        count = _COUNT.match(self._text, self._at)
        if count is None:
            return forms
        self._at = count.end()
        repeated: list[Form] = [()]
        for _ in range(int(count[1])):
            repeated = _joined(repeated, forms)
        return repeated

    def _atom(self) -> list[Form]:
        if self._take("("):
            inner = self._alternatives()
            self._expect(")")
            return inner
        if self._take("["):
            return [(self._characters(),)]
        if self._take("\\"):
            return [(self._escaped(),)]
        character = self._text[self._at]
        if _PLAIN.match(character) is None:
            raise PatternError(f"may not hold {character!r} (character {self._at + 2})")
        self._at += 1
        return [(character,)]

    def _escaped(self) -> str:
        if self._take("d"):
            return _DIGITS
        self._expect(".")
        return "."

    def _characters(self) -> str:
        end = self._text.find("]", self._at)
        inside = self._text[self._at : end] if end > 0 else ""
        if not inside or not inside.isascii() or not inside.isalnum():
            raise PatternError("may list only letters and digits in [ ]")
        self._at = end + 1
        return "".join(sorted(set(inside)))

    def _take(self, character: str) -> bool:
        taken = self._text.startswith(character, self._at)
        self._at += taken
        return taken

    def _expect(self, character: str) -> None:
        if not self._take(character):
            raise PatternError(f"lacks a {character} at character {self._at + 2}")


def _joined(left: list[Form], right: list[Form]) -> list[Form]:
    return _few([a + b for a in left for b in right])


def _few(forms: list[Form]) -> list[Form]:
    if len(forms) > _MOST_FORMS:
        raise PatternError(f"stands for more than {_MOST_FORMS} shapes of ids")
    return forms

"""Strategies for what must not be kept, valid by the rules of who gives it out."""

from __future__ import annotations

import json
import re
import string
from datetime import datetime
from typing import TYPE_CHECKING, Final

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from ipaddress import IPv6Address

__all__ = ["HARMLESS", "SECRETS", "SURROUNDINGS", "bones", "telling"]

_ALNUM: Final = string.ascii_letters + string.digits
_UPPER: Final = string.ascii_uppercase + string.digits


def _digits(least: int, most: int | None = None) -> st.SearchStrategy[str]:
    return st.text(string.digits, min_size=least, max_size=most or least)


def _signs(alphabet: str, size: int) -> st.SearchStrategy[str]:
    """Return text with a digit in it, as every random key has one."""
    return st.text(alphabet, min_size=size - 1, max_size=size + 20).map(lambda text: text + "k7")


def _luhn(number: str) -> str:
    """Return a number with the digit that makes it valid."""
    total = 0
    for place, digit in enumerate(map(int, reversed(number))):
        doubled = digit * 2 if place % 2 == 0 else digit
        total += doubled - 9 if doubled > 9 else doubled
    return f"{number}{-total % 10}"


def _grouped(number: str, sizes: tuple[int, ...], by: str) -> str:
    groups, at = [], 0
    for size in sizes:
        groups.append(number[at : at + size])
        at += size
    return by.join(groups)


_BETWEEN = st.sampled_from([" ", "-", "\xa0", ".", " - ", "\u2009", "\u2011", "%20", "+"])


@st.composite
def cards(draw: st.DrawFn) -> str:
    """Return a card's number, in one piece or in groups."""
    begin, length = draw(
        st.sampled_from(
            [("4", 16), ("51", 16), ("55", 16), ("2221", 16), ("2720", 16), ("6011", 16),
             ("65", 16), ("62", 19), ("34", 15), ("37", 15), ("36", 14), ("3530", 16), ("4", 13)]
        )
    )  # fmt: skip
    number = _luhn(begin + draw(_digits(length - len(begin) - 1)))
    groups = {16: (4, 4, 4, 4), 15: (4, 6, 5), 14: (4, 6, 4)}.get(length)
    if groups is None or draw(st.booleans()):
        return number
    return _grouped(number, groups, draw(_BETWEEN))


@st.composite
def accounts(draw: st.DrawFn) -> str:
    """Return an IBAN, compact or as it is printed."""
    country, bank, length = draw(
        st.sampled_from(
            [("DE", "", 22), ("FR", "", 27), ("GB", "NWBK", 22), ("NL", "ABNA", 18),
             ("NO", "", 15), ("BE", "", 16), ("MT", "MALT", 31), ("ES", "", 24), ("CH", "", 21)]
        )
    )  # fmt: skip
    body = bank + draw(_digits(length - 4 - len(bank)))
    as_number = int("".join(str(int(sign, 36)) for sign in f"{body}{country}00"))
    iban = f"{country}{98 - as_number % 97:02}{body}"
    style = draw(st.sampled_from(["compact", "printed", "lower"]))
    if style == "printed":
        return _grouped(iban, (4,) * 9, " ").strip()
    return iban.lower() if style == "lower" else iban


def _dni(number: int) -> str:
    return f"{number:08}{'TRWAGMYFPDXBNJZSQVHLCKE'[number % 23]}"


def _nir(number: str) -> str:
    return f"{number}{97 - int(number) % 97:02}"


def _personnummer(number: str) -> str:
    return f"{number[:6]}-{_luhn(number)[6:]}"


NATIONAL = st.one_of(
    st.tuples(_digits(3), _digits(2), _digits(4)).map("-".join),
    st.tuples(_digits(3), _digits(2), _digits(4)).map(" ".join),
    _digits(9).map(lambda number: f"SSN: {number}"),
    _digits(9).map(lambda number: f'"social security number": "{number}"'),
    _digits(11).map(lambda number: f"PESEL {number}"),
    _digits(8).map(_luhn).map(lambda n: f"{n[:3]}-{n[3:6]}-{n[6:]}"),
    _digits(6).map(lambda number: f"JG{number}C"),
    _digits(6).map(lambda n: f"AB {n[:2]} {n[2:4]} {n[4:]} D"),
    _digits(11).map(lambda n: f"{n[:3]}.{n[3:6]}.{n[6:9]}-{n[9:]}"),
    st.integers(0, 99_999_999).map(_dni),
    st.integers(0, 9_999_999).map(lambda number: f"X{_dni(number)[1:]}"),
    _digits(7).map(lambda n: _nir(f"185057{n}")),
    _digits(9).map(_personnummer),
    _digits(3).map(lambda number: f"11010519491231{number}X"),
    _digits(3).map(lambda number: f"RSSMRA85T10A{number}S"),
)

EMAILS = st.tuples(
    st.from_regex(r"[a-zA-Z0-9äßéñжи][a-zA-Z0-9._%+äßéñжи-]{0,20}", fullmatch=True),
    st.sampled_from(["@", "@", "@", "%40", "\uff20", " [at] ", "&#64;"]),
    st.from_regex(r"[a-z0-9äé][a-z0-9-]{0,10}", fullmatch=True),
    st.sampled_from([".com", ".co.uk", ".museum", ".de", ".xn--p1ai", ".рф", ".internal"]),
).map("".join)

KEYS = st.one_of(
    *[
        _signs(alphabet, size).map(lambda text, begin=begin: begin + text)  # type: ignore[misc]
        for begin, alphabet, size in (
            ("sk-", _ALNUM, 20), ("sk-proj-", _ALNUM + "-_", 40), ("sk-ant-api03-", _ALNUM, 40),
            ("sk-svcacct-", _ALNUM, 20), ("ghp_", _ALNUM, 36), ("gho_", _ALNUM, 36),
            ("github_pat_", _ALNUM + "_", 40), ("glpat-", _ALNUM, 20), ("hf_", _ALNUM, 30),
            ("xoxb-", string.digits + "-", 30), ("xoxp-", _ALNUM, 30), ("AIza", _ALNUM, 35),
            ("sk_live_", _ALNUM, 24), ("whsec_", _ALNUM, 24), ("gsk_", _ALNUM, 30),
            ("Bearer ", _ALNUM + "._~+/-", 20), ("bearer ", _ALNUM, 8),
            ("Authorization: Basic ", _ALNUM, 8), ("authorization=", _ALNUM, 8),
            ("password: ", _ALNUM, 8), ("api_key=", _ALNUM, 12), ('"token": "', _ALNUM, 12),
            ("aws_secret_access_key = ", _ALNUM + "/+", 40),
            ("https://hooks.slack.com/services/T0/", _ALNUM, 20),
        )
    ],
    _signs(_ALNUM, 8).map("https://user:{}@db.internal/x".format),
    st.text(_UPPER, min_size=16, max_size=16).map("AKIA{}".format),
    st.text(_UPPER, min_size=16, max_size=16).map("ASIA{}".format),
    st.tuples(_signs(_ALNUM + "-_", 20), _signs(_ALNUM + "-_", 20)).map(
        lambda parts: f"eyJhbGciOi{parts[0]}.{parts[1]}.sig"
    ),
    _signs(_ALNUM + "/+", 60).map(
        lambda body: f"-----BEGIN RSA PRIVATE KEY-----\n{body}\n-----END RSA PRIVATE KEY-----"
    ),
)  # fmt: skip


def _tellable(address: IPv6Address) -> bool:
    """Tell whether it is longer than what a slice or a scope in code looks like."""
    groups = [group for group in str(address).split(":") if group]
    return len(groups) > 2


ADDRESSES = st.ip_addresses(v=4).map(str) | st.ip_addresses(v=6).filter(_tellable).map(str)  # type: ignore[arg-type] # IPv6Address only

PHONES = st.one_of(
    st.tuples(st.sampled_from(["+49", "+1", "+86", "+380", "0044"]), _BETWEEN, _digits(8, 10)).map(
        "".join
    ),
    _digits(8).map(lambda n: f"+33 (0){n[0]} {n[:2]} {n[2:4]} {n[4:6]} {n[6:]}"),
    _digits(7).map(lambda n: f"(415) {n[:3]}-{n[3:]}"),
    _digits(7).map(lambda n: f"1-415-{n[:3]}-{n[3:]}"),
    _digits(8).map(lambda n: f"06 {n[:2]} {n[2:4]} {n[4:6]} {n[6:]}"),
    _digits(7).map(lambda n: f"0171/{n}"),
    _digits(8).map(lambda n: f"020 {n[:4]} {n[4:]}"),
    _digits(9).map(lambda n: f"07{n}"),
    _digits(8).map(lambda n: f"138 {n[:4]} {n[4:]}"),
    _digits(8).map(lambda n: f"手机\uff1a139{n}"),
    _digits(10).map(lambda n: f"Tel.: {n}"),
    _digits(8).map(lambda n: f"phone number is {n}"),
)

SECRETS: Final[Mapping[str, st.SearchStrategy[str]]] = {
    "email": EMAILS,
    "card": cards(),
    "iban": accounts(),
    "id": NATIONAL,
    "key": KEYS,
    "ip": ADDRESSES,
    "phone": PHONES,
}
"""Kind → texts of that kind."""


def _all_escaped(text: str) -> str:
    return "".join(f"\\u{ord(sign):04x}" if sign.isascii() else sign for sign in text)


SURROUNDINGS: Final[Mapping[str, Callable[[str], str]]] = {
    "alone": str,
    "sentence": "Write to {}, please.".format,
    "lines": "a\n{}\nb".format,
    "brackets": "see <{}> ({})".replace("{})", "x)").format,
    "json": lambda text: json.dumps({"role": "user", "content": f"x\n{text}\ty"}),
    "json_in_json": lambda text: json.dumps({"arguments": json.dumps({"to": text, "n": 1})}),
    "json_thrice": lambda text: json.dumps([json.dumps({"a": json.dumps({"b": [f"\n{text}"]})})]),
    "unicode_json": lambda text: json.dumps([f"\u00fc\u4f60 {text}"]),
    "escaped": _all_escaped,
    "escaped_quotes": lambda text: rf"{{\u0022a\u0022:\u0022{text}\u0022}}",
    "chinese": "请联系{}谢谢".format,
    "arabic": "اتصل {} شكرا".format,
    "emoji": "🙂{}🙂".format,
    "markdown": "_{}_ **x**".format,
    "list": "one,{},two".format,
    "assigned": "x = {};".format,
    "invisible": lambda text: f"{text[: len(text) // 2]}\u200b{text[len(text) // 2 :]}",
}
"""Name → what makes a text with a secret in it."""

_MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1))  # noqa: DTZ001 - texts

HARMLESS: Final = st.one_of(
    st.integers(0, 10**9).map(str),
    st.integers(0, 10**9).map("{:,}".format),
    st.integers(1_577_836_800_000_000, 2_051_222_400_000_000).map(str),
    st.integers(1_577_836_800_000, 2_051_222_400_000).map(str),
    st.integers(1_577_836_800, 2_051_222_400).map(str),
    st.decimals(0, 10_000, places=6, allow_nan=False).map(str),
    st.decimals(0, 10_000, places=2, allow_nan=False).map("${:,}".format),
    st.floats(0, 1, allow_nan=False).map(str),
    _MOMENTS.map(lambda moment: moment.isoformat()),
    _MOMENTS.map(lambda moment: f"{moment:%d.%m.%Y %H:%M}"),
    st.times().map(str),
    st.tuples(*[st.integers(0, 40)] * 3).map(lambda version: "v{}.{}.{}".format(*version)),
    # An id that begins as a call abroad does, or has as many digits in a row as a card, is taken
    # for what it looks like: four of ten thousand.
    st.integers(0, 2**128 - 1)
    .map("{:032x}".format)
    .filter(lambda number: not re.search(r"^00[1-9][0-9]{6}|(?<![0-9])[2-6][0-9]{12}", number)),
    st.sampled_from(
        ["gpt-4o-2024-08-06", "claude-sonnet-4-5-20250929", "max_tokens: 4096", "token=123456",
         "risk-assessment-methodology-of-2024", "std::vector<int>", "xs[1:2]", "react@18.2.0",
         "bearer of news", "the secret: none", "4096 8192 4096 8192", "password reset"]
    ),
)  # fmt: skip
"""What cost and code are full of, and says nothing of anybody."""


def bones(text: str) -> str:
    """Return letters and digits of a text, escapes undone, so that no spelling hides a secret."""
    plain = re.sub(r"\\+u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), text)
    plain = re.sub(r"\[[a-z]+\]|%20|%40|\\[nt]", "", plain.lower())
    return re.sub(r"[\W_]", "", plain)


def telling(kind: str, secret: str) -> str:
    """Return the part of a secret that must not be found again."""
    if kind in {"card", "id", "phone"}:
        runs = re.findall(r"[0-9]{3,}", re.sub(r"%20|\D(?=\d)", "", secret))
        return str(max(runs, key=len))
    if kind == "key":
        secret = secret.partition("@")[0].removesuffix(".sig")
        return bones(secret.split("\n")[1] if "BEGIN" in secret else secret)[-8:]
    return bones(secret)

"""Which language a page speaks: negotiated by `Accept-Language`, or asked for by `?lang=`.

RFC 9110 section 12.5.4 gives the field, 12.4.2 its weights, RFC 4647 section 3.3 the matching: for each of our
languages the most specific range that covers it decides, so `zh-CN;q=0.3, zh;q=0.9` weighs Simplified Chinese at 0.3.

Decision: a reader of Traditional Chinese (`zh-TW`, `zh-HK`, `zh-Hant`) is given Simplified Chinese, unless they list
English and not Chinese as a whole: to a person who is stuck, steps in a script that they can read are worth more than
steps in a language that they may not know. Whoever lists `zh-TW, en` gets English; `zh-TW, zh, en` gets Chinese.

No input raises: what can't be read is passed over, and past `MAX_RANGES` ranges we stop reading.
"""

from __future__ import annotations

import re
from enum import StrEnum

__all__ = ["Language", "negotiate_language"]

MAX_RANGES = 50
"""Ranges of one header that are read. Browsers send at most about ten; a longer list is an attempt to cost us time."""

_RANGE = re.compile(r"\*|[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*")
_WEIGHT = re.compile(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?")
_CHINESE = frozenset({"zh", "cmn"})
_SIMPLIFIED = frozenset({"hans", "cn", "sg", "my"})
_TRADITIONAL = frozenset({"hant", "tw", "hk", "mo"})


class Language(StrEnum):
    """The languages that Hardtack speaks, as the `lang` attribute names them (RFC 5646)."""

    ENGLISH = "en"
    CHINESE = "zh-Hans"

    @property
    def own_name(self) -> str:
        """What its readers call it."""
        return {Language.ENGLISH: "English", Language.CHINESE: "简体中文"}[self]

    @classmethod
    def parse(cls, tag: str | None) -> Language | None:
        """Give the language that a tag such as `zh-CN`, `zh_Hans` or `en-GB` means, or None for none of ours."""
        if not tag:
            return None
        match = _match(tag.strip().replace("_", "-"))
        return match[0] if match else None


def _match(tag: str) -> tuple[Language, int] | None:
    """Give the language that a range covers and how well: 2 by script or region, 1 by language, 0 as a near miss."""
    if not _RANGE.fullmatch(tag):
        return None
    primary, *rest = tag.lower().split("-")
    if primary == "en":
        return Language.ENGLISH, 1
    if primary not in _CHINESE:
        return None
    subtags = set(rest)
    if subtags & _TRADITIONAL and "hans" not in subtags:
        return Language.CHINESE, 0
    return Language.CHINESE, 2 if subtags & _SIMPLIFIED else 1


def negotiate_language(
    accept_language: str | None, override: str | None = None, *, default: Language = Language.ENGLISH
) -> Language:
    """Choose the language of a page.

    Args:
        accept_language: the request's `Accept-Language`, several lines joined by commas; None or anything else is fine.
        override: what `?lang=` says; wins where it names one of our languages, and is ignored where it does not.
        default: the language for those who ask for none of ours.
    """
    chosen = Language.parse(override)
    if chosen:
        return chosen
    weights: dict[Language, tuple[int, float]] = {}
    anything = 0.0
    for part in (accept_language or "").split(",", MAX_RANGES)[:MAX_RANGES]:
        tag, weight = _range(part)
        if tag == "*":
            anything = max(anything, weight)
        elif match := _match(tag):
            language, specificity = match
            weights[language] = max(weights.get(language, (-1, 0.0)), (specificity, weight))
    wants_english = weights.get(Language.ENGLISH, (0, 0.0))[1] > 0
    if weights.get(Language.CHINESE, (1, 0.0))[0] == 0 and wants_english:
        return Language.ENGLISH
    # On equal weights the header's order decides, as browsers mean it, then our default.
    candidates = {language: weight for language, (_, weight) in weights.items()}
    for language in (default, *Language):
        candidates.setdefault(language, anything)
    best = max(candidates, key=lambda language: candidates[language])
    return best if candidates[best] > 0 else default


def _range(part: str) -> tuple[str, float]:
    """Read one `range;q=weight`; an unreadable weight counts as none given, as browsers' own lists never have one."""
    tag, _, parameters = part.partition(";")
    name, _, value = parameters.partition("=")
    value = value.strip()
    weight = float(value) if name.strip().lower() == "q" and _WEIGHT.fullmatch(value) else 1.0
    return tag.strip(), weight

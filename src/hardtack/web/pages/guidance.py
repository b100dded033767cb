"""What a stuck person can do, in the very browser that they are in.

The steps are data: for every `Browser` the message files hold its name, the steps that clear one site's data, how to
allow cookies, and (where the browser can't clear one site alone) a note that says what else goes. This file only reads
them out, so the page, a support colleague's text and a test all see the same words. Sources: the strings that Chromium
156 and Firefox 153 ship in both languages, and the makers' own help pages.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardtack.web.pages.catalogue import catalogue

if TYPE_CHECKING:
    from hardtack.web.pages.browsers import Browser
    from hardtack.web.pages.language import Language

__all__ = ["Guide", "guidance_for", "guidance_text"]


@dataclass(frozen=True, slots=True)
class Guide:
    """The advice for one browser, as plain text."""

    browser: Browser
    name: str
    """What people call it."""
    heading: str
    """What the steps achieve."""
    intro: str
    """When to take them."""
    steps: tuple[str, ...]
    """What to press, in order, to clear this site's data."""
    note: str
    """What else it clears, or what is simpler; may be empty."""
    allow_cookies: str
    """Where cookies are allowed."""


def guidance_for(browser: Browser, language: Language, *, site: str = "") -> Guide:
    """Give the advice for a browser.

    Args:
        browser: from `detect_browser`.
        language: of the person who reads it.
        site: the site as the browser lists it, best its registrable domain (`example.com`); empty says "this site".
    """
    words = catalogue(language)
    site = site or words.text("guidance.this_site")
    section = f"browser.{browser}"
    name = words.text(f"{section}.name")
    heading, intro = (
        own if own in words else general
        for own, general in (
            (f"{section}.heading", "guidance.clear_heading"),
            (f"{section}.intro", "guidance.clear_intro"),
        )
    )
    return Guide(
        browser=browser,
        name=name,
        heading=words.text(heading, site=site, browser=name),
        intro=words.text(intro),
        steps=tuple(words.text_list(f"{section}.steps", site=site)),
        note=words.text(f"{section}.note", site=site),
        allow_cookies=words.text(f"{section}.allow_cookies", site=site),
    )


def guidance_text(browser: Browser, language: Language, *, site: str = "", support_code: str = "") -> str:
    """Write the advice as plain text, for support staff to read out or to paste into a reply.

    Args:
        browser: from `detect_browser`, or as the person says.
        language: of the person who reads it.
        site: as in `guidance_for`.
        support_code: the code that the person's page shows; left out where empty.
    """
    words = catalogue(language)
    guide = guidance_for(browser, language, site=site)
    site = site or words.text("guidance.this_site")
    lines = [guide.heading, ""]
    lines += [f"{number}. {step}" for number, step in enumerate(guide.steps, start=1)]
    if guide.note:
        lines += ["", guide.note]
    lines += ["", words.text("guidance.checks_heading")]
    lines += [f"- {words.text('guidance.cookies_check', site=site)}", f"  {guide.allow_cookies}"]
    lines += [f"- {words.text('guidance.clock_check')}"]
    if support_code:
        lines += ["", f"{words.text('support.label')}{words.text('punctuation.colon')}{support_code}"]
    return "\n".join(lines) + "\n"

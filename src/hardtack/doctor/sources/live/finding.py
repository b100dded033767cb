"""What a person would find on a page: the sign-in form, and what to press.

Rule: guess as people do, by what is shown, in English and Chinese; press nothing whose name doesn't say what it does.
Where the guess fails, a CSS selector is taken instead.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from playwright.async_api import Error

from hardtack.doctor.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from playwright.async_api import ElementHandle, Page

__all__ = ["REFRESH", "SIGN_IN", "SIGN_OUT", "Form", "client_id_in", "errors_in", "find_control", "find_form"]

SIGN_OUT: Final = r"\b(sign|log)[\s_-]?(out|off)\b|logout|signout|退出|登出|注销"
SIGN_IN: Final = r"\b(sign|log)[\s_-]?in\b|login|signin|登录|登入"
REFRESH: Final = r"(refresh|renew).*(server|session|tokens?\b)|(server|session|tokens?\b).*(refresh|renew)"

_FORM: Final = """(wanted) => {
  const seen = (e) => e && !e.disabled && e.getClientRects().length > 0 && getComputedStyle(e).visibility !== "hidden";
  const one = (selector) => (selector ? document.querySelector(selector) : undefined);
  const inputs = [...document.querySelectorAll("input")].filter(seen);
  const password = one(wanted.password) ?? inputs.find((e) => e.type === "password");
  const inside = password?.form ? inputs.filter((e) => e.form === password.form) : inputs;
  const texts = inside.filter((e) => ["text", "email", "tel"].includes(e.type));
  const says = (e) => /username|email|login/i.test([e.autocomplete, e.name, e.id, e.type].join(" "));
  const user = one(wanted.user) ?? texts.find(says) ?? (password ? texts[0] : undefined);
  const form = password?.form ?? user?.form ?? document;
  const press = (e) => seen(e) && (e.type === "submit" || e.type === "image");
  const submit = one(wanted.submit) ?? [...form.querySelectorAll("button, input")].find(press)
    ?? [...form.querySelectorAll("button")].find((e) => seen(e) && new RegExp(wanted.words, "i").test(e.innerText));
  return { user: user ?? null, password: password ?? null, submit: submit ?? null };
}"""
_CONTROL: Final = """({ selector, words, shown }) => {
  if (selector) return document.querySelector(selector);
  const pattern = new RegExp(words, "i");
  const seen = (e) => !e.disabled && e.getClientRects().length > 0 && getComputedStyle(e).visibility !== "hidden";
  const kinds = "a[href], button, input[type=submit], input[type=button], [role=button], [role=menuitem]";
  const all = [...document.querySelectorAll(kinds)].filter(seen);
  const text = (e) => [e.innerText, e.value, e.ariaLabel, e.title].filter(Boolean).join(" ");
  const path = (address) => { try { return new URL(address).pathname; } catch { return ""; } };
  const attributes = (e) => [e.id, e.name, e.dataset.testid, path(e.href), path(e.form?.action)].join(" ");
  const wide = (e) => /everywhere|all devices|所有/i.test(text(e));
  const found = all.filter((e) => pattern.test(text(e)));
  if (!shown) found.push(...all.filter((e) => pattern.test(attributes(e))));
  return found.find((e) => !wide(e)) ?? found[0] ?? null;
}"""

_NAMES: Final = re.compile(
    r"\b((?:UnexpectedSignInInterruption|UserAlreadyAuthenticated|UserUnAuthenticated|NotAuthorized|UserNotFound"
    r"|PasswordResetRequired|UserNotConfirmed|TokenRefresh|RefreshTokenReuse|TooManyRequests|LimitExceeded)Exception)\b"
)
_TEXTS: Final = (
    ("Unable to get user session following successful sign-in", "UnexpectedSignInInterruptionException"),
    ("There is already a signed in user", "UserAlreadyAuthenticatedException"),
    ("Incorrect username or password", "NotAuthorizedException"),
)
_QUOTE: Final = r"(?:\\{0,3}[\"'`]|&quot;)"  # as code has it, as a string within code (Next's payload), as an attribute
_CLIENT_ID: Final = re.compile(
    rf"(?:user_?pool_?(?:web_?)?client_?id|aws_user_pools_web_client_id){_QUOTE}?\s*[:=]\s*"
    rf"{_QUOTE}([0-9A-Za-z_+]{{10,128}}){_QUOTE}",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Form:
    """A sign-in form, or the first of its two steps.

    Attributes:
        user: the field for the name; None where a second step asks for the password alone.
        password: the field for the password; None in a first step.
        submit: what sends it; None if the Enter key has to.
    """

    user: ElementHandle | None
    password: ElementHandle | None
    submit: ElementHandle | None


async def find_form(page: Page, controls: Mapping[str, str]) -> Form | None:
    """The sign-in form that is shown; None if there is none.

    Raises:
        SourceError: a selector is none.
    """
    wanted = {what: controls.get(what) for what in ("user", "password", "submit")} | {"words": SIGN_IN}
    try:
        found = await page.evaluate_handle(_FORM, wanted)
    except Error as error:
        _refuse_selector(error)
        return None
    parts = {name: handle.as_element() for name, handle in (await found.get_properties()).items()}
    form = Form(parts.get("user"), parts.get("password"), parts.get("submit"))
    return form if form.user or form.password else None


async def find_control(page: Page, words: str, selector: str | None, *, shown: bool = False) -> ElementHandle | None:
    """What is to be pressed; None if there is nothing of the kind.

    Args:
        page: where.
        words: a pattern for what it says, or what its address says.
        selector: a CSS selector that goes before any guess.
        shown: whether only what it says counts.

    Raises:
        SourceError: the selector is none.
    """
    try:
        found = await page.evaluate_handle(_CONTROL, {"selector": selector, "words": words, "shown": shown})
    except Error as error:
        _refuse_selector(error)
        return None
    return found.as_element()


def client_id_in(text: str) -> str | None:
    """The app client's id as a page or a script names it to Amplify; None if it doesn't."""
    found = _CLIENT_ID.search(text)
    return found[1] if found else None


def errors_in(text: str) -> list[str]:
    """The names of the exceptions that a page shows, each once."""
    found = [*_NAMES.findall(text), *(name for sentence, name in _TEXTS if sentence in text)]
    return list(dict.fromkeys(found))


def _refuse_selector(error: Error) -> None:
    if "not a valid selector" in error.message:
        raise SourceError(
            "One of the controls is not a valid CSS selector.",
            hint='Write it as in --control submit="#sign-in button".',
        ) from None

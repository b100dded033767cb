"""Signing in as a person does: find the form, fill it in, send it, and see what becomes of it.

Rule: whether it worked is told by the jar and by the pool, not by what a page says. If the name or the password is
wrong there is nothing to examine; if they are right and the session is gone again, that is the finding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from playwright.async_api import Error

from hardtack.doctor.errors import SourceError
from hardtack.doctor.observed import Outcome, Step
from hardtack.doctor.sources.live.browser import Rest, limit_met
from hardtack.doctor.sources.live.finding import SIGN_IN, find_control, find_form

if TYPE_CHECKING:
    from hardtack.doctor.sources.live.browser import Tab
    from hardtack.doctor.sources.live.finding import Form
    from hardtack.doctor.sources.live.log import Log
    from hardtack.doctor.sources.live.wishes import Wishes

__all__ = ["INTERRUPTED", "sign_in"]

INTERRUPTED: Final = frozenset({"UnexpectedSignInInterruptionException", "UserAlreadyAuthenticatedException"})
"""What Amplify raises when it can't read back what it has just written, or reads what should be gone."""


async def sign_in(tab: Tab, wishes: Wishes, log: Log, *, again: bool = False) -> Rest:
    """Sign in, and keep what came of it.

    Args:
        tab: at the site.
        wishes: whose name and password.
        log: of this profile.
        again: whether it has worked before, so that a failure is the site's.

    Raises:
        SourceError: there is no form, or what was given is refused (the first time).
    """
    form = await _form(tab, wishes)
    if again and (form is None or tab.recorder.cut):
        log.probe(Step.SIGN_IN, Outcome.NOT_TRIED, "There was no sign-in form any more, or no request left")
        return Rest.QUIET
    if form is None and tab.recorder.cut:
        raise limit_met()
    if form is None:
        raise SourceError(
            "No sign-in form was found there.",
            hint="Name the address of the page that has it, or the fields with --control user=…, password=…, submit=…."
            " If another host has it, name that with --host.",
        )
    before = log.session(await tab.jar(), wishes.host)
    await tab.errors()
    rest = await _send(tab, wishes, form)
    shown = await tab.errors()
    log.errors(shown)
    error = next((name for name in shown if name in INTERRUPTED), None)
    signed_in = bool(log.session(await tab.jar(), wishes.host) - before)
    if error is not None or (again and not signed_in and not tab.recorder.cut):
        log.probe(Step.SIGN_IN, Outcome.FAILED, "Signing in with the right password", error)
    elif rest is Rest.LOOPING:
        log.probe(Step.SIGN_IN, Outcome.LOOPING, "Signing in with the right password")
    elif signed_in:
        log.probe(Step.SIGN_IN, Outcome.SIGNED_IN, "Signing in")
    elif tab.recorder.cut:
        raise limit_met()
    else:
        raise SourceError(
            "Signing in left no session behind.",
            hint="Check the user name and the password in a browser. A second factor can't be given here.",
        )
    return rest


async def _form(tab: Tab, wishes: Wishes) -> Form | None:
    """The form on this page, or on that to which a link leads."""
    form = await find_form(tab.page, wishes.controls)
    if form is None and (link := await find_control(tab.page, SIGN_IN, None)) is not None:
        await tab.press(link)
        form = await find_form(tab.page, wishes.controls)
    return form


async def _send(tab: Tab, wishes: Wishes, form: Form) -> Rest:
    """Fill in the form, the second step too if it has two."""
    while True:
        try:
            if form.user is not None:
                await form.user.fill(wishes.user)
            if form.password is not None:
                await form.password.fill(wishes.password)
            last = form.password or form.user
            if form.submit is None and last is not None:
                await last.press("Enter")
        except Error:
            raise SourceError(
                "The sign-in form can't be filled in.", hint="Name its fields with --control user=…, password=…."
            ) from None
        rest = await tab.press(form.submit) if form.submit is not None else await tab.rest()
        if form.password is not None:
            return rest
        following = await find_form(tab.page, wishes.controls)
        if following is None or following.password is None:
            return rest
        form = following

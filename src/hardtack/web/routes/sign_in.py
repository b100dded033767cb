"""Signing in with a user name and a password.

Rule: one answer for everybody who may not come in. Whoever is signed in already is sent on at once; whoever has
something else to do first (confirm, reset, a second factor) is shown that, and no state of it lies on this server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardtack.cognito import AuthResult, CognitoRefused, CognitoUnavailable
from hardtack.cognito import Reason as Why
from hardtack.sessions import OutcomeKind
from hardtack.web.answers import retry_after
from hardtack.web.pages import ConfirmSignUpPage, FormError, Reason, ResetPasswordPage, SignInPage
from hardtack.web.routes.forms import could_be_username
from hardtack.web.routes.outcomes import TOO_MANY, is_pool_limit, note, wrong
from hardtack.web.routes.visitor import FORM_ERROR

if TYPE_CHECKING:
    from hardtack.web.routes.accounts import Accounts
    from hardtack.web.routes.arrival import Arrival
    from hardtack.web.routes.challenges import Challenges
    from hardtack.web.routes.desk import Desk
    from hardtack.web.routes.passwords import Passwords
    from hardtack.web.routes.visitor import Reply, Visitor

__all__ = ["SignIn"]


class SignIn:
    """GET and POST /sign-in."""

    def __init__(
        self, desk: Desk, arrival: Arrival, challenges: Challenges, accounts: Accounts, passwords: Passwords
    ) -> None:
        self._desk = desk
        self._arrival = arrival
        self._challenges = challenges
        self._confirming = accounts.names
        self._resetting = passwords.names

    async def show(self, visitor: Visitor) -> Reply:
        """The form, with the reason why somebody is here."""
        if visitor.session is not None:
            return visitor.to_next()
        reason = _reason(visitor.query.get("reason", ""))
        if reason is None and visitor.plan.outcome.kind is OutcomeKind.UNAVAILABLE:
            reason = Reason.SERVICE_UNAVAILABLE
        return visitor.page(SignInPage(next=visitor.next, reason=reason))

    async def submit(self, visitor: Visitor) -> Reply:
        """Try the password."""
        username, password = visitor.form.get("username", "").strip(), visitor.form.get("password", "")
        problem = _problem(username, password)
        if problem is not None:
            return self._again(visitor, problem)
        limited = visitor.limited("password", username)
        if limited is not None:
            return limited
        try:
            outcome = await self._desk.cognito.sign_in(username, password, flow=self._desk.options.flow)
        except CognitoRefused as error:
            return self._refused(visitor, error, username)
        except CognitoUnavailable as error:
            return self._unavailable(visitor, error, username)
        if isinstance(outcome, AuthResult):
            return await self._arrival.complete(visitor, outcome, login=username)
        return self._challenges.ask(visitor, outcome, login=username)

    def _refused(self, visitor: Visitor, error: CognitoRefused, username: str) -> Reply:
        if error.reason is Why.USER_NOT_CONFIRMED:
            state = self._confirming.seal(username)
            return visitor.page(ConfirmSignUpPage(next=visitor.next, state=state, reason=Reason.NOT_CONFIRMED))
        if error.reason is Why.PASSWORD_RESET_REQUIRED:
            state = self._resetting.seal(username)
            return visitor.page(ResetPasswordPage(next=visitor.next, state=state, reason=Reason.RESET_REQUIRED))
        return self._again(visitor, wrong(error, invalid_input=FormError.WRONG_CREDENTIALS))

    def _unavailable(self, visitor: Visitor, error: CognitoUnavailable, username: str) -> Reply:
        if is_pool_limit(error):
            page = SignInPage(next=visitor.next, username=username, error=FormError.TOO_MANY_TRIES)
            return visitor.page(page, retry_after(TOO_MANY), status=429)
        note(error)
        page = SignInPage(next=visitor.next, username=username, error=FormError.SERVICE_UNAVAILABLE)
        return visitor.unavailable(page, seconds=error.retry_after)

    def _again(self, visitor: Visitor, error: FormError) -> Reply:
        username = visitor.form.get("username", "").strip()
        return visitor.page(SignInPage(next=visitor.next, username=username, error=error), status=FORM_ERROR)


def _problem(username: str, password: str) -> FormError | None:
    """What is wrong with a form, without asking the pool. A name that nobody can have is as wrong as one nobody has."""
    if not username:
        return FormError.MISSING_USERNAME
    if not password:
        return FormError.MISSING_PASSWORD
    return None if could_be_username(username) else FormError.WRONG_CREDENTIALS


def _reason(text: str) -> Reason | None:
    """The reason that an address gives. It chooses among sentences of ours, so anybody may write it."""
    try:
        return Reason(text)
    except ValueError:
        return None

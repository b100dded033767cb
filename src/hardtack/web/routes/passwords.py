"""A forgotten password: a code by message, then a new one.

Rule: the answer is the same whether or not there is such a user, whether or not a message could be sent to them, and
however often they asked; only an outage of the pool is told. So the page never says where the code went: Cognito would
say that for real users alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hardtack.cognito import CognitoRefused, CognitoUnavailable
from hardtack.cognito import Reason as Why
from hardtack.web.answers import retry_after
from hardtack.web.pages import AuthPath, ForgotPasswordPage, FormError, Reason, ResetPasswordPage
from hardtack.web.routes.forms import clean_code, could_be_username
from hardtack.web.routes.outcomes import TOO_MANY, is_pool_limit, note, wrong
from hardtack.web.routes.tickets import AccountNames
from hardtack.web.routes.visitor import FORM_ERROR

if TYPE_CHECKING:
    from hardtack.web.routes.desk import Desk
    from hardtack.web.routes.visitor import Reply, Visitor

__all__ = ["Passwords"]

_MAX_PASSWORD: Final = 256  # PasswordType of Cognito's API model


class Passwords:
    """Forgotten password and reset."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.names = AccountNames(desk.tickets, "reset")

    async def show_forgot(self, visitor: Visitor) -> Reply:
        """GET /forgot-password."""
        return visitor.page(ForgotPasswordPage(next=visitor.next))

    async def forgot(self, visitor: Visitor) -> Reply:
        """POST /forgot-password."""
        username = visitor.form.get("username", "").strip()
        if not username:
            page = ForgotPasswordPage(next=visitor.next, error=FormError.MISSING_USERNAME)
            return visitor.page(page, status=FORM_ERROR)
        limited = visitor.limited("message", username)
        if limited is not None:
            return limited
        if could_be_username(username):
            try:
                await self._desk.cognito.forgot_password(username)
            except CognitoRefused:
                pass  # nobody, or nobody who can be written to: the same answer as for everybody
            except CognitoUnavailable as error:
                if not is_pool_limit(error) and error.reason is not Why.CODE_NOT_DELIVERED:
                    note(error)
                    page = ForgotPasswordPage(next=visitor.next, username=username, error=FormError.SERVICE_UNAVAILABLE)
                    return visitor.unavailable(page, seconds=error.retry_after)
        return visitor.page(ResetPasswordPage(next=visitor.next, state=self.names.seal(username)))

    async def show_reset(self, visitor: Visitor) -> Reply:
        """GET /reset-password: for whoever comes by a link, and types the name."""
        return visitor.page(ResetPasswordPage(next=visitor.next))

    async def reset(self, visitor: Visitor) -> Reply:
        """POST /reset-password."""
        username, _ = self.names.read(visitor)
        code, password = clean_code(visitor.form.get("code", "")), visitor.form.get("password", "")
        problems = (
            (not username, FormError.MISSING_USERNAME),
            (not code, FormError.MISSING_CODE),
            (not password, FormError.MISSING_PASSWORD),
            (len(password) > _MAX_PASSWORD or password != password.strip(), FormError.WEAK_PASSWORD),
        )
        error = next((error for found, error in problems if found), None)
        if error is not None:
            return visitor.page(self._page(visitor, error), status=FORM_ERROR)
        limited = visitor.limited("code", username)
        if limited is not None:
            return limited
        if code == "?" or not could_be_username(username):
            return visitor.page(self._page(visitor, FormError.WRONG_CODE), status=FORM_ERROR)
        try:
            await self._desk.cognito.confirm_forgot_password(username, code, password)
        except CognitoRefused as refused:
            return visitor.page(self._page(visitor, self._meaning(visitor, refused)), status=FORM_ERROR)
        except CognitoUnavailable as unavailable:
            return self._unavailable(visitor, unavailable)
        return visitor.to_route(AuthPath.SIGN_IN, reason=Reason.PASSWORD_CHANGED, next=visitor.next)

    def _meaning(self, visitor: Visitor, refused: CognitoRefused) -> FormError:
        """A code for nobody looks like a wrong one; to whoever has not just asked for a code, so does an old one."""
        nobody = FormError.WRONG_CODE
        _, state = self.names.read(visitor)
        return wrong(
            refused,
            not_authorized=nobody,
            user_not_found=nobody,
            user_not_confirmed=nobody,
            invalid_input=nobody,
            **({} if state else {"code_expired": nobody}),
        )

    def _page(self, visitor: Visitor, error: FormError) -> ResetPasswordPage:
        username, state = self.names.read(visitor)
        return ResetPasswordPage(next=visitor.next, username="" if state else username, state=state, error=error)

    def _unavailable(self, visitor: Visitor, error: CognitoUnavailable) -> Reply:
        if is_pool_limit(error):
            page = self._page(visitor, FormError.TOO_MANY_TRIES)
            return visitor.page(page, retry_after(TOO_MANY), status=429)
        note(error)
        return visitor.unavailable(self._page(visitor, FormError.SERVICE_UNAVAILABLE), seconds=error.retry_after)

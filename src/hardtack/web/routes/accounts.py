"""Making an account and confirming it.

Rule: a name that is taken is told, as Cognito itself tells it, since nobody could otherwise choose another; the limits
on messages slow down whoever asks for many. Everything after that gives nothing away: a code asked for again "has been
sent" whoever asked, and a wrong code looks like a code for nobody. The account is named in a sealed field from one page
to the next, so that only who signed up here is told that it was confirmed already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hardtack.cognito import CognitoRefused, CognitoUnavailable
from hardtack.cognito import Reason as Why
from hardtack.web.answers import retry_after
from hardtack.web.pages import AuthPath, ConfirmSignUpPage, FormError, Reason, SignUpPage
from hardtack.web.routes.forms import clean_code, could_be_email, could_be_username
from hardtack.web.routes.outcomes import TOO_MANY, is_pool_limit, note, wrong
from hardtack.web.routes.tickets import AccountNames
from hardtack.web.routes.visitor import FORM_ERROR

if TYPE_CHECKING:
    from hardtack.web.routes.desk import Desk
    from hardtack.web.routes.visitor import Reply, Visitor

__all__ = ["Accounts"]

_MAX_PASSWORD: Final = 256  # PasswordType of Cognito's API model


class Accounts:
    """Sign-up and its confirmation."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.names = AccountNames(desk.tickets, "sign-up")

    async def show(self, visitor: Visitor) -> Reply:
        """GET /sign-up."""
        if visitor.session is not None:
            return visitor.to_next()
        return visitor.page(SignUpPage(next=visitor.next, asks_email=self._desk.options.asks_email))

    async def submit(self, visitor: Visitor) -> Reply:
        """POST /sign-up."""
        form = visitor.form
        username, password = form.get("username", "").strip(), form.get("password", "")
        email = form.get("email", "").strip() if self._desk.options.asks_email else ""
        error = self._first_error(username, email, password)
        if error is not None:
            return self._again(visitor, error)
        limited = visitor.limited("message", username)
        if limited is not None:
            return limited
        attributes = {"email": email} if email else _attributes_in(username)
        try:
            result = await self._desk.cognito.sign_up(username, password, attributes=attributes)
        except CognitoRefused as refused:
            return self._again(visitor, wrong(refused, invalid_input=FormError.INVALID_USERNAME))
        except CognitoUnavailable as unavailable:
            return self._unavailable(visitor, unavailable)
        if result.user_confirmed:
            return visitor.to_route(AuthPath.SIGN_IN, reason=Reason.ACCOUNT_CONFIRMED, next=visitor.next)
        destination = result.delivery.destination if result.delivery else ""
        page = ConfirmSignUpPage(
            next=visitor.next, state=self.names.seal(username), destination=destination, reason=Reason.CODE_SENT
        )
        return visitor.page(page)

    def _first_error(self, username: str, email: str, password: str) -> FormError | None:
        asks_email = self._desk.options.asks_email
        problems = (
            (not username, FormError.MISSING_USERNAME),
            (not could_be_username(username), FormError.INVALID_USERNAME),
            (asks_email and not email, FormError.MISSING_EMAIL),
            (asks_email and not could_be_email(email), FormError.INVALID_EMAIL),
            (not password, FormError.MISSING_PASSWORD),
            (len(password) > _MAX_PASSWORD or password != password.strip(), FormError.WEAK_PASSWORD),
        )
        return next((error for found, error in problems if found), None)

    def _again(self, visitor: Visitor, error: FormError, *, status: int = FORM_ERROR) -> Reply:
        return visitor.page(self._page(visitor, error), status=status)

    def _page(self, visitor: Visitor, error: FormError) -> SignUpPage:
        username, email = visitor.form.get("username", "").strip(), visitor.form.get("email", "").strip()
        asks_email = self._desk.options.asks_email
        return SignUpPage(next=visitor.next, username=username, email=email, asks_email=asks_email, error=error)

    def _unavailable(self, visitor: Visitor, error: CognitoUnavailable) -> Reply:
        note(error)
        if error.reason is Why.CODE_NOT_DELIVERED:  # the account is there, and a code can be asked for again
            state = self.names.seal(visitor.form.get("username", "").strip())
            return visitor.page(
                ConfirmSignUpPage(next=visitor.next, state=state, error=FormError.CODE_NOT_SENT), status=FORM_ERROR
            )
        return visitor.unavailable(self._page(visitor, FormError.SERVICE_UNAVAILABLE), seconds=error.retry_after)

    async def show_confirm(self, visitor: Visitor) -> Reply:
        """GET /confirm-sign-up: for whoever comes by a link, and types the name."""
        return visitor.page(ConfirmSignUpPage(next=visitor.next))

    async def confirm(self, visitor: Visitor) -> Reply:
        """POST /confirm-sign-up."""
        username, state = self.names.read(visitor)
        code = clean_code(visitor.form.get("code", ""))
        if not username or not code:
            missing = FormError.MISSING_CODE if username else FormError.MISSING_USERNAME
            return self._confirm_again(visitor, missing)
        limited = visitor.limited("code", username)
        if limited is not None:
            return limited
        if code == "?" or not could_be_username(username):
            return self._confirm_again(visitor, FormError.WRONG_CODE)
        try:
            await self._desk.cognito.confirm_sign_up(username, code)
        except CognitoRefused as error:
            if error.reason is not Why.NOT_AUTHORIZED or not state:  # that reason: it is confirmed already
                nobody = FormError.WRONG_CODE
                found = wrong(error, not_authorized=nobody, user_not_found=nobody, invalid_input=nobody)
                return self._confirm_again(visitor, found)
        except CognitoUnavailable as error:
            return self._confirm_unavailable(visitor, error)
        return visitor.to_route(AuthPath.SIGN_IN, reason=Reason.ACCOUNT_CONFIRMED, next=visitor.next)

    async def resend(self, visitor: Visitor) -> Reply:
        """POST /confirm-sign-up/resend."""
        username, state = self.names.read(visitor)
        if not username:
            return self._confirm_again(visitor, FormError.MISSING_USERNAME)
        limited = visitor.limited("message", username)
        if limited is not None:
            return limited
        destination = ""
        if could_be_username(username):
            try:
                delivery = await self._desk.cognito.resend_confirmation_code(username)
                destination = delivery.destination if delivery is not None and state else ""
            except CognitoRefused:
                pass  # nobody, or confirmed already: neither is a stranger's business
            except CognitoUnavailable as error:
                return self._confirm_unavailable(visitor, error)
        page = ConfirmSignUpPage(
            next=visitor.next,
            username="" if state else username,
            state=state,
            destination=destination,
            reason=Reason.CODE_SENT_AGAIN,
        )
        return visitor.page(page)

    def _confirm_again(self, visitor: Visitor, error: FormError) -> Reply:
        return visitor.page(self._confirm_page(visitor, error), status=FORM_ERROR)

    def _confirm_page(self, visitor: Visitor, error: FormError) -> ConfirmSignUpPage:
        username, state = self.names.read(visitor)
        return ConfirmSignUpPage(next=visitor.next, username="" if state else username, state=state, error=error)

    def _confirm_unavailable(self, visitor: Visitor, error: CognitoUnavailable) -> Reply:
        if is_pool_limit(error):
            page = self._confirm_page(visitor, FormError.TOO_MANY_TRIES)
            return visitor.page(page, retry_after(TOO_MANY), status=429)
        note(error)
        if error.reason is Why.CODE_NOT_DELIVERED:
            return self._confirm_again(visitor, FormError.CODE_NOT_SENT)
        page = self._confirm_page(visitor, FormError.SERVICE_UNAVAILABLE)
        return visitor.unavailable(page, seconds=error.retry_after)


def _attributes_in(username: str) -> dict[str, str]:
    """The address that a user name is, for pools where people sign in with one."""
    if could_be_email(username):
        return {"email": username}
    return {"phone_number": username} if username[0] == "+" and username[1:].isdecimal() else {}

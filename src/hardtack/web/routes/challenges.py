"""What the pool wants to know before it gives tokens: a second factor, which one, a new password.

Rule: where a sign-in stands travels in the form itself, sealed and with an end, so that any instance goes on with it
and nothing is left of those that were given up. A code that is wrong may be tried again with the same state, as the
pool allows it; a sign-in that the pool has ended starts over, and says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hardtack.cognito import AuthResult, Challenge, CognitoRefused, CognitoUnavailable
from hardtack.cognito import Reason as Why
from hardtack.web.answers import retry_after
from hardtack.web.pages import (
    ChooseMfaPage,
    ErrorKind,
    ErrorPage,
    FormError,
    MfaKind,
    MfaPage,
    NewPasswordPage,
    Reason,
    SignInPage,
)
from hardtack.web.routes.desk import logger
from hardtack.web.routes.forms import clean_code
from hardtack.web.routes.outcomes import TOO_MANY, is_pool_limit, note, wrong
from hardtack.web.routes.visitor import FORM_ERROR

if TYPE_CHECKING:
    from hardtack.web.routes.arrival import Arrival
    from hardtack.web.routes.desk import Desk
    from hardtack.web.routes.visitor import Reply, Visitor

__all__ = ["Challenges"]

_TICKET: Final = "challenge"
_SECONDS: Final = 180.0  # Cognito's AuthSessionValidity unless configured; the pool has the last word
_NEW_PASSWORD: Final = "NEW_PASSWORD_REQUIRED"  # noqa: S105 -- the challenge's name
_CHOOSE: Final = "SELECT_MFA_TYPE"
_KEPT: Final = ("CODE_DELIVERY_DESTINATION", "MFAS_CAN_CHOOSE", "requiredAttributes")
"""What a page needs of the challenge's parameters; the rest stays here."""
_MAX_VALUE: Final = 2_048  # characters of a user attribute, by Cognito's API model
_KINDS: Final = frozenset(MfaKind)


class Challenges:
    """The pages between the password and the session."""

    def __init__(self, desk: Desk, arrival: Arrival) -> None:
        self._desk = desk
        self._arrival = arrival

    def ask(
        self,
        visitor: Visitor,
        challenge: Challenge,
        *,
        login: str,
        error: FormError | None = None,
        status: int | None = None,
    ) -> Reply:
        """Put the pool's question to the person.

        Args:
            visitor: the request to be answered.
            challenge: the question.
            login: the user name as it was typed.
            error: what was wrong with the last answer.
            status: other than that of the page.
        """
        page = self._page(visitor, challenge, login, error)
        if page is None:
            logger.error("The pool asks for %s, which the auth routes have no page for.", challenge.name[:60])
            return visitor.page(ErrorPage(kind=ErrorKind.INTERNAL, support_code=visitor.reference))
        return visitor.page(page, status=status or (FORM_ERROR if error else None))

    def _page(
        self, visitor: Visitor, challenge: Challenge, login: str, error: FormError | None
    ) -> MfaPage | ChooseMfaPage | NewPasswordPage | None:
        state = self._seal(challenge, login)
        if challenge.name == _NEW_PASSWORD:
            attributes = challenge.required_attributes
            return NewPasswordPage(
                next=visitor.next, state=state, username=login, required_attributes=attributes, error=error
            )
        if challenge.name == _CHOOSE:
            kinds = tuple(MfaKind(kind) for kind in challenge.choices if kind in _KINDS)
            return ChooseMfaPage(next=visitor.next, state=state, kinds=kinds, error=error) if kinds else None
        if challenge.name in _KINDS:
            destination = challenge.parameters.get("CODE_DELIVERY_DESTINATION", "")
            kind = MfaKind(challenge.name)
            return MfaPage(next=visitor.next, state=state, kind=kind, destination=destination, error=error)
        return None

    async def answer_code(self, visitor: Visitor) -> Reply:
        """POST /mfa."""
        opened = self._open(visitor)
        if opened is None or opened[0].name not in _KINDS:
            return self._over(visitor)
        challenge, login = opened
        code = clean_code(visitor.form.get("code", ""))
        if not code:
            return self.ask(visitor, challenge, login=login, error=FormError.MISSING_CODE)
        limited = visitor.limited("code", challenge.username)
        if limited is not None:
            return limited
        if code == "?":
            return self.ask(visitor, challenge, login=login, error=FormError.WRONG_CODE)
        return await self._respond(visitor, challenge, login, code=code)

    async def choose(self, visitor: Visitor) -> Reply:
        """POST /mfa/choose."""
        opened = self._open(visitor)
        if opened is None or opened[0].name != _CHOOSE:
            return self._over(visitor)
        challenge, login = opened
        chosen = visitor.form.get("mfa", "")
        if chosen not in challenge.choices:
            return self.ask(visitor, challenge, login=login, error=FormError.MISSING_CHOICE)
        limited = visitor.limited("message", challenge.username)
        if limited is not None:
            return limited
        return await self._respond(visitor, challenge, login, ANSWER=chosen)

    async def set_password(self, visitor: Visitor) -> Reply:
        """POST /new-password."""
        opened = self._open(visitor)
        if opened is None or opened[0].name != _NEW_PASSWORD:
            return self._over(visitor)
        challenge, login = opened
        password = visitor.form.get("password", "")
        attributes = {name: visitor.form.get(f"attribute.{name}", "").strip() for name in challenge.required_attributes}
        if not password:
            return self.ask(visitor, challenge, login=login, error=FormError.MISSING_PASSWORD)
        if any(not 0 < len(value) <= _MAX_VALUE for value in attributes.values()):
            return self.ask(visitor, challenge, login=login, error=FormError.MISSING_ATTRIBUTE)
        limited = visitor.limited("password", challenge.username)
        if limited is not None:
            return limited
        return await self._respond(visitor, challenge, login, new_password=password, user_attributes=attributes)

    async def _respond(self, visitor: Visitor, challenge: Challenge, login: str, **answer: object) -> Reply:
        try:
            outcome = await self._desk.cognito.respond_to_auth_challenge(challenge, **answer)  # pyright: ignore[reportArgumentType]  one of the three ways above
        except CognitoRefused as error:
            return self._refused(visitor, challenge, login, error)
        except CognitoUnavailable as error:
            if is_pool_limit(error):
                page = SignInPage(next=visitor.next, username=login, error=FormError.TOO_MANY_TRIES)
                return visitor.page(page, retry_after(TOO_MANY), status=429)
            note(error)
            reply = self.ask(visitor, challenge, login=login, error=FormError.SERVICE_UNAVAILABLE, status=503)
            reply.headers.append(retry_after())
            return reply
        if isinstance(outcome, AuthResult):
            return await self._arrival.complete(visitor, outcome, login=login)
        return self.ask(visitor, outcome, login=login)

    def _refused(self, visitor: Visitor, challenge: Challenge, login: str, error: CognitoRefused) -> Reply:
        if error.reason in (Why.NOT_AUTHORIZED, Why.USER_NOT_FOUND):
            return self._over(visitor)  # the pool has ended this sign-in: too slow, or too many wrong codes
        given = FormError.WEAK_PASSWORD if challenge.name == _NEW_PASSWORD else FormError.WRONG_CODE
        return self.ask(visitor, challenge, login=login, error=wrong(error, invalid_input=given))

    def _over(self, visitor: Visitor) -> Reply:
        return visitor.page(SignInPage(next=visitor.next, reason=Reason.SIGN_IN_EXPIRED), status=FORM_ERROR)

    def _seal(self, challenge: Challenge, login: str) -> str:
        kept = {name: text for name in _KEPT if (text := challenge.parameters.get(name))}
        content = [challenge.name, challenge.session, challenge.username, kept, login]
        return self._desk.tickets.seal(_TICKET, content, seconds=_SECONDS)

    def _open(self, visitor: Visitor) -> tuple[Challenge, str] | None:
        content = self._desk.tickets.open(_TICKET, visitor.form.get("state", ""))
        if content is None:
            return None
        name, session, username, parameters, login = content
        return Challenge(name=name, session=session, username=username, parameters=parameters), login

"""`AuthRoutes`: the auth routes as one ASGI application, to be mounted at the deployment's `auth_path`.

Rule: this file knows paths and methods, and what holds for all of them: what changes something is sent by one of our
own pages, to one of the policy's hosts, as a form of bounded size; whatever goes wrong is answered with a page and a
support code, never with a traceback.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from starlette.routing import Route, Router

from hardtack.cookies import PolicyProblem, canonical_host
from hardtack.sessions import StartupError
from hardtack.web.answers import SessionRequired
from hardtack.web.facade import MissingMiddlewareError
from hardtack.web.pages import AuthPath, ErrorKind, ErrorPage
from hardtack.web.routes.accounts import Accounts
from hardtack.web.routes.arrival import WELCOME, Arrival
from hardtack.web.routes.challenges import Challenges
from hardtack.web.routes.desk import Desk, RouteOptions, logger
from hardtack.web.routes.facts import Facts
from hardtack.web.routes.forms import BadFormError, GoneError, is_form, read_body, read_form
from hardtack.web.routes.limits import RouteLimits, client_address
from hardtack.web.routes.passwords import Passwords
from hardtack.web.routes.recovery import Recovery
from hardtack.web.routes.script_side import ScriptSide, serves_refreshes
from hardtack.web.routes.sign_in import SignIn
from hardtack.web.routes.sign_out import SIGNED_OUT, SignOut
from hardtack.web.routes.visitor import Reply, Visitor
from hardtack.web.safety import crosses_sites, safe_next

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, MutableMapping

    from hardtack.cognito import SignInFlow
    from hardtack.web.facade import Hardtack

    Scope = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
    Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
    Handler = Callable[[Visitor], Awaitable[Reply]]

__all__ = ["AuthRoutes"]

SAID: Final = "POST by script"
"""A POST whose body is no form: `hardtack.js` says something."""

_BAD_HOME: Final = PolicyProblem(
    "routes.home",
    "home",
    "People who were going nowhere in particular can't be sent there: it is no path of this origin, or an auth route.",
    'Write a path such as home="/", escaped as in an address.',
)


class AuthRoutes:
    """Sign-in, sign-up, sign-out, recovery, and what front ends ask.

        app.mount(hardtack.auth_path, AuthRoutes(hardtack))

    `HardtackMiddleware` must stand around the application: it decides each request and writes the cookies. Whether
    people may make accounts is said once, to the pages (`Pages(offers_sign_up=...)`).

    Args:
        hardtack: the deployment.
        flow: `USER_SRP_AUTH`, or `USER_PASSWORD_AUTH` for app clients that allow only that; it sends the password to
            the pool.
        asks_email: whether sign-up asks for an e-mail address beside the user name. Without it, a user name that looks
            like an address or a phone number is taken for that.
        home: where people land who were going nowhere in particular: a path of this origin.
        limits: how often somebody may try.
        address: the client's network address for those limits, from an ASGI scope; "" for unknown. What the server
            saw, unless given: behind a proxy let the server believe it (uvicorn's `--forwarded-allow-ips`), or
            everybody shares the proxy's.

    Raises:
        StartupError: `home` is not a path of this origin.
    """

    def __init__(
        self,
        hardtack: Hardtack,
        *,
        flow: SignInFlow = "USER_SRP_AUTH",
        asks_email: bool = True,
        home: str = "/",
        limits: RouteLimits | None = None,
        address: Callable[[Scope], str] = client_address,
    ) -> None:
        if not home or safe_next(home, auth_path=hardtack.auth_path) != home:
            raise StartupError([_BAD_HOME])
        options = RouteOptions(
            flow=flow,
            asks_email=asks_email,
            home=home,
            limits=limits or RouteLimits(),
            address=address,
        )
        self._desk = Desk(hardtack, options)
        self._router = Router(
            [Route(path, _Endpoint(self._desk, handlers)) for path, handlers in _table(self._desk).items()],
            redirect_slashes=False,
            default=_Endpoint(self._desk, {}),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        await self._router(scope, receive, send)


def _table(desk: Desk) -> dict[str, dict[str, Handler]]:
    """Every route: its path below the mount, and who answers which method."""
    arrival, accounts, sign_out = Arrival(desk), Accounts(desk), SignOut(desk)
    challenges = Challenges(desk, arrival)
    passwords, recovery, facts, script = Passwords(desk), Recovery(desk), Facts(desk), ScriptSide(desk)
    sign_in = SignIn(desk, arrival, challenges, accounts, passwords)
    table: dict[str, dict[str, Handler]] = {
        "/": {"GET": _start},
        AuthPath.SIGN_IN: {"GET": sign_in.show, "POST": sign_in.submit},
        AuthPath.MFA: {"GET": _start, "POST": challenges.answer_code},
        AuthPath.CHOOSE_MFA: {"GET": _start, "POST": challenges.choose},
        AuthPath.NEW_PASSWORD: {"GET": _start, "POST": challenges.set_password},
        AuthPath.FORGOT_PASSWORD: {"GET": passwords.show_forgot, "POST": passwords.forgot},
        AuthPath.RESET_PASSWORD: {"GET": passwords.show_reset, "POST": passwords.reset},
        AuthPath.SIGN_OUT: {"GET": sign_out.show, "POST": sign_out.submit},
        AuthPath.GUIDANCE: {"GET": recovery.guide},
        AuthPath.RECOVER: {"GET": _help, "POST": sign_out.recover, SAID: script.recover},
        f"{AuthPath.STATIC}/{{name}}": {"GET": facts.static},
        SIGNED_OUT: {"GET": sign_out.drained},
        WELCOME: {"GET": arrival.welcome},
        "/landing": {"GET": recovery.land},
        "/session": {"GET": facts.session},
        "/policy.json": {"GET": script.policy},
        "/hardtack.js": {"GET": script.script},
        "/chosen.json": {"GET": script.chosen},
        "/report": {SAID: script.report},
    }
    if serves_refreshes(desk.settings):
        table |= {"/refresh": {SAID: script.refresh}, "/arrived": {SAID: script.arrived}}
    if desk.hardtack.pages.offers_sign_up:
        table[AuthPath.SIGN_UP] = {"GET": accounts.show, "POST": accounts.submit}
        table[AuthPath.CONFIRM_SIGN_UP] = {"GET": accounts.show_confirm, "POST": accounts.confirm}
        table[AuthPath.RESEND_CODE] = {"GET": _start, "POST": accounts.resend}
    return table


async def _start(visitor: Visitor) -> Reply:
    """GET of a page that only a form leads to: someone reloaded, or came by the history. Begin at the beginning."""
    return visitor.to_route(AuthPath.SIGN_IN, next=visitor.next)


async def _help(visitor: Visitor) -> Reply:
    """GET /recover: the button stands on the guidance page."""
    return visitor.to_route(AuthPath.GUIDANCE, next=visitor.next)


class _Endpoint:
    """One path: chooses by method, and keeps everybody's rules.

    Args:
        desk: what the routes share.
        handlers: by method; HEAD is answered as GET. None at all for a path that isn't there.
    """

    def __init__(self, desk: Desk, handlers: Mapping[str, Handler]) -> None:
        self._desk = desk
        self._handlers = handlers
        methods = {*("POST" if method == SAID else method for method in handlers)}
        methods |= {"HEAD"} if "GET" in handlers else set()
        self._allow = (b"allow", ", ".join(sorted(methods)).encode("ascii"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        visitor = Visitor(self._desk, scope)
        if scope["type"] == "websocket":
            await Reply(403, [])(scope, receive, send)
            return
        try:
            reply = await self._reply(visitor, receive)
        except GoneError:
            return
        except (SessionRequired, MissingMiddlewareError):
            raise
        except Exception as error:  # noqa: BLE001 -- whatever it is, a person gets a page and the log a reference
            at = error.__traceback__  # where it happened; its text and its locals may hold what was typed
            while at is not None and at.tb_next is not None:
                at = at.tb_next
            where = f"{at.tb_frame.f_code.co_filename}:{at.tb_lineno}" if at is not None else "an unknown place"
            logger.error("%s at %s (%s)", type(error).__name__, where, visitor.reference)
            reply = visitor.page(ErrorPage(kind=ErrorKind.INTERNAL, support_code=visitor.reference))
        await reply(scope, receive, send)

    async def _reply(self, visitor: Visitor, receive: Receive) -> Reply:
        method: str = visitor.scope["method"]
        if not self._handlers:
            return visitor.page(ErrorPage(kind=ErrorKind.NOT_FOUND))
        method = SAID if method == "POST" and SAID in self._handlers and not is_form(visitor.headers) else method
        handler = self._handlers.get("GET" if method == "HEAD" else method)
        if handler is None:
            return visitor.page(ErrorPage(kind=ErrorKind.BAD_REQUEST), self._allow, status=405)
        if method not in ("POST", SAID):
            return await handler(visitor)
        refused = self._refused(visitor)
        if refused is not None:
            return refused
        try:
            if method == SAID:
                visitor.body = await read_body(visitor.scope, receive)
            else:
                visitor.form = await read_form(visitor.scope, receive)
        except BadFormError as error:
            return visitor.page(ErrorPage(kind=ErrorKind.BAD_REQUEST), status=error.status)
        return await handler(visitor)

    def _refused(self, visitor: Visitor) -> Reply | None:
        """Why a form is not acted on, whatever is in it."""
        policy = self._desk.settings.policy
        if crosses_sites(visitor.scope["headers"], policy.origins):
            return visitor.page(ErrorPage(kind=ErrorKind.CROSS_SITE))
        host = canonical_host(visitor.headers.get(b"host", b"").decode("latin-1"))
        if host is None or not policy.allows_host(host):  # no cookie would be written for it
            return visitor.page(ErrorPage(kind=ErrorKind.BAD_REQUEST))
        return None

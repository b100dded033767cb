from __future__ import annotations

import dataclasses
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hardtack.amplify import AmplifyNames
from hardtack.cognito import Challenge, CognitoRefused, CognitoUnavailable, Reason
from hardtack.sessions.limits import Allowance
from hardtack.web.routes import RouteLimits
from hardtack.web.routes.forms import MAX_BODY

FORMS = [
    "sign-in", "mfa", "mfa/choose", "new-password", "sign-up", "confirm-sign-up", "confirm-sign-up/resend",
    "forgot-password", "reset-password", "sign-out", "recover",
]  # fmt: skip
PAGES = [
    "sign-in",
    "sign-up",
    "sign-out",
    "signed-out",
    "help",
    "landing",
    "welcome",
    "session",
    "policy.json",
    "mfa",
    "",
]
FORM = {"content-type": "application/x-www-form-urlencoded"}
ORIGIN = "https://app.example.com"
SLOW = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))

FIELDS = ["username", "password", "code", "next", "mfa", "scope", "email", "support", "attribute.email", "", "x"]
ODD = ["alice", "123456", "//evil", "\x00", "\ud800", "a" * 3_000, "SMS_MFA", "everywhere", "a@b.example"]
values = st.one_of(st.text(max_size=60), st.sampled_from(ODD))
LOOSE = RouteLimits(**{each.name: Allowance(1_000_000, 1) for each in dataclasses.fields(RouteLimits)})
CHALLENGES = [
    Challenge("SMS_MFA", "session", "alice", {}),
    Challenge("NEW_PASSWORD_REQUIRED", "session", "alice", {"requiredAttributes": '["userAttributes.email"]'}),
    Challenge("SELECT_MFA_TYPE", "session", "alice", {"MFAS_CAN_CHOOSE": '["EMAIL_OTP","SMS_MFA"]'}),
]
OPERATIONS = ["sign_in", "respond_to_auth_challenge", "sign_up", "confirm_sign_up", "resend_confirmation_code"]
OPERATIONS += ["forgot_password", "confirm_forgot_password"]


@pytest.fixture
def site(site_of):
    return site_of(routes={"limits": LOOSE})


@pytest.fixture
def no_pool(site):
    """No SRP in a thousand examples: the pool refuses, is away, or asks on, in turn."""
    turns = iter(range(1_000_000))

    async def call(*_args, **_kwargs):
        turn = next(turns) % 5
        if turn == 0:
            raise CognitoUnavailable("X", Reason.TIMEOUT)
        if turn == 1:
            raise CognitoRefused("X", Reason.NOT_AUTHORIZED)
        return CHALLENGES[turn - 2]

    for name in OPERATIONS[:2]:
        setattr(site.cognito, name, call)

    async def refuse(*_args, **_kwargs):
        raise CognitoRefused("X", list(Reason)[next(turns) % 13])

    for name in OPERATIONS[2:]:
        setattr(site.cognito, name, refuse)


def states(site):
    """States as the routes themselves make them."""
    desk = site.auth._desk
    sealed = [desk.tickets.seal(f"account.{about}", ["alice"], seconds=600) for about in ("sign-up", "reset")]
    for each in CHALLENGES:
        content = [each.name, each.session, each.username, dict(each.parameters), "alice"]
        sealed.append(desk.tickets.seal("challenge", content, seconds=600))
    return sealed


@pytest.mark.parametrize("route", FORMS)
@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site", "origin": "https://evil.example"},
        {"sec-fetch-site": "same-site", "origin": "https://blog.example.com"},
        {"sec-fetch-site": None, "origin": "https://evil.example"},
        {"sec-fetch-site": None, "origin": "null"},
        {"sec-fetch-site": None},
    ],
)
def test_no_other_site_sends_our_forms(site, route, headers):
    """Signing in included: a stranger's page must not sign a person into the stranger's account."""
    browser = site.browser()
    fields = {"username": "alice", "password": "Biscuit-1620!", "scope": "everywhere", "next": "/private"}
    page = browser.post(f"/auth/{route}", fields, headers=headers)
    assert page.status == 403
    assert "sent from another website" in page.text
    assert not page.set_cookies
    assert not site.pool.calls


def test_a_hostile_page_signs_nobody_out(site):
    browser = site.browser()
    browser.sign_in()
    browser.post("/auth/sign-out", {"scope": "everywhere"}, headers={"sec-fetch-site": "cross-site"})
    browser.post("/auth/recover", {}, headers={"sec-fetch-site": "same-site"})
    assert browser.session()["signed_in"] is True


@pytest.mark.parametrize("host", ["evil.example", "", "app.example.com.evil.example", "[::1", "ex ample"])
def test_a_host_that_is_not_ours_is_served_no_form_and_no_cookie(site, host):
    browser = site.browser()
    fields = {"username": "alice", "password": "Biscuit-1620!"}
    page = browser.post("/auth/sign-in", fields, headers={"host": host})
    assert page.status == 400
    assert not page.set_cookies
    assert not site.pool.calls
    assert browser.get("/auth/help", headers={"host": host}).status == 200


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"username=alice", "text/plain", 415),
        (b"username=alice", "multipart/form-data; boundary=x", 415),
        (b'{"username": "alice"}', "application/json", 415),
        (b"username=alice", None, 415),
        (b"username=\xff\xfe", FORM["content-type"], 400),
        (b"username=%ff%fe", FORM["content-type"], 400),
        (b"&".join(b"a%d=1" % number for number in range(101)), FORM["content-type"], 400),
        (b"x=" + b"a" * MAX_BODY, FORM["content-type"], 413),
    ],
)
@pytest.mark.parametrize("route", ["sign-in", "sign-out"])
def test_what_is_no_form_of_ours_is_refused(site, body, kind, status, route):
    page = site.browser().go("POST", f"/auth/{route}", body=body, headers={"content-type": kind})
    assert page.status == status
    assert "couldn’t read that request" in page.text
    assert not page.set_cookies


def test_a_body_without_a_length_is_read_no_further_than_its_bound(site):
    taken = []

    async def receive():
        taken.append(1)
        return {"type": "http.request", "body": b"x" * 10_000, "more_body": True}

    sent = site.runner.run(_call(site, receive))
    assert sent[0]["status"] == 413
    assert len(taken) == 7


def test_a_length_that_says_too_much_is_not_read_at_all(site):
    async def receive():
        raise AssertionError

    sent = site.runner.run(_call(site, receive, (b"content-length", b"9" * 400)))
    assert sent[0]["status"] == 413


def test_a_browser_that_hangs_up_is_not_answered(site):
    async def receive():
        return {"type": "http.disconnect"}

    assert site.runner.run(_call(site, receive)) == []


async def _call(site, receive, *more):
    sent = []

    async def send(message):
        sent.append(message)

    headers = [
        (b"host", b"app.example.com"),
        (b"origin", ORIGIN.encode()),
        (b"content-type", FORM["content-type"].encode()),
    ]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/auth/sign-in",
        "raw_path": b"/auth/sign-in",
        "query_string": b"",
        "headers": [*headers, *more],
        "client": None,
        "scheme": "https",
        "root_path": "",
    }
    await site.app(scope, receive, send)
    return sent


def test_a_query_of_endless_parameters_is_no_query(site):
    query = "&".join(f"a{number}=1" for number in range(101))
    page = site.browser().get(f"/auth/sign-in?next=/private&{query}")
    assert page.status == 200
    assert "next" not in page.form("/auth/sign-in")


def test_of_a_field_that_comes_twice_the_first_counts(site):
    body = b"username=alice&username=bob&password=Biscuit-1620!&password=x&next=/private&next=/"
    assert site.browser().go("POST", "/auth/sign-in", body=body, headers=FORM).text == "private alice"


@SLOW
@given(st.sampled_from(FORMS), st.lists(st.tuples(st.sampled_from(FIELDS), values), max_size=8), st.integers(0, 5))
def test_no_field_breaks_a_form(site, no_pool, route, fields, state):
    if state < len(states(site)):
        fields = [*fields, ("state", states(site)[state])]
    body = "&".join(f"{name}={quote(value, safe='', errors='surrogatepass')}" for name, value in fields).encode()
    seen = site.browser().send("POST", f"/auth/{route}", body=body, headers=FORM)
    assert seen.status in {200, 303, 400, 422} or (seen.status == 503 and seen["retry-after"])
    assert not seen.all("location") or seen.location.startswith("/auth/")


@SLOW
@given(st.sampled_from(FORMS), st.binary(max_size=200))
def test_no_body_breaks_a_form(site, no_pool, route, body):
    seen = site.browser().send("POST", f"/auth/{route}", body=body, headers=FORM)
    assert seen.status in {200, 303, 400, 422, 429} or (seen.status == 503 and seen["retry-after"])


@SLOW
@given(st.sampled_from(PAGES), st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=80))
def test_no_query_breaks_a_page(site, path, query):
    seen = site.browser().send("GET", f"{ORIGIN}/auth/{path}?{quote(query, safe='=&%')}")
    assert seen.status < 500


@SLOW
@given(st.sampled_from(PAGES), st.binary(max_size=200), st.booleans())
def test_no_cookie_header_breaks_a_page(site_of, path, tail, storage):
    """Ours among them, cut, doubled and spoilt; in both storages."""
    site = _kept(site_of, "amplify" if storage else "sealed")
    browser = site.browser()
    names = AmplifyNames(site.pool.client_id)
    own = [names.last_auth_user, names.wire_name("alice", "accessToken"), "__Host-hardtack-session-0123aba0"]
    own += ["__Host-hardtack-binding", "__Host-hardtack-pair", "__Host-hardtack-ladder"]
    text = tail.decode("latin-1")
    cookie = "; ".join(f"{name}={text}" for name in own) + text
    seen = browser.send("GET", f"{ORIGIN}/auth/{path}", headers={"cookie": cookie})
    assert seen.status < 500
    for line in seen.all("set-cookie"):
        assert "\r" not in line
        assert "\n" not in line


_SITES: dict[str, object] = {}


def _kept(site_of, storage):
    """One site for all examples of a test; fixtures that make sites last as long as the test."""
    site = _SITES.get(storage)
    if site is None or site.runner.get_loop().is_closed():
        site = _SITES[storage] = site_of(storage=storage)
    return site


@SLOW
@given(st.binary(max_size=60), st.binary(max_size=60), st.binary(max_size=60))
def test_no_header_breaks_a_page(site, language, agent, host):
    headers = {"accept-language": language, "user-agent": agent, "sec-ch-ua": agent, "host": host}
    decoded = {name: value.decode("latin-1") for name, value in headers.items()}
    for path in ("sign-in", "help"):
        assert site.browser().send("GET", f"{ORIGIN}/auth/{path}", headers=decoded).status == 200

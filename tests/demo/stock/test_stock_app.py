"""The stock site at the wire: pages, headers, and whatever strangers send."""

from __future__ import annotations

import asyncio
import re
import tomllib
from pathlib import Path
from types import SimpleNamespace

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardtack.cookies import SetCookie
from hardtack.demo.pool import PoolError
from hardtack.demo.stock import StockPool, StockPoolError, StockSettings, stock_app
from hardtack.demo.stock import texts as texts_module
from hardtack.tokens import TokenSet
from support.minting import CLIENT_ID, NOW, Mint

MINT = Mint()
BASE = f"CognitoIdentityServiceProvider.{CLIENT_ID}"
MESSAGES = Path(texts_module.__file__).parent / "messages"
PLACEHOLDER = re.compile(r"\{(\w+)\}")


class Pool:
    """A pool that verifies truly, refreshes always, and takes notes."""

    url, user_pool_id, client_id = "http://127.0.0.1:9", MINT.pool, CLIENT_ID

    def __init__(self):
        self.ended = []
        self.broken = False
        self._verifier = MINT.verifier()

    async def judge(self, token, use):
        return self._verifier.judge(token, now=NOW, use=use)

    async def refresh(self, _refresh_token):
        new = MINT.session(username="alice")
        return TokenSet(new.access_token, new.id_token)

    async def end_sessions(self, username):
        if self.broken:
            raise PoolError("The pool is gone.")
        self.ended.append(username)


@pytest.fixture(scope="module")
def pool_and_app(tmp_path_factory):
    bundle = tmp_path_factory.mktemp("bundle") / "stock.js"
    bundle.write_text("// a bundle")
    pool = Pool()
    return pool, stock_app(StockSettings(username="alice", password="pw"), pool, bundle=bundle, clock=lambda: NOW)


@pytest.fixture
def stock_pool(pool_and_app):
    pool, _ = pool_and_app
    pool.ended.clear()
    pool.broken = False
    return pool


@pytest.fixture(scope="module")
def ask(pool_and_app):
    def ask(method, path, headers=None):
        async def request():
            transport = httpx2.ASGITransport(app=pool_and_app[1])
            async with httpx2.AsyncClient(transport=transport, base_url="http://stock.hardtack.localhost:8000") as http:
                return await http.request(method, path, headers=headers)

        return asyncio.run(request())

    return ask


def cookie(*pairs):
    return [("cookie", "; ".join(f"{name}={value}" for name, value in pairs))]


def session():
    tokens = MINT.session(username="alice")
    named = {"accessToken": tokens.access_token, "idToken": tokens.id_token, "refreshToken": tokens.refresh_token}
    return [(f"{BASE}.LastAuthUser", "alice"), *((f"{BASE}.alice.{suffix}", value) for suffix, value in named.items())]


def lines(answer):
    return [SetCookie.parse(line) for line in answer.headers.get_list("set-cookie")]


@pytest.mark.parametrize("path", ["/login", "/account", "/stopped"])
def test_a_page_says_what_is_real_and_what_is_a_model(ask, path):
    answer = ask("GET", path)
    assert answer.status_code == 200
    assert "the package aws-amplify 6.22" in answer.text
    assert "The server is a model of Amplify&#39;s Next.js adapter" in answer.text
    assert "{" not in re.sub(r"<script.*?</script>", "", answer.text, flags=re.DOTALL)  # no placeholder is left over


@pytest.mark.parametrize("path", ["/login", "/account", "/stopped"])
def test_a_page_allows_no_script_but_its_own_and_is_never_stored(ask, path):
    answer = ask("GET", path)
    policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["connect-src"] == f"'self' {Pool.url}"
    assert answer.headers["cache-control"] == "no-store"
    assert " on" not in "".join(re.findall(r"<(?!script)[^>]* on\w+=", answer.text))


def test_home_leads_to_the_account_whose_guard_decides(ask):
    answer = ask("GET", "/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")


def test_the_bundle_may_be_kept_since_its_url_changes_with_it(ask):
    answer = ask("GET", "/static/stock.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "immutable" in answer.headers["cache-control"]
    assert re.search(r'src="/static/stock\.js\?[0-9a-f]{16}"', ask("GET", "/login").text)


def test_the_sheet_is_css(ask):
    assert ask("GET", "/static/stock.css").headers["content-type"].startswith("text/css")


def test_the_language_is_the_readers(ask):
    assert '<html lang="zh-Hans">' in ask("GET", "/login", {"accept-language": "zh-CN,zh;q=0.9,en;q=0.8"}).text
    assert '<html lang="en">' in ask("GET", "/login", {"accept-language": "en-US"}).text
    assert "这是演示" in ask("GET", "/stopped?by=itself&lang=zh").text


def test_both_languages_say_everything_with_the_same_figures():
    def placeholders(name):
        tables = tomllib.loads((MESSAGES / name).read_text(encoding="utf-8"))
        return {
            (table, key): set(PLACEHOLDER.findall(text))
            for table, entries in tables.items()
            for key, text in entries.items()
        }

    assert placeholders("en.toml") == placeholders("zh-Hans.toml")


def test_the_servers_refresh_answers_with_six_lines_without_a_domain(ask):
    answer = ask("POST", "/api/refresh", cookie(*session()))
    assert answer.json() == {"written": 5, "refused": ""}  # no signInDetails was stored, so it is deleted, not written
    assert {line.domain for line in lines(answer)} == {None}
    assert len(lines(answer)) == 6


def test_the_jar_tells_which_twin_the_server_reads_and_shows_no_token(ask):
    tokens = session()
    answer = ask("GET", "/api/jar", cookie(*tokens, (tokens[1][0], "last-of-all"), ("other", "app")))
    reads = answer.json()["reads"]
    assert reads[f"{BASE}.alice.accessToken"] == "last-of-all"
    assert set(reads) == {name for name, _ in tokens}
    assert max(map(len, reads.values())) <= 18


def test_cleaning_deletes_both_copies_of_what_is_ours_and_nothing_else(ask):
    deleted = lines(ask("POST", "/api/clean", cookie(*session(), ("other", "app"))))
    assert all(line.is_deletion for line in deleted)
    assert {str(line.scope) for line in deleted} == {"host-only /", ".hardtack.localhost /"}
    assert {line.name for line in deleted} == {name for name, _ in session()}


def test_ending_the_sessions_is_the_pools_business(ask, stock_pool):
    assert ask("POST", "/api/revoke").status_code == 200
    assert stock_pool.ended == ["alice"]
    stock_pool.broken = True
    assert ask("POST", "/api/revoke").status_code == 502


@pytest.mark.parametrize("path", ["/api/refresh", "/api/revoke", "/api/clean"])
@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_sites_page_can_change_nothing(ask, stock_pool, path, site):
    answer = ask("POST", path, [*cookie(*session()), ("sec-fetch-site", site)])
    assert answer.status_code == 403
    assert lines(answer) == []
    assert stock_pool.ended == []


@pytest.mark.parametrize("path", ["/api/refresh", "/api/revoke", "/api/clean"])
def test_nothing_changes_by_following_a_link(ask, path):
    assert ask("GET", path).status_code == 405


SUFFIXES = ("LastAuthUser", "accessToken", "idToken", "refreshToken", "clockDrift", "signInDetails")
HEADER_BYTES = st.binary(max_size=60).map(lambda data: bytes(byte for byte in data if byte not in b"\r\n\0"))
USERS = st.one_of(st.sampled_from(["alice", "", "%", "%00", "a%3Bb", "%ED%A0%80", "(x)"]), st.text(max_size=8))
VALUES = st.one_of(
    HEADER_BYTES,
    st.sampled_from(
        [b"%", b"%FF", b"%0d%0aSet-Cookie:x=1", b"9" * 5000, b"[" * 4000, b"{}", b"-1e9", b"\xff\xfe", b""]
    ),
    st.sampled_from([MINT.access_token(), MINT.access_token(exp=NOW), MINT.id_token()]).map(str.encode),
)


def planted(user, suffix, value):
    middle = "" if suffix == "LastAuthUser" else f"{user}."
    return f"{BASE}.{middle}{suffix}".encode("utf-8", "replace").translate(None, b"\r\n\0") + b"=" + value


@settings(max_examples=150, deadline=None)
@given(
    known=st.lists(st.builds(planted, USERS, st.sampled_from(SUFFIXES), VALUES), max_size=12),
    strange=st.lists(HEADER_BYTES, max_size=4),
)
@pytest.mark.parametrize(("method", "path"), [("GET", "/api/jar"), ("POST", "/api/refresh"), ("POST", "/api/clean")])
def test_no_cookie_header_makes_it_fail(ask, method, path, known, strange):
    answer = ask(method, path, [(b"cookie", b"; ".join([*strange, *known]))])
    assert answer.status_code == 200
    assert all(line is not None for line in lines(answer))


@pytest.mark.pool
def test_the_site_has_an_app_client_of_its_own(pool):
    stock = StockPool(pool, token_seconds=9)
    assert stock.client_id not in {pool.client_id, pool.secret_client_id}
    issued = pool.issue("alice", client_id=stock.client_id)
    assert issued["ExpiresIn"] == 9
    judged = asyncio.run(stock.judge(issued["AccessToken"], "access"))
    assert judged.claims.username == "alice"
    answer = asyncio.run(stock.refresh(issued["RefreshToken"]))
    assert answer.access_token != issued["AccessToken"]
    asyncio.run(stock.end_sessions("alice"))
    assert asyncio.run(stock.refresh(issued["RefreshToken"])) == "NotAuthorizedException"
    with pytest.raises(PoolError):
        asyncio.run(stock.end_sessions("nobody"))


@pytest.mark.pool
def test_the_pool_grants_every_header_that_aws_amplify_sends(pool):
    sent = {"amz-sdk-invocation-id", "amz-sdk-request", "cache-control", "content-type", "x-amz-target"}
    asked = {
        "origin": "http://stock.hardtack.localhost:8000",
        "access-control-request-method": "POST",
        "access-control-request-headers": ",".join(sorted({*sent, "x-amz-user-agent"})),
    }
    answer = httpx2.request("OPTIONS", pool.url, headers=asked, trust_env=False)
    granted = {name.strip() for name in answer.headers["access-control-allow-headers"].split(",")}
    assert {*sent, "x-amz-user-agent"} <= granted


@pytest.mark.pool
def test_without_keys_the_server_sees_nobody_and_does_not_ask_again_at_once(pool):
    stock = StockPool(pool)
    token = pool.issue("alice", client_id=stock.client_id)["AccessToken"]
    with pool.faults.failing("JWKS", "error"):
        assert not hasattr(asyncio.run(stock.judge(token, "access")), "claims")
    asyncio.run(stock.judge(token, "access"))
    assert len(pool.calls_of("JWKS")) == 1


@pytest.mark.pool
def test_a_pool_out_of_reach_is_a_network_error(pool):
    stock = StockPool(pool)
    with pool.faults.failing("GetTokensFromRefreshToken", "reset"):
        assert asyncio.run(stock.refresh("any")) == "NetworkError"
        pool.faults.unreachable()
        with pytest.raises(StockPoolError, match="can't reach its user pool"):
            StockPool(pool)


@pytest.mark.pool
def test_a_pool_that_refuses_the_client_says_so(pool):
    other = SimpleNamespace(url=pool.url, region=pool.region, user_pool_id="eu-west-1_NoSuchPool", issuer=pool.issuer)
    with pytest.raises(StockPoolError, match="ResourceNotFoundException"):
        StockPool(other)

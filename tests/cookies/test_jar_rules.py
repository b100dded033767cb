"""What browsers store and send, each measured rule as a story. Those that both engines share run in both."""

from __future__ import annotations

import pytest

from hardtack.cookies import BrowserJar, CookieError, CookieScope, SetCookie

NOW = 1_795_000_000.0
APP = "https://app.example.test/"
BOTH = pytest.mark.parametrize("engine", ["chromium", "firefox"])
ALL = pytest.mark.parametrize("engine", ["chromium", "firefox", "rfc6265bis"])


def jar_of(engine: str, *lines: str, url: str = APP) -> BrowserJar:
    jar = BrowserJar(engine, clock=lambda: NOW)
    jar.store_response(url, lines)
    return jar


# Twins


@ALL
def test_host_only_and_domain_are_two_cookies_and_both_are_sent(engine):
    jar = jar_of(engine, "x=host", "x=app; Domain=app.example.test", "x=site; Domain=.example.test")
    assert jar.cookie_header(APP) == "x=host; x=app; x=site"
    assert jar.cookie_header("https://sib.example.test/") == "x=site"
    assert jar.cookie_header("https://below.app.example.test/") == "x=app; x=site"


@ALL
def test_deleting_one_twin_leaves_the_other(engine):
    jar = jar_of(engine, "x=host", "x=site; Domain=example.test")
    jar.store_response(APP, [SetCookie.deletion("x", CookieScope()).to_text()])
    assert jar.cookie_header(APP) == "x=site"


@ALL
def test_a_leading_dot_and_capitals_make_no_twin(engine):
    assert jar_of(engine, "x=1; Domain=example.test", "x=2; Domain=.EXAMPLE.test").cookie_header(APP) == "x=2"


@ALL
def test_flags_scheme_and_port_make_no_twin(engine):
    jar = jar_of(engine, "x=1; Secure; HttpOnly; SameSite=Strict")
    jar.store_response("https://app.example.test:8443/", ["x=2"])
    assert jar.cookie_header("http://app.example.test:8080/") == "x=2"


@BOTH
def test_a_partitioned_cookie_is_a_twin(engine):
    jar = jar_of(engine, "x=1; Secure", "x=2; Secure; Partitioned")
    assert jar.cookie_header(APP) == "x=1; x=2"
    assert [cookie.scope for cookie in jar] == [CookieScope(), CookieScope(partitioned=True)]
    assert [cookie.partition for cookie in jar] == [None, "https://example.test"]


def test_the_standard_knows_no_partitions():
    jar = jar_of("rfc6265bis", "x=1", "x=2; Partitioned")
    assert jar.cookie_header(APP) == "x=2"
    assert [cookie.scope for cookie in jar] == [CookieScope()]


@ALL
def test_the_longest_path_comes_first_then_the_oldest(engine):
    jar = jar_of(
        engine,
        "x=root; Path=/",
        "x=deep; Path=/longlonglong/",
        "x=flat; Path=/longlonglong",
        "x=d; Domain=example.test",
    )
    assert jar.cookie_header("https://app.example.test/longlonglong/x") == "x=deep; x=flat; x=root; x=d"


def test_in_chromium_a_new_value_sends_a_cookie_behind_its_twins():
    jar = jar_of("chromium", "x=host", "x=site; Domain=example.test")
    jar.store_response(APP, ["x=host; Max-Age=100"])
    assert jar.cookie_header(APP) == "x=host; x=site"
    jar.store_response(APP, ["x=host2"])
    assert jar.cookie_header(APP) == "x=site; x=host2"


@pytest.mark.parametrize("engine", ["firefox", "rfc6265bis"])
def test_elsewhere_an_overwritten_cookie_keeps_its_place(engine):
    jar = jar_of(engine, "x=host", "x=site; Domain=example.test")
    jar.store_response(APP, ["x=host2"])
    assert jar.cookie_header(APP) == "x=host2; x=site"


def test_in_firefox_script_sees_an_order_of_its_own_after_it_has_written():
    jar = jar_of("firefox", "x=host", "x=site; Domain=example.test")
    jar.set_document_cookie(APP, "x=js")
    assert jar.cookie_header(APP) == "x=js; x=site"
    assert jar.document_cookie(APP) == "x=site; x=js"
    jar.store_response(APP, ["x=server"])
    assert jar.document_cookie(APP) == "x=server; x=site"


def test_in_firefox_writing_what_is_there_already_changes_no_order():
    jar = jar_of("firefox", "x=host", "x=site; Domain=example.test", "y=1")
    jar.set_document_cookie(APP, "x=host")
    assert jar.document_cookie(APP) == "x=host; x=site; y=1"
    jar.set_document_cookie(APP, "x=js")
    jar.store_response(APP, ["x=js"])
    assert jar.document_cookie(APP) == "x=site; y=1; x=js"
    jar.store_response(APP, ["x=js; SameSite=Lax"])
    assert jar.document_cookie(APP) == "x=js; x=site; y=1"


def test_in_firefox_scripts_own_order_ends_with_the_last_page_of_the_site():
    jar = jar_of("firefox", "x=host", "x=site; Domain=example.test")
    jar.set_document_cookie(APP, "x=js")
    jar.close_pages("https://other.test/")
    assert jar.document_cookie(APP) == "x=site; x=js"
    jar.close_pages("https://sib.example.test/")
    assert jar.document_cookie(APP) == jar.cookie_header(APP) == "x=js; x=site"


@pytest.mark.parametrize("engine", ["chromium", "rfc6265bis"])
def test_elsewhere_closing_pages_changes_nothing(engine):
    jar = jar_of(engine, "x=host", "x=site; Domain=example.test")
    jar.set_document_cookie(APP, "x=js")
    before = jar.snapshot()
    jar.close_pages(APP)
    assert jar.snapshot() == before


@BOTH
def test_deleted_and_set_again_it_is_young_again(engine):
    jar = jar_of(engine, "x=host", "x=site; Domain=example.test")
    jar.store_response(APP, [SetCookie.deletion("x", CookieScope()).to_text(), "x=host"])
    assert jar.cookie_header(APP) == "x=site; x=host"


@BOTH
def test_a_cookie_set_before_its_own_deletion_is_lost(engine):
    jar = jar_of(engine, "x=fresh", SetCookie.deletion("x", CookieScope()).to_text())
    assert jar.cookie_header(APP) is None


# Domains and paths


@ALL
@pytest.mark.parametrize(
    "domain",
    [
        "test",
        "sib.example.test",
        "below.app.example.test",
        "other.test",
        "example.test.",
        '"example.test"',
        "..example.test",
    ],
)
def test_a_domain_that_is_not_this_hosts_to_set_is_refused(engine, domain):
    assert list(jar_of(engine, f"x=1; Domain={domain}")) == []


def test_a_lone_dot_is_refused_by_browsers_and_no_domain_to_the_standard():
    assert len(jar_of("chromium", "x=1; Domain=.")) == len(jar_of("firefox", "x=1; Domain=.")) == 0
    assert [cookie.scope.domain for cookie in jar_of("rfc6265bis", "x=1; Domain=.")] == [None]


@ALL
@pytest.mark.parametrize(
    ("url", "domain"),
    [
        ("https://github.io/", "github.io"),
        ("https://foo/", "foo"),
        ("http://localhost:8000/", "localhost"),
        ("http://127.0.0.1/", "127.0.0.1"),
        ("http://127.0.0.1/", ".127.0.0.1"),
    ],
)
def test_a_suffix_a_single_label_and_an_address_may_name_themselves_for_themselves(engine, url, domain):
    jar = jar_of(engine, f"x=1; Domain={domain}", url=url)
    assert [cookie.scope for cookie in jar] == [CookieScope()]
    assert jar.cookie_header(url) == "x=1"


@ALL
def test_below_localhost_the_demos_domain_is_accepted_and_localhost_is_not(engine):
    url = "http://app.hardtack.localhost:8000/"
    jar = jar_of(
        engine, "x=1; Domain=hardtack.localhost", "y=1; Domain=localhost", "__Host-z=1; Secure; Path=/", url=url
    )
    assert jar.cookie_header(url) == "x=1; __Host-z=1"
    assert jar.cookie_header("http://www.hardtack.localhost:8000/") == "x=1"


@ALL
def test_a_host_with_a_trailing_dot_is_another_host(engine):
    jar = jar_of(engine, "x=1; Domain=example.test.", url="https://app.example.test./")
    assert jar.cookie_header("https://sib.example.test./") == "x=1"
    assert jar.cookie_header(APP) is None


@ALL
def test_without_a_usable_path_the_requests_directory_is_taken(engine):
    url = "https://app.example.test/d1//d2?q=/a/b"
    jar = jar_of(engine, "a=1", "b=1; Path=", "c=1; Path=x", 'd=1; Path="/"', "e=1; Path=/; Path=", url=url)
    assert {cookie.scope.path for cookie in jar} == {"/d1/"}


# Flags and prefixes


@ALL
def test_secure_neither_comes_nor_goes_over_plain_http(engine):
    jar = jar_of(engine, "x=1; Secure", url="http://app.example.test/")
    assert len(jar) == 0
    jar.store_response(APP, ["x=1; Secure"])
    assert jar.cookie_header("http://app.example.test/") is None
    assert jar.cookie_header("wss://app.example.test/") == "x=1"


@ALL
@pytest.mark.parametrize("host", ["localhost", "app.localhost:8000", "127.0.0.1", "[::1]:8000"])
def test_the_machine_itself_is_trusted_over_plain_http(engine, host):
    assert jar_of(engine, "x=1; Secure", url=f"http://{host}/").cookie_header(f"http://{host}/") == "x=1"


@ALL
def test_same_site_none_must_be_secure(engine):
    assert len(jar_of(engine, "x=1; SameSite=None")) == 0


@BOTH
def test_partitioned_must_be_secure(engine):
    assert len(jar_of(engine, "x=1; Partitioned")) == 0


@ALL
@pytest.mark.parametrize(
    "line",
    [
        "__Secure-x=1", "__host-x=1; Path=/", "__Host-x=1; Secure; Path=/a",
        "__Host-x=1; Secure; Path=/; Domain=example.test",
    ],
)  # fmt: skip
def test_a_broken_promise_is_refused(engine, line):
    assert len(jar_of(engine, line)) == 0


@pytest.mark.parametrize("line", ["__Http-x=1; Secure", "__Host-Http-x=1; Secure; Path=/"])
def test_a_promise_of_http_only_is_one_to_browsers_and_not_yet_to_the_standard(line):
    assert len(jar_of("chromium", line)) == len(jar_of("firefox", line)) == 0
    assert len(jar_of("rfc6265bis", line)) == 1
    assert len(jar_of("rfc6265bis", "__Host-Http-x=1; Secure; Path=/a")) == 0  # it begins with __Host- all the same


def test_chromium_wants_the_path_of_a_host_cookie_written():
    line, url = "__Host-x=1; Secure", "https://app.example.test/s"
    assert len(jar_of("chromium", line, url=url)) == 0
    assert len(jar_of("rfc6265bis", line, url=url)) == 0
    assert len(jar_of("firefox", line, url=url)) == 1


@ALL
def test_script_neither_sees_nor_touches_an_http_only_cookie_but_may_shadow_it(engine):
    jar = jar_of(engine, "x=server; HttpOnly; Path=/")
    jar.set_document_cookie(APP, "x=js; Path=/")
    jar.set_document_cookie(APP, "x=; Path=/; Max-Age=0")
    jar.set_document_cookie(APP, "y=js; HttpOnly")
    assert jar.cookie_header(APP) == "x=server"
    assert jar.document_cookie(APP) == ""
    jar.set_document_cookie(APP, "x=shadow; Domain=example.test")
    assert jar.cookie_header(APP) == "x=server; x=shadow"


@ALL
@pytest.mark.parametrize("line", ["x=2", "x=2; Path=/a", "x=2; Domain=example.test", "x=; Max-Age=0"])
def test_plain_http_neither_replaces_nor_shadows_a_secure_cookie(engine, line):
    jar = jar_of(engine, "x=1; Secure; Path=/")
    jar.store_response("http://app.example.test/a/b", [line])
    assert jar.cookie_header(APP + "a/b") == "x=1"


@ALL
def test_a_secure_cookie_of_a_deeper_path_is_not_in_the_way(engine):
    jar = jar_of(engine, "x=1; Secure; Path=/deep")
    jar.store_response("http://app.example.test/", ["x=2; Path=/"])
    assert jar.cookie_header(APP + "deep") == "x=1; x=2"


def test_firefox_guards_a_host_only_secure_cookie_less():
    url = "http://below.app.example.test/"
    for engine, sent in (("chromium", None), ("firefox", "x=2")):
        jar = jar_of(engine, "x=1; Secure")
        jar.store_response(url, ["x=2"])
        assert jar.cookie_header(url) == sent


def test_browsers_guard_a_secure_cookie_within_its_partition_only():
    for engine, sent in (("chromium", "x=2"), ("firefox", "x=2"), ("rfc6265bis", None)):
        jar = jar_of(engine, "x=1; Secure; Partitioned")
        jar.store_response("http://app.example.test/", ["x=2"])
        assert jar.cookie_header("http://app.example.test/") == sent


# Names and bytes


def test_a_line_without_an_equals_sign_is_a_value_in_chromium_and_a_name_in_firefox():
    assert jar_of("chromium", "foo", "=bar").cookie_header(APP) == "bar"
    assert jar_of("rfc6265bis", "foo").cookie_header(APP) == "foo"
    assert jar_of("firefox", "foo", "=bar").cookie_header(APP) == "foo="


def test_a_nameless_cookie_can_not_pose_as_another_in_browsers():
    for engine, sent in (("chromium", None), ("firefox", None), ("rfc6265bis", "sid=evil")):
        assert jar_of(engine, "=sid=evil").cookie_header(APP) == sent
        assert jar_of(engine, "=__Host-sid=evil").cookie_header(APP) is None


def test_a_nameless_cookie_is_deleted_by_a_value():
    jar = jar_of("chromium", "foo")
    jar.store_response(APP, [SetCookie.deletion("", CookieScope()).to_text()])
    assert len(jar) == 0


def test_a_tab_inside_a_value_is_refused_by_chromium_alone():
    for engine, sent in (("chromium", None), ("firefox", "x=a\tb"), ("rfc6265bis", "x=a\tb")):
        assert jar_of(engine, "x=a\tb").cookie_header(APP) == sent


@ALL
@pytest.mark.parametrize("character", ["\x00", "\x0a", "\x1f", "\x7f"])
def test_control_bytes_anywhere_are_refused(engine, character):
    assert len(jar_of(engine, f"x=a{character}b", f"y=1; Foo={character}")) == 0


def test_bytes_that_are_not_utf8():
    line = b"x=\xff"
    chromium, firefox, standard = (
        BrowserJar(engine, clock=lambda: NOW) for engine in ("chromium", "firefox", "rfc6265bis")
    )
    for jar in (chromium, firefox, standard):
        jar.store_response(APP, [line, "y=1"])
    assert chromium.cookie_header(APP) == "x=\xff; y=1"
    assert chromium.document_cookie(APP) == ""  # sent back raw; and one such cookie hides all from script
    chromium.store_response(APP, [b"x=\xff; HttpOnly"])
    assert chromium.document_cookie(APP) == "y=1"
    assert firefox.cookie_header(APP).encode("latin-1").decode() == "x=\ufffd; y=1"
    assert firefox.document_cookie(APP) == "x=\ufffd; y=1"
    assert standard.document_cookie(APP) == "x=\ufffd; y=1"


def test_firefox_leaves_a_name_that_is_not_utf8_as_it_is():
    firefox = BrowserJar("firefox", clock=lambda: NOW)
    firefox.store_response(APP, [b"\xff=\xff"])
    assert firefox.cookie_header(APP).encode("latin-1") == b"\xff=" + "\ufffd".encode()
    assert firefox.document_cookie(APP) == "\ufffd=\ufffd"


@ALL
def test_script_and_header_agree_on_utf8(engine):
    jar = BrowserJar(engine, clock=lambda: NOW)
    jar.set_document_cookie(APP, "x=船")
    assert jar.cookie_header(APP) == "x=船".encode().decode("latin-1")
    assert jar.document_cookie(APP) == "x=船"


@ALL
def test_4096_bytes_are_kept_and_4097_are_not(engine):
    assert len(jar_of(engine, "x=" + "v" * 4095, "y=" + "v" * 4096)) == 1


@ALL
@pytest.mark.parametrize(
    "url",
    ["app.example.test", "/path", "ftp://app.example.test/", "https:///", "https://a b/", "https://a.test/\r\nx", ""],
)
def test_a_jar_wants_whole_urls(engine, url):
    with pytest.raises(CookieError, match="absolute http or https URL"):
        BrowserJar(engine, clock=lambda: NOW).cookie_header(url)


def test_what_is_stored_can_be_looked_at():
    jar = jar_of("chromium", "x=1; Domain=example.test; Path=/app; Max-Age=60; Secure; HttpOnly; SameSite=Lax", "y=2")
    first, second = jar
    assert (first.name, first.value, first.host) == ("x", "1", "example.test")
    assert first.scope == CookieScope("example.test", "/app")
    assert (first.secure, first.http_only, first.same_site) == (True, True, "Lax")
    assert (first.expires, first.created) == (NOW + 60, NOW)
    assert (second.host, second.scope, second.expires, second.same_site) == (
        "app.example.test",
        CookieScope(),
        None,
        None,
    )
    assert "name" not in repr(first)
    assert "value" not in repr(first)

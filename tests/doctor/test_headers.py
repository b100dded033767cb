"""Pasted headers, in every form in which people paste them."""

from __future__ import annotations

from argparse import Namespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardtack.doctor.diagnosis import diagnose
from hardtack.doctor.errors import SourceError
from hardtack.doctor.facts import Hint, no_progress
from hardtack.doctor.observed import CookieWritten, JarSeen
from hardtack.doctor.rules.model import Verdict
from hardtack.doctor.sources.headers import gather
from support.doctor_facts import named

TWINS = f"{named('refreshToken')}=AAA; {named('LastAuthUser')}=alice; {named('refreshToken')}=BBB"
LONE = f"{named('refreshToken')}=AAA; {named('LastAuthUser')}=alice"
SETS = f"{named('refreshToken')}=AAA; Domain=.example.test; Path=/; Secure; SameSite=Lax"


def read(text, **options):
    return gather(text, Namespace(**options), no_progress)


def ids(text, **options):
    return {finding.rule.id for finding in diagnose([read(text, **options)]).findings}


@pytest.mark.parametrize(
    "text",
    [
        TWINS,
        f"Cookie: {TWINS}",
        f"cookie:{TWINS}\n",
        f"> GET /app HTTP/2\n> Host: app.example.test\n> Cookie: {TWINS}\n>\n< HTTP/2 200\n",
        f":authority: app.example.test\n:path: /\ncookie: {TWINS}",
        "\n".join(f"cookie: {pair.strip()}" for pair in TWINS.split(";")),
    ],
)
def test_twins_are_seen_however_the_header_was_pasted(text):
    assert "HT101" in ids(text)


def test_a_header_without_twins_is_healthy():
    diagnosis = diagnose([read(f"Cookie: {LONE}")])
    assert diagnosis.verdict is Verdict.HEALTHY


def test_the_host_is_the_requests_or_the_one_that_was_named():
    assert read(f"Host: app.example.test:8443\nCookie: {LONE}").of(JarSeen)[0].host == "app.example.test"
    assert read(f"Cookie: {LONE}", host=["shop.example.test"]).of(JarSeen)[0].host == "shop.example.test"
    assert read(f"Cookie: {LONE}", host=["no host"]).of(JarSeen)[0].host == "this-host.example"


def test_a_set_cookie_line_is_told_from_a_cookie_header():
    (written,) = read(SETS).of(CookieWritten)
    assert written.refused is None
    assert str(written.scope) == ".example.test /"
    assert read(SETS).of(JarSeen) == ()
    assert "HT103" in ids("Set-Cookie: a=1; Domain=co.uk; Path=/")


def test_a_pasted_response_is_judged_with_its_cache_control():
    response = f"HTTP/1.1 200 OK\nCache-Control: public, max-age=60\nSet-Cookie: {SETS}\n"
    assert "HT413" in ids(response)
    assert "HT413" not in ids(response.replace("public", "private"))
    assert "HT413" in ids(f"Age: 17\nX-Cache: Hit from somewhere\nSet-Cookie: {SETS}\n")


def test_a_set_and_its_deletion_in_one_response():
    gone = f"Set-Cookie: {named('refreshToken')}=; Path=/; Domain=example.test; Expires=Thu, 01 Jan 1970 00:00:00 GMT"
    assert "HT205" in ids(f"Set-Cookie: {SETS}\n{gone}")
    assert "HT205" not in ids(f"{gone}\nSet-Cookie: {SETS}")


def test_other_libraries_are_judged_too():
    assert "HT901" in ids("Cookie: sessionid=a; sessionid=b")
    assert "HT902" in ids("Cookie: next-auth.session-token=a; __Secure-next-auth.session-token=b")


def test_a_header_of_strangers_is_inconclusive():
    facts = read("Cookie: theme=dark; _ga=1")
    assert Hint.NO_AUTH_SEEN in facts.hints
    assert diagnose([facts]).verdict is Verdict.INCONCLUSIVE


def test_a_header_that_is_too_large_says_for_whom():
    assert "HT501" in ids("Cookie: " + "; ".join(f"{named('idToken', str(n))}={'x' * 900}" for n in range(12)))


@pytest.mark.parametrize("text", ["", "hello", "Accept: text/html\nHost: a.test", "\x00\x01", "Cookie"])
def test_what_holds_no_header_is_a_sentence(text):
    with pytest.raises(SourceError, match="no Cookie and no Set-Cookie"):
        read(text)


def test_a_text_that_is_far_too_long_is_not_read():
    with pytest.raises(SourceError, match="far longer"):
        read("a=1; " * 300_000)


@given(st.text(max_size=400) | st.builds("Cookie: {}\nSet-Cookie: {}".format, st.text(), st.text()))
def test_anything_may_be_pasted(text):
    try:
        facts = read(text)
    except SourceError:
        return
    diagnose([facts])


def test_no_value_and_no_user_is_in_the_facts():
    facts = read(f"Host: app.example.test\nCookie: {TWINS}\nSet-Cookie: {SETS}")
    for secret in ("AAA", "BBB", "alice"):
        assert secret not in repr(facts)

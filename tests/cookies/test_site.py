"""Sites: how far up a cookie's Domain may reach, by the bundled public suffix list."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys

import publicsuffixlist
import pytest

from hardtack.cookies import CookieError, Site, public_suffix_list_date
from hardtack.cookies.site import _site


@pytest.mark.parametrize(
    ("host", "domains"),
    [
        ("app.example.com", ("app.example.com", "example.com")),
        ("a.b.example.co.uk", ("a.b.example.co.uk", "b.example.co.uk", "example.co.uk")),
        ("example.com", ("example.com",)),
        ("APP.Example.com:8443", ("app.example.com", "example.com")),
        ("app.example.com.", ("app.example.com.", "example.com.")),
        ("alice.github.io", ("alice.github.io",)),
        ("www.alice.github.io", ("www.alice.github.io", "alice.github.io")),
        ("main.d1abc.amplifyapp.com", ("main.d1abc.amplifyapp.com", "d1abc.amplifyapp.com")),
        ("www.ck", ("www.ck",)),  # an exception to *.ck
        ("a.b.ck", ("a.b.ck",)),
        ("x.example.unknowntld", ("x.example.unknowntld", "example.unknowntld")),
        ("www.bücher.example", ("www.xn--bcher-kva.example", "xn--bcher-kva.example")),
        ("食狮.公司.cn", ("xn--85x722f.xn--55qx5d.cn",)),
        ("shop.食狮.公司.cn", ("shop.xn--85x722f.xn--55qx5d.cn", "xn--85x722f.xn--55qx5d.cn")),
        ("app.hardtack.localhost:8000", ("app.hardtack.localhost", "hardtack.localhost")),
        ("hardtack.localhost", ("hardtack.localhost",)),
    ],
)
def test_a_host_may_set_every_domain_from_itself_up_to_the_registrable_one(host, domains):
    site = Site.of(host)
    assert site.domains == domains
    assert site.registrable_domain == domains[-1]
    assert site.host == domains[0]
    assert not site.is_ip


@pytest.mark.parametrize("host", ["com", "co.uk", "github.io", "localhost", "intranet", "foo.ck", "公司.cn", "com."])
def test_a_suffix_or_a_single_label_leaves_host_only(host):
    site = Site.of(host)
    assert site.domains == ()
    assert site.registrable_domain is None
    assert not site.is_ip


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "192.168.0.7", "[::1]:8000"])
def test_an_address_leaves_host_only(host):
    site = Site.of(host)
    assert site.domains == ()
    assert site.is_ip


@pytest.mark.parametrize("host", ["", "exa mple.com", "example.com/x", "1.2.3"])
def test_what_is_no_host_is_an_error(host):
    with pytest.raises(CookieError, match="not a host name"):
        Site.of(host)


def test_the_date_of_the_bundled_list_is_told():
    date = public_suffix_list_date()
    assert date is not None
    assert dt.date(2025, 1, 1) <= date <= dt.date(2100, 1, 1)


def test_a_list_without_a_date_has_none(monkeypatch, tmp_path):
    bare = tmp_path / "list.dat"
    bare.write_text("com\n// VERSION: soon\nco.uk\n")
    monkeypatch.setattr(publicsuffixlist, "PSLFILE", str(bare))
    assert public_suffix_list_date() is None


def test_strangers_hosts_fill_no_memory():
    for number in range(3000):
        Site.of(f"h{number}.example.com")
    assert _site.cache_info().currsize <= 1024


def test_importing_the_cookies_loads_neither_the_list_nor_the_jar_nor_anything_heavy():
    loaded = subprocess.run(
        [sys.executable, "-c", "import sys, hardtack.cookies; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert "hardtack.cookies.sweep" in loaded
    heavy = {
        "publicsuffixlist",
        "hardtack.cookies.jar",
        "pathlib",
        "urllib.parse",
        "ipaddress",
        "email",
        "http",
        "socket",
        "logging",
    }
    assert heavy.isdisjoint(loaded)


def test_what_is_loaded_late_is_found_and_a_typo_is_not():
    import hardtack.cookies as package

    assert package.BrowserJar.__name__ == "BrowserJar"
    with pytest.raises(AttributeError, match="no attribute 'BrowserJam'"):
        package.BrowserJam  # noqa: B018  asking is the deed
    assert package.__all__ == sorted(package.__all__)
    assert all(hasattr(package, name) for name in package.__all__)

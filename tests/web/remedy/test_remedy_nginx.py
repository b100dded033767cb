"""The sign-out location in real nginx: the browser's model follows its redirects until nothing is left."""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urljoin

import pytest

from hardtack.web.remedy import remedy
from support.remedies import HOST, ORIGIN, Profile, auth_names, bystanders, bytes_of, policy_file

if TYPE_CHECKING:
    from collections.abc import Iterator

NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
NAVIGATION = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "same-origin"}
MOST_REDIRECTS = 20  # what browsers follow
SERVER = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
{maps}
    server {{
        listen 127.0.0.1:{port};
        server_name _;
{locations}
        location / {{ return 200 "the site\\n"; }}
    }}
}}
"""


def snippet(*, remedy_table: str = "", **policy: str) -> str:
    (file,) = remedy("nginx", policy_file(remedy=remedy_table, **policy))
    assert file.name == "hardtack-sign-out.conf"
    return file.text


@contextmanager
def nginx(folder: Path, text: str) -> Iterator[int]:
    """A real nginx with the snippet where its comments say that it belongs; its port."""
    if NGINX is None:
        pytest.skip("nginx is not installed: apt-get install nginx-light")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    maps, _, locations = text.partition("# -- server block")
    configuration = folder / "nginx.conf"
    configuration.write_text(SERVER.format(folder=folder, port=port, maps=maps, locations=f"# {locations}"))
    command = [NGINX, "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(configuration)]
    tried = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False, timeout=60)
    assert tried.returncode == 0, tried.stderr
    assert "warn" not in tried.stderr, tried.stderr
    with subprocess.Popen(command) as server:
        try:
            wait_for(port)
            yield port
        finally:
            server.terminate()
            server.wait(timeout=60)


def wait_for(port: int) -> None:
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("nginx did not come up")


def ask(port: int, profile: Profile, path: str, *, method: str = "GET", headers: dict[str, str] | None = None):
    """One request of the profile's browser; its answer's cookies go into the jar."""
    url = ORIGIN + path
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    cookies = profile.jar.cookie_header(url)
    sent = {"Host": HOST, **({"Cookie": cookies} if cookies else {}), **(NAVIGATION if headers is None else headers)}
    connection.request(method, path, headers=sent)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    lines = answer.msg.get_all("Set-Cookie", [])
    profile.jar.store_response(url, lines)
    if answer.msg.get("Clear-Site-Data"):
        profile.jar.clear_site_data(url)
    return answer, lines


def sign_out(port: int, profile: Profile, path: str = "/sign-out") -> list[str]:
    """Follow the redirects as a browser does; the paths that were opened, the last of which is no sign-out."""
    opened: list[str] = []
    while True:
        opened.append(path)
        assert len(opened) <= MOST_REDIRECTS
        answer, lines = ask(port, profile, path)
        assert bytes_of(lines) <= 4_096
        if answer.status == 200:
            return opened
        assert answer.status == 303
        assert answer.msg["Cache-Control"] == "private, no-store"
        path = urljoin(path, answer.msg["Location"])


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """nginx with the snippet for the plain policy."""
    with nginx(tmp_path_factory.mktemp("nginx"), snippet()) as port:
        yield port


@pytest.mark.parametrize("username", ["alice", "user@example.com", "(paren)"])
def test_a_sign_out_empties_every_scope_and_leaves_bystanders(plain, username):
    profile = Profile()
    profile.plant_bystanders()
    for scope in ("Path=/", "Path=/; Domain=example.com", "Path=/; Domain=app.example.com", "Path=/login"):
        profile.plant(scope, username=username)
    opened = sign_out(plain, profile)
    assert profile.auth() == []
    assert profile.others() == bystanders()
    assert opened[0] == "/sign-out"
    assert opened[-1] == "/login"


def test_several_people_of_one_browser_go_one_after_the_other(plain):
    profile = Profile()
    for username in ("alice", "bob", "user@example.com"):
        profile.plant("Path=/; Domain=example.com", username=username)
        profile.plant("Path=/", username=username)
    sign_out(plain, profile)
    assert profile.auth() == []


def test_whoever_has_no_cookie_goes_straight_on_and_is_sent_none(plain):
    profile = Profile()
    answer, lines = ask(plain, profile, "/sign-out")
    assert (answer.status, answer.msg["Location"], lines) == (303, "/login", [])


def test_what_can_not_be_reached_does_not_loop(plain):
    profile = Profile()
    profile.plant("Path=/sign-out")
    opened = sign_out(plain, profile)
    assert profile.auth() != []
    assert opened[-1] == "/login"
    assert len(opened) == 10


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},
        {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"},
        {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate", "Sec-Purpose": "prefetch;prerender"},
        {"Purpose": "prefetch"},
    ],
)
def test_other_sites_script_and_links_fetched_ahead_sign_nobody_out(plain, headers):
    profile = Profile()
    profile.plant("Path=/")
    answer, lines = ask(plain, profile, "/sign-out", headers=headers)
    assert (answer.status, lines) == (403, [])
    assert len(profile.auth()) == len(auth_names())


def test_an_old_browser_and_a_form_may_sign_out(plain):
    for method, headers in (("GET", {}), ("POST", NAVIGATION)):
        profile = Profile()
        profile.plant("Path=/; Domain=example.com")
        answer, lines = ask(plain, profile, "/sign-out", method=method, headers=headers)
        assert answer.status == 303
        assert len(lines) == 2 * len(auth_names())


def test_a_hostile_cookie_header_makes_no_line_of_its_own(plain):
    names = auth_names()
    for header in (
        f"{names[1]}\tevil=1",
        f"{names[0].removesuffix('LastAuthUser')}a, b=c.accessToken=1",
        f"{names[1]}",
        f"x{names[1]}=1",
        "; ".join(f"{names[1]}{number}=1" for number in range(20)),
        f"{names[0].removesuffix('LastAuthUser')}{'u' * 3000}.accessToken=1",
    ):
        _, lines = ask(plain, Profile(), "/sign-out", headers={**NAVIGATION, "Cookie": header})
        assert lines == []


def test_many_scopes_are_gone_through_in_rounds(tmp_path):
    policy = {
        "base_paths": '["/login", "/a", "/b", "/c"]',
        "legacy_scopes": '[{domain=".app.example.com", path="/old"}]',
    }
    scopes = [f"Path={path}" for path in ("/", "/login", "/a", "/b", "/c")]
    with nginx(tmp_path, snippet(**policy)) as port:
        profile = Profile()
        for scope in scopes:
            profile.plant(scope)
            profile.plant(f"{scope}; Domain=example.com")
        profile.plant("Path=/old; Domain=app.example.com")
        sign_out(port, profile)
    assert profile.auth() == []


def test_the_last_resort_has_an_answer_of_its_own(tmp_path):
    text = snippet(remedy_table='clear_site_data = true\nsign_out = "/bye"')
    with nginx(tmp_path, text) as port:
        profile = Profile()
        profile.plant("Path=/")
        profile.plant_bystanders()
        opened = sign_out(port, profile, "/bye")
        assert opened[-2:] == ["/bye/everything", "/login"]
        assert len(profile.jar) == 0
        foreign = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
        answer, _ = ask(port, profile, "/bye/everything", headers=foreign)
        assert (answer.status, answer.msg.get("Clear-Site-Data")) == (403, None)

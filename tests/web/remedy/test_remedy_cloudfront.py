"""The CloudFront Function, run with events of the real shape: in Node, and in njs, which is nearest to its runtime."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import pytest

from hardtack.web.remedy import RemedyError, remedy
from support.remedies import (
    ORIGIN,
    Profile,
    auth_names,
    bystanders,
    bytes_of,
    cloudfront_cookies,
    node,
    path_of,
    policy_file,
    set_cookie_lines,
)

NAVIGATION = {"sec-fetch-mode": {"value": "navigate"}, "accept": {"value": "text/html"}}
FETCH = {"sec-fetch-mode": {"value": "cors"}, "accept": {"value": "*/*"}}
YEAR = "Max-Age=31536000; Secure; SameSite=lax"
MOST_PAGES = 200  # it begins anywhere, so that a few pages do as a rule; not to find a scope in 200 is out of the world
GONE = "Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT"


def source(*, remedy_table: str = "", **policy: str) -> str:
    (file,) = remedy("cloudfront-function", policy_file(remedy=remedy_table, **policy))
    assert file.name == "hardtack-viewer-response.js"
    return file.text


def event(header: str | None, sent: dict | None = None, *, uri: str = "/", headers: dict | None = None) -> dict:
    return {
        "version": "1.0",
        "context": {"distributionId": "EXAMPLE", "eventType": "viewer-response", "requestId": "EXAMPLE=="},
        "viewer": {"ip": "192.0.2.1"},
        "request": {
            "method": "GET",
            "uri": uri,
            "querystring": {},
            "headers": {"host": {"value": "app.example.com"}, **(NAVIGATION if headers is None else headers)},
            "cookies": cloudfront_cookies(header),
        },
        "response": {
            "statusCode": 200,
            "headers": {"cache-control": {"value": "public, max-age=60"}},
            "cookies": sent or {},
        },
    }


def answered(given: dict, **policy: str) -> dict:
    return node(source(**policy) + "\ntell(handler(given));", given, module=False)


def visit(profile: Profile, url: str, sent: dict | None = None, *, headers: dict | None = None, **policy: str) -> dict:
    """Open a page through CloudFront: what the browser shows goes in, the answer's lines go into its jar."""
    header = profile.jar.cookie_header(url)
    response = answered(event(header, sent, uri=path_of(url), headers=headers), **policy)
    profile.jar.store_response(url, set_cookie_lines(response["cookies"]))
    return response


def test_it_fits_into_what_cloudfront_takes_and_needs_nothing_that_its_runtime_lacks():
    text = source(base_paths='["/a", "/b", "/c"]')
    assert len(text.encode()) <= 10_240
    code = re.sub(r"//.*", "", text).replace("sec-fetch", "")
    assert not re.findall(
        r"\b(?:eval|Function|setTimeout|fetch|require|import|export)\b|\.\.\.|=>|\?\.|for \(.* of ", code
    )


def test_a_policy_with_too_many_scopes_is_refused_with_what_to_do():
    paths = json.dumps([f"/department/{number}/section" for number in range(40)])
    with pytest.raises(RemedyError, match="10,240") as caught:
        source(base_paths=paths)
    assert [each.code for each in caught.value.problems] == ["remedy.size"]


def test_what_has_nothing_to_do_with_us_passes_as_it_came():
    given = event("theme=dark; theme=light", {"theme": {"value": "x", "attributes": "Path=/"}})
    assert answered(given) == given["response"]
    lone = event("; ".join(f"{name}=1" for name in auth_names()))
    assert answered(lone) == lone["response"]


def test_a_host_only_write_of_the_server_becomes_the_policys():
    profile = Profile()
    profile.plant("Path=/; Domain=example.com")
    sent = {name: {"value": "new", "attributes": f"Path=/; {YEAR}; HttpOnly"} for name in auth_names()}
    response = visit(profile, f"{ORIGIN}/", sent)
    assert set(profile.auth()) == {(".example.com /", "new")}
    assert response["headers"]["cache-control"] == {"value": "private, no-store"}
    fresh = [line for line in set_cookie_lines(response["cookies"]) if "=new" in line]
    assert all(line.endswith(f"=new; Path=/; Domain=example.com; {YEAR}; HttpOnly") for line in fresh)
    assert len(fresh) == len(auth_names())


def test_the_adapters_deletion_before_its_set_does_not_win():
    name = auth_names()[1]
    both = [{"value": "", "attributes": GONE}, {"value": "new", "attributes": f"Path=/; {YEAR}"}]
    profile = Profile()
    visit(profile, f"{ORIGIN}/", {name: {**both[-1], "multiValue": both}}, headers=FETCH)
    assert profile.auth() == [(".example.com /", "new")]


@pytest.mark.parametrize("attributes", [GONE, "Max-Age=0", "Path=/; Max-Age=-1; Expires=Fri, 01 Jan 2100 00:00:00 GMT"])
@pytest.mark.parametrize("headers", [NAVIGATION, FETCH], ids=["navigation", "fetch"])
def test_a_deletion_reaches_every_scope(attributes, headers):
    profile = Profile()
    profile.plant_bystanders()
    for scope in ("Path=/", "Path=/; Domain=example.com", "Path=/; Domain=app.example.com"):
        profile.plant(scope)
    for _ in range(MOST_PAGES):
        sent = {name: {"value": "", "attributes": attributes} for name in auth_names()}
        visit(profile, f"{ORIGIN}/", sent, headers=headers)
        if not profile.auth():
            break
    assert profile.auth() == []
    assert profile.others() == bystanders()


def test_twins_outside_of_the_policys_scope_go_whole_within_a_few_pages():
    profile = Profile()
    profile.plant_bystanders()
    profile.plant("Path=/; Domain=example.com", value="own")
    profile.plant("Path=/")
    profile.plant("Path=/; Domain=app.example.com")
    for _ in range(MOST_PAGES):
        response = visit(profile, f"{ORIGIN}/")
        assert bytes_of(set_cookie_lines(response["cookies"])) <= 3_500
        if not response["cookies"]:
            break
    assert set(profile.auth()) == {(".example.com /", "own")}
    assert visit(profile, f"{ORIGIN}/")["cookies"] == {}


def test_script_and_links_fetched_ahead_heal_nothing():
    profile = Profile()
    profile.plant("Path=/; Domain=example.com", value="own")
    profile.plant("Path=/")
    for headers in (FETCH, {**NAVIGATION, "sec-purpose": {"value": "prefetch"}}, {"accept": {"value": "*/*"}}):
        assert visit(profile, f"{ORIGIN}/", headers=headers)["cookies"] == {}
    assert visit(profile, f"{ORIGIN}/", headers={"accept": {"value": "text/html,*/*"}})["cookies"] != {}


def test_the_sign_out_location_empties_everything():
    profile = Profile()
    profile.plant_bystanders()
    for user in ("alice", "user@example.com"):
        for scope in ("Path=/", "Path=/; Domain=example.com", "Path=/; Domain=app.example.com"):
            profile.plant(scope, username=user)
    for _ in range(MOST_PAGES):
        visit(profile, f"{ORIGIN}/bye", remedy_table='sign_out = "/bye"')
        if not profile.auth():
            break
    assert profile.auth() == []
    assert profile.others() == bystanders()


NJS = """
var fs = require("fs");
var given = JSON.parse(fs.readFileSync("%(folder)s/event.json", "utf8"));
fs.writeFileSync("%(folder)s/answer.json", JSON.stringify(handler(given)));
"""


def test_njs_which_is_nearest_to_cloudfronts_runtime_answers_the_same(tmp_path):
    njs = shutil.which("njs")
    if njs is None:
        pytest.skip("njs is not installed: apt-get install njs")
    profile = Profile()
    profile.plant("Path=/; Domain=example.com", value="own", username="user@example.com")
    profile.plant("Path=/", username="user@example.com")
    sent = {auth_names()[0]: {"value": "", "attributes": GONE}}
    sent |= {auth_names()[1]: {"value": "new", "attributes": f"Path=/; {YEAR}"}}
    given = event(profile.jar.cookie_header(f"{ORIGIN}/"), sent)
    (tmp_path / "event.json").write_text(json.dumps(given))
    text = source().replace("Math.random()", "0.5")
    (tmp_path / "run.js").write_text(text + NJS % {"folder": tmp_path})
    subprocess.run([njs, str(tmp_path / "run.js")], check=True, timeout=60)
    answer = json.loads((tmp_path / "answer.json").read_text())
    assert answer == node(text + "\ntell(handler(given));", given, module=False)

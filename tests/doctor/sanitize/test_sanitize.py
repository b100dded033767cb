"""A sanitised recording can be shown to anybody, is still a HAR, and is still judged the same."""

from __future__ import annotations

import base64
import gzip
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardtack.cli import main
from hardtack.doctor.errors import DoctorError, SourceError
from hardtack.doctor.observed import CookieWritten, JarSeen, PoolCall
from hardtack.doctor.sanitize import sanitize_har
from support.recordings import FOLDER, LABELS, SITE, Recorder, judge, jwt, read, recorded


def told(path):
    """What the doctor says, but for the note that a recording holds tokens."""
    diagnosis = judge(path)
    root = diagnosis.root
    return (
        diagnosis.verdict,
        diagnosis.score,
        root and (root.rule.id, root.hit.evidence[0].place.entry),
        [
            (one.rule.id, one.severity, one.hit.say, [evidence.place.entry for evidence in one.hit.evidence])
            for one in diagnosis.findings
            if one.rule.id != "HT605"
        ],
        diagnosis.hints,
    )


@pytest.mark.parametrize("name", sorted(LABELS))
def test_every_recording_is_judged_the_same_and_holds_no_name(name, tmp_path):
    copy, again = tmp_path / "copy.har", tmp_path / "again.har"
    done = sanitize_har(FOLDER / f"{name}.xz", copy)
    sanitize_har(copy, again)
    assert again.read_bytes() == copy.read_bytes()
    before, after = told(FOLDER / f"{name}.xz"), told(copy)
    assert (before[0], *before[2:]) == (after[0], *after[2:])
    assert after[1] >= before[1]  # a point more, if anything: it holds no tokens any more
    assert "HT605" not in {one.rule.id for one in judge(copy).findings}
    text = copy.read_text("utf-8")
    assert not [name for name in ("alice", "bob", "NotAuthorized\\u0022") if name in text]
    original = json.loads(recorded(name))["log"]["entries"]
    assert done.entries == len(original) == len(json.loads(text)["log"]["entries"])


def is_valid_har(har):
    """HAR 1.2's required fields."""
    log = har["log"]
    assert log["version"]
    assert {"name", "version"} <= set(log["creator"])
    for entry in log["entries"]:
        assert {"startedDateTime", "time", "request", "response", "cache", "timings"} <= set(entry)
        assert {"send", "wait", "receive"} <= set(entry["timings"])
        request, response = entry["request"], entry["response"]
        common = {"httpVersion", "cookies", "headers", "headersSize", "bodySize"}
        assert common | {"method", "url", "queryString"} <= set(request)
        assert common | {"status", "statusText", "content", "redirectURL"} <= set(response)
        assert {"size", "mimeType"} <= set(response["content"])
        assert all({"name", "value"} <= set(one) for part in (request, response) for one in part["cookies"])
        assert all({"name", "value"} <= set(one) for part in (request, response) for one in part["headers"])
    return True


def test_the_copy_is_a_har_and_equal_values_stay_equal(tmp_path):
    browser = Recorder("chrome")
    tokens = browser.sign_in()
    browser.store(tokens, "path=/; domain=.example.test; secure")
    browser.get(set_cookie=browser.adapter(browser.fresh(refresh=tokens["refreshToken"]), "Path=/; Secure"))
    browser.get()
    browser.revoke(tokens["refreshToken"])
    path, copy = browser.save(tmp_path), tmp_path / "copy.har"
    sanitize_har(path, copy)
    har = json.loads(copy.read_text("utf-8"))
    assert is_valid_har(har)
    sign_in, _, twins, revoke = har["log"]["entries"]
    brought = json.loads(sign_in["response"]["content"]["text"])["AuthenticationResult"]["RefreshToken"]
    revoked = json.loads(revoke["request"]["postData"]["text"])["Token"]
    shown = [one["value"] for one in twins["request"]["cookies"] if one["name"].endswith("refreshToken")]
    assert {brought, revoked, *shown} == {brought}
    assert brought != tokens["refreshToken"]
    assert len(brought) == len(tokens["refreshToken"])
    users = {one["name"].split(".")[2] for one in twins["request"]["cookies"] if one["name"].count(".") == 3}
    users |= {one["value"] for one in twins["request"]["cookies"] if one["name"].endswith("LastAuthUser")}
    assert len(users) == 1
    assert {one["domain"] for one in twins["request"]["cookies"]} == {".example.test", "app.example.test"}


def test_two_runs_share_no_hash(tmp_path):
    browser = Recorder()
    browser.sign_in()
    path = browser.save(tmp_path)
    bodies = set()
    for name in ("one.har", "two.har"):
        sanitize_har(path, tmp_path / name)
        bodies.add((tmp_path / name).read_bytes())
    assert len(bodies) == 2


def test_what_looks_like_a_stand_in_is_not_believed(tmp_path):
    browser = Recorder()
    browser.sign_in()
    head = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    claims = {"hardtack": "redacted", "email": "alice@example.test"}
    body = base64.urlsafe_b64encode(json.dumps(claims, separators=(",", ":")).encode()).decode().rstrip("=")
    forged = f"{head}.{body}.redacted-0123456789ab"
    browser.revoke(forged)
    sanitize_har(browser.save(tmp_path), tmp_path / "copy.har")
    assert body not in (tmp_path / "copy.har").read_text("utf-8")


def test_the_recording_itself_is_never_written_over(tmp_path):
    path = Recorder()
    path.get()
    file = path.save(tmp_path)
    before = file.read_bytes()
    (tmp_path / "link.har").symlink_to(file)
    (tmp_path / "hard.har").hardlink_to(file)
    for target in (file, tmp_path / "link.har", tmp_path / "hard.har", tmp_path / "." / "recording.har"):
        with pytest.raises(DoctorError, match="written over"):
            sanitize_har(file, target)
    assert file.read_bytes() == before
    assert sorted(one.name for one in tmp_path.iterdir()) == ["hard.har", "link.har", "recording.har"]


@pytest.mark.parametrize("data", [b"", b"\x89PNG\r\n", b'{"log": {"entries": []}}', b"{}"])
def test_what_is_no_recording_is_no_copy_either(data, tmp_path):
    path = tmp_path / "recording.har"
    path.write_bytes(data)
    with pytest.raises(SourceError):
        sanitize_har(path, tmp_path / "copy.har")
    assert not (tmp_path / "copy.har").exists()


def test_a_folder_that_is_not_there_is_a_sentence(tmp_path):
    browser = Recorder()
    browser.get()
    with pytest.raises(DoctorError, match="can't be written"):
        sanitize_har(browser.save(tmp_path), tmp_path / "nowhere" / "copy.har")


def test_a_broken_recording_becomes_a_whole_copy_as_far_as_it_goes(tmp_path):
    whole = recorded("unexpected.har")
    path = tmp_path / "cut.har.gz"
    path.write_bytes(gzip.compress(whole[: len(whole) // 2]))
    done = sanitize_har(path, tmp_path / "copy.har")
    assert done.ended_early
    assert done.entries == len(json.loads((tmp_path / "copy.har").read_text("utf-8"))["log"]["entries"]) > 10


def test_progress_goes_through_the_file_twice(tmp_path):
    browser = Recorder()
    browser.get()
    path = browser.save(tmp_path)
    seen = []
    sanitize_har(path, tmp_path / "copy.har", progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (2 * path.stat().st_size, 2 * path.stat().st_size)
    assert seen == sorted(seen)


def test_the_command_writes_beside_the_recording_and_says_where(tmp_path, capsys):
    browser = Recorder()
    browser.sign_in()
    path = browser.save(tmp_path)
    assert main(["sanitize", str(path)]) == 0
    copy = tmp_path / "recording.sanitized.har"
    assert capsys.readouterr().out.strip() == str(copy)
    assert main(["sanitize", str(path)]) == 2
    assert main(["sanitize", str(path), "--output", str(path), "--force"]) == 2
    assert "written over" in capsys.readouterr().err


# -- nothing survives --------------------------------------------------------------------------------------------------

USER, EMAIL, PASSWORD, CODE = "Zaphod.Beeblebrox", "ford.prefect@betelgeuse.example", "Vogon Poetry!9", "739264"
OPAQUE = "kXw7Qd0Zr4T" * 12
SRP = "9f3ac1d27b60" * 20
TOKEN = jwt("sub-of-zaphod", 1_800_000_000, username=USER, email=EMAIL, **{"cognito:username": "trillian"})
SECRETS = {
    "user": USER,
    "email": EMAIL,
    "password": PASSWORD,
    "code": CODE,
    "opaque": OPAQUE,
    "srp": SRP,
    "token": TOKEN,
    "claim": "trillian",
    "sub": "sub-of-zaphod",
}


def spellings(secret):
    """A secret as it may stand in a file: plain, percent-encoded, in JSON within JSON, in base64."""
    once = quote(secret, safe="")
    found = {secret, once, quote(secret), quote(once, safe=""), once.replace("%", "%25"), secret.replace(" ", "+")}
    found |= {json.dumps(secret)[1:-1], json.dumps(json.dumps(secret))[3:-3], secret.lower(), secret.upper()}
    for data in (secret.encode(), f'"{secret}"'.encode(), f"x{secret}".encode(), f"xy{secret}".encode()):
        packed = base64.urlsafe_b64encode(data).decode().rstrip("=")
        found |= {packed[4:-4], base64.b64encode(data).decode().rstrip("=")[4:-4]}
    return {one for one in found if len(one) >= 5}


CLIENT = "CognitoIdentityServiceProvider.abc123"


def known(browser):
    """A sign-in that tells every secret in the place where it belongs."""
    responses = {"USERNAME": USER, "SMS_MFA_CODE": CODE, "PASSWORD_CLAIM_SIGNATURE": SRP}
    browser.call(
        "SignUp", {"Username": USER, "Password": PASSWORD, "UserAttributes": [{"Name": "email", "Value": EMAIL}]}, {}
    )
    browser.call("ConfirmSignUp", {"Username": USER, "ConfirmationCode": CODE}, {})
    browser.call(
        "InitiateAuth",
        {"AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": {"USERNAME": USER, "PASSWORD": PASSWORD}},
        {},
    )
    browser.call("InitiateAuth", {"AuthFlow": "USER_SRP_AUTH", "AuthParameters": {"USERNAME": USER, "SRP_A": SRP}}, {})
    browser.call(
        "RespondToAuthChallenge",
        {"ChallengeResponses": responses},
        {"AuthenticationResult": {"AccessToken": TOKEN, "RefreshToken": OPAQUE}},
    )
    return browser


def put_header(entry, text):
    for part in ("request", "response"):
        entry[part]["headers"] += [
            {"name": name, "value": text} for name in ("User-Agent", "X-Whatever", "Authorization", "Server", "Date")
        ]
        entry[part]["headers"] += [{"name": text, "value": "1"}, {"name": "Sec-Fetch-Site", "value": text}]


def put_cookie(entry, text):
    safe = quote(text, safe="")
    line = f"{CLIENT}.{safe}.idToken={safe}; Path=/{safe}; Domain={safe}; Expires={safe}; {safe}={safe}"
    entry["request"]["headers"].append({"name": "Cookie", "value": f"{safe}=1; a={safe}; {CLIENT}.LastAuthUser={safe}"})
    entry["request"]["headers"].append(
        {"name": "Cookie", "value": f"{text}; {CLIENT}.{safe}.{safe}=x; sb-{safe}-auth-token=x"}
    )
    entry["response"]["headers"].append({"name": "Set-Cookie", "value": f"{line}\n{line}; Secure"})
    for part in ("request", "response"):
        entry[part]["cookies"].append(
            {"name": safe, "value": text, "domain": text, "path": f"/{text}", "expires": text, "comment": text}
        )


def put_url(entry, text):
    entry["request"]["url"] = (
        f"{SITE}/p/{quote(text, safe='')}/{text}?q={text}&code={quote(text, safe='')}&state={text}#id_token={text}"
    )
    entry["response"]["redirectURL"] = f"https://{text}@app.example.test/{text}"
    entry["request"]["queryString"] = [{"name": text, "value": text}]
    for name in ("Referer", "Location", "Origin"):
        entry["response"]["headers"].append({"name": name, "value": f"{SITE}/{quote(text, safe='')}?x={text}"})
        entry["request"]["headers"].append({"name": name, "value": f"{SITE}/a/{text}"})


def put_body(entry, text):
    entry["request"]["postData"] = {
        "mimeType": text,
        "text": json.dumps({"a": text, text: [text]}),
        "params": [{"name": text, "value": text}],
    }
    entry["response"]["content"] |= {"mimeType": text, "text": f"<p>{text}</p>", "comment": text}
    entry["response"]["content"].pop("encoding", None)


def put_pool_body(entry, text):
    entry["request"]["headers"].append({"name": "X-Amz-Target", "value": "AWSCognitoIdentityProviderService.GetUser"})
    body = {
        "AccessToken": text,
        "AuthFlow": text,
        "ChallengeName": text,
        "ClientId": text,
        text: text,
        "Session": [text, {"USERNAME": text}],
    }
    entry["request"]["postData"] = {"mimeType": "x", "text": json.dumps(body)}
    answer = {"__type": text, "message": text, "Username": text, "UserAttributes": [{"Name": text, "Value": text}]}
    entry["response"]["content"] |= {
        "text": base64.b64encode(json.dumps(answer).encode()).decode(),
        "encoding": "base64",
    }


def put_rest(entry, text):
    entry |= {"_initiator": {"url": text}, "comment": text, "pageref": text, "_resourceType": text, "_fromCache": text}
    entry |= {"serverIPAddress": text, "connection": text, text: text, "startedDateTime": text}
    entry["request"] |= {"method": text, "httpVersion": text, "comment": text}
    entry["response"] |= {"statusText": text, "httpVersion": text, "comment": text, "_error": text}
    entry["timings"][text] = 1
    entry["cache"] = {"beforeRequest": {"eTag": text}}


WAYS = [put_header, put_cookie, put_url, put_body, put_pool_body, put_rest]


@given(
    planted=st.lists(st.tuples(st.sampled_from(WAYS), st.sampled_from(sorted(SECRETS))), min_size=1, max_size=6),
    told_first=st.booleans(),
)
def test_no_secret_survives_wherever_it_stands_and_however_it_is_written(tmp_path_factory, planted, told_first):
    browser = Recorder("chrome")
    if told_first:
        known(browser)
    for _ in planted:
        browser.get(kind="document")
    if not told_first:
        known(browser)
    entries = [entry for entry in browser.entries if entry["request"]["method"] == "GET"]
    for entry, (put, name) in zip(entries, planted, strict=True):
        put(entry, SECRETS[name])
    har = browser.har()
    name = SECRETS[planted[0][1]]
    har["log"] |= {"comment": name, "pages": [{"id": name, "title": name}], name: name}
    har["log"]["creator"] = {"name": "WebInspector", "version": name, "comment": name}
    har["log"]["browser"] = {"name": name, "version": name}
    folder = tmp_path_factory.mktemp("plant")
    path = folder / "recording.har"
    path.write_text(json.dumps(har, ensure_ascii=bool(len(planted) % 2)), "utf-8")
    sanitize_har(path, folder / "copy.har")
    text = (folder / "copy.har").read_text("utf-8")
    assert is_valid_har(json.loads(text))
    lowered = text.lower()
    for kind, secret in SECRETS.items():
        assert not [one for one in spellings(secret) if one.lower() in lowered], kind
    for part in TOKEN.split("."):
        assert part not in text
    sanitize_har(folder / "copy.har", folder / "again.har")
    assert (folder / "again.har").read_text("utf-8") == text


def test_the_copy_tells_calls_and_cookies_as_before(tmp_path):
    browser = Recorder("chrome")
    browser.get(kind="document")
    tokens = browser.sign_in()
    browser.store(tokens, "path=/; domain=.example.test; secure")
    browser.get(set_cookie=browser.adapter(browser.fresh(refresh=tokens["refreshToken"]), "Path=/; Secure"))
    browser.get()
    path = browser.save(tmp_path)
    sanitize_har(path, tmp_path / "copy.har")
    for kind in (PoolCall, JarSeen, CookieWritten):
        before, after = read(path).of(kind), read(tmp_path / "copy.har").of(kind)
        assert len(before) == len(after) > 0
    (call,) = [fact for fact in read(tmp_path / "copy.har").of(PoolCall) if fact.signs_in]
    assert call.access_lifetime == 3600

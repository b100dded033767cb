"""A browser that keeps a HAR of what it does: a jar by the model, a clock that only requests move, tokens made up."""

from __future__ import annotations

import base64
import json
import lzma
from argparse import Namespace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hardtack.cookies import BrowserJar
from hardtack.doctor.diagnosis import Diagnosis, diagnose
from hardtack.doctor.facts import Facts, no_progress
from hardtack.doctor.sources.har import gather

FOLDER = Path(__file__).parent.parent / "fixtures" / "har"
LABELS: dict[str, dict[str, Any]] = json.loads((FOLDER / "labels.json").read_text("utf-8"))
SITE = "https://app.example.test"
POOL = "https://cognito-idp.eu-west-1.amazonaws.com/"
CLIENT = "abc123"
CREATORS = {
    "chrome": {"name": "WebInspector", "version": "537.36"},
    "firefox": {"name": "Firefox", "version": "153.0"},
    "safari": {"name": "WebKit Web Inspector", "version": "1.0"},
    "playwright": {"name": "Playwright", "version": "1.65.1"},
    "charles": {"name": "Charles Proxy", "version": "5.0"},
}
AGENTS = {
    "chrome": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
    "firefox": "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0",
    "safari": "Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.2 Safari/605.1.15",
}


def recorded(name: str) -> bytes:
    """One of the real recordings, as it was exported."""
    return lzma.decompress((FOLDER / f"{name}.xz").read_bytes())


def read(path: Path | str, **options: Any) -> Facts:
    """The facts of a file."""
    return gather(str(path), Namespace(**options), no_progress)


def judge(path: Path | str) -> Diagnosis:
    """What the doctor says of a file."""
    return diagnose([read(path)])


def jwt(sub: str, issued: float, lifetime: int = 3600, **claims: Any) -> str:
    """A token that nobody signed."""
    said = {"sub": sub, "iat": int(issued), "exp": int(issued) + lifetime, "token_use": "access", **claims}
    parts = ({"alg": "RS256", "kid": "k"}, said)
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join([*encoded, "c2lnbmF0dXJl"])


class Recorder:
    """One browser profile and its recording.

    Args:
        dialect: whose export is written: a key of `CREATORS`.
    """

    def __init__(self, dialect: str = "playwright") -> None:
        self.dialect = dialect
        self.now = 1_800_000_000.0
        engine = {"firefox": "firefox", "safari": "rfc6265bis"}.get(dialect, "chromium")
        self.jar = BrowserJar(engine, clock=lambda: self.now)  # type: ignore[arg-type]
        self.entries: list[dict[str, Any]] = []
        self._tokens = 0

    def token(self) -> str:
        self._tokens += 1
        return f"refresh-{self._tokens:04}-" + "x" * 900

    def script(self, text: str, url: str = f"{SITE}/") -> None:
        """`document.cookie = text` on a page."""
        self.jar.set_document_cookie(url, text)

    def store(self, tokens: dict[str, str], attributes: str, user: str = "alice") -> None:
        """Write a set as Amplify's CookieStorage does."""
        stem = f"CognitoIdentityServiceProvider.{CLIENT}"
        self.script(f"{stem}.LastAuthUser={user}; {attributes}")
        for suffix, value in (*tokens.items(), ("clockDrift", str(len(self.entries)))):
            self.script(f"{stem}.{user}.{suffix}={value}; {attributes}")

    def clear(self, attributes: str, user: str = "alice") -> None:
        """Remove a set as Amplify's CookieStorage does."""
        stem = f"CognitoIdentityServiceProvider.{CLIENT}"
        gone = "expires=Thu, 01 Jan 1970 00:00:00 GMT"
        for name in (
            "LastAuthUser",
            *(f"{user}.{one}" for one in ("accessToken", "idToken", "refreshToken", "clockDrift")),
        ):
            self.script(f"{stem}.{name}=; {gone}; {attributes}")

    def adapter(self, tokens: dict[str, str], attributes: str, user: str = "alice") -> list[str]:
        """The lines by which the server's adapter writes a set."""
        stem = f"CognitoIdentityServiceProvider.{CLIENT}"
        values = {"LastAuthUser": user, **{f"{user}.{suffix}": value for suffix, value in tokens.items()}}
        return [f"{stem}.{name}={value}; {attributes}" for name, value in values.items()]

    def get(
        self, url: str = f"{SITE}/", set_cookie: tuple[str, ...] | list[str] = (), *, kind: str = "fetch", **more: Any
    ) -> dict[str, Any]:
        """A request to the site, with what the jar has for it."""
        sent = self.jar.cookie_header(url)
        document = kind == "document"
        headers = [
            ("User-Agent", AGENTS.get(self.dialect, AGENTS["chrome"])),
            ("Sec-Fetch-Dest", "document" if document else "empty"),
            ("Sec-Fetch-Mode", "navigate" if document else "cors"),
            ("Sec-Fetch-Site", "same-origin"),
        ]
        entry = self._entry(url, headers, sent, list(set_cookie), **more)
        self.jar.store_response(url, set_cookie)
        return entry

    def call(self, operation: str, body: dict[str, Any], answer: dict[str, Any], status: int = 200) -> dict[str, Any]:
        """A call to the user pool."""
        headers = [("X-Amz-Target", f"AWSCognitoIdentityProviderService.{operation}"), ("Sec-Fetch-Mode", "cors")]
        body = {"ClientId": CLIENT, **body}
        return self._entry(POOL, headers, None, [], method="POST", body=body, answer=answer, status=status)

    def sign_in(self, user: str = "alice") -> dict[str, str]:
        """The call that ends a sign-in; the caller stores what it brought."""
        tokens = self.fresh(user)
        result = {
            "AccessToken": tokens["accessToken"],
            "IdToken": tokens["idToken"],
            "RefreshToken": tokens["refreshToken"],
        }
        responses = {"USERNAME": user, "PASSWORD_CLAIM_SIGNATURE": "c2ln"}
        self.call(
            "RespondToAuthChallenge",
            {"ChallengeName": "PASSWORD_VERIFIER", "ChallengeResponses": responses},
            {"AuthenticationResult": {**result, "ExpiresIn": 3600}},
        )
        return tokens

    def fresh(self, user: str = "alice", refresh: str | None = None) -> dict[str, str]:
        self._tokens += 1
        return {
            "accessToken": jwt(f"sub of {user}", self.now, jti=f"a{self._tokens}"),
            "idToken": jwt(f"sub of {user}", self.now, jti=f"i{self._tokens}", token_use="id"),
            "refreshToken": refresh or self.token(),
        }

    def refresh(self, sent: str, status: int = 200, user: str = "alice") -> dict[str, str]:
        """A refresh by the browser; the caller stores what it brought."""
        tokens = self.fresh(user, sent)
        result = {"AccessToken": tokens["accessToken"], "IdToken": tokens["idToken"], "ExpiresIn": 3600}
        refused = {"__type": "NotAuthorizedException", "message": "Refresh Token has been revoked"}
        answer = {"AuthenticationResult": result} if status == 200 else refused
        self.call("GetTokensFromRefreshToken", {"RefreshToken": sent}, answer, status)
        return tokens

    def revoke(self, token: str) -> None:
        self.call("RevokeToken", {"Token": token}, {})

    def _entry(
        self,
        url: str,
        headers: list[tuple[str, str]],
        sent: str | None,
        set_cookie: list[str],
        *,
        method: str = "GET",
        status: int = 200,
        body: dict[str, Any] | None = None,
        answer: dict[str, Any] | None = None,
        response_headers: tuple[tuple[str, str], ...] = (),
        wait: float = 1.0,
    ) -> dict[str, Any]:
        self.now += wait
        request_headers = headers + ([("Cookie", sent)] if sent else [])
        lines = [", ".join(set_cookie)] if self.dialect == "safari" and set_cookie else set_cookie
        answered = [("Date", datetime.fromtimestamp(self.now, UTC).strftime("%a, %d %b %Y %H:%M:%S GMT"))]
        answered += [*response_headers, *(("Set-Cookie", line) for line in lines)]
        content: dict[str, Any] = {"size": 0, "mimeType": "application/json"}
        if answer is not None:
            content["text"] = base64.b64encode(json.dumps(answer).encode()).decode()
            content["encoding"] = "base64"
        entry: dict[str, Any] = {
            "startedDateTime": datetime.fromtimestamp(self.now, UTC).isoformat().replace("+00:00", "Z"),
            "time": 100.0,
            "request": {
                "method": method,
                "url": url,
                "httpVersion": "HTTP/1.1",
                "headers": [{"name": name, "value": value} for name, value in request_headers],
                "queryString": [],
                "cookies": self._shown(url, sent),
                "headersSize": -1,
                "bodySize": -1,
            },
            "response": {
                "status": status,
                "statusText": "",
                "httpVersion": "HTTP/1.1",
                "headers": [{"name": name, "value": value} for name, value in answered],
                "cookies": [{"name": line.partition("=")[0], "value": ""} for line in set_cookie],
                "content": content,
                "redirectURL": "",
                "headersSize": -1,
                "bodySize": -1,
            },
            "cache": {},
            "timings": {"send": 0, "wait": 100, "receive": 0},
        }
        if body is not None:
            entry["request"]["postData"] = {"mimeType": "application/x-amz-json-1.1", "text": json.dumps(body)}
        self.entries.append(entry)
        self.now += 0.1
        return entry

    def _shown(self, url: str, sent: str | None) -> list[dict[str, Any]]:
        pairs = [part.partition("=") for part in sent.split("; ")] if sent else []
        shown: list[dict[str, Any]] = [{"name": name, "value": value} for name, _, value in pairs]
        if self.dialect != "chrome":
            return shown
        stored = list(self.jar)
        for one in shown:
            found = next(kept for kept in stored if (kept.name, kept.value) == (one["name"], one["value"]))
            stored.remove(found)
            one["domain"] = f".{found.scope.domain}" if found.scope.domain else found.host
            one |= {"path": found.scope.path, "httpOnly": found.http_only, "secure": found.secure}
        return shown

    def har(self) -> dict[str, Any]:
        """The recording."""
        return {"log": {"version": "1.2", "creator": CREATORS[self.dialect], "pages": [], "entries": self.entries}}

    def save(self, folder: Path, name: str = "recording.har") -> Path:
        """Write the recording into a folder."""
        path = folder / name
        path.write_text(json.dumps(self.har(), indent=2), encoding="utf-8")
        return path

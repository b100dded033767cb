"""`hardtack.toml`: the one file in which a site says which pool it has, how its cookies are written, what else it runs.

Rule: shield, remedies and doctor read the same file, so that no two of them can hold two policies. It is written by
hand by somebody who has other worries, so everything that is wrong with it is told at once, each thing in one sentence
with what to write; a misspelt key is a problem with its likeliest spelling, never a setting that is silently not made.
It is committed beside the site's code, so no secret may stand in it, and none that does is ever repeated.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, cast

from hardtack.amplify import AmplifyConfigError, load_amplify_config
from hardtack.cognito import UserPool, UserPoolError
from hardtack.cookies import CookieError, CookiePolicy, CookieScope, PolicyError, PolicyProblem
from hardtack.errors import Blame, HardtackError

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

__all__ = ["PolicyFile", "PolicyFileError", "load_policy_file", "parse_policy_file"]

_MAX_BYTES: Final = 1_000_000  # a policy has one or two kilobytes; what is larger is another file
_TABLES: Final = ("pool", "policy", "shield", "remedy")
_POOL_KEYS: Final = ("user_pool_id", "client_id", "endpoint", "amplify_config")
_POLICY_KEYS: Final = tuple(each.name for each in fields(CookiePolicy) if each.init)
_SCOPE_KEYS: Final = ("domain", "path", "partitioned")
_LISTS: Final = ("origins", "base_paths", "legacy_scopes")
_FLAGS: Final = ("secure", "http_only", "partitioned", "owns_domain")
_SAME_SITES: Final = {"strict": "Strict", "lax": "Lax", "none": "None"}
_PYTHON_FLAG: Final = re.compile(r"\b(\w+)=(True|False)\b")
_SURE: Final = 0.8  # of 1: how alike a strange table's name must be to a known one to be a slip of the pen
_GOOD_POOL: Final = {"user_pool_id": "eu-west-1_Example", "client_id": "example", "endpoint": None}


class PolicyFileError(HardtackError):
    """A policy file that can't be used. Its text lists every problem.

    Attributes:
        problems: all of them, at least one; `attribute` is the key with its table, such as `policy.origins[0]`.
    """

    code: ClassVar[str] = "policy-file"
    blame: ClassVar[Blame] = Blame.CONFIGURATION

    def __init__(self, name: str, problems: Iterable[PolicyProblem]) -> None:
        self.problems = tuple(problems)
        count = len(self.problems)
        heading = f"{name} has {'a problem' if count == 1 else f'{count} problems'}:"
        super().__init__("\n".join([heading, *(f"  - {one}" for one in self.problems)]))


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """What a policy file says.

    Attributes:
        path: where it lies; paths in it are taken from its folder.
        pool: the user pool and the app client. It has no client secret, since browsers' app clients have none.
        policy: how the cookies are written, as the browser's Amplify has it. `http_only` is off if it isn't given:
            script can't write a cookie with it.
        shield: the table `[shield]` as it stands, judged by the shield; empty if there is none.
        tables: every further table, for tools of your own.
    """

    path: Path
    pool: UserPool
    policy: CookiePolicy
    shield: Mapping[str, Any] = field(default_factory=dict[str, Any])
    tables: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])


def load_policy_file(path: str | os.PathLike[str]) -> PolicyFile:
    """Read a policy file.

    Args:
        path: of the file, most often `hardtack.toml`.

    Raises:
        PolicyFileError: it can't be read or is no TOML; or, with every problem at once, it can't be meant like this.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # a ValueError: a path with a NUL byte in it
        reason = (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
        sentence = f"The file can't be read: {reason}."
        raise _refusal(
            path, "unreadable", sentence, "Check the path; docs/policy-file.md has a file to copy."
        ) from None
    if len(data) > _MAX_BYTES:
        sentence = f"The file is larger than {_MAX_BYTES:,} bytes."
        raise _refusal(path, "size", sentence, "Name the policy file itself.")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise _refusal(path, "encoding", "The file is not UTF-8 text.", "Save it as UTF-8.") from None
    return parse_policy_file(text, path=path)


def parse_policy_file(text: str, *, path: str | os.PathLike[str] = "hardtack.toml") -> PolicyFile:
    """Read the text of a policy file.

    Args:
        text: TOML 1.0.
        path: what to call it in an error, and from where its own paths are taken.

    Raises:
        PolicyFileError: as `load_policy_file`.
    """
    path = Path(path)
    try:
        document = tomllib.loads(text.removeprefix("\ufeff"))
    except RecursionError:
        sentence = "The file is nested too deeply to be meant."
        raise _refusal(path, "toml", sentence, "Write it as docs/policy-file.md has it.") from None
    except ValueError as error:
        said = str(error).rstrip(".") if isinstance(error, tomllib.TOMLDecodeError) else "a number has too many digits"
        sentence = f"The file is not TOML: {said}."
        raise _refusal(path, "toml", sentence, "Texts stand in quotes, true and false without.") from None
    reader = _Reader(path.parent)
    tables = reader.tables(document)
    pool = reader.pool(tables.pop("pool", None))
    policy = reader.policy(tables.pop("policy", None))
    for name, table in tables.items():
        reader.no_secrets(name, table)
    if reader.problems or pool is None or policy is None:
        raise PolicyFileError(path.name, reader.problems)
    return PolicyFile(path, pool, policy, tables.pop("shield", {}), tables)


def _refusal(path: Path, code: str, sentence: str, hint: str) -> PolicyFileError:
    return PolicyFileError(path.name, [PolicyProblem(f"policy-file.{code}", path.name, sentence, hint)])


class _Reader:
    """Reads table by table, and goes on whatever it finds."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.problems: list[PolicyProblem] = []

    def tables(self, document: dict[str, Any]) -> dict[str, Mapping[str, Any]]:
        """The tables of the file; what is none, and what is a misspelt known one, is a problem."""
        tables: dict[str, Mapping[str, Any]] = {}
        for name, value in document.items():
            meant = name if name in _TABLES else _nearest(name, _TABLES, cutoff=_SURE)
            if meant not in {None, name}:
                self._add("table", _short(name), f"There is no table [{_short(name)}].", f"Write [{meant}].")
            if isinstance(value, dict):
                tables.setdefault(meant or name, cast("dict[str, Any]", value))
            elif name in _TABLES:
                self._add("type", name, f"{name} is {_kind(value)}, not a table.", f"Write it as [{name}].")
            elif "secret" in name.lower():
                self._secret(_short(name))
            elif meant is None:
                home = next((table for table, keys in _HOMES.items() if name in keys), None)
                hint = f"Write it below [{home}]." if home else "Write it below the table that it belongs to."
                self._add("loose", _short(name), f"{_short(name)} stands outside of every table.", hint)
        for name in ("pool", "policy"):
            if name not in tables and name not in document:
                self._add("missing", name, f"There is no table [{name}].", "docs/policy-file.md has a file to copy.")
        return tables

    def pool(self, table: Mapping[str, Any] | None) -> UserPool | None:
        """The user pool: written out, or out of Amplify's own file."""
        if not table:
            if table is not None:
                self._pool_is_missing()
            return None
        self._known("pool", table, _POOL_KEYS)
        texts = {key: self._text(f"pool.{key}", table[key]) for key in _POOL_KEYS if key in table}
        if "amplify_config" in table:
            if doubled := [key for key in ("user_pool_id", "client_id") if key in table]:
                sentence = f"amplify_config already says what {' and '.join(doubled)} would say."
                self._add("twice", f"pool.{doubled[0]}", sentence, "Write one or the other.")
            texts |= self._from_amplify(texts.get("amplify_config"), endpoint=texts.get("endpoint"))
        elif not {"user_pool_id", "client_id"} & table.keys():
            self._pool_is_missing()
        else:
            for key in ("user_pool_id", "client_id"):
                if key not in table:
                    self._add("missing", f"pool.{key}", f"[pool] has no {key}.", "The pool's page at AWS shows it.")
        return self._made_pool({key: value for key, value in texts.items() if key in _GOOD_POOL})

    def policy(self, table: Mapping[str, Any] | None) -> CookiePolicy | None:
        """The cookie policy. Values of a wrong type are told here, in the file's own words; the rest judges itself."""
        if table is None:
            return None
        self._known("policy", table, _POLICY_KEYS)
        before = len(self.problems)
        given = {key: self._policy_value(key, table[key]) for key in _POLICY_KEYS if key in table}
        arguments: dict[str, Any] = {"origins": (), "http_only": False}
        arguments |= {key: value for key, value in given.items() if value is not None}
        unusable = {key for key, value in given.items() if value is None}
        try:
            policy = CookiePolicy(**arguments)
        except PolicyError as error:
            self._adopt(each for each in error.problems if each.attribute not in unusable)
            return None
        return policy if len(self.problems) == before else None

    def no_secrets(self, where: str, table: Mapping[str, Any]) -> None:
        """A key that sounds like a secret is a problem, in whatever table."""
        for key in table:
            if "secret" in key.lower():
                self._secret(f"{where}.{_short(key)}")

    def _policy_value(self, key: str, value: object) -> Any:
        """What the policy takes for it; None if it is of a type that can't be meant, which is told."""
        attribute = f"policy.{key}"
        if key in _LISTS:
            return self._legacy_scopes(value) if key == "legacy_scopes" else self._texts(attribute, value)
        if key in _FLAGS:
            return value if isinstance(value, bool) else self._type(attribute, value, "true or false, without quotes")
        if key in ("max_age", "sweep_budget"):
            fits = isinstance(value, int) and not isinstance(value, bool)
            return value if fits else self._type(attribute, value, "a whole number, without quotes")
        text = self._text(attribute, value)
        return _SAME_SITES.get(text.lower(), text) if text is not None and key == "same_site" else text

    def _texts(self, attribute: str, value: object) -> tuple[str, ...] | None:
        if not isinstance(value, list):
            return self._type(attribute, value, 'a list of texts, as in ["one", "two"]')
        texts = [self._text(f"{attribute}[{place}]", each) for place, each in enumerate(cast("list[object]", value))]
        return None if None in texts else tuple(cast("list[str]", texts))

    def _legacy_scopes(self, value: object) -> tuple[CookieScope, ...] | None:
        if not isinstance(value, list):
            return self._type("policy.legacy_scopes", value, 'a list, as in [{ domain = ".example.com", path = "/" }]')
        scopes = [
            self._scope(f"policy.legacy_scopes[{place}]", each)
            for place, each in enumerate(cast("list[object]", value))
        ]
        return None if None in scopes else tuple(cast("list[CookieScope]", scopes))

    def _scope(self, attribute: str, value: object) -> CookieScope | None:
        """A scope as a table of its own, or as one text such as ".example.com /"."""
        before = len(self.problems)
        try:
            if isinstance(value, str):
                return CookieScope.parse(value)
            if not isinstance(value, dict):
                return self._type(attribute, value, 'a scope, as in { domain = ".example.com", path = "/" }')
            table = cast("dict[str, Any]", value)
            self._known(attribute, table, _SCOPE_KEYS)
            domain = self._text(f"{attribute}.domain", table["domain"]) if "domain" in table else None
            path = self._text(f"{attribute}.path", table.get("path", "/")) or "/"
            partitioned = table.get("partitioned", False)
            if not isinstance(partitioned, bool):
                self._type(f"{attribute}.partitioned", partitioned, "true or false, without quotes")
            if len(self.problems) > before:
                return None
            return CookieScope(domain and domain.removeprefix(".").lower(), path, partitioned)
        except CookieError as error:
            return self._add("scope", attribute, error.message, error.hint)

    def _from_amplify(self, named: str | None, *, endpoint: str | None) -> dict[str, str | None]:
        if named is None:  # its type was wrong, which is told already
            return {}
        try:
            found = load_amplify_config((self._folder / named).resolve(strict=True))
        except (OSError, ValueError, RuntimeError):  # missing, too long, with a NUL byte, a link to itself
            sentence = "There is no file where amplify_config says."
            self._add("amplify-config", "pool.amplify_config", sentence, "Its path is taken from this file's folder.")
            return {}
        except AmplifyConfigError as error:
            self.problems.append(PolicyProblem(error.code, "pool.amplify_config", error.message, error.hint))
            return {}
        return {
            "user_pool_id": found.user_pool_id,
            "client_id": found.client_id,
            "endpoint": endpoint or found.user_pool_endpoint,
        }

    def _made_pool(self, texts: Mapping[str, str | None]) -> UserPool | None:
        """Each value is tried beside good ones, since a pool names only the first thing that is wrong with it."""
        for key, value in texts.items():
            if value is None:
                continue
            try:
                UserPool(**(_GOOD_POOL | {key: value}))  # pyright: ignore[reportArgumentType] -- one is replaced
            except UserPoolError as error:
                hint = error.hint.replace("; an empty environment variable gives none", "").replace(
                    "None for AWS itself", "leave it out for AWS itself"
                )
                self.problems.append(PolicyProblem(error.code, f"pool.{key}", error.message, hint))
        pool, client = texts.get("user_pool_id"), texts.get("client_id")
        if self.problems or pool is None or client is None:
            return None
        return UserPool(pool, client, endpoint=texts.get("endpoint"))

    def _known(self, table: str, given: Iterable[str], known: tuple[str, ...]) -> None:
        for key in given:
            if key in known:
                continue
            if "secret" in key.lower():
                self._secret(f"{table}.{_short(key)}")
                continue
            meant = _nearest(key, known)
            elsewhere = next((home for home, keys in _HOMES.items() if key in keys and home != table), None)
            if elsewhere:
                hint = f"It belongs to [{elsewhere}]."
            elif meant:
                hint = f"Perhaps {meant} is meant."
            else:
                hint = f"Known are {', '.join(known)}."
            self._add("key", f"{table}.{_short(key)}", f"Nothing here is called {_short(key)}.", hint)

    def _text(self, attribute: str, value: object) -> str | None:
        return value if isinstance(value, str) else self._type(attribute, value, "a text in quotes")

    def _type(self, attribute: str, value: object, wanted: str) -> None:
        self._add("type", attribute, f"It is {_kind(value)}, not {wanted.partition(',')[0]}.", f"Write {wanted}.")

    def _secret(self, attribute: str) -> None:
        self._add(
            "secret",
            attribute,
            "No secret stands in this file, which is meant to be committed beside the site's code.",
            "Take it out, make a new one, and put that into the environment variable HARDTACK_SECRETS.",
        )

    def _pool_is_missing(self) -> None:
        self._add(
            "missing",
            "pool",
            "[pool] names no user pool.",
            "Write user_pool_id and client_id, or amplify_config with the path of Amplify's own file.",
        )

    def _adopt(self, problems: Iterable[PolicyProblem]) -> None:
        """A policy's own problems, in TOML's spelling."""
        for each in problems:
            hint = _PYTHON_FLAG.sub(lambda found: f"{found[1]} = {found[2].lower()}", each.hint)
            self.problems.append(PolicyProblem(each.code, f"policy.{each.attribute}", each.sentence, hint))

    def _add(self, code: str, attribute: str, sentence: str, hint: str) -> None:
        self.problems.append(PolicyProblem(f"policy-file.{code}", attribute, sentence, hint))


_HOMES: Final = {"pool": _POOL_KEYS, "policy": _POLICY_KEYS}


def _nearest(name: str, known: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    found = get_close_matches(name[:64].lower().replace("-", "_"), list(known), n=1, cutoff=cutoff)
    return found[0] if found else None


def _short(name: str) -> str:
    """A key as a sentence may show it: short, and without anything that a terminal would obey."""
    text = "".join(each if each.isprintable() else "?" for each in name[:40])
    return text + ("…" if len(name) > 40 else "")  # noqa: PLR2004 -- characters: enough to find it in the file


def _kind(value: object) -> str:
    kinds = {bool: "true or false", int: "a number", float: "a number with a point", str: "a text", list: "a list"}
    return next((told for kind, told in kinds.items() if isinstance(value, kind)), None) or (
        "a table" if isinstance(value, Mapping) else "a date or a time"
    )

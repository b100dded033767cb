"""From a page's facts to HTML: one Jinja2 environment, everything escaped, a user's templates searched first.

The Content Security Policy stands here beside what it forbids: no inline script, no inline style, nothing from
elsewhere. So the look and the two small scripts are static files, named by a hash of their content, and a page that
loses them still works: every form is a form, every message is in the HTML.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal
from urllib.parse import parse_qsl, urlencode

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PrefixLoader, StrictUndefined

from hardtack.errors import Blame, HardtackError
from hardtack.web.pages.browsers import Browser
from hardtack.web.pages.catalogue import catalogue
from hardtack.web.pages.facts import AuthPath, FormError
from hardtack.web.pages.language import Language

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from markupsafe import Markup

    from hardtack.web.pages.model import Page

__all__ = ["CONTENT_SECURITY_POLICY", "PageError", "Pages", "PasswordRules", "StaticFile"]

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
"""The Content-Security-Policy header for every page (W3C CSP Level 3)."""

_HERE = Path(__file__).parent
_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_HASHED = re.compile(r"(?P<stem>[a-z]+)\.(?P<digest>[0-9a-f]{12})(?P<suffix>\.[a-z]+)")
_AUTH_PATH = re.compile(r"(?:/[A-Za-z0-9._~-]+)*")
_LOCAL = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*")

Identifier = Literal["username", "email", "phone", "username_or_email"]
"""What people of this pool sign in with."""


class PageError(HardtackError):
    """The pages were set up in a way that can't work."""

    code: ClassVar[str] = "pages"
    blame: ClassVar[Blame] = Blame.CONFIGURATION


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordRules:
    """What the pool's password policy asks for, shown beside a new password. The defaults are Cognito's."""

    minimum_length: int = 8
    lowercase: bool = True
    uppercase: bool = True
    number: bool = True
    symbol: bool = True

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of character that are asked for, as the catalogue names them."""
        return tuple(kind for kind in ("lowercase", "uppercase", "number", "symbol") if getattr(self, kind))


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file to serve below `auth_path/static/`, with the headers that it wants."""

    body: bytes
    content_type: str
    cache_control: str


class Pages:
    """Renders every page of the auth routes. Immutable and shared by all threads."""

    def __init__(
        self,
        site_name: str,
        auth_path: str = "/auth",
        *,
        template_dirs: Sequence[Path] = (),
        stylesheet_urls: Sequence[str] = (),
        identifier: Identifier = "username",
        password_rules: PasswordRules | None = None,
        offers_sign_up: bool = True,
        reload_templates: bool = False,
    ) -> None:
        """Set up the pages of one site.

        Args:
            site_name: what people call the site.
            auth_path: where the auth routes are mounted, without a trailing slash.
            template_dirs: folders searched before ours; `hardtack/sign_in.html` there replaces ours, and may extend
                it as `original/hardtack/sign_in.html`.
            stylesheet_urls: more stylesheets, of this origin (the policy allows no other), loaded after ours.
            identifier: what people sign in with, which names the field.
            password_rules: what a new password needs; None says Cognito's defaults.
            offers_sign_up: whether people may make accounts: sign-in links to sign-up, and the routes have it.
            reload_templates: read changed templates without a restart, for development.

        Raises:
            PageError: a path or an address that the pages can't work with.
        """
        if not _AUTH_PATH.fullmatch(auth_path):
            raise PageError("auth_path isn't a plain path.", hint='Write it as "/auth": one slash, no trailing slash.')
        for folder in template_dirs:
            if not Path(folder).is_dir():
                raise PageError(
                    "A folder of template_dirs doesn't exist.", hint="Give a folder that holds hardtack/*.html."
                )
        for url in stylesheet_urls:
            if not local_path(url):
                raise PageError(
                    "A stylesheet lies on another origin, which the pages' policy (style-src 'self') refuses.",
                    hint='Serve it from this site and write its path, such as "/static/theme.css".',
                )
        self.site_name = site_name
        self.auth_path = auth_path
        self._stylesheets = tuple(stylesheet_urls)
        self._identifier: Identifier = identifier
        self._password_rules = password_rules or PasswordRules()
        self.offers_sign_up = offers_sign_up
        ours = FileSystemLoader(_HERE / "templates")
        self._environment = Environment(
            loader=ChoiceLoader([FileSystemLoader(list(template_dirs)), ours, PrefixLoader({"original": ours})]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=reload_templates,
        )

    def render(self, page: Page, *, language: Language, keep_language: bool = False) -> str:
        """Write a page as HTML.

        Args:
            page: its facts.
            language: from `negotiate_language`.
            keep_language: True where `?lang=` chose it, so that every link and form carries the choice on.
        """
        words = catalogue(language)
        error: FormError | None = getattr(page, "error", None)

        def t(key: str, **values: object) -> Markup:
            inside = words.text(f"identifier_inside.{self._identifier}")
            return words.html(key, **{"site": self.site_name, "identifier": inside, **values})

        def steps(key: str, **values: object) -> list[Markup]:
            return words.html_list(key, **values)

        def url(path: AuthPath, **query: str) -> str:
            if keep_language:
                query["lang"] = language
            wanted = {name: value for name, value in query.items() if value}
            return f"{self.auth_path}{path}" + (f"?{urlencode(wanted)}" if wanted else "")

        return self._environment.get_template(page.template).render(
            page=page,
            t=t,
            steps=steps,
            has_text=words.__contains__,
            local_path=local_path,
            url=url,
            AuthPath=AuthPath,
            Browser=Browser,
            language=language,
            languages=self._language_links(page, language),
            listed_site=getattr(page, "site", "") or words.text("guidance.this_site"),
            site_name=self.site_name,
            static=self.static_url,
            stylesheets=self._stylesheets,
            identifier=self._identifier,
            password_rules=self._password_rules,
            offers_sign_up=self.offers_sign_up,
            error_field=error.field_name if error else None,
        )

    def static_url(self, name: str) -> str:
        """Give the address of one of our static files, with the hash of its content in the name."""
        stem, _, suffix = name.partition(".")
        return f"{self.auth_path}{AuthPath.STATIC}/{stem}.{_digests()[name]}.{suffix}"

    def static_file(self, name: str) -> StaticFile | None:
        """Give the static file for the last part of an address; None if there is none (404).

        A name with an older or newer hash is answered with what we have, briefly cached: while a release rolls out, a
        page from one instance may ask another.
        """
        match = _HASHED.fullmatch(name)
        plain = f"{match['stem']}{match['suffix']}" if match else name
        if plain not in _digests():
            return None
        fresh = match is not None and match["digest"] == _digests()[plain]
        return StaticFile(
            body=_static(plain),
            content_type=_MEDIA_TYPES[Path(plain).suffix],
            cache_control="public, max-age=31536000, immutable" if fresh else "public, max-age=60",
        )

    def _language_links(self, page: Page, language: Language) -> list[tuple[Language, str]]:
        """Give the other languages with the address that shows the page in each; none where that would lose a state."""
        if getattr(page, "state", ""):
            return []
        others = [other for other in Language if other is not language]
        if page.path is None:
            return [(other, _in_language(local_path(page.next), other)) for other in others]
        carried = {"next": page.next} if page.next else {}
        return [(other, f"{self.auth_path}{page.path}?{urlencode({'lang': other, **carried})}") for other in others]


def local_path(target: str) -> str:
    r"""Give the target back if it is a path of this origin that no browser reads as anything else; otherwise nothing.

    Browsers read `//host`, `/\host` and, once they have dropped tabs and line breaks, `/<TAB>/host` as another host
    (WHATWG URL, 4.4), so none of these characters may stand in it.
    """
    return target if _LOCAL.fullmatch(target) else ""


def _in_language(target: str, language: Language) -> str:
    """Give a path of this origin with `lang` set in its query; an empty one means the address of the page itself."""
    path, _, query = target.partition("#")[0].partition("?")
    kept = [(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if name != "lang"]
    return f"{path}?{urlencode([*kept, ('lang', language)])}"


@cache
def _static(name: str) -> bytes:
    return (_HERE / "static" / name).read_bytes()


@cache
def _digests() -> Mapping[str, str]:
    """The hash of each static file, by plain name."""
    names = sorted(path.name for path in (_HERE / "static").iterdir() if path.suffix in _MEDIA_TYPES)
    return {name: hashlib.sha256(_static(name)).hexdigest()[:12] for name in names}

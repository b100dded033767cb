"""What can be wrong with a cookie policy, in words.

Rule: every sentence stands in the one table below, beside its code, so that documentation and tests can compare
themselves with it. A sentence says what a browser would do, plainly enough for somebody who is tired; the hint says
what to write. Neither ever shows what stands before an "@" in a pasted URL, nor a cookie's name or value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple

from hardtack.errors import Blame, HardtackError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["SENTENCES", "PolicyError", "PolicyProblem", "Wording", "problem", "shown"]

_LONGEST_SHOWN = 60  # characters of a wrong value in a sentence: enough to recognise it in a settings file


@dataclass(frozen=True, slots=True)
class PolicyProblem:
    """One thing that is wrong with a policy, or worth knowing about it.

    Attributes:
        code: short and stable, such as `policy.domain.suffix`; docs/cookies.md has a row for each.
        attribute: the argument it is about, such as `domain` or `base_paths[1]`.
        sentence: what is wrong and why.
        hint: what to write.
    """

    code: str
    attribute: str
    sentence: str
    hint: str

    def __str__(self) -> str:
        """`domain: what is wrong. What to write. [code]`."""
        about = "" if self.sentence.startswith(self.attribute) else f"{self.attribute}: "
        return f"{about}{self.sentence} {self.hint} [{self.code}]"


class PolicyError(HardtackError):
    """A cookie policy, or a cookie asked of it, that browsers would not keep. Its text lists every problem.

    Attributes:
        problems: all of them, at least one, in the order of the policy's arguments.
    """

    code: ClassVar[str] = "policy"
    blame: ClassVar[Blame] = Blame.CONFIGURATION

    def __init__(self, problems: Iterable[PolicyProblem]) -> None:
        self.problems = tuple(problems)
        count = len(self.problems)
        heading = f"The cookie policy has {'a problem' if count == 1 else f'{count} problems'}:"
        super().__init__("\n".join([heading, *(f"  - {one}" for one in self.problems)]))


class Wording(NamedTuple):
    """A sentence and its hint, with places in braces for what was found."""

    sentence: str
    hint: str


SENTENCES: Final[Mapping[str, Wording]] = {
    "policy.origins.none": Wording(
        sentence="No origin is given, so there is no host that may set a cookie.",
        hint='Write every origin that people open, as in origins=("https://app.example.com",).',
    ),
    "policy.origins.type": Wording(
        sentence="origins is {got}, not a tuple of texts.",
        hint='Write origins=("https://app.example.com",), with the comma even behind a single one.',
    ),
    "policy.origins.empty": Wording(
        sentence="This origin is empty: an environment variable that is not set, most likely.",
        hint='Set it to an origin such as "https://app.example.com", or leave this entry out.',
    ),
    "policy.origins.form": Wording(
        sentence="{got} is not an origin: a scheme, a host and perhaps a port, as the address bar begins.",
        hint="Write {fix}.",
    ),
    "policy.origins.path": Wording(
        sentence="{got} goes on behind the host, where an origin ends.",
        hint="Write {fix}; paths of the site belong into path or base_paths.",
    ),
    "policy.domain.empty": Wording(
        sentence=(
            "domain is {got}: an environment variable that is not set, most likely. Browsers would read that as no "
            "Domain at all, or drop the cookie, and either way it is not what was meant."
        ),
        hint='Set it to a domain such as "example.com", or leave domain out for cookies of each host alone.',
    ),
    "policy.domain.form": Wording(
        sentence="domain is {got}, and browsers drop a cookie whose Domain is not a bare host name.",
        hint="Write domain={fix}, without scheme, port, path, star or spaces.",
    ),
    "policy.domain.address": Wording(
        sentence="domain is the address {got}, and an address has no subdomains to share a cookie with.",
        hint="Leave domain out: the cookies then belong to the address that set them.",
    ),
    "policy.domain.suffix": Wording(
        sentence=(
            "{got} is a public suffix, under which strangers have their sites too, so browsers drop every cookie "
            "with this Domain."
        ),
        hint="Write the domain below it that is yours, as in domain={fix}, or leave domain out.",
    ),
    "policy.domain.host": Wording(
        sentence="Domain={domain} does not cover {hosts}, so browsers would drop the cookie there.",
        hint="{fix}",
    ),
    "policy.path.start": Wording(
        sentence=(
            'The path is {got}, and browsers replace a path that does not start with "/" by the directory of the page.'
        ),
        hint='Write "/", or the whole path, as in "/app".',
    ),
    "policy.path.characters": Wording(
        sentence=(
            'The path {got} has something in it that no Path can hold or no request ever shows: a ";", "?" or "#", a '
            "space, a control character or a letter beyond ASCII."
        ),
        hint=(
            "Write it as the request line shows it, without a query; instead of a folder with such a character name "
            "the one above it."
        ),
    ),
    "policy.path.length": Wording(
        sentence=(
            "The path has {bytes:,} bytes, and browsers ignore one above {limit:,} and take the directory of the page "
            "instead."
        ),
        hint="Write a shorter prefix of it: a cookie's path covers all that lies below.",
    ),
    "policy.flag.type": Wording(
        sentence=(
            '{attribute} is {got}, and only True and False say what is meant: Python takes even the text "false" for '
            "true."
        ),
        hint="Write {attribute}=True or {attribute}=False.",
    ),
    "policy.secure.plain_http": Wording(
        sentence="Secure is on, and browsers drop a Secure cookie that comes over plain http from {origins}.",
        hint=(
            "Serve it by https. For development open the site under a name like http://app.localhost:8000, which "
            "browsers trust, or give it a policy of its own with secure=False."
        ),
    ),
    "policy.secure.missing": Wording(
        sentence=(
            "Secure is off although {origins} is reached by https: tokens would travel in clear text as soon as "
            "anybody opens http://, and Hardtack's own cookies would lose the __Host- prefix that keeps twins out."
        ),
        hint="Write secure=True, and give a plain-http development site a policy of its own.",
    ),
    "policy.same_site.value": Wording(
        sentence="same_site is {got}, and SameSite is one of the texts Strict, Lax and None.",
        hint="Write same_site={fix}.",
    ),
    "policy.same_site.secure": Wording(
        sentence="SameSite=None without Secure: browsers drop such a cookie.",
        hint='Write secure=True and serve the site by https, or same_site="Lax".',
    ),
    "policy.max_age.type": Wording(
        sentence="max_age is {got}, not a whole number of seconds.",
        hint="Write a number such as max_age=31_536_000, which is 365 days.",
    ),
    "policy.max_age.positive": Wording(
        sentence="max_age is {got}: the cookie would be deleted in the moment it is written.",
        hint="Write the seconds it should live; to delete a cookie, use a sweep or delete_own.",
    ),
    "policy.max_age.cap": Wording(
        sentence="max_age is {got:,} seconds, and browsers cut every lifetime to 400 days, which are {limit:,}.",
        hint="Write at most max_age={limit:_}.",
    ),
    "policy.partitioned.secure": Wording(
        sentence="Partitioned without Secure: browsers drop such a cookie.",
        hint="Write secure=True and serve the site by https, or partitioned=False.",
    ),
    "policy.base_paths.type": Wording(
        sentence="base_paths is {got}, not a tuple of texts.",
        hint='Write base_paths=("/app",), with the comma even behind a single one.',
    ),
    "policy.legacy_scopes.type": Wording(
        sentence="{attribute} is {got}, not {wanted}.",
        hint='Write legacy_scopes=(CookieScope.parse(".example.com /"),), with the comma even behind a single one.',
    ),
    "policy.legacy_scopes.domain": Wording(
        sentence=(
            "None of the origins' hosts can set a cookie with Domain={domain}, so no earlier release wrote one there "
            "and no sweep can reach it."
        ),
        hint="Name the scope that the earlier release really wrote, or leave this one out.",
    ),
    "policy.sweep_budget.type": Wording(
        sentence="sweep_budget is {got}, not a whole number of bytes.",
        hint="Write a number such as sweep_budget=3_500, or leave it out.",
    ),
    "policy.sweep_budget.small": Wording(
        sentence=(
            "sweep_budget is {got} bytes, and below {limit:,} a response has room for so few deletions that healing "
            "would take for ever."
        ),
        hint="Write at least sweep_budget={limit:_}; the default of 3,500 fits behind a default nginx.",
    ),
    "policy.name.prefix": Wording(
        sentence="A cookie named {prefix}… must be {needs}, and this policy writes {has}: browsers would drop it.",
        hint="Take another name, or use write_own, whose cookies are always host-only.",
    ),
    "policy.remark.safari": Wording(
        sentence="Safari drops Secure cookies on {origins}, where Chromium and Firefox keep them.",
        hint="Try the site in Safari by https, or in another browser.",
    ),
    "policy.remark.strict": Wording(
        sentence=(
            "SameSite=Strict: whoever comes by a link from another site, or back from a hosted sign-in page, is not "
            "signed in on the page that opens first."
        ),
        hint='Write same_site="Lax" unless that is what you want.',
    ),
}
"""Every code with its words."""


def problem(code: str, attribute: str, **facts: object) -> PolicyProblem:
    """Fill in a sentence of the table.

    Args:
        code: a key of `SENTENCES`.
        attribute: the argument that it is about.
        facts: what the sentence has places for.
    """
    sentence, hint = SENTENCES[code]
    return PolicyProblem(
        code,
        attribute,
        sentence.format(attribute=attribute, **facts),
        hint.format(attribute=attribute, **facts),
    )


def shown(value: object) -> str:
    """A wrong value as a sentence may show it: short, in quotes, and without the password of a pasted URL."""
    if value is None or isinstance(value, bool | int | float):
        return str(value)
    if not isinstance(value, str):
        return f"a {type(value).__name__}"
    _, at, rest = value.rpartition("@")
    text = f"…@{rest}" if at else value
    if len(text) > _LONGEST_SHOWN:
        text = f"{text[:_LONGEST_SHOWN]}…"
    return '"' + "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text) + '"'

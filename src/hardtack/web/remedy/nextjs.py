"""The remedy for Next.js with Amplify: one policy for the browser's script, the server and the proxy.

Rule: what Amplify can't be told is refused here, with the reason, and not generated all the same. The adapter writes on
`Path=/` and with Secure whatever its options say; script can't write HttpOnly or Partitioned. A policy that says
otherwise would make the very twins that it is there to prevent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardtack.amplify import KEPT_SUFFIXES
from hardtack.cookies import PolicyProblem
from hardtack.web.remedy.site import RemedyError, RemedySite, as_json, deletion_tail
from hardtack.web.remedy.templates import fill

if TYPE_CHECKING:
    from hardtack.cookies import CookiePolicy

__all__ = ["nextjs_files"]


def nextjs_files(site: RemedySite, *, entry: str) -> dict[str, tuple[str, str]]:
    """The files: name to the block's text, and to what stands behind the block in a new file.

    Args:
        site: the site.
        entry: the name of the file that Next calls: `proxy.ts` from Next 16 on, `middleware.ts` before.

    Raises:
        RemedyError: the policy says what Amplify can't be told.
    """
    if problems := _problems(site.policy):
        raise RemedyError(problems)
    pool = {"userPoolId": site.user_pool_id, "userPoolClientId": site.client_id}
    if site.endpoint is not None:
        pool["userPoolEndpoint"] = site.endpoint
    return {
        "hardtack/policy.ts": (_policy(site), ""),
        "hardtack/client.ts": (fill("nextjs/client.ts"), ""),
        "hardtack/server.ts": (fill("nextjs/server.ts", pool=as_json(pool, indent=2)), ""),
        "hardtack/heal.ts": (fill("nextjs/heal.ts"), ""),
        entry: (
            fill("nextjs/proxy.ts", function=entry.removesuffix(".ts")),
            fill("nextjs/decide.ts", sign_in=site.sign_in),
        ),
    }


def _policy(site: RemedySite) -> str:
    policy = site.policy
    cookies = {
        "domain": f".{policy.domain}" if policy.domain else None,
        "path": policy.path,
        "secure": policy.secure,
        "sameSite": policy.same_site.lower(),
        "maxAge": policy.max_age,
    }
    lines = [f"  {key}: {'undefined' if value is None else as_json(value)},\n" for key, value in cookies.items()]
    paths = [as_json([each.before, each.after]) for each in site.dynamic_paths]
    return fill(
        "nextjs/policy.ts",
        cookies="{\n" + "".join(lines) + "}",
        prefix=as_json(site.prefix),
        kept=as_json(KEPT_SUFFIXES),
        tails=as_json([deletion_tail(scope) for scope in site.scopes], indent=2),
        path_tails="[\n" + "".join(f"  {path},\n" for path in paths) + "]",
        base_paths=as_json(policy.base_paths),
        owns_everything=as_json(policy.owns_domain),
        budget=str(policy.sweep_budget),
    )


def _problems(policy: CookiePolicy) -> list[PolicyProblem]:
    wrong = {
        "path": (
            policy.path != "/",
            "Amplify's adapter for Next writes on Path=/ whatever it is told, so this path would make twins.",
            'Write path = "/", in the CookieStorage too, and the old path as a row of legacy_scopes.',
        ),
        "secure": (
            not policy.secure,
            "Amplify's adapter for Next writes Secure whatever it is told, and plain http keeps no such cookie.",
            "Serve the site by https and write secure = true.",
        ),
        "http_only": (
            policy.http_only,
            "Script can neither write nor read a cookie that is HttpOnly, and Amplify's client is script.",
            "Write http_only = false.",
        ),
        "partitioned": (
            policy.partitioned,
            "Neither Amplify's CookieStorage nor its adapter can write Partitioned.",
            "Write partitioned = false.",
        ),
    }
    return [
        PolicyProblem("remedy.amplify", f"policy.{attribute}", sentence, hint)
        for attribute, (is_wrong, sentence, hint) in wrong.items()
        if is_wrong
    ]

"""What Amplify's configuration files say about the user pool, whichever tool wrote them.

Rule: four generations of tools wrote the same few facts under four sets of names; here they become one. What is missing
or can't be meant (an empty environment variable, a pool id without its region) is an error that says which file, which
member and what to do; what concerns other services is passed over. No secret is ever taken from these files: they are
served to browsers, so what stands in them is none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias, cast

from hardtack.amplify.js_literal import NOT_A_LITERAL, objects_in
from hardtack.errors import Blame, HardtackError

__all__ = ["AmplifyConfig", "AmplifyConfigError", "parse_amplify_config", "read_amplify_config"]

Members: TypeAlias = "Mapping[str, Any]"

_POOL_ID = re.compile(r"(?P<region>[a-z]+(?:-[a-z0-9]+)*)_[A-Za-z0-9]+")
_CLIENT_ID = re.compile(r"[\w+]{1,128}", re.ASCII)  # Cognito's own pattern for a ClientId
_MAX_CHARACTERS = 1_000_000


class AmplifyConfigError(HardtackError):
    """A configuration file of Amplify's that can't be used."""

    code: ClassVar[str] = "amplify.config"
    blame: ClassVar[Blame] = Blame.CONFIGURATION


@dataclass(frozen=True, slots=True)
class AmplifyConfig:
    """The user pool that a site signs its people in with.

    Attributes:
        user_pool_id: such as `eu-west-1_AbCdEfGhI`.
        client_id: the app client's id; it stands in every cookie's name.
        region: the pool's region, as its id says it.
        identity_pool_id: for AWS credentials, or None.
        domain: the host of the hosted UI, without a scheme, or None.
        redirect_sign_in: where the hosted UI may return to after a sign-in.
        redirect_sign_out: where it may return to after a sign-out.
        scopes: the OAuth scopes asked for.
        response_type: `code`, or `token` (the implicit flow, which gives no refresh token), or None.
        user_pool_endpoint: an address that stands in for Cognito's, or None.
        dialect: which tool's file this was: `outputs`, `exports`, `mobile`, `resources` or `v5`.
    """

    user_pool_id: str
    client_id: str
    region: str
    identity_pool_id: str | None = None
    domain: str | None = None
    redirect_sign_in: tuple[str, ...] = ()
    redirect_sign_out: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    response_type: str | None = None
    user_pool_endpoint: str | None = None
    dialect: str = ""


def parse_amplify_config(text: str, *, name: str = "the configuration") -> AmplifyConfig:
    """Read the text of a configuration file: JSON, or JavaScript or TypeScript with an object literal in it.

    Args:
        text: the file's text.
        name: what to call the file in an error.

    Raises:
        AmplifyConfigError: there is no user pool in it, or a member that counts can't be used.
    """
    if len(text) > _MAX_CHARACTERS:
        raise AmplifyConfigError(
            f"{name} is larger than {_MAX_CHARACTERS:,} characters.",
            hint="Name Amplify's own file, such as amplify_outputs.json, and not a bundle that contains it.",
        )
    text = text.removeprefix("\ufeff")
    found: list[Any]
    try:
        found = [json.loads(text)]
    except (ValueError, RecursionError):
        found = list(objects_in(text))
    if not found:
        raise AmplifyConfigError(
            f"{name} is neither JSON nor a JavaScript file with an object in it.",
            hint="Name the file that Amplify's tool wrote: amplify_outputs.json, aws-exports.js or "
            "amplifyconfiguration.json.",
        )
    readable = [cast("Members", members) for members in found if isinstance(members, Mapping)]
    nothing: Members = {}
    chosen = next((members for members in readable if _dialect(members)), nothing)
    return read_amplify_config(chosen, name=name)


def read_amplify_config(members: Members, *, name: str = "the configuration") -> AmplifyConfig:
    """Read a configuration that is parsed already.

    Raises:
        AmplifyConfigError: there is no user pool in it, or a member that counts can't be used.
    """
    dialect = _dialect(members)
    if dialect is None:
        raise AmplifyConfigError(
            f"{name} names no user pool.",
            hint='It should have "auth.user_pool_id" (amplify_outputs.json), "aws_user_pools_id" (aws-exports) or '
            '"Auth.Cognito.userPoolId"; if this project has no auth category, add it with Amplify\'s tool.',
        )
    return _READERS[dialect](_Facts(members, name, dialect))


def _dialect(members: Members) -> str | None:
    """Whose file this is, by a member that only that tool writes."""
    for dialect, path in _MARKS.items():
        if _at(members, path) is not None:
            return dialect
    return None


_MARKS = {
    "outputs": "auth.user_pool_id",
    "exports": "aws_user_pools_id",
    "mobile": "auth.plugins.awsCognitoAuthPlugin.CognitoUserPool",
    "resources": "Auth.Cognito.userPoolId",
    "v5": "Auth.userPoolId",
}


def _at(members: Any, path: str) -> Any:
    for step in path.split("."):
        members = cast("Members", members).get(step) if isinstance(members, Mapping) else None
    return members


@dataclass(frozen=True, slots=True)
class _Facts:
    """One file's members, asked for by path."""

    members: Members
    name: str
    dialect: str

    def config(self, *, pool: str, client: str, oauth: str, **optional: str) -> AmplifyConfig:
        """The facts, by where this dialect keeps them."""
        user_pool_id, client_id = self.required(pool), self.required(client)
        matched = _POOL_ID.fullmatch(user_pool_id)
        if matched is None:
            raise AmplifyConfigError(
                f'"{pool}" in {self.name} is no user pool id.',
                hint="It looks like eu-west-1_AbCdEfGhI: the region, an underscore, letters and digits.",
            )
        if not _CLIENT_ID.fullmatch(client_id):
            raise AmplifyConfigError(
                f'"{client}" in {self.name} is no app client id.',
                hint="It is the 26 small letters and digits that the pool's page shows under App clients.",
            )
        domain = self.text(f"{oauth}.{optional.get('domain', 'domain')}")
        return AmplifyConfig(
            user_pool_id=user_pool_id,
            client_id=client_id,
            region=matched["region"],
            identity_pool_id=self.text(optional["identity_pool"]),
            domain=domain and domain.removeprefix("https://").rstrip("/").lower(),
            redirect_sign_in=self.texts(f"{oauth}.{optional.get('sign_in', 'redirectSignIn')}"),
            redirect_sign_out=self.texts(f"{oauth}.{optional.get('sign_out', 'redirectSignOut')}"),
            scopes=self.texts(f"{oauth}.{optional.get('scopes', 'scope')}"),
            response_type=self.text(f"{oauth}.{optional.get('response_type', 'responseType')}"),
            user_pool_endpoint=self.text(optional["endpoint"]) if "endpoint" in optional else None,
            dialect=self.dialect,
        )

    def required(self, path: str) -> str:
        value = _at(self.members, path)
        if value is NOT_A_LITERAL:
            raise AmplifyConfigError(
                f'"{path}" in {self.name} is computed when the site is built.',
                hint="Write its value out in a file of its own, or pass the user pool's settings directly.",
            )
        text = self.text(path)
        if text is None:
            raise AmplifyConfigError(
                f'"{path}" in {self.name} is missing, empty or no text.',
                hint="If it comes from an environment variable, that variable was empty when the file was written.",
            )
        return text

    def text(self, path: str) -> str | None:
        value = _at(self.members, path)
        return value.strip() or None if isinstance(value, str) else None

    def texts(self, path: str) -> tuple[str, ...]:
        """A list of texts, or one text with commas, as the older files have it."""
        value = _at(self.members, path)
        items: object = value.split(",") if isinstance(value, str) else value
        if not isinstance(items, list | tuple):
            return ()
        texts = (item.strip() for item in cast("list[object]", items) if isinstance(item, str))
        return tuple(text for text in texts if text)


def _outputs(facts: _Facts) -> AmplifyConfig:
    return facts.config(
        pool="auth.user_pool_id",
        client="auth.user_pool_client_id",
        identity_pool="auth.identity_pool_id",
        oauth="auth.oauth",
        sign_in="redirect_sign_in_uri",
        sign_out="redirect_sign_out_uri",
        scopes="scopes",
        response_type="response_type",
    )


def _exports(facts: _Facts) -> AmplifyConfig:
    return facts.config(
        pool="aws_user_pools_id",
        client="aws_user_pools_web_client_id",
        identity_pool="aws_cognito_identity_pool_id",
        oauth="oauth",
        endpoint="aws_user_pools_endpoint",
    )


def _mobile(facts: _Facts) -> AmplifyConfig:
    plugin = "auth.plugins.awsCognitoAuthPlugin"
    return facts.config(
        pool=f"{plugin}.CognitoUserPool.Default.PoolId",
        client=f"{plugin}.CognitoUserPool.Default.AppClientId",
        identity_pool=f"{plugin}.CredentialsProvider.CognitoIdentity.Default.PoolId",
        oauth=f"{plugin}.Auth.Default.OAuth",
        domain="WebDomain",
        sign_in="SignInRedirectURI",
        sign_out="SignOutRedirectURI",
        scopes="Scopes",
    )


def _resources(facts: _Facts) -> AmplifyConfig:
    return facts.config(
        pool="Auth.Cognito.userPoolId",
        client="Auth.Cognito.userPoolClientId",
        identity_pool="Auth.Cognito.identityPoolId",
        oauth="Auth.Cognito.loginWith.oauth",
        scopes="scopes",
        endpoint="Auth.Cognito.userPoolEndpoint",
    )


def _v5(facts: _Facts) -> AmplifyConfig:
    return facts.config(
        pool="Auth.userPoolId",
        client="Auth.userPoolWebClientId",
        identity_pool="Auth.identityPoolId",
        oauth="Auth.oauth" if _at(facts.members, "Auth.oauth") is not None else "oauth",
        endpoint="Auth.endpoint",
    )


_READERS = {"outputs": _outputs, "exports": _exports, "mobile": _mobile, "resources": _resources, "v5": _v5}

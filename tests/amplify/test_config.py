"""One set of facts out of every file that Amplify's tools ever wrote; and a plain word where there is none."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardtack.amplify import (
    FILE_NAMES,
    AmplifyConfig,
    AmplifyConfigError,
    load_amplify_config,
    parse_amplify_config,
    read_amplify_config,
)
from hardtack.errors import Blame

POOL, CLIENT, IDENTITY = "eu-west-1_AbCdEfGhI", "1h57kf5cpq17m0eml12example", "eu-west-1:11111111-2222-3333"
DOMAIN = "biscuits.auth.eu-west-1.amazoncognito.com"
SIGN_IN, SIGN_OUT = ("https://app.example.com/", "http://localhost:3000/"), ("https://app.example.com/bye",)

OUTPUTS = {
    "version": "1.4",
    "auth": {
        "user_pool_id": POOL,
        "aws_region": "eu-west-1",
        "user_pool_client_id": CLIENT,
        "identity_pool_id": IDENTITY,
        "mfa_methods": [],
        "oauth": {
            "identity_providers": ["GOOGLE"],
            "redirect_sign_in_uri": list(SIGN_IN),
            "redirect_sign_out_uri": list(SIGN_OUT),
            "response_type": "code",
            "scopes": ["openid", "email"],
            "domain": DOMAIN,
        },
        "username_attributes": ["email"],
    },
    "data": {"url": "https://example.appsync-api.eu-west-1.amazonaws.com/graphql"},
}
EXPORTS = {
    "aws_project_region": "eu-west-1",
    "aws_cognito_identity_pool_id": IDENTITY,
    "aws_cognito_region": "eu-west-1",
    "aws_user_pools_id": POOL,
    "aws_user_pools_web_client_id": CLIENT,
    "oauth": {
        "domain": DOMAIN,
        "scope": ["openid", "email"],
        "redirectSignIn": ",".join(SIGN_IN),
        "redirectSignOut": ",".join(SIGN_OUT),
        "responseType": "code",
    },
    "federationTarget": "COGNITO_USER_POOLS",
}
MOBILE = {
    "UserAgent": "aws-amplify-cli/2.0",
    "auth": {
        "plugins": {
            "awsCognitoAuthPlugin": {
                "CredentialsProvider": {"CognitoIdentity": {"Default": {"PoolId": IDENTITY, "Region": "eu-west-1"}}},
                "CognitoUserPool": {
                    "Default": {
                        "PoolId": POOL,
                        "AppClientId": CLIENT,
                        "AppClientSecret": "s3cret",
                        "Region": "eu-west-1",
                    }
                },
                "Auth": {
                    "Default": {
                        "OAuth": {
                            "WebDomain": DOMAIN,
                            "SignInRedirectURI": ",".join(SIGN_IN),
                            "SignOutRedirectURI": ",".join(SIGN_OUT),
                            "Scopes": ["openid", "email"],
                        }
                    }
                },
            }
        }
    },
}
RESOURCES = {
    "Auth": {
        "Cognito": {
            "userPoolId": POOL,
            "userPoolClientId": CLIENT,
            "identityPoolId": IDENTITY,
            "loginWith": {
                "oauth": {
                    "domain": DOMAIN,
                    "scopes": ["openid", "email"],
                    "redirectSignIn": list(SIGN_IN),
                    "redirectSignOut": list(SIGN_OUT),
                    "responseType": "code",
                }
            },
        }
    }
}
V5 = {
    "Auth": {
        "region": "eu-west-1",
        "userPoolId": POOL,
        "userPoolWebClientId": CLIENT,
        "identityPoolId": IDENTITY,
        "cookieStorage": {"domain": ".example.com"},
        "oauth": {
            "domain": DOMAIN,
            "scope": ["openid", "email"],
            "redirectSignIn": ",".join(SIGN_IN),
            "redirectSignOut": ",".join(SIGN_OUT),
            "responseType": "code",
        },
    }
}
DIALECTS = {"outputs": OUTPUTS, "exports": EXPORTS, "mobile": MOBILE, "resources": RESOURCES, "v5": V5}


@pytest.mark.parametrize(("dialect", "members"), DIALECTS.items(), ids=DIALECTS)
def test_every_dialect_says_the_same(dialect, members):
    assert load_amplify_config(members) == AmplifyConfig(
        user_pool_id=POOL,
        client_id=CLIENT,
        region="eu-west-1",
        identity_pool_id=IDENTITY,
        domain=DOMAIN,
        redirect_sign_in=SIGN_IN,
        redirect_sign_out=SIGN_OUT,
        scopes=("openid", "email"),
        response_type=None if dialect == "mobile" else "code",
        dialect=dialect,
    )


@pytest.mark.parametrize("members", DIALECTS.values(), ids=DIALECTS)
@pytest.mark.parametrize(
    "wrap",
    [
        "const awsmobile = {};\n\nexport default awsmobile;\n",
        "// WARNING: DO NOT EDIT.\n/* eslint-disable */\nconst awsmobile = {};\nexport default awsmobile;",
        "export default {}",
        "module.exports = {};",
        "import {{ Amplify }} from 'aws-amplify';\nAmplify.configure({}, {{ssr: true}});",
        "export const config: Record<string, unknown> = {} as const;",
        "{}",
        "\ufeff{}",
    ],
)
def test_as_json_or_within_any_module(members, wrap):
    text = wrap.replace("{{", "\0").replace("}}", "\1").replace("{}", json.dumps(members, indent=4))
    text = text.replace("\0", "{").replace("\1", "}")
    assert parse_amplify_config(text) == read_amplify_config(members)


def test_a_secret_in_a_file_is_not_taken():
    assert "s3cret" not in repr(read_amplify_config(MOBILE))


def test_a_pool_without_a_hosted_ui():
    config = read_amplify_config(EXPORTS | {"oauth": {}})
    assert (config.domain, config.redirect_sign_in, config.scopes, config.response_type) == (None, (), (), None)


def test_an_older_project_keeps_its_oauth_beside_auth():
    members = {"Auth": {"userPoolId": POOL, "userPoolWebClientId": CLIENT}, "oauth": {"domain": DOMAIN}}
    assert read_amplify_config(members).domain == DOMAIN


def test_an_endpoint_that_stands_in_for_cognito():
    members = {"Auth": {"Cognito": RESOURCES["Auth"]["Cognito"] | {"userPoolEndpoint": "http://localhost:9229"}}}
    assert read_amplify_config(members).user_pool_endpoint == "http://localhost:9229"


def test_a_domain_is_a_host():
    members = EXPORTS | {"oauth": {"domain": "https://Auth.Example.com/"}}
    assert read_amplify_config(members).domain == "auth.example.com"


@pytest.mark.parametrize("pool", ["us-gov-west-1_AbC123", "cn-north-1_AbC123", "local_4x7Jm", "ap-southeast-2_0"])
def test_the_region_is_what_the_pool_s_id_says(pool):
    members = {"auth": {"user_pool_id": pool, "user_pool_client_id": CLIENT, "aws_region": "mars-1"}}
    assert read_amplify_config(members).region == pool.partition("_")[0]


def outputs(**auth):
    return {"auth": {"user_pool_id": POOL, "user_pool_client_id": CLIENT} | auth}


WRONG = {
    "nothing": ({}, "names no user pool"),
    "no auth": ({"version": "1", "storage": {}}, "names no user pool"),
    "the pool's id empty": (outputs(user_pool_id=""), "missing, empty"),
    "the pool's id blank": (outputs(user_pool_id="  "), "missing, empty"),
    "the pool's id a number": (outputs(user_pool_id=7), "missing, empty"),
    "the client's id missing": ({"auth": {"user_pool_id": POOL}}, '"auth.user_pool_client_id"'),
    "the client's id empty": (outputs(user_pool_client_id=""), "missing, empty"),
    "a pool without its region": (outputs(user_pool_id="AbCdEfGhI"), "no user pool id"),
    "an identity pool for a user pool": (outputs(user_pool_id=IDENTITY), "no user pool id"),
    "a client id with a dot": (outputs(user_pool_client_id="a.b"), "no app client id"),
    "a client id with a line break": (outputs(user_pool_client_id="a\nb"), "no app client id"),
    "auth a list": ({"auth": []}, "names no user pool"),
    "the pool half configured": ({"auth": {"plugins": {"awsCognitoAuthPlugin": {"CognitoUserPool": {}}}}}, "PoolId"),
}


@pytest.mark.parametrize(("members", "said"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_with_what_to_do(members, said):
    with pytest.raises(AmplifyConfigError) as caught:
        read_amplify_config(members, name="amplify_outputs.json")
    assert said in caught.value.message
    assert "amplify_outputs.json" in caught.value.message
    assert caught.value.hint
    assert caught.value.blame is Blame.CONFIGURATION


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "neither JSON nor"),
        ("hello", "neither JSON nor"),
        ("null", "names no user pool"),
        ("[1]", "names no user pool"),
        ("const a = {};", "names no user pool"),
        ("const a = {b: [{c: ", "neither JSON nor"),
        ("[" * 100_000, "neither JSON nor"),
        ("const a = " + "{a:" * 100_000, "neither JSON nor"),
        ("x" * 1_000_001, "larger than"),
    ],
)
def test_a_text_without_a_configuration(text, said):
    with pytest.raises(AmplifyConfigError, match=said):
        parse_amplify_config(text)


def test_a_value_that_is_computed_is_asked_for_by_name():
    text = f"""const config = {{ auth: {{
        user_pool_id: process.env.NEXT_PUBLIC_POOL ?? "{POOL}",
        user_pool_client_id: "{CLIENT}",
    }} }}"""
    with pytest.raises(AmplifyConfigError, match=r'"auth.user_pool_id" in config.ts is computed') as caught:
        parse_amplify_config(text, name="config.ts")
    assert "Write its value out" in caught.value.hint


class TestFiles:
    @pytest.mark.parametrize("folder", [".", "src", "app"])
    @pytest.mark.parametrize("name", FILE_NAMES)
    def test_a_project_s_folder_is_searched(self, tmp_path, name, folder):
        (tmp_path / folder).mkdir(exist_ok=True)
        text = json.dumps(OUTPUTS)
        (tmp_path / folder / name).write_text(text if name.endswith("json") else f"export default {text};", "utf-8")
        assert load_amplify_config(tmp_path).user_pool_id == POOL
        assert load_amplify_config(str(tmp_path / folder / name)).user_pool_id == POOL

    def test_the_newest_tool_s_file_is_taken_first(self, tmp_path):
        (tmp_path / "src").mkdir()
        (tmp_path / "aws-exports.js").write_text(f"export default {json.dumps(EXPORTS)}", "utf-8")
        (tmp_path / "src" / "amplify_outputs.json").write_text(json.dumps(OUTPUTS), "utf-8")
        assert load_amplify_config(tmp_path).dialect == "outputs"

    def test_a_folder_without_one(self, tmp_path):
        with pytest.raises(AmplifyConfigError, match=r"has none of amplify_outputs\.json"):
            load_amplify_config(tmp_path)

    def test_a_file_that_isn_t_there(self, tmp_path):
        with pytest.raises(AmplifyConfigError, match=r"amplify_outputs\.json can't be read: No such file"):
            load_amplify_config(tmp_path / "amplify_outputs.json")

    def test_a_file_of_other_bytes(self, tmp_path):
        path = tmp_path / "aws-exports.js"
        path.write_bytes(b"\xff\xfe\x00")
        with pytest.raises(AmplifyConfigError, match=r"aws-exports\.js is not UTF-8"):
            load_amplify_config(path)


@given(st.recursive(st.none() | st.text() | st.integers() | st.booleans(), lambda inner: st.lists(inner, max_size=3)))
def test_no_member_of_another_kind_raises_anything_else(odd):
    for dialect, members in DIALECTS.items():
        for path in paths_in(members):
            try:
                config = read_amplify_config(replaced(members, path, odd))
            except AmplifyConfigError:
                continue
            assert config.dialect == dialect
            assert config.user_pool_id


def paths_in(members, prefix=()):
    for name, value in members.items():
        yield (*prefix, name)
        if isinstance(value, dict):
            yield from paths_in(value, (*prefix, name))


def replaced(members, path, value):
    name, *rest = path
    return members | {name: replaced(members[name], rest, value) if rest else value}

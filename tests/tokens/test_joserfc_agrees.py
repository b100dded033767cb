"""joserfc stands beside the verifier as the oracle: on every mutation both must say the same.

Where they are meant to differ, the difference has a name and a reason here, and must be recognisable in the token
itself, so that no other difference can hide behind it. Two directions are kept apart: where we are *stricter*, a name
explains why; where we are *looser*, there is one short list, because that is the direction that can hurt.
"""

from __future__ import annotations

import base64
import json

from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from hardtack.tokens import Expired, Good
from support.minting import NOW, Mint, b64, kid_of

MINT = Mint()
MINT.rotate(1)  # two keys in the set, as Cognito's has
OTHER = Mint(key=2)
VERIFIER = MINT.verifier(cache_size=0)
KEYS = KeySet.import_key_set(MINT.jwks())
REGISTRY = JWSRegistry(algorithms=["RS256"], strict_check_header=False)  # unknown parameters are ignored: RFC 7515, 4
REGISTRY.max_header_length = REGISTRY.max_signature_length = 8192
CLAIMS = {"access": MINT.access_claims(), "id": MINT.id_claims()}
CLIENT_CLAIM = {"access": "client_id", "id": "aud"}
USERNAME_CLAIM = {"access": "username", "id": "cognito:username"}

STRICTER = {
    "header brings a key": "jku, jwk, x5u and x5c are refused, not overlooked: no token of Cognito's has them",
    "header demands": "crit and b64 are refused whatever they say: we know no extension",
    "kid isn't plain": "a kid must be a plain name; joserfc looks any text up, and takes a lone key for a missing kid",
    "member twice": "JSON's last of two members wins in Python and the first elsewhere: refused",
    "not plain UTF-8 JSON": "json.loads also takes UTF-16, a byte order mark, NaN and half a surrogate pair",
    "time isn't whole": "exp, iat, auth_time and nbf are whole seconds within the calendar; joserfc takes floats",
    "a claim Cognito always sends": "jti, username, auth_time, scope and groups must be there and of Cognito's type",
    "a list for a name": "a token of Cognito's has one use and is for one client; joserfc looks into a list",
    "too large": "the limit is the verifier's own",
}
LOOSER = {
    "iat ahead": "joserfc refuses an iat ahead of its clock; ours may be slow, and the engine corrects for it",
    "header of another type": "joserfc checks the type of typ, cty, x5t and the like; what we ignore has no type",
    "aud of an access token": "joserfc checks the type of any aud; an access token's client is its client_id",
}


def ours(token, use):
    return isinstance(VERIFIER.judge(token, now=NOW, use=use), Good)


def oracle(token, use):
    claims = jwt.JWTClaimsRegistry(
        now=NOW,
        iss={"essential": True, "value": MINT.issuer},
        token_use={"essential": True, "value": use},
        exp={"essential": True},
        sub={"essential": True},
        **{CLIENT_CLAIM[use]: {"essential": True, "value": MINT.client_id}},
    )
    try:
        decoded = jwt.decode(token, KEYS, registry=REGISTRY)
        claims.validate(decoded.claims)
    except (JoseError, ValueError, TypeError, AttributeError, KeyError, RecursionError):
        return False  # an oracle may stumble over what it is given; it hasn't accepted it
    return True


def differences(token, use):
    """The names of the intended differences that this token shows, found without either party's code."""
    if len(token) > 8192:
        return {"too large"}
    head, body = (base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in token.split(".")[:2])
    return (
        differences_of_json(head)
        | differences_of_json(body)
        | differences_of_header(json.loads(head))
        | differences_of_claims(json.loads(body), use)
    )


def differences_of_json(data):
    found, objects = set(), []
    json.loads(data, object_pairs_hook=lambda pairs: objects.append(pairs) or dict(pairs))
    if any(len(dict(pairs)) != len(pairs) for pairs in objects):
        found.add("member twice")
    try:
        json.dumps(json.loads(data.decode(), parse_constant=int), ensure_ascii=False).encode()
    except ValueError:
        found.add("not plain UTF-8 JSON")
    return found


def differences_of_header(header):
    shown = {
        "header brings a key": header.keys() & {"jku", "jwk", "x5u", "x5c"},
        "header demands": header.keys() & {"crit", "b64"},
        "kid isn't plain": header.get("kid") not in {kid_of(0), kid_of(1)},
        "header of another type": any(
            not isinstance(header.get(name, ""), str) for name in ("typ", "cty", "x5t", "x5t#S256")
        ),
    }
    return {name for name, holds in shown.items() if holds}


def differences_of_claims(claims, use):
    times = [claims.get(name, 0) for name in ("exp", "iat", "auth_time", "nbf")]
    texts = [claims.get(name, "x") for name in (USERNAME_CLAIM[use], "jti", "origin_jti", "scope")]
    groups = claims.get("cognito:groups", [])
    shown = {
        "time isn't whole": any(type(time) is not int or not 0 <= time < 253_402_300_800 for time in times),
        "iat ahead": isinstance(times[1], int | float) and times[1] > NOW,
        "a claim Cognito always sends": (
            not all(isinstance(text, str) for text in texts)
            or "" in texts[:3]
            or not {"iat", "auth_time", USERNAME_CLAIM[use], "jti"} <= claims.keys()
            or not (isinstance(groups, list) and all(isinstance(group, str) for group in groups))
        ),
        "a list for a name": any(isinstance(claims.get(name), list) for name in (CLIENT_CLAIM[use], "token_use")),
        "aud of an access token": use == "access" and "aud" in claims,
    }
    return {name for name, holds in shown.items() if holds}


def assert_both_agree(token, use):
    mine, theirs = ours(token, use), oracle(token, use)
    if mine == theirs:
        return
    allowed = LOOSER if mine else STRICTER
    found = differences(token, use)
    assert found & allowed.keys(), f"we {'accept' if mine else 'refuse'}, joserfc doesn't, and none of {found} says why"


USES = st.sampled_from(["access", "id"])
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 2),
    st.integers(NOW - 2, NOW + 2),
    st.integers(min_value=10**11, max_value=10**20),
    st.floats(),
    st.text(max_size=6),
    st.sampled_from([MINT.issuer, MINT.client_id, "access", "id", MINT.kid, kid_of(0), "RS256", "none", "HS256"]),
    st.lists(st.sampled_from([MINT.client_id, "other", 1]), max_size=2),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)
HEADER_NAMES = st.sampled_from(
    ["alg", "kid", "typ", "cty", "crit", "b64", "jku", "jwk", "x5u", "x5c", "x5t", "x5t#S256", "zip", "x"]
)
CLAIM_NAMES = st.sampled_from(sorted(CLAIMS["access"].keys() | CLAIMS["id"].keys() | {"nbf", "cognito:groups"}))


def changed(members, changes, dropped):
    return {name: value for name, value in (members | changes).items() if name not in dropped}


@given(USES, st.dictionaries(HEADER_NAMES, ODD, max_size=3), st.sets(HEADER_NAMES, max_size=1))
def test_on_the_header(use, changes, dropped):
    header = changed({"kid": MINT.kid, "alg": "RS256"}, changes, dropped)
    assert_both_agree(MINT.forge(header, CLAIMS[use]), use)


@given(USES, st.dictionaries(CLAIM_NAMES, ODD, max_size=2), st.sets(CLAIM_NAMES, max_size=1))
@settings(max_examples=300)
def test_on_the_claims(use, changes, dropped):
    claims = changed(CLAIMS[use], changes, dropped)
    assert_both_agree(MINT.forge({"kid": MINT.kid, "alg": "RS256"}, claims), use)


@given(USES, st.integers(-3, 3), st.sampled_from(["exp", "nbf"]))
def test_on_the_very_second(use, distance, claim):
    claims = CLAIMS[use] | {claim: NOW + distance}
    assert_both_agree(MINT.sign(claims), use)


HOW = st.sampled_from(["set", "put", "cut"])


@given(USES, st.booleans(), st.integers(0, 1500), st.binary(min_size=1, max_size=2), HOW)
def test_on_the_bytes_of_what_is_truly_signed(use, in_header, position, octets, how):
    whole = [json.dumps({"kid": MINT.kid, "alg": "RS256"}).encode(), json.dumps(CLAIMS[use]).encode()]
    data = whole[0 if in_header else 1]
    position %= len(data)
    end = position + len(octets) if how != "put" else position
    whole[0 if in_header else 1] = data[:position] + (b"" if how == "cut" else octets) + data[end:]
    assert_both_agree(MINT.forge(*whole), use)


@given(USES, st.integers(0, 1500), st.sampled_from("Aa0-_+/=. \n\0é"), HOW)
def test_on_the_characters_of_the_token(use, position, character, how):
    token = MINT.sign(CLAIMS[use])
    position %= len(token)
    end = position if how == "put" else position + 1
    assert_both_agree(token[:position] + ("" if how == "cut" else character) + token[end:], use)


@given(USES, st.binary(max_size=300), st.sampled_from(["whole", "longer", "shorter", "random"]))
def test_on_the_signature(use, octets, how):
    head, body, signature = MINT.sign(CLAIMS[use]).split(".")
    real = base64.urlsafe_b64decode(signature + "==")
    other = {"whole": real, "longer": real + octets, "shorter": real[: -1 - len(octets) % 255], "random": octets}[how]
    assert_both_agree(f"{head}.{body}.{b64(other)}", use)


@given(USES, st.sampled_from([kid_of(0), kid_of(1), kid_of(2), "", "x"]), st.sampled_from([0, 1, 2]))
def test_on_which_key_signs_under_which_name(use, kid, key):
    signer = Mint(key=key)
    assert_both_agree(signer.forge({"kid": kid, "alg": "RS256"}, CLAIMS[use]), use)


def test_both_accept_what_cognito_sends_and_refuse_what_another_pool_signs():
    """The floor under the tests above: agreeing on nothing but refusals would prove little."""
    for use in ("access", "id"):
        assert ours(MINT.sign(CLAIMS[use]), use)
        assert oracle(MINT.sign(CLAIMS[use]), use)
        for token in (OTHER.sign(CLAIMS[use]), MINT.sign(CLAIMS[use] | {"exp": NOW})):
            assert not ours(token, use)
            assert not oracle(token, use)
    assert isinstance(VERIFIER.judge(MINT.sign(CLAIMS["id"] | {"exp": NOW}), now=NOW, use="id"), Expired)


def test_each_intended_difference_exists():
    """A name that no token shows any more must go."""
    head = {"kid": MINT.kid, "alg": "RS256"}
    access, identity = CLAIMS["access"], CLAIMS["id"]
    large = access | {"note": "x" * 9000}
    shown = {
        "header brings a key": (MINT.forge(head | {"jku": "https://example.com/"}, access), "access"),
        "header demands": (MINT.forge(head | {"crit": ["typ"], "typ": "JWT"}, access), "access"),
        "member twice": (MINT.forge(head, json.dumps(access).encode()[:-1] + b',"sub":"x"}'), "access"),
        "not plain UTF-8 JSON": (MINT.forge(head, json.dumps(access).encode("utf-16")), "access"),
        "time isn't whole": (MINT.sign(access | {"exp": NOW + 9.5}), "access"),
        "a claim Cognito always sends": (MINT.sign(changed(access, {}, {"username"})), "access"),
        "a list for a name": (MINT.sign(identity | {"aud": [MINT.client_id]}), "id"),
        "too large": (MINT.sign(large), "access"),
        "iat ahead": (MINT.sign(access | {"iat": NOW + 500}), "access"),
        "header of another type": (MINT.forge(head | {"typ": 5}, access), "access"),
        "aud of an access token": (MINT.sign(access | {"aud": 5}), "access"),
    }
    for name, (token, use) in shown.items():
        assert (ours(token, use), oracle(token, use)) == ((name in LOOSER), (name in STRICTER)), name
    alone = Mint()  # the fallback to a lone key needs a set of one
    nameless = alone.forge({"alg": "RS256"}, access)
    assert jwt.decode(nameless, KeySet.import_key_set(alone.jwks()), registry=REGISTRY)
    assert not isinstance(alone.verifier().judge(nameless, now=NOW), Good)
    assert shown.keys() | {"kid isn't plain"} == STRICTER.keys() | LOOSER.keys()

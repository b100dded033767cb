"""Whatever a stranger puts where a token belongs, the answer is a value, and never one of trust."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import sys

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import assume, given
from hypothesis import strategies as st

from hardtack.tokens import Bad, BadToken, Expired, Good, UnknownKey
from support.minting import NOW, Mint, b64, private_key

MINT = Mint()
TOKEN = MINT.access_token(username="alice", jti="j", origin_jti="o", extra={"event_id": "e"})
HEADER, PAYLOAD, SIGNATURE = TOKEN.split(".")
CLAIMS = MINT.access_claims()
VERIFIER = MINT.verifier(cache_size=64)


def judge(token, use="access"):
    return VERIFIER.judge(token, now=NOW, use=use)


def forged_header(**members):
    """A token truly signed by the pool's key under this header."""
    return MINT.forge({"kid": MINT.kid, "alg": "RS256"} | members, CLAIMS)


SHAPES = {
    "nothing": "",
    "a word": "undefined",
    "one dot": f"{HEADER}.{PAYLOAD}",
    "three dots": f"{TOKEN}.{SIGNATURE}",
    "a trailing dot": f"{TOKEN}.",
    "no header": f".{PAYLOAD}.{SIGNATURE}",
    "no payload": f"{HEADER}..{SIGNATURE}",
    "no signature": f"{HEADER}.{PAYLOAD}.",
    "dots alone": "..",
    "a space before": f" {TOKEN}",
    "a line break after": f"{TOKEN}\n",
    "a line break within": f"{HEADER}.{PAYLOAD[:40]}\n{PAYLOAD[40:]}.{SIGNATURE}",
    "quotes around": f'"{TOKEN}"',
    "padded": f"{HEADER}=.{PAYLOAD}.{SIGNATURE}==",
    "a NUL": f"{HEADER}.{PAYLOAD}\0.{SIGNATURE}",
    "another script": "токен.токен.токен",
    "half a surrogate pair": f"{TOKEN}\ud800",
    "full-width dots": TOKEN.replace(".", "\uff0e"),
    "a segment of one character": f"{HEADER}.{PAYLOAD}.A",
    "a length that can't be": f"{HEADER}.{PAYLOAD}.{SIGNATURE[:-1]}",
    "five segments, as a refresh token has": MINT.refresh_token(),
}


@pytest.mark.parametrize("token", SHAPES.values(), ids=SHAPES)
def test_what_has_not_the_shape_of_a_token_is_malformed(token):
    assert judge(token) == Bad(BadToken.MALFORMED)


def test_the_other_base64_alphabet_is_refused():
    for n in range(64):
        token = MINT.access_token(iat=NOW + n)
        if "-" in token or "_" in token:
            assert judge(token.replace("-", "+").replace("_", "/")) == Bad(BadToken.MALFORMED)
            return
    pytest.fail("no token had one of the two characters")


def test_spare_bits_make_no_second_text_of_one_token():
    """Of the last character of a 256-byte signature only two bits count: fifteen other texts would mean the same."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    assert isinstance(judge(TOKEN), Good)
    same_bytes = alphabet[alphabet.index(TOKEN[-1]) | 1]
    assert base64.urlsafe_b64decode(SIGNATURE[:-1] + same_bytes + "==") == base64.urlsafe_b64decode(SIGNATURE + "==")
    assert judge(TOKEN[:-1] + same_bytes) == Bad(BadToken.MALFORMED)


PAYLOADS = {
    "no JSON": b"nothing",
    "empty": b"{}"[:1],
    "a list": b"[]",
    "a text": b'"alice"',
    "a number": b"1700000000",
    "null": b"null",
    "true": b"true",
    "NaN": b'{"exp": NaN}',
    "Infinity": b'{"exp": Infinity}',
    "a member twice": json.dumps(CLAIMS).encode()[:-1] + b', "sub": "somebody else"}',
    "a member twice, deep down": json.dumps(CLAIMS).encode()[:-1] + b', "x": {"a": 1, "a": 2}}',
    "something after the object": json.dumps(CLAIMS).encode() + b"{}",
    "a comment": b"/**/" + json.dumps(CLAIMS).encode(),
    "a byte order mark": b"\xef\xbb\xbf" + json.dumps(CLAIMS).encode(),
    "UTF-16": json.dumps(CLAIMS).encode("utf-16"),
    "UTF-32": json.dumps(CLAIMS).encode("utf-32-le"),
    "Latin-1": json.dumps(CLAIMS | {"username": "josé"}, ensure_ascii=False).encode("latin-1"),
    "a surrogate in UTF-8": json.dumps(CLAIMS).encode().replace(b"aws.cog", b"\xed\xa0\x80"),
    "half a surrogate pair": json.dumps(CLAIMS | {"username": "\ud800"}).encode(),
    "half a surrogate pair in a name": json.dumps(CLAIMS | {"x\udfff": 1}).encode(),
    "lists nested 3,000 deep": json.dumps(CLAIMS).encode()[:-1] + b', "x": ' + b"[" * 3000 + b"]" * 3000 + b"}",
    "objects nested 800 deep": b'{"a":' * 800 + b"1" + b"}" * 800,
    "an integer of 5,000 digits": json.dumps(CLAIMS).encode()[:-1] + b', "x": ' + b"9" * 5000 + b"}",
}


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_a_payload_that_is_no_plain_object_is_bad_though_truly_signed(payload):
    judged = judge(MINT.forge({"kid": MINT.kid, "alg": "RS256"}, payload))
    assert isinstance(judged, Bad)
    assert judged.reason in {BadToken.MALFORMED, BadToken.ISSUER, BadToken.TOO_LARGE}


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_a_header_that_is_no_plain_object_is_bad(payload):
    assert judge(MINT.forge(payload, CLAIMS)) in {
        Bad(BadToken.MALFORMED),
        Bad(BadToken.ALGORITHM),
        Bad(BadToken.TOO_LARGE),
    }


def test_names_in_every_script_are_no_fault():
    for name in ("用户", "josé@exämple.com", "😀", "a\u0000b", '"', "\\u0041"):
        judged = judge(MINT.access_token(username=name))
        assert isinstance(judged, Good)
        assert judged.claims.username == name


class TestTheAlgorithm:
    @pytest.mark.parametrize(
        "alg",
        [
            "none",
            "None",
            "HS256",
            "RS384",
            "RS512",
            "PS256",
            "ES256",
            "EdDSA",
            "rs256",
            "RS256 ",
            "",
            None,
            256,
            ["RS256"],
            {},
        ],
    )
    def test_only_rs256_is_one(self, alg):
        assert judge(forged_header(alg=alg)) == Bad(BadToken.ALGORITHM)

    def test_without_alg_nothing_is_assumed(self):
        assert judge(MINT.forge({"kid": MINT.kid}, CLAIMS)) == Bad(BadToken.ALGORITHM)

    def test_an_unsigned_token_is_refused(self):
        head = b64(json.dumps({"kid": MINT.kid, "alg": "none"}).encode())
        assert judge(f"{head}.{PAYLOAD}.") == Bad(BadToken.MALFORMED)
        assert judge(f"{head}.{PAYLOAD}.AAAA") == Bad(BadToken.ALGORITHM)

    @pytest.mark.parametrize("alg", ["HS256", "RS256"])
    def test_the_public_key_is_no_shared_secret(self, alg):
        public = private_key(0).public_key()
        head = b64(json.dumps({"kid": MINT.kid, "alg": alg}).encode())
        signed = f"{head}.{b64(json.dumps(CLAIMS).encode())}"
        for encoding in (Encoding.PEM, Encoding.DER):
            secret = public.public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)
            token = f"{signed}.{b64(hmac.digest(secret, signed.encode(), hashlib.sha256))}"
            assert judge(token) == Bad(BadToken.ALGORITHM if alg == "HS256" else BadToken.SIGNATURE)


class TestTheKeyId:
    @pytest.mark.parametrize(
        "kid",
        [
            None,
            7,
            True,
            "",
            [],
            ["a"],
            {"kid": 1},
            "../../etc/passwd",
            "..",
            "file:///dev/null",
            "https://evil.example/jwks.json",
            "key|whoami",
            "' OR 1=1",
            "a\0b",
            "a b",
            "a\n",
            "clé",
            "k" * 129,
        ],
    )
    def test_what_is_no_name_of_a_key_is_bad_and_asks_for_no_fetch(self, kid):
        assert judge(forged_header(kid=kid)) == Bad(BadToken.KEY)

    def test_a_missing_one_doesn_t_fall_back_to_the_only_key(self):
        assert len(VERIFIER.keys) == 1
        assert judge(MINT.forge({"alg": "RS256"}, CLAIMS)) == Bad(BadToken.KEY)

    def test_given_twice_it_is_malformed(self):
        header = f'{{"kid":"{MINT.kid}","alg":"RS256","kid":"{MINT.kid}"}}'.encode()
        assert judge(MINT.forge(header, CLAIMS)) == Bad(BadToken.MALFORMED)

    def test_of_full_length_it_is_unknown_and_says_its_name(self):
        assert judge(forged_header(kid="k" * 128)) == UnknownKey("k" * 128)

    def test_of_base64_with_a_slash_it_may_be_cognito_s(self):
        assert judge(forged_header(kid="/ab+cd/ef=")) == UnknownKey("/ab+cd/ef=")

    @pytest.mark.parametrize("member", ["jku", "jwk", "x5u", "x5c"])
    def test_a_key_of_its_own_is_refused_not_overlooked(self, member):
        assert judge(forged_header(**{member: "https://evil.example/jwks.json"})) == Bad(BadToken.KEY)

    def test_an_attacker_s_own_jwk_helps_nobody(self):
        attacker = Mint(key=1)
        header = {"kid": MINT.kid, "alg": "RS256", "jwk": attacker.jwks()["keys"][0]}
        assert judge(attacker.forge(header, CLAIMS)) == Bad(BadToken.KEY)

    @pytest.mark.parametrize(
        "demand", [{"crit": ["exp"]}, {"crit": []}, {"b64": False, "crit": ["b64"]}, {"b64": True}]
    )
    def test_a_demand_that_we_don_t_know_is_refused(self, demand):
        assert judge(forged_header(**demand)) == Bad(BadToken.MALFORMED)

    @pytest.mark.parametrize("other", [{"typ": "JWT"}, {"cty": "JWT"}, {"x5t": "abc"}, {"future": {"a": 1}}])
    def test_what_means_nothing_to_us_is_passed_over(self, other):
        """RFC 7515 section 4: unknown parameters are ignored, or a new one of Cognito's would sign everybody out."""
        assert isinstance(judge(forged_header(**other)), Good)


@pytest.mark.parametrize("length", [0, 1, 255, 257, 512])
def test_a_signature_of_another_length_than_the_key_s_is_refused(length):
    assert judge(f"{HEADER}.{PAYLOAD}.{b64(bytes(length)) or 'AA'}") == Bad(BadToken.SIGNATURE)


def test_the_deepest_stack_is_no_way_in():
    """Judged from deep within a call stack, a nested payload must still be an answer."""
    token = MINT.forge({"kid": MINT.kid, "alg": "RS256"}, PAYLOADS["objects nested 800 deep"])

    def dive(depth):
        return dive(depth - 1) if depth else judge(token)

    assert isinstance(dive(sys.getrecursionlimit() // 2), Bad)


ANYTHING = st.one_of(
    st.text(),
    st.binary().map(lambda data: data.decode("latin-1")),
    st.lists(st.binary(max_size=40).map(b64), max_size=5).map(".".join),
    st.tuples(st.text(alphabet="eyJ.AZaz09-_=+/ ", max_size=60), st.sampled_from([TOKEN, HEADER, ""])).map("".join),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(ANYTHING)
def test_no_text_raises_or_is_trusted(text):
    assume(text != TOKEN)
    for use in ("access", "id"):
        assert isinstance(judge(text, use), Bad)


@given(st.integers(0, len(TOKEN) - 1), st.characters(), st.sampled_from(["replace", "insert", "delete", "cut"]))
def test_no_change_to_a_good_token_is_trusted(position, character, how):
    changed = {
        "replace": TOKEN[:position] + character + TOKEN[position + 1 :],
        "insert": TOKEN[:position] + character + TOKEN[position:],
        "delete": TOKEN[:position] + TOKEN[position + 1 :],
        "cut": TOKEN[:position],
    }[how]
    judged = judge(changed)
    assert isinstance(judged, Good) == (changed == TOKEN)
    assert not isinstance(judged, Expired)


@given(st.dictionaries(st.sampled_from(["alg", "kid", "typ", "jku", "crit", "b64", "x"]), JSON))
def test_no_header_raises(header):
    judged = judge(MINT.forge(json.dumps(header).encode(), CLAIMS))
    assert isinstance(judged, Bad | UnknownKey)


@given(st.sampled_from(sorted(CLAIMS)), JSON)
def test_no_claim_of_another_kind_raises(name, value):
    judged = judge(MINT.forge({"kid": MINT.kid, "alg": "RS256"}, json.dumps(CLAIMS | {name: value}).encode()))
    if isinstance(judged, Good | Expired):
        assert type(judged.claims.expires_at) is type(judged.claims.auth_time) is int
        assert judged.claims.sub
        assert judged.claims.username.encode()

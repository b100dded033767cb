"""A distribution that caches is refused: what it would serve is one person's session, to another."""

from __future__ import annotations

import copy
import json

import pytest

from hardtack.cli import main
from hardtack.web.remedy import RemedyError
from hardtack.web.remedy.distribution import CACHING_DISABLED, check_distribution
from support.remedies import policy_file, policy_text

ALL_VIEWER = "216adef6-5c7f-47e4-b989-5492eafa07d3"
NO_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
BOTH = {
    "Quantity": 2,
    "Items": [
        {
            "LambdaFunctionARN": "arn:aws:lambda:us-east-1:123456789012:function:shield:7",
            "EventType": trigger,
            "IncludeBody": trigger == "origin-request",
        }
        for trigger in ("origin-request", "origin-response")
    ],
}
GOOD = {
    "TargetOriginId": "site",
    "ViewerProtocolPolicy": "redirect-to-https",
    "LambdaFunctionAssociations": BOTH,
    "CachePolicyId": CACHING_DISABLED,
    "OriginRequestPolicyId": ALL_VIEWER,
}
OLD = {
    "TargetOriginId": "site",
    "LambdaFunctionAssociations": BOTH,
    "ForwardedValues": {"QueryString": True, "Cookies": {"Forward": "all"}, "Headers": {"Quantity": 1, "Items": ["*"]}},
    "MinTTL": 0,
    "DefaultTTL": 0,
    "MaxTTL": 0,
}
STATIC = {"PathPattern": "/_next/static/*", "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6"}
TWO_HOSTS = {"origins": '["https://app.example.com", "https://www.example.com"]'}


def distribution(behaviour: dict, *, etag: bool = True) -> str:
    config = {
        "CallerReference": "x",
        "DefaultCacheBehavior": behaviour,
        "CacheBehaviors": {"Quantity": 1, "Items": [STATIC]},
    }
    return json.dumps({"ETag": "E2QWRUHEXAMPLE", "DistributionConfig": config} if etag else config)


def codes(text: str, **policy: str) -> list[str]:
    return [each.code for each in check_distribution(text, policy_file(**policy).policy)]


@pytest.mark.parametrize("behaviour", [GOOD, OLD, GOOD | {"OriginRequestPolicyId": NO_HOST}])
@pytest.mark.parametrize("etag", [True, False])
def test_what_neither_caches_nor_withholds_cookies_is_good(behaviour, etag):
    assert codes(distribution(behaviour, etag=etag)) == []


def test_the_whole_distribution_may_be_given_too():
    inner = json.loads(distribution(GOOD))["DistributionConfig"]
    assert codes(json.dumps({"Distribution": {"Id": "E1", "DistributionConfig": inner}})) == []


def without(behaviour: dict, *path: str) -> dict:
    changed = copy.deepcopy(behaviour)
    inner = changed
    for step in path[:-1]:
        inner = inner[step]
    del inner[path[-1]]
    return changed


REFUSED = {
    "another cache policy": (GOOD | {"CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6"}, ["remedy.caching"]),
    "a cache policy of one's own": (GOOD | {"CachePolicyId": "00000000-0000"}, ["remedy.caching"]),
    "no policy at all": (without(GOOD, "CachePolicyId"), ["remedy.caching"]),
    "cookies not forwarded": (without(GOOD, "OriginRequestPolicyId"), ["remedy.cookies"]),
    "an unknown forwarding": (GOOD | {"OriginRequestPolicyId": "x"}, ["remedy.cookies"]),
    "a minimum TTL": (OLD | {"MinTTL": 1}, ["remedy.caching"]),
    "a default TTL": (OLD | {"DefaultTTL": 86_400}, ["remedy.caching"]),
    "TTLs by default": (without(without(OLD, "DefaultTTL"), "MaxTTL"), ["remedy.caching"]),
    "some cookies": (
        OLD | {"ForwardedValues": {"Cookies": {"Forward": "whitelist", "WhitelistedNames": {"Items": ["a"]}}}},
        ["remedy.cookies"],
    ),
    "one trigger": (
        GOOD | {"LambdaFunctionAssociations": {"Items": BOTH["Items"][:1]}},
        ["remedy.trigger"],
    ),
    "no function": (without(GOOD, "LambdaFunctionAssociations"), ["remedy.no-function"]),
    "a function elsewhere": (
        GOOD | {"LambdaFunctionAssociations": {"Items": [{"EventType": "viewer-request"}]}},
        ["remedy.no-function"],
    ),
    "everything": (
        OLD | {"MinTTL": 5, "ForwardedValues": {}, "LambdaFunctionAssociations": {"Items": BOTH["Items"][1:]}},
        ["remedy.trigger", "remedy.caching", "remedy.cookies"],
    ),
}


@pytest.mark.parametrize(("behaviour", "expected"), REFUSED.values(), ids=REFUSED)
def test_what_could_serve_one_persons_session_to_another_is_refused(behaviour, expected):
    assert codes(distribution(behaviour)) == expected


def test_a_minimum_ttl_is_explained():
    (problem,) = check_distribution(distribution(OLD | {"MinTTL": 1}), policy_file().policy)
    assert "in spite of no-store" in problem.sentence
    assert problem.attribute == "the default behaviour"


@pytest.mark.parametrize(
    "behaviour",
    [
        GOOD | {"OriginRequestPolicyId": NO_HOST},
        OLD | {"ForwardedValues": {"Cookies": {"Forward": "all"}, "Headers": {"Items": ["Accept"]}}},
    ],
)
def test_several_hosts_have_to_be_told_apart(behaviour):
    assert codes(distribution(behaviour), **TWO_HOSTS) == ["remedy.host"]
    assert codes(distribution(GOOD), **TWO_HOSTS) == []


def test_a_behaviour_of_a_path_is_named():
    config = json.loads(distribution(GOOD))
    config["DistributionConfig"]["CacheBehaviors"]["Items"].append(
        GOOD | {"PathPattern": "/app/*", "CachePolicyId": "x"}
    )
    (problem,) = check_distribution(json.dumps(config), policy_file().policy)
    assert problem.attribute == "the behaviour /app/*"


@pytest.mark.parametrize("text", ["", "[]", "{}", "{", '{"DistributionConfig": 3}', "[" * 100_000])
def test_what_is_no_distribution_is_a_sentence(text):
    with pytest.raises(RemedyError, match="no configuration of a CloudFront distribution"):
        check_distribution(text, policy_file().policy)


def test_the_command_refuses_with_status_1(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hardtack.toml").write_text(policy_text())
    (tmp_path / "good.json").write_text(distribution(GOOD))
    (tmp_path / "bad.json").write_text(distribution(OLD | {"MinTTL": 60}))
    assert main(["remedy", "--check", "good.json"]) == 0
    assert "the shield may run in this distribution" in capsys.readouterr().out
    assert main(["remedy", "--check", "good.json", "bad.json", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert [(each["file"], each["clean"]) for each in told["findings"]] == [("good.json", True), ("bad.json", False)]
    assert main(["remedy", "--check", "bad.json"]) == 1
    assert "Write it anew" not in capsys.readouterr().out

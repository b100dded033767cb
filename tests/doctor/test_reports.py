"""The reports: the same in every format, valid by its schema, and proof against what evidence may hold."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from html.parser import HTMLParser

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardtack.doctor.configured import CodeContext, FailureListener, PolicyRemark, SessionRead, Suppression
from hardtack.doctor.diagnosis import diagnose
from hardtack.doctor.evidence import Evidence, Place
from hardtack.doctor.facts import Facts, Hint, SourceKind
from hardtack.doctor.observed import After, ErrorSeen, Navigation, Outcome, Probe, Side, Step
from hardtack.doctor.reports import FORMATS, render
from hardtack.doctor.reports.as_json import SCHEMA
from hardtack.doctor.reports.html import content_security_policy
from hardtack.doctor.reports.markdown import code_span, escape, fence
from hardtack.doctor.reports.phrases import place_text
from hardtack.doctor.texts import LANGUAGES, words
from support.docs import ROOT
from support.doctor_examples import EXAMPLES, LONE, TWINS, browser, server
from support.doctor_facts import EVERYWHERE, at, call, facts, jar, line, load, refresh, sign_in, written

SARIF = json.loads(gzip.decompress((ROOT / "tests/fixtures/doctor/sarif-2.1.0.json.gz").read_bytes()))
HOSTILE = (
    "<script>alert(1)</script>",
    "\x1b]0;owned\x07\x1b[2J\x1b[31mred",
    "[click](http://evil.test) ![x](http://evil.test/x.png) @everyone",
    '"><img src=x onerror=alert(1)>',
    "{0} {{7*7}} {% raw %} [link](1)",
    "`` ` ``` ~~~ | a | b |\n# head\n- item",
    "\u202egnp.exe\u2066 \u200b\ufeff",
    "CognitoIdentityServiceProvider.abc.alice@example.com.accessToken=eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2ln",
)
TOKEN = "eyJraWQiOiJhIiwiYWxnIjoiUlMyNTYifQ.eyJzdWIiOiJhbGljZSIsInVzZXJuYW1lIjoiYWxpY2UifQ.c2lnbmF0dXJl"


def hostile(text):
    """A set of facts into which one text was put wherever a text fits."""
    place = Place(text, line=3, column=1, url=f"https://app.example.test/{text}", at=1e9)
    evidence = Evidence(place, text)
    return Facts(
        SourceKind.HAR,
        text,
        (
            ErrorSeen(evidence=evidence, name="UnexpectedSignInInterruptionException"),
            FailureListener(evidence=evidence, signs_out=True, navigates=True, by=text),
            PolicyRemark(evidence=evidence, code=text, sentence=text, hint=text),
            Navigation(evidence=evidence, host=text, page=text, status=200),
            *(Navigation(evidence=evidence, host="h", page=text, status=302) for _ in range(9)),
            browser(text),
            server(),
            jar(*TWINS, host=text),
            written(f"{text}=1; Domain=co.uk; Path=/") if re.fullmatch(r"[\x20-\x3a\x3c\x3e-\x7e]+", text) else load(),
        ),
        EVERYWHERE,
        (Hint.COOKIES_STRIPPED,),
    )


def full():
    """A diagnosis with every rule's finding in it."""
    return diagnose([fires for fires, _ in EXAMPLES.values()])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("form", FORMATS)
def test_every_finding_is_told_in_every_format_and_language(form, language):
    diagnosis, told = full(), words(language)
    report = render(diagnosis, told, form)
    for finding in diagnosis.findings:
        assert finding.rule.id in report
    assert told.raw("verdict.stuck") in report or form in {"json", "sarif"}
    assert report.endswith("\n") or form == "html"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_json_is_as_its_schema_says(language):
    for diagnosis in (full(), diagnose([]), diagnose([facts()]), *(diagnose([hostile(text)]) for text in HOSTILE)):
        report = json.loads(render(diagnosis, words(language), "json"))
        jsonschema.validate(report, SCHEMA)
        fields = {"schema", "target", "verdict", "score", "summary", "findings", "checked"}
        assert fields <= set(report)


def test_the_json_schema_refuses_what_is_none():
    report = json.loads(render(full(), words("en"), "json"))
    for broken in ({**report, "verdict": "fine"}, {**report, "score": 101}, {**report, "findings": [{}]}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(broken, SCHEMA)


def test_every_field_of_the_json_is_documented():
    told = (ROOT / "docs" / "doctor-json.md").read_text("utf-8")
    finding = SCHEMA["properties"]["findings"]["items"]["properties"]
    evidence = finding["evidence"]["items"]["properties"]
    assert [one for one in (*SCHEMA["properties"], *finding, *evidence) if f"`{one}`" not in told] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sarif_is_valid_by_the_standards_own_schema(language):
    for diagnosis in (full(), diagnose([]), *(diagnose([hostile(text)]) for text in HOSTILE)):
        jsonschema.validate(json.loads(render(diagnosis, words(language), "sarif")), SARIF)


def test_the_sarif_names_places_fingerprints_and_rules():
    run = json.loads(render(diagnose([EXAMPLES["HT102"][0]]), words("en"), "sarif"))["runs"][0]
    result = next(one for one in run["results"] if one["ruleId"] == "HT102")
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == "HT102"
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "src/app/amplify.ts"
    assert place["region"]["startLine"] == 1
    assert result["partialFingerprints"]["hardtackFinding/v1"]


@pytest.mark.parametrize("text", HOSTILE)
def test_sarif_texts_hold_no_link_and_no_placeholder_of_the_evidence(text):
    run = json.loads(render(diagnose([hostile(text)]), words("en"), "sarif"))["runs"][0]
    for result in run["results"]:
        message = result["message"]["text"]
        assert not re.search(r"(?<!\\)\[[^\]]*(?<!\\)\]\(", message)
        assert not re.search(r"(?<!\{)\{\d+\}(?!\})", message)
        assert " " not in result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]


class Page(HTMLParser):
    """What a page is made of."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.text = set(), [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.text.append(data)


PLAIN = frozenset(("html", "head", "meta", "title", "style", "body", "header", "main", "section", "article", "footer"))
PLAIN |= frozenset(("h1", "h2", "h3", "p", "ul", "li", "code", "pre", "b", "strong", "small", "q", "span", "div"))
PLAIN |= frozenset(("table", "thead", "tbody", "tr", "th", "td"))


@pytest.mark.parametrize("text", HOSTILE)
def test_the_page_is_made_of_our_own_elements_whatever_the_evidence_holds(text):
    page = Page(render(diagnose([hostile(text)]), words("en"), "html"))
    assert page.tags <= PLAIN
    names = {name for name, _ in page.attributes}
    assert not any(name.startswith("on") or name in {"style", "src", "href", "srcset", "action"} for name in names)


def test_the_page_forbids_itself_everything_but_its_own_style():
    text = render(full(), words("en"), "html")
    policy = content_security_policy()
    assert f'content="{policy}"'.replace("'", "&#39;") in text
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert "<script" not in text
    assert "url(" not in style
    assert "@import" not in style


def test_the_page_shows_the_jar_in_time():
    story = facts(
        sign_in("A", 1),
        jar(*LONE, seconds=2),
        written("CognitoIdentityServiceProvider.abc123.alice.refreshToken=B; Path=/", 3),
        jar(*TWINS, seconds=3),
        call("RevokeToken", 200, 4, sent="A"),
        jar(TWINS[1], after=After.SIGN_OUT, seconds=5),
        refresh("A", 400, 6),
    )
    text = render(diagnose([story]), words("en"), "html")
    assert "<th><code>.example.test /</code></th>" in text
    assert "<th><code>host-only app.example.test /</code></th>" in text
    assert text.count('class="chip twin"') == 2
    assert "GetTokensFromRefreshToken → 400 NotAuthorizedException" in text.replace("<b>", "").replace("</b>", "")
    assert "After the sign-out" in text


def test_a_long_story_is_cut_in_the_middle():
    text = render(diagnose([facts(*(load(f"/{number}", number) for number in range(400)))]), words("en"), "html")
    assert "220 more moments are left out" in text.replace("<b>", "").replace("</b>", "")
    assert "/399" in text


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("text", HOSTILE)
def test_no_control_sequence_and_no_direction_mark_leaves_the_doctor(form, text):
    report = render(diagnose([hostile(text)]), words("en"), form)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff]", report)
    assert not re.search(r"\\u001b|\\u202e|\\x1b", report)


@pytest.mark.parametrize("form", FORMATS)
def test_no_token_no_name_and_no_address_leaves_the_doctor(form):
    for text in (TOKEN, f"https://alice:secret@example.test/cb?code={TOKEN}", "alice.smith@example.com", HOSTILE[-1]):
        report = render(diagnose([hostile(text)]), words("en"), form)
        for secret in (TOKEN, TOKEN[:24], "alice.smith", "alice@", "alice:secret", "eyJhbGci"):
            assert secret not in report


def test_markdown_values_are_inert():
    shown = escape("<b>*x*</b> [a](http://b.test) `c` @team #1 | ~")
    for mark in "<>*[]()`#|~":
        assert re.search(rf"(?<!\\){re.escape(mark)}", shown) is None
    assert "@t" not in shown
    assert code_span("a ` b") == "``a ` b``"
    assert code_span("`") == "`` ` ``"
    assert code_span("") == "` `"
    assert fence("a\n```\nb", "ts") == "````ts\na\n```\nb\n````"


TEXTS = st.text(max_size=200) | st.sampled_from(HOSTILE)


@given(TEXTS)
@settings(max_examples=30)
def test_any_text_as_evidence_makes_a_report_in_any_format(text):
    diagnosis = diagnose([hostile(text)])
    for form in FORMATS:
        report = render(diagnosis, words("zh-Hans"), form)
        assert "\x1b" not in report
        report.encode("utf-8")
    assert Page(render(diagnosis, words("en"), "html")).tags <= PLAIN


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_terminal_gives_the_verdict_first(language):
    told = words(language)
    lines = render(diagnose([EXAMPLES["HT101"][0]]), told, "terminal").splitlines()
    assert told.raw("verdict.at-risk") in lines[1]
    healthy = render(diagnose([EXAMPLES["HT101"][1]]), told, "terminal")
    assert told.raw("verdict.healthy") in healthy.splitlines()[1]


def test_a_sentence_begins_its_cause_with_a_small_letter_but_for_names():
    def said(rule_id):
        return json.loads(render(diagnose([EXAMPLES[rule_id][0]]), words("en"), "json"))["summary"]

    assert said("HT106").endswith(": twins that differ by their path.")
    assert "Safari ends these cookies" in said("HT703")
    assert "AMPLIFY_APP_ORIGIN makes" in said("HT410")


def test_the_only_recordings_name_stands_once():
    shown = render(diagnose([EXAMPLES["HT105"][0]]), words("en"), "terminal")
    assert shown.count("recording.har") == 1
    assert "request 0, https://app.example.test/" in shown
    both = render(diagnose([EXAMPLES["HT105"][0], facts(target="other.har")]), words("en"), "terminal")
    assert both.count("recording.har") > 2


def test_lines_to_be_copied_are_never_broken():
    diagnosis = diagnose([EXAMPLES["HT102"][0]])
    shown = render(diagnosis, words("en"), "terminal").splitlines()
    for finding in diagnosis.findings:
        for snippet in finding.hit.snippets:
            assert all(f"    {line}" in shown for line in snippet.code.splitlines())


@pytest.mark.parametrize(
    ("kind", "target", "uri"),
    [
        (SourceKind.PROJECT, ".", "src/app/amplify.ts"),
        (SourceKind.PROJECT, "apps/web", "apps/web/src/app/amplify.ts"),
        (SourceKind.PROJECT, "./apps/web/package.json", "apps/web/src/app/amplify.ts"),
        (SourceKind.PROJECT, "../other", "../other/src/app/amplify.ts"),
        (SourceKind.PROJECT, "/srv/checkout", "src/app/amplify.ts"),
        (SourceKind.HAR, "somewhere/recording.har", "src/app/amplify.ts"),
    ],
)
def test_sarif_names_a_file_as_the_code_host_knows_it(kind, target, uri):
    project = facts(browser(".example.test"), server(), kind=kind, target=target)
    run = json.loads(render(diagnose([project]), words("en"), "sarif"))["runs"][0]
    result = next(one for one in run["results"] if one["ruleId"] == "HT102")
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri
    assert result["relatedLocations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


@pytest.mark.parametrize("form", FORMATS)
def test_what_is_not_counted_is_told_with_its_reason(form):
    comment = Suppression(evidence=line(1), rules=("HT102",), reason="both [are](x) <right> here \x1b[31m")
    project = facts(comment, browser(".example.test"), server())
    known = diagnose([project]).findings[0].fingerprint
    diagnosis = diagnose([project], baseline=[known])
    assert {one.by for one in diagnosis.suppressed} == {"comment", "baseline"}
    report = render(diagnosis, words("en"), form)
    assert "HT102" in report
    assert "right" in report
    assert "\x1b" not in report
    if form == "sarif":
        jsonschema.validate(json.loads(report), SARIF)
        results = json.loads(report)["runs"][0]["results"]
        kinds = {one["suppressions"][0]["kind"] for one in results if "suppressions" in one}
        assert kinds == {"inSource", "external"}


def test_a_recording_from_beyond_the_calendar_has_no_time_of_day():
    def shown(at_):
        place = Place("recording.har", entry=1, url="https://app.example.test/", at=at_)
        return place_text(place, words("en"))

    assert shown(1e9).endswith(", 01:46:40.000")
    for odd in (1e300, -1e300, float("nan"), float("inf"), None):
        assert shown(odd) == "recording.har, request 1, https://app.example.test/"


def test_many_places_are_counted_at_a_terminal():
    reads = [
        SessionRead(evidence=line(number), side=Side.SERVER, context=CodeContext.SERVER_COMPONENT)
        for number in range(1, 8)
    ]
    assert "… +3" in render(diagnose([facts(*reads)]), words("en"), "terminal")


def test_the_timeline_speaks_the_readers_language():
    story = facts(
        written("session=1; Domain=co.uk"),
        Probe(evidence=at(1), step=Step.PLANT, outcome=Outcome.NOT_RECOVERED),
    )
    text = render(diagnose([story]), words("zh-Hans"), "html")
    assert "浏览器拒收（别的主机的域）" in text
    assert "植入孪生 cookie：没有恢复" in text.replace("<b>", "").replace("</b>", "")

"""The edits that are surely safe: made where the old text stands, and nowhere else."""

from __future__ import annotations

import pytest

from hardtack.doctor.diagnosis import diagnose
from hardtack.doctor.errors import DoctorError
from hardtack.doctor.fixing import apply, changes
from hardtack.doctor.observed import Side
from support.doctor_examples import ScopeConfigured
from support.doctor_facts import facts, line

SOURCE = "// é\r\nconst storage = new CookieStorage({\r\n  domain: 'https://example.test/',\r\n});\r\n"


def project(folder, text=SOURCE, *, name="src/amplify.ts", number=3, domain="https://example.test/"):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    scope = ScopeConfigured(evidence=line(number, name), side=Side.BROWSER, domain=domain)
    return path, diagnose([facts(scope)])


def test_a_domain_that_can_never_have_worked_is_mended_and_nothing_else_is_touched(tmp_path):
    path, diagnosis = project(tmp_path)
    found = changes(diagnosis, tmp_path)
    assert path.read_bytes() == SOURCE.encode()
    assert "-  domain: 'https://example.test/'," in found[0].diff()
    assert "+  domain: 'example.test'," in found[0].diff()
    assert apply(found) == 1
    assert path.read_bytes() == SOURCE.replace("https://example.test/", "example.test").encode()


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (SOURCE, 2),
        (SOURCE, 99),
        (SOURCE.replace("domain: 'https://example.test/'", "domain: process.env.DOMAIN"), 3),
        ("a\nb\n['https://example.test/', 'https://example.test/']\n", 3),
    ],
)
def test_where_the_text_is_not_what_it_was_nothing_is_changed(tmp_path, text, number):
    path, diagnosis = project(tmp_path, text, number=number)
    assert changes(diagnosis, tmp_path) == ()
    assert path.read_bytes() == text.encode()


def test_no_file_outside_of_the_target_is_touched(tmp_path):
    inner = tmp_path / "app"
    inner.mkdir()
    path, diagnosis = project(inner, name="../outside.ts")
    assert path.resolve() == (tmp_path / "outside.ts").resolve()
    assert changes(diagnosis, inner) == ()


def test_a_public_suffix_is_left_to_a_person(tmp_path):
    _, diagnosis = project(tmp_path, SOURCE.replace("example.test", "co.uk"), domain="https://co.uk/")
    assert any(finding.rule.id == "HT103" for finding in diagnosis.findings)
    assert changes(diagnosis, tmp_path) == ()


def test_a_file_in_another_encoding_is_left_alone(tmp_path):
    path, diagnosis = project(tmp_path)
    path.write_bytes(SOURCE.encode("utf-16"))
    assert changes(diagnosis, tmp_path) == ()


def test_a_file_that_cannot_be_written_is_a_sentence(tmp_path):
    path, diagnosis = project(tmp_path)
    found = changes(diagnosis, tmp_path)
    path.unlink()
    path.mkdir()
    with pytest.raises(DoctorError, match="can't be written"):
        apply(found)


def test_the_diff_carries_no_control_sequence(tmp_path):
    _, diagnosis = project(tmp_path, SOURCE.replace("// é", "// \x1b[31m"))
    assert "\x1b" not in changes(diagnosis, tmp_path)[0].diff()

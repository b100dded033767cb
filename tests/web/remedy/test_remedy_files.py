"""What is written is ours to renew, what people wrote is theirs; and a file says whether it has drifted."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardtack.cli import main
from hardtack.web.remedy import TARGETS, Drift, RemedyError, Written, check, remedy, write
from hardtack.web.remedy.blocks import blocks_in, framed
from hardtack.web.remedy.templates import fill
from support.remedies import policy_file, policy_text

DAY = date(2026, 11, 23)
ALL = sorted(set(TARGETS) - {"lambda-edge"})
ROOT = Path(__file__).parents[3]


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A folder with a policy file, in which the command is run."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hardtack.toml").write_text(policy_text())
    return tmp_path


@pytest.mark.parametrize("target", ALL)
def test_what_is_written_says_what_it_is_and_does_not_depend_on_the_day(target):
    file = policy_file()
    today, later = remedy(target, file, written=DAY), remedy(target, file, written=date(2027, 1, 1))
    for one, other in zip(today, later, strict=True):
        (block,) = blocks_in(one.text)
        assert (block.target, block.file, block.written) == (target, one.name, "2026-11-23")
        assert block.policy == file.policy.fingerprint
        assert not block.was_edited
        assert block.body == blocks_in(other.text)[0].body
        assert "__" not in re.sub(r"__Host-|__Secure-", "", one.text)
        assert all(
            len(line) <= 120
            for line in one.text.splitlines()
            if not line.startswith(("map ", "// hardtack", "# hardtack"))
        )


def test_the_real_day_is_the_default():
    (file,) = remedy("js", policy_file())
    assert date.fromisoformat(blocks_in(file.text)[0].written) >= DAY.replace(year=2024)


@pytest.mark.parametrize("target", ALL)
def test_what_was_just_written_has_not_drifted(target, tmp_path):
    became = write(remedy(target, policy_file(), written=DAY), tmp_path)
    assert set(became.values()) == {Written.NEW}
    for name in became:
        assert [each.drift for each in check(tmp_path / name, policy_file())] == [Drift.NONE]


def test_an_older_nexts_file_is_checked_by_its_own_name(tmp_path):
    write(remedy("nextjs", policy_file(), next_entry="middleware.ts"), tmp_path)
    assert "export function middleware(" in (tmp_path / "middleware.ts").read_text()
    assert check(tmp_path / "middleware.ts", policy_file())[0].drift is Drift.NONE


@pytest.mark.parametrize(
    ("policy", "drift"),
    [({"domain": '"app.example.com"'}, Drift.POLICY), ({"base_paths": '["/signin"]'}, Drift.REMEDY)],
)
def test_another_policy_is_noticed(policy, drift, tmp_path):
    write(remedy("js", policy_file(), written=DAY), tmp_path)
    (finding,) = check(tmp_path / "clear-all-auth-cookies.js", policy_file(**policy))
    assert finding.drift is drift
    assert finding.sentence.startswith("clear-all-auth-cookies.js (js, 2026-11-23) was written for")


def test_an_edited_block_is_noticed_and_line_ends_are_no_edit(tmp_path):
    write(remedy("js", policy_file()), tmp_path)
    path = tmp_path / "clear-all-auth-cookies.js"
    text = path.read_text()
    path.write_bytes(text.replace("\n", "\r\n").encode())
    assert check(path, policy_file())[0].drift is Drift.NONE
    path.write_text(text.replace("Path=/;", "Path=/x;", 1))
    assert check(path, policy_file())[0].drift is Drift.EDITED


def test_a_block_is_found_wherever_it_was_pasted(tmp_path):
    (one,), (other,) = remedy("nginx", policy_file()), remedy("js", policy_file())
    path = tmp_path / "all.txt"
    path.write_text(f"before\n{one.text}between\n{other.text}behind")
    assert [(each.target, each.drift) for each in check(path, policy_file())] == [
        ("nginx", Drift.NONE),
        ("js", Drift.NONE),
    ]


def test_a_target_of_a_later_hardtack_is_drift_and_no_traceback(tmp_path):
    text = framed(
        "x\n", comment="#", target="apache", file="x.conf", written=DAY, policy=policy_file().policy.fingerprint
    )
    (tmp_path / "x.conf").write_text(text)
    assert check(tmp_path / "x.conf", policy_file())[0].drift is Drift.REMEDY


def test_renewing_keeps_what_the_site_wrote_around_the_block(tmp_path):
    write(remedy("nextjs", policy_file()), tmp_path)
    proxy = tmp_path / "proxy.ts"
    proxy.write_text("// ours\n" + proxy.read_text().replace("return undefined;", "return gate(_request);"))
    proxy.chmod(0o640)
    assert set(write(remedy("nextjs", policy_file()), tmp_path).values()) == {Written.UNCHANGED}
    became = write(remedy("nextjs", policy_file(domain='"app.example.com"')), tmp_path)
    assert became["hardtack/policy.ts"] is Written.RENEWED
    text = proxy.read_text()
    assert text.startswith("// ours\n")
    assert "return gate(_request);" in text
    assert check(tmp_path / "hardtack" / "policy.ts", policy_file(domain='"app.example.com"'))[0].drift is Drift.NONE
    assert proxy.stat().st_mode & 0o777 == 0o640


def test_nothing_foreign_or_edited_is_overwritten_and_then_nothing_is_written(tmp_path):
    (tmp_path / "proxy.ts").write_text("export const mine = 1;\n")
    (tmp_path / "hardtack").mkdir()
    edited = next(each for each in remedy("nextjs", policy_file()) if each.name == "hardtack/policy.ts")
    (tmp_path / "hardtack" / "policy.ts").write_text(edited.text.replace("lax", "strict"))
    with pytest.raises(RemedyError) as caught:
        write(remedy("nextjs", policy_file()), tmp_path)
    assert [(each.code, each.attribute) for each in caught.value.problems] == [
        ("remedy.edited", "policy.ts"),
        ("remedy.foreign", "proxy.ts"),
    ]
    assert sorted(path.name for path in tmp_path.rglob("*.ts")) == ["policy.ts", "proxy.ts"]
    write(remedy("nextjs", policy_file()), tmp_path, force=True)
    assert check(tmp_path / "proxy.ts", policy_file())[0].drift is Drift.NONE
    assert check(tmp_path / "hardtack" / "policy.ts", policy_file())[0].drift is Drift.NONE


def test_a_folder_that_is_a_file_is_said_so(tmp_path):
    (tmp_path / "out").write_text("a file")
    with pytest.raises(RemedyError, match=r"remedy\.unwritable"):
        write(remedy("js", policy_file()), tmp_path / "out")


@pytest.mark.parametrize(
    ("content", "code"),
    [(None, "unreadable"), (b"\xff\xfe", "unreadable"), (b"nothing of ours", "no-block"), (b"x" * 4_000_001, "size")],
)
def test_what_can_not_be_checked_is_a_sentence(content, code, tmp_path):
    path = tmp_path / "file.js"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(RemedyError) as caught:
        check(path, policy_file())
    assert [each.code for each in caught.value.problems] == [f"remedy.{code}"]


PROBLEMS = {
    "a strange key": ("nginx", "sign_of = 1", {}, [("remedy.key", "remedy.sign_of")]),
    "no path": ("nginx", 'sign_out = "bye"', {}, [("remedy.path", "remedy.sign_out")]),
    "another host": ("nginx", 'sign_out = "//evil.example.com"', {}, [("remedy.path", "remedy.sign_out")]),
    "a path that nginx would read": ("nginx", 'sign_out = "/bye;"', {}, [("remedy.path", "remedy.sign_out")]),
    "the whole site": ("nginx", 'sign_out = "/"', {}, [("remedy.sign-out", "remedy.sign_out")]),
    "no flag": ("nginx", "clear_site_data = 1", {}, [("remedy.flag", "remedy.clear_site_data")]),
    "what Amplify can't be told": (
        "nextjs",
        "",
        {"path": '"/app"', "http_only": "true", "partitioned": "true", "base_paths": "[]"},
        [("remedy.amplify", f"policy.{each}") for each in ("path", "http_only", "partitioned")],
    ),
    "plain http": (
        "nextjs",
        "",
        {"origins": '["http://app.example.com"]', "secure": "false"},
        [("remedy.amplify", "policy.secure")],
    ),
}


@pytest.mark.parametrize(("target", "table", "policy", "expected"), PROBLEMS.values(), ids=PROBLEMS)
def test_what_can_not_be_had_is_told_at_once(target, table, policy, expected):
    with pytest.raises(RemedyError) as caught:
        remedy(target, policy_file(remedy=table, **policy))
    assert [(each.code, each.attribute) for each in caught.value.problems] == expected


def test_every_problem_stands_on_the_remedies_page():
    sources = "".join(path.read_text() for path in (ROOT / "src/hardtack/web/remedy").glob("*.py"))
    codes = set(re.findall(r'_problem\(\s*"([a-z-]+)"|PolicyProblem\(\s*"remedy\.([a-z-]+)"', sources))
    page = "".join((ROOT / "docs" / name).read_text() for name in ("remedies.md", "lambda-edge.md"))
    assert {one or other for one, other in codes} == set(re.findall(r"^\| `remedy\.([a-z-]+)` \|", page, re.MULTILINE))


def test_a_template_that_is_not_filled_in_is_our_own_mistake():
    with pytest.raises(KeyError):
        fill("nextjs/server.ts")
    with pytest.raises(ValueError, match="no place for colour"):
        fill("nextjs/server.ts", pool="{}", colour="green")


@given(st.text(max_size=300))
def test_any_text_is_searched_for_blocks_without_a_traceback(text):
    (one,) = remedy("js", policy_file(), written=DAY)
    assert blocks_in(text) == ()
    assert len(blocks_in(f"{text}\n{one.text}{text}")) == 1


# -- the command ------------------------------------------------------------------------------------------------------


def test_the_command_writes_renews_and_checks(site, capsys):
    assert main(["remedy", "--target", "nextjs", "--output", "src"]) == 0
    assert "src/proxy.ts: new" in capsys.readouterr().err
    files = [str(path) for path in sorted((site / "src").rglob("*.ts"))]
    assert main(["remedy", "--check", *files]) == 0
    assert capsys.readouterr().out.count("agrees with the policy file.") == 5
    (site / "hardtack.toml").write_text(policy_text(domain='"app.example.com"'))
    assert main(["remedy", "--check", *files]) == 1
    assert "was written for another policy." in capsys.readouterr().out
    assert main(["remedy", "--target", "nextjs", "--output", "src"]) == 0
    assert main(["remedy", "--check", *files]) == 0


def test_without_a_folder_it_is_printed_and_nothing_else_is(site, capsys):
    assert main(["remedy", "--target", "nginx"]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    (site / "printed.conf").write_text(printed.out)
    assert main(["remedy", "--check", "printed.conf"]) == 0
    assert main(["remedy", "--target", "nextjs", "--next", "15"]) == 0
    assert "==> middleware.ts <==" in capsys.readouterr().out


def test_the_same_as_json(site, capsys):
    assert main(["remedy", "--target", "js", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["target"], [each["name"] for each in told["files"]]) == ("js", ["clear-all-auth-cookies.js"])
    assert main(["remedy", "--target", "js", "--json", "--output", "."]) == 0
    assert json.loads(capsys.readouterr().out)["files"] == [{"name": "clear-all-auth-cookies.js", "became": "new"}]
    assert main(["remedy", "--check", "clear-all-auth-cookies.js", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["clean"], told["findings"][0]["drift"]) == (True, "none")
    assert main(["remedy", "--check", "nowhere.js", "--json"]) == 2
    assert "can't be read" in json.loads(capsys.readouterr().out)["error"]


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--target", "apache"],
        ["--target", "js", "--check", "x.js"],
        ["--check"],
        ["--target", "js", "--policy", "nowhere.toml"],
        ["--target", "js", "--next", "12"],
    ],
)
def test_what_can_not_run_says_so(words, site, capsys):
    assert main(["remedy", *words]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "Traceback" not in told.err
    assert told.err


def test_a_foreign_file_stops_the_command(site, capsys):
    (site / "clear-all-auth-cookies.js").write_text("mine")
    assert main(["remedy", "--target", "js", "--output", "."]) == 2
    assert "No remedy of this name wrote it." in capsys.readouterr().err
    assert main(["remedy", "--target", "js", "--output", ".", "--force"]) == 0

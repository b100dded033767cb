"""docs/cookies.md tells the truth: its tables hold what the code says, and its examples run."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

from hardtack.cookies.policy import CookiePolicy
from hardtack.cookies.problems import SENTENCES, PolicyError, PolicyProblem
from support.policy_cases import BROKEN, REFUSED_NAMES, REMARKABLE

PAGE = Path(__file__).parents[2] / "docs" / "cookies.md"
HEAD = ["| about | what it says | what to write | code |", "| --- | --- | --- | --- |"]


def table(problems: list[PolicyProblem]) -> list[str]:
    cells = [(f"`{one.attribute}`", one.sentence, one.hint, f"`{one.code}`") for one in problems]
    return HEAD + [
        "| " + " | ".join(cell.replace("|", "\\|").replace("*", "\\*") for cell in row) + " |" for row in cells
    ]


def between(start: str, end: str) -> list[str]:
    text = PAGE.read_text(encoding="utf-8")
    return text.partition(start)[2].partition("-->")[2].partition(end)[0].strip().splitlines()


def refusal(arguments: dict, name: str) -> PolicyProblem:
    with pytest.raises(PolicyError) as caught:
        CookiePolicy(**arguments).write(name, "v")
    (problem,) = caught.value.problems
    return problem


def test_every_problem_has_its_row_word_for_word():
    problems = [problem for arguments in BROKEN.values() for problem in CookiePolicy.check(**arguments)]
    problems += [refusal(*case) for case in REFUSED_NAMES.values()]
    assert between("<!-- problems", "<!-- end of problems -->") == table(problems)
    assert {problem.code for problem in problems} == {code for code in SENTENCES if ".remark." not in code}


def test_every_remark_has_its_row_word_for_word():
    remarks = [remark for arguments in REMARKABLE.values() for remark in CookiePolicy(**arguments).remarks]
    assert between("<!-- remarks", "<!-- end of remarks -->") == table(remarks)
    assert {remark.code for remark in remarks} == {code for code in SENTENCES if ".remark." in code}


def test_the_examples_do_what_the_page_says():
    source = PAGE.read_text(encoding="utf-8").replace("```", "")
    example = doctest.DocTestParser().get_doctest(source, {}, PAGE.name, str(PAGE), 0)
    assert len(example.examples) > 15
    told: list[str] = []
    results = doctest.DocTestRunner(verbose=False).run(example, out=told.append)
    assert results.failed == 0, "".join(told)

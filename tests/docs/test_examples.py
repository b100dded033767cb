"""Every example in the documentation runs: Python as it stands, the rest held against what it is about."""

from __future__ import annotations

import pytest

from support.docs import PAGES, ROOT, fences, run_examples

EXECUTED = {"js", "nginx", "python", "sh", "toml"}
SHOWN = {"json", "mermaid", "text"}
WITH_EXAMPLES = [page for page in PAGES if any(language in EXECUTED for language, _ in fences(page))]


@pytest.mark.parametrize("page", WITH_EXAMPLES, ids=lambda page: page.name)
def test_the_examples_of_a_page_run(page, deployed):
    run_examples(page, pool=deployed)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_block_says_what_it_is(page):
    assert {language for language, _ in fences(page)} <= EXECUTED | SHOWN


def test_both_readmes_show_the_same_code():
    english, chinese = (
        [source for language, source in fences(ROOT / name) if language == "python"]
        for name in ("README.md", "README.zh-CN.md")
    )
    assert english == chinese

"""The applications that the documentation shows are applications: people sign in to them, and out."""

from __future__ import annotations

import json

import pytest

from support.docs import ROOT, Visited, run_examples


@pytest.fixture(params=["README.md", "README.zh-CN.md"])
def minimal(request, deployed):
    """The application of a README."""
    with Visited(run_examples(ROOT / request.param, pool=deployed)["app"]) as visited:
        yield visited


def test_the_readmes_application_signs_a_person_in_and_out(minimal):
    browser = minimal.browser()
    assert json.loads(browser.get("/").text) == {"signed_in_as": None}
    assert browser.get("/account").path == "/auth/sign-in"
    assert json.loads(browser.sign_in("alice", next_="/account").text)["email"] == "alice@example.com"
    assert json.loads(browser.get("/").text) == {"signed_in_as": "alice"}
    page = browser.get("/auth/sign-out")
    assert browser.post("/auth/sign-out", page.form("/auth/sign-out")).path == "/auth/signed-out"
    assert not browser.auth_cookies()
    assert json.loads(browser.get("/").text) == {"signed_in_as": None}


def test_the_readmes_application_answers_a_program_with_401(minimal):
    answer = minimal.browser().fetch("/account")
    assert answer.status == 401
    assert json.loads(answer.text)["error"] == "sign-in-required"

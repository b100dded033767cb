from __future__ import annotations

import pytest


def test_a_right_password_leads_to_the_page_that_was_asked_for(site, browser):
    page = browser.get("/private")
    assert page.path == "/auth/sign-in"
    fields = {**page.form("/auth/sign-in"), "username": "alice", "password": "Biscuit-1620!"}
    arrived = browser.post("/auth/sign-in", fields)
    assert (arrived.path, arrived.text) == ("/private", "private alice")
    assert [seen.path for seen in browser.history[-3:]] == ["/auth/sign-in", "/auth/welcome", "/private"]
    assert browser.session()["signed_in"] is True

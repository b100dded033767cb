"""What a browser needs before a page may call the pool as stock Amplify does."""

from __future__ import annotations

import pytest

from support.pool import ask, sign_in

pytestmark = pytest.mark.pool

PAGE = "http://app.hardtack.localhost:8000"
ASKED = "authorization,cache-control,content-type,x-amz-target,x-amz-user-agent"


def test_a_preflight_from_any_page_is_granted(pool, http):
    headers = {
        "origin": PAGE,
        "access-control-request-method": "POST",
        "access-control-request-headers": ASKED,
    }
    answer = http.options("/", headers=headers)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] in {"*", PAGE}
    assert "POST" in answer.headers["access-control-allow-methods"]
    # the Fetch standard never lets "*" stand for authorization, so the names are spelt out
    granted = {each.strip() for each in answer.headers["access-control-allow-headers"].split(",")}
    assert granted >= set(ASKED.split(","))


@pytest.mark.parametrize("operation", ["GetUser", "InitiateAuth"])
def test_answers_good_and_bad_may_be_read_by_the_page(pool, http, operation):
    http.headers["origin"] = PAGE
    answer = ask(http, operation)
    assert answer.status_code == 400
    assert answer.headers.get_list("access-control-allow-origin") == ["*"]
    assert "x-amzn-errortype" in answer.headers["access-control-expose-headers"]
    assert sign_in(http, pool)


def test_the_keys_may_be_read_by_the_page(pool, http):
    assert http.get(pool.jwks_url, headers={"origin": PAGE}).headers["access-control-allow-origin"] == "*"

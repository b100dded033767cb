"""A user pool to test against: ministack in a process of its own, on a free port of the loopback.

It verifies passwords, SRP proofs, codes, secrets and tokens (its AUTH mode), so what passes here was really proved.
"""

from __future__ import annotations

import base64
import json
import os
import re
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TARGET = "AWSCognitoIdentityProviderService"
PATIENCE = 60  # seconds; two cores may be busy with other tests
# What an administrator's calls are signed with is not checked against a secret, but has to be there.
SIGNED = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/cognito-idp/aws4_request, SignedHeaders=host, Signature=0"


class SetUpError(Exception):
    """The emulator's error to a set-up call of a test."""


@dataclass(frozen=True)
class TestPool:
    """A user pool with an app client without a secret and one with."""

    __test__ = False  # no test class, whatever pytest thinks of its name

    user_pool_id: str
    client_id: str
    secret_client_id: str
    client_secret: str = field(repr=False)


@dataclass(frozen=True)
class Ministack:
    """The running emulator.

    Attributes:
        url: its base URL.
    """

    url: str

    def call(self, operation: str, **payload: Any) -> dict[str, Any]:
        """Make a call as an administrator would, bypassing what is tested."""
        request = urllib.request.Request(  # noqa: S310  our own loopback URL
            self.url + "/",
            data=json.dumps(payload).encode(),
            headers={
                "content-type": "application/x-amz-json-1.1",
                "x-amz-target": f"{TARGET}.{operation}",
                "authorization": SIGNED,
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as response:  # noqa: S310  the same
                return json.loads(response.read() or b"{}")
        except urllib.error.HTTPError as error:
            with error:
                raise SetUpError(f"{operation}: {error.read().decode()}") from None

    def messages(self) -> list[dict[str, Any]]:
        """Every e-mail that was sent, oldest first."""
        with urllib.request.urlopen(self.url + "/_ministack/ses/messages", timeout=PATIENCE) as response:  # noqa: S310  the same
            by_account = json.loads(response.read())["messages"]
        return [message for messages in by_account.values() for message in messages]

    def code_for(self, address: str) -> str:
        """The newest code that went to an address."""
        texts = [message["BodyText"] for message in self.messages() if address in message["To"]]
        return re.findall(r"\b[0-9]{6}\b", texts[-1])[-1]

    def create_pool(self, **options: Any) -> TestPool:
        """A new pool of its own for a test."""
        pool_id = self.call("CreateUserPool", PoolName=f"pool-{secrets.token_hex(4)}", **options)["UserPool"]["Id"]
        flows = ["ALLOW_USER_SRP_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
        plain, confidential = (
            self.call(
                "CreateUserPoolClient",
                UserPoolId=pool_id,
                ClientName=f"client-{with_secret}",
                GenerateSecret=with_secret,
                ExplicitAuthFlows=flows,
            )["UserPoolClient"]
            for with_secret in (False, True)
        )
        return TestPool(pool_id, plain["ClientId"], confidential["ClientId"], confidential["ClientSecret"])


def serve(directory: Path) -> Iterator[Ministack]:
    """Start the emulator, yield it when it answers, and end it.

    Args:
        directory: where its state, its key and its log may lie.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = {
        "AUTH": "true",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "STATE_DIR": str(directory),
        "TMPDIR": str(directory),
    }
    log = directory / "ministack.log"
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [sys.executable, "-m", "ministack"], env=os.environ | settings, stdout=output, stderr=output
        ) as process,
    ):
        try:
            stack = Ministack(f"http://127.0.0.1:{port}")
            _wait_for(stack, process, log)
            yield stack
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait_for(stack: Ministack, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(stack.url + "/_ministack/health", timeout=2):  # noqa: S310  the same
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"ministack did not start:\n{log.read_text()[-2000:]}")


def claims(token: str) -> dict[str, Any]:
    """What a token says, unverified."""
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))

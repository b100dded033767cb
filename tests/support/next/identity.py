"""A test authority that the browsers trust, and a certificate of it for the site."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
import trustme

from support.next.front import PARENT

if TYPE_CHECKING:
    from pathlib import Path


def certified(folder: Path) -> tuple[str, str]:
    """Write `authority.pem` and the site's certificate and key into a folder; the paths of the two."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    issued = authority.issue_cert(PARENT, f"*.{PARENT}")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    for blob in issued.cert_chain_pems:
        blob.write_to_path(str(certificate), append=True)
    issued.private_key_pem.write_to_path(str(key))
    return str(certificate), str(key)


def trust(authority: Path, store: Path) -> None:
    """Make an NSS store, Chromium's below a home folder or a Firefox profile's, that trusts the authority."""
    certutil = shutil.which("certutil")
    if certutil is None:
        pytest.skip("certutil is not installed: apt-get install libnss3-tools")
    store.mkdir(parents=True, exist_ok=True)
    for words in (["-N", "--empty-password"], ["-A", "-n", "test", "-t", "C,,", "-i", str(authority)]):
        subprocess.run([certutil, "-d", f"sql:{store}", *words], check=True, timeout=60)

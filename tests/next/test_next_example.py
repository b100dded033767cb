"""What can be said of the example site without building it."""

from __future__ import annotations

import json
import lzma
import re
from pathlib import Path

from hardtack.sessions.policy_file import load_policy_file
from support.next.build import SOURCES
from support.next.expected import STORMS, VERDICTS
from support.next.server import SetUp

RECORDINGS = Path(__file__).parents[1] / "fixtures" / "har-next"


def is_refused_refresh(entry):
    """Whether an entry of a HAR is a refresh that the pool refused."""
    headers = {each["name"].lower(): each["value"] for each in entry["request"]["headers"]}
    return entry["response"]["status"] == 400 and headers.get("x-amz-target", "").endswith("GetTokensFromRefreshToken")


def test_the_lockfile_names_no_registry_and_every_package_has_its_hash():
    lock = json.loads((SOURCES / "package-lock.json").read_text())
    packages = {name: each for name, each in lock["packages"].items() if name}
    assert len(packages) > 50
    assert [name for name, each in packages.items() if "resolved" in each] == []
    assert [name for name, each in packages.items() if "integrity" not in each and not each.get("inBundle")] == []


def test_the_lockfile_has_the_compiler_for_every_platform():
    lock = json.loads((SOURCES / "package-lock.json").read_text())
    wanted = lock["packages"]["node_modules/next"]["optionalDependencies"]
    compilers = [name for name in wanted if name.startswith("@next/swc-")]
    assert compilers
    assert [name for name in compilers if f"node_modules/{name}" not in lock["packages"]] == []


def test_its_policy_file_is_the_browsers_scope():
    settings = dict(re.findall(r"^([A-Z_]+)=(.*)$", (SOURCES / ".env").read_text(), re.MULTILINE))
    file = load_policy_file(SOURCES / "hardtack.toml")
    assert file.policy.domain.lstrip(".") == settings["CLIENT_COOKIE_DOMAIN"].lstrip(".")
    assert file.policy.path == settings["CLIENT_COOKIE_PATH"]
    assert file.pool.client_id == settings["POOL_CLIENT_ID"]


def test_the_readme_and_the_tests_know_every_setting(pool_of_names):
    readme = (SOURCES / "README.md").read_text()
    settings = re.findall(r"^([A-Z_]+)=", (SOURCES / ".env").read_text(), re.MULTILINE)
    assert [name for name in settings if f"`{name}`" not in readme] == []
    set_ups = set(SetUp().environment(pool_of_names, "client"))
    assert set(settings) <= set_ups


def test_no_two_rows_have_one_name():
    for table in (VERDICTS, STORMS):
        names = [verdict.row.name for verdict in table]
        assert len(set(names)) == len(names)


def test_every_recording_is_labelled_and_shows_what_its_label_says():
    labels = json.loads((RECORDINGS / "labels.json").read_text())
    assert sorted(labels) == sorted(path.name for path in RECORDINGS.glob("*.xz"))
    for name, label in labels.items():
        entries = json.loads(lzma.decompress((RECORDINGS / name).read_bytes()))["log"]["entries"]
        refused = [each for each in entries if is_refused_refresh(each)]
        assert (label["verdict"] == "stuck") == (len(refused) > 5), name

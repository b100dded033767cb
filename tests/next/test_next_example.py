"""What can be said of the example site without building it."""

from __future__ import annotations

import json
import re

from hardtack.sessions.policy_file import load_policy_file
from support.next.build import SOURCES
from support.next.expected import STORMS, VERDICTS
from support.next.server import SetUp


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

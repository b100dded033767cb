"""Each rule about configuration, on a project that has the fault and on one that hasn't."""

from __future__ import annotations

import pytest

from hardtack.doctor.fixing import apply, changes
from hardtack.doctor.rules.model import Severity
from support.project_trees import judged, named, places, trees, write

TREES = [tree for tree in trees() if tree.kind in {"faulty", "correct"}]


def _above_note(diagnosis):
    return {one.rule.id for one in diagnosis.findings if one.severity is not Severity.NOTE}


@pytest.mark.parametrize("tree", [one for one in TREES if one.kind == "faulty"], ids=lambda tree: tree.id)
def test_the_fault_is_found_at_its_line_and_nothing_else(tree, tmp_path):
    diagnosis = judged(write(tree, tmp_path))
    found = places(diagnosis, tree.rule)
    assert tree.at in found
    assert _above_note(diagnosis) - {tree.rule} == set(tree.also)


@pytest.mark.parametrize("tree", [one for one in TREES if one.kind == "correct"], ids=lambda tree: tree.id)
def test_the_correct_project_is_left_alone(tree, tmp_path):
    diagnosis = judged(write(tree, tmp_path))
    assert places(diagnosis, tree.rule) == []
    assert _above_note(diagnosis) == set(tree.also)


@pytest.mark.parametrize("tree", [one for one in trees() if one.kind == "base"], ids=lambda tree: tree.id)
def test_the_projects_that_the_others_are_made_of_are_sound(tree, tmp_path):
    assert _above_note(judged(write(tree, tmp_path))) == set()


@pytest.mark.parametrize("name", ["HT103", "HT409"])
def test_what_is_surely_safe_is_mended_in_the_line_that_is_named(name, tmp_path):
    root = write(named("faulty", name), tmp_path)
    made = changes(judged(root), root)
    assert [one.name for one in made] == ["lib/amplify-browser.tsx"]
    assert apply(made) == 1
    assert places(judged(root), name) == []

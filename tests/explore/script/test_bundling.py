"""ES modules as one expression: no more of the syntax than our sources use, and that rightly."""

from __future__ import annotations

import re

import pytest
import quickjs

from hardtack.explore.script.bundling import BundlingError, bundle
from hardtack.explore.script.engine import hardtack_sources
from hardtack.web.browser_side import script


def evaluate(modules, expression, *, globals_=(), given="{}"):
    context = quickjs.Context()
    context.eval(f"const made = {bundle(modules, globals_=globals_)}({given});")
    return context.eval(expression)


def test_modules_are_placed_behind_what_they_import_whatever_their_order():
    modules = {
        "top": 'import { double } from "./low.js";\nexport const four = double(2);',
        "low": "export function double(value) {\n  return value * 2;\n}",
    }
    assert evaluate(modules, "made.top.four") == 4


def test_each_module_keeps_a_scope_of_its_own():
    modules = {
        "one": "const hidden = 1;\nexport const shown = () => hidden;",
        "two": "const hidden = 2;\nexport const shown = () => hidden;",
    }
    assert evaluate(modules, "made.one.shown() * 10 + made.two.shown()") == 12


def test_every_way_of_exporting_that_is_used_is_known():
    modules = {
        "all": "export const a = 1;\nexport let b = 2;\nexport class C {}\nexport async function d() {}\n"
        'export { kept } from "./other.js";',
        "other": "export const kept = 5;",
    }
    assert evaluate(modules, "Object.keys(made.all).sort().join()") == "C,a,b,d,kept"
    assert evaluate(modules, "made.all.kept") == 5


def test_an_import_may_go_over_lines_and_take_another_name():
    modules = {
        "x": 'import {\n  a as b,\n  c,\n} from "./y.js";\nexport const sum = b + c;',
        "y": "export const a = 1;\nexport const c = 2;",
    }
    assert evaluate(modules, "made.x.sum") == 3


def test_what_a_module_takes_from_its_caller_hides_the_engines_own():
    modules = {"x": "export const seen = () => document.cookie + Date;"}
    found = evaluate(
        modules, "made.x.seen()", globals_=("document", "Date"), given='{document: {cookie: "a"}, Date: 7}'
    )
    assert found == "a7"


def test_nothing_of_one_making_is_left_in_the_next():
    modules = {"x": "let count = 0;\nexport const next = () => ++count;"}
    text = bundle(modules)
    context = quickjs.Context()
    assert (
        context.eval(f"const make = {text}; const one = make({{}}); one.x.next(); one.x.next(); make({{}}).x.next()")
        == 1
    )


@pytest.mark.parametrize(
    "source",
    [
        'import all from "./y.js";',
        'import "./y.js";',
        'import * as all from "./y.js";',
        "export default 1;",
        'export * from "./y.js";',
        "export { a };",
    ],
)
def test_other_syntax_is_refused_rather_than_misread(source):
    with pytest.raises(BundlingError, match="not understood"):
        bundle({"x": source, "y": "export const a = 1;"})


def test_a_missing_module_and_a_circle_are_named():
    with pytest.raises(BundlingError, match="x imports y, which is missing"):
        bundle({"x": 'import { a } from "./y.js";'})
    with pytest.raises(BundlingError, match="imports itself"):
        bundle({"x": 'import { a } from "./y.js";', "y": 'import { b } from "./x.js";'})


def test_what_runs_is_what_is_shipped():
    """The same sources, and the same names for the world; `test_browser_side_script.py` compares sources and file."""
    context = quickjs.Context()
    context.eval(f"const made = {bundle(hardtack_sources())}({{}});")
    exported = set(context.eval("Object.keys(made.hardtack).join()").split(","))
    assert exported == set(re.findall(r"as (\w+)", script().decode().rpartition("export{")[2]))

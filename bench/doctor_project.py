"""How long the doctor takes to read a project of 5,000 files: `python bench/doctor_project.py [files]`.

The files are as long as files are and import from each other; one in a hundred concerns the session, at the end
of chains of imports. The figure is one whole examination, the first of a fresh process, with a second one beside it.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from argparse import Namespace
from pathlib import Path

from hardtack.doctor.diagnosis import diagnose
from hardtack.doctor.examination import examine

EXAMPLE = Path(__file__).parents[1] / "examples" / "nextjs-amplify"
LINES = 120


def component(number: int, others: list[int], chance: random.Random) -> str:
    imports = "\n".join(f'import {{ Part{one} }} from "@/parts/p{one % 50}/part{one}";' for one in others)
    body = "\n".join(
        f"  const value{line} = useMemo(() => compute({{ line: {line}, seed: {chance.random():.3f} }}), [props.name]);"
        for line in range(LINES)
    )
    return (
        f'import {{ useMemo }} from "react";\nimport {{ compute }} from "@/lib/compute";\n{imports}\n\n'
        f"export function Part{number}(props: {{ name: string }}) {{\n{body}\n"
        f"  return <section>{{props.name}}{{value0}}</section>;\n}}\n"
    )


def build(root: Path, count: int) -> int:
    """Write the example, and so many files around it; returns the bytes."""
    chance = random.Random(7)  # noqa: S311 -- the same project at every run
    for path in EXAMPLE.rglob("*"):
        kept = path.suffix in {".ts", ".tsx", ".json"} or path.name.startswith(".env")
        if path.is_file() and kept and not {"node_modules", ".next"} & set(path.parts):
            target = root / path.relative_to(EXAMPLE)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    size = 0
    for number in range(count):
        others = [chance.randrange(number) for _ in range(4)] if number else []
        text = component(number, others, chance)
        if number % 100 == 0:
            text = f'import {{ getCurrentUser }} from "aws-amplify/auth";\n{text}\nexport const who = getCurrentUser;\n'
        target = root / "parts" / f"p{number % 50}" / f"part{number}.tsx"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        size += len(text)
    return size


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000
    with tempfile.TemporaryDirectory() as folder:
        size = build(Path(folder), count)
        print(f"{count:,} files, {size / 1e6:.1f} MB")
        for run in ("first", "second"):
            begin, burnt = time.perf_counter(), time.process_time()
            facts = examine(folder, Namespace())
            told = len(diagnose([facts]).findings)
            seconds, cpu = time.perf_counter() - begin, time.process_time() - burnt
            print(
                f"{run}: {seconds:.2f} s ({cpu:.2f} s of processor), {facts.counts['parsed']} parsed, {told} findings"
            )


if __name__ == "__main__":
    main()

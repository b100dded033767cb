"""Takes runs of script on, from data to data.

Rule: the same settings, memory, run, segments, answer, time and readings make the same step, on every machine and in
every process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hardtack.explore.script.engine import Engine
from hardtack.explore.script.model import Ask, Done, Gate, Go, Lock, Memory, Pool, Step, Timer, Write

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hardtack.explore.script.model import Run, ScriptSettings, Segment

__all__ = ["ScriptHost", "StrayedError"]

_GATES: dict[str, Callable[..., Gate]] = {
    "Pool": Pool, "Ask": Ask, "Lock": Lock, "Timer": Timer, "Write": Write, "Go": Go, "Done": Done
}  # fmt: skip


class StrayedError(RuntimeError):
    """The segments can't be those of this run, or the run never comes to rest."""


class ScriptHost:
    """Runs the script of any number of tabs, one step at a time. To be used by the thread that made it."""

    def __init__(self) -> None:
        self._engine = Engine(self._read_now, self._write_now)
        self._read: Callable[[], str]
        self._write: Callable[[str], None]
        self._readings: list[str] = []

    def advance(
        self,
        settings: ScriptSettings,
        memory: Memory,
        run: Run,
        segments: Sequence[Segment],
        *,
        answer: str,
        now: float,
        read: Callable[[], str],
        write: Callable[[str], None],
        tear: bool = False,
    ) -> Step:
        """Answer the gate before which a run stands, and take it to its next one.

        Args:
            settings: the page's.
            memory: what was remembered before the run.
            run: which.
            segments: what ran so far; none to begin.
            answer: the gate's, as JSON; `BEGIN` to begin.
            now: this browser's clock, epoch seconds.
            read: gives what `document.cookie` shows on the run's page now.
            write: does what `document.cookie = line` does there.
            tear: whether the run stops before each write of Amplify's token store. For all of a run or for none of it.

        Raises:
            StrayedError: see there.
        """
        self._read, self._write, self._readings = read, write, []
        flat: list[str | float] = []
        for segment in segments:
            flat += segment.answer, segment.now, len(segment.readings), *segment.readings
        outcome = self._engine.run(
            settings, memory.page, memory.tab, run.name, run.user, run.path, tear, *flat, answer, now, 0
        )
        return _step(outcome, memory, tuple(self._readings))

    def _read_now(self) -> str:
        text = self._read()
        self._readings.append(text)
        return text

    def _write_now(self, line: str) -> None:
        self._write(line)


def _step(outcome: dict[str, Any], before: Memory, readings: tuple[str, ...]) -> Step:
    if outcome["strayed"]:
        raise StrayedError(outcome["strayed"])
    kind, *arguments = outcome["gate"]
    gate = _GATES[kind](*arguments)
    memory = before
    if isinstance(gate, Done):
        memory = Memory(outcome["page"], outcome["tab"])
    elif isinstance(gate, Go):
        memory = Memory("", outcome["tab"])
    return Step(gate, readings, memory, tuple(outcome["locks"]), tuple(outcome["told"]))

"""Takes runs of script on, from data to data.

Rule: the same settings, memory, run, segments, answer, time and readings make the same step, on every machine and in
every process, whether it was made before or not.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hardtack.explore.script.engine import Engine
from hardtack.explore.script.model import Ask, Done, Gate, Go, Lock, Memory, Pool, Step, Timer, Write
from hardtack.explore.script.remembered import Place, Remembered, written

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
    """Runs the script of any number of tabs, one step at a time.

    To be used by the thread that made it, and not to be carried into another process: each makes its own.
    """

    def __init__(self) -> None:
        self._engine = Engine(self._read_now, self._write_now)
        self._remembered = Remembered()
        self._read: Callable[[], str]
        self._write: Callable[[str], None]
        self._trouble: BaseException | None = None
        self._place = Place()
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
        place: int = 0,
        tear: bool = False,
    ) -> Step:
        """Answer a gate before which a run stands, and take it as far as it goes.

        Args:
            settings: the page's.
            memory: what was remembered before the run.
            run: which.
            segments: what ran so far; none to begin.
            answer: the gate's, as JSON; `BEGIN` to begin.
            now: this browser's clock, epoch seconds.
            read: gives what `document.cookie` shows on the run's page now.
            write: does what `document.cookie = line` does there.
            place: which gate is answered, of those of the step before.
            tear: whether the run stops before each write of Amplify's token store. For all of a run or for none of it.

        Raises:
            StrayedError: see there.
        """
        self._read, self._write, self._readings = read, write, []
        self._place, is_known = self._remembered.beginning(
            settings, memory, run, segments, answer=answer, place=place, now=now, tear=tear
        )
        while is_known:
            for line in self._place.writes:
                write(line)
            if self._place.step is not None:
                return replace(self._place.step, readings=tuple(self._readings))
            is_known = self._go_on(read())
        flat: list[str | float] = []
        for segment in segments:
            flat += segment.answer, segment.place, segment.now, len(segment.readings), *segment.readings
        flat += answer, place, now, len(self._readings), *self._readings
        try:
            outcome = self._engine.run(settings, memory.page, memory.tab, run.name, run.user, run.path, tear, *flat)
            self._place.step = self._made(outcome, memory)
        except BaseException:
            self._remembered = Remembered()  # a place was left half-way
            raise
        return replace(self._place.step, readings=tuple(self._readings))

    def _made(self, outcome: dict[str, Any], before: Memory) -> Step:
        """The step, without its readings."""
        if self._trouble is not None:
            trouble, self._trouble = self._trouble, None
            raise trouble
        if outcome["strayed"]:
            raise StrayedError(outcome["strayed"])
        gates = tuple([_GATES[kind](*arguments) for kind, *arguments in outcome["gates"]])
        memory, locks = before, tuple(outcome["locks"])
        if any(isinstance(gate, Done) for gate in gates):
            memory = Memory(outcome["page"], outcome["tab"])
        elif any(isinstance(gate, Go) for gate in gates):
            memory, locks = Memory("", outcome["tab"]), ()  # a page that leaves holds nothing
        return Step(gates, (), memory, locks, tuple(outcome["told"]))

    def _go_on(self, text: str) -> bool:
        """Past a reading; whether somebody has been there before."""
        self._readings.append(text)
        self._place, is_known = self._remembered.branch(self._place, text)
        return is_known

    def _read_now(self) -> str:
        try:
            text = self._read()
        except BaseException as trouble:  # noqa: BLE001 -- script would catch it; it is raised when script has stopped
            self._trouble = trouble
            return ""
        self._go_on(text)
        return text

    def _write_now(self, line: str) -> None:
        written(self._place, line)
        try:
            self._write(line)
        except BaseException as trouble:  # noqa: BLE001 -- the same
            self._trouble = trouble

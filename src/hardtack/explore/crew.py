"""The workers of a search: this process alone, or several that each hold a part of the frontier.

Rule: who works decides nothing. The first levels are done by everybody alike, since there is less to do than to tell;
from then on each new state goes to one of the workers that came upon it, to the one with the least to do. What descends
from one worker's states stays with it; so whoever has far more than another one hands some over.
"""

from __future__ import annotations

import multiprocessing
from typing import TYPE_CHECKING, Any, Final, Self

from hardtack.explore.expanding import Expander, serve

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

    from hardtack.explore.expanding import Adopted, Expanded
    from hardtack.explore.properties import Finding
    from hardtack.explore.world import World

__all__ = ["Crew"]

_ENOUGH: Final = 64  # states a worker, from which on the work is shared
_UNEVEN: Final = 2  # times as many states as another worker has, from which on some are handed over ...
_WORTH: Final = 1_000  # ... where there are so many
_EVERYBODY: Final = -1


class _Here:
    """A worker that is this process."""

    def __init__(self, world: World) -> None:
        self._expander = Expander(world)
        self._answer: Any = None

    def ask(self, name: str, *arguments: Any, **named: Any) -> None:
        self._answer = getattr(self._expander, name)(*arguments, **named)

    def hear(self) -> Any:
        return self._answer

    def stop(self) -> None:
        pass

    leave = stop


class _Elsewhere:
    """A worker in a process of its own."""

    def __init__(self, world: World) -> None:
        context = multiprocessing.get_context("spawn")
        self._here, there = context.Pipe()
        self._process = context.Process(target=serve, args=(world, there), daemon=True)
        self._process.start()

    def ask(self, name: str, *arguments: Any, **named: Any) -> None:
        self._here.send((name, arguments, named))

    def hear(self) -> Any:
        answer = self._here.recv()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def stop(self) -> None:
        self._here.send(("stop", (), {}))
        self._process.join()

    def leave(self) -> None:
        self._process.terminate()
        self._process.join()


class Crew:
    """The workers.

    Args:
        world: the world.
        count: how many; 1 for this process alone.
    """

    def __init__(self, world: World, count: int) -> None:
        self.is_many = count > 1
        self.everybody = _EVERYBODY if self.is_many else 0
        self._workers = [_Elsewhere(world) if self.is_many else _Here(world) for _ in range(max(count, 1))]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for worker in self._workers:
            if kind is None:
                worker.stop()
            else:  # it may be in the middle of something
                worker.leave()

    def begin(self) -> tuple[int, tuple[Finding, ...]]:
        """The beginning's key, and what it breaks; every worker holds it."""
        return self._all("begin")[0]

    def expand(self, frontier: Sequence[tuple[int, int]]) -> list[Expanded]:
        """Every state expanded, in the frontier's order."""
        parts = self._parts(frontier)
        for worker, keys in parts.items():
            self._workers[worker].ask("expand", keys)
        found = {worker: iter(self._workers[worker].hear()) for worker in parts}
        if frontier and frontier[0][1] == _EVERYBODY:
            return [one for *_, one in zip(*found.values(), strict=True)]
        return [next(found[worker]) for _, worker in frontier]

    def share(self, met: Mapping[int, Sequence[int]]) -> list[tuple[int, int]]:
        """Say who shall hold each new state, in their order.

        Args:
            met: by key, the workers that came upon it.
        """
        if not self.is_many:
            return [(key, 0) for key in met]
        if all(workers[0] == _EVERYBODY for workers in met.values()) and len(met) < _ENOUGH * len(self._workers):
            return [(key, _EVERYBODY) for key in met]
        load = [0] * len(self._workers)
        shared: list[tuple[int, int]] = []
        for key, workers in met.items():
            able = range(len(load)) if workers[0] == _EVERYBODY else workers
            worker = min(able, key=lambda one: (load[one], one))
            load[worker] += 1
            shared.append((key, worker))
        return self._evened(shared, load)

    def _evened(self, shared: list[tuple[int, int]], load: list[int]) -> list[tuple[int, int]]:
        """The same with states handed over, where somebody has far more than somebody else."""
        most, least = load.index(max(load)), load.index(min(load))
        if load[most] < max(_WORTH, _UNEVEN * load[least]) or load[most] - load[least] < 2:  # noqa: PLR2004 -- to halve
            return shared
        keys = [key for key, worker in shared if worker == most][-((load[most] - load[least]) // 2) :]
        self._workers[most].ask("give", keys)
        self._workers[least].ask("receive", self._workers[most].hear())
        self._workers[least].hear()
        given = frozenset(keys)
        return [(key, least if key in given else worker) for key, worker in shared]

    def adopt(self, frontier: Sequence[tuple[int, int]]) -> tuple[list[tuple[int, tuple[Finding, ...]]], int]:
        """Let each worker hold its part; what the states break, in the frontier's order, and the memory in use."""
        parts = {number: list[int]() for number in range(len(self._workers))} | self._parts(frontier)
        everybody = bool(frontier) and frontier[0][1] == _EVERYBODY
        for worker, keys in parts.items():
            self._workers[worker].ask("adopt", keys, judge=not everybody or worker == 0)
        told: list[Adopted] = [self._workers[worker].hear() for worker in parts]
        broken = {key: findings for one in told for key, findings in one.broken}
        return [(key, broken[key]) for key, _ in frontier if key in broken], sum(one.bytes for one in told)

    def packed(self) -> list[bytes]:
        """Every state that somebody holds."""
        return self._all("packed")

    def take(self, held: Sequence[bytes], keys: Sequence[int]) -> list[tuple[int, int]]:
        """Hold what an earlier crew held; the frontier, shared out anew."""
        count = len(self._workers)
        shared = [(key, place % count) for place, key in enumerate(keys)]
        for number, worker in enumerate(self._workers):
            for packed in held:
                worker.ask("take", packed, [key for key, one in shared if one == number])
                worker.hear()
        return shared

    def _parts(self, frontier: Sequence[tuple[int, int]]) -> dict[int, list[int]]:
        if frontier and frontier[0][1] == _EVERYBODY:
            keys = [key for key, _ in frontier]
            return dict.fromkeys(range(len(self._workers)), keys)
        parts: dict[int, list[int]] = {}
        for key, worker in frontier:
            parts.setdefault(worker, []).append(key)
        return parts

    def _all(self, name: str) -> list[Any]:
        for worker in self._workers:
            worker.ask(name)
        return [worker.hear() for worker in self._workers]

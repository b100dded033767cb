"""Which fault hits which call.

Rule: the first fault switched on that fits is the one that strikes, and it is spent when the call arrives, not when it
ends, so that two calls at once never share the last one.
"""

from __future__ import annotations

from dataclasses import replace
from threading import Lock
from typing import Final

from hardtack.demo.pool.facts import ALL_OPERATIONS, Fault, FaultKind, PoolError

__all__ = ["FaultPlan"]

_NO_ANSWER: Final = (FaultKind.RESET, FaultKind.HANG)

_ANSWERS: Final = {  # kind -> (status, exception) unless told otherwise
    FaultKind.THROTTLED: (429, "TooManyRequestsException"),
    FaultKind.ERROR: (500, "InternalErrorException"),
    FaultKind.REFUSED: (400, "NotAuthorizedException"),
}


class FaultPlan:
    """The faults that are switched on, in order; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._faults: list[Fault] = []
        self._last = 0

    def add(
        self,
        operation: str,
        kind: str,
        *,
        times: int | None = None,
        seconds: float = 0.0,
        status: int | None = None,
        exception: str | None = None,
    ) -> Fault:
        """Switch a fault on.

        Raises:
            PoolError: the kind is unknown, or `times` or `seconds` makes no sense.
        """
        if kind not in set(FaultKind):
            raise PoolError("That is not a kind of fault.", hint=f"Choose one of: {', '.join(FaultKind)}.")
        if times is not None and times < 1:
            raise PoolError("A fault hits at least one call.", hint="Give times=1 or more, or None until switched off.")
        if seconds < 0:
            raise PoolError("A delay can't be negative.", hint="Give seconds=0 or more.")
        if (status or exception) and kind not in _ANSWERS:
            raise PoolError("That kind of fault sends no answer of its own.", hint=f"Choose {', '.join(_ANSWERS)}.")
        default_status, default_exception = _ANSWERS.get(FaultKind(kind), (0, ""))
        with self._lock:
            self._last += 1
            fault = Fault(
                number=self._last,
                operation=operation,
                kind=FaultKind(kind),
                times=times,
                seconds=seconds,
                status=default_status if status is None else status,
                exception=default_exception if exception is None else exception,
            )
            self._faults.append(fault)
        return fault

    def take(self, operation: str) -> Fault | None:
        """The fault that strikes a call of this operation now; one of its times is spent."""
        with self._lock:
            for index, fault in enumerate(self._faults):
                if fault.operation not in (operation, ALL_OPERATIONS):
                    continue
                if fault.times is None:
                    return fault
                if fault.times == 1:
                    del self._faults[index]
                else:
                    self._faults[index] = replace(fault, times=fault.times - 1)
                return fault
        return None

    def blackout(self) -> Fault | None:
        """The fault that leaves even a CORS preflight without an answer, if one is on; nothing is spent."""
        with self._lock:
            fits = (each for each in self._faults if each.operation == ALL_OPERATIONS and each.kind in _NO_ANSWER)
            return next(fits, None)

    def remove(self, number: int) -> None:
        """Switch one fault off; one that is spent already is no error."""
        with self._lock:
            self._faults = [each for each in self._faults if each.number != number]

    def clear(self, operation: str | None = None) -> None:
        """Switch every fault off, or every one of this operation."""
        with self._lock:
            self._faults = [each for each in self._faults if operation not in (None, each.operation)]

    def active(self) -> tuple[Fault, ...]:
        """The faults that are on, in the order in which they strike."""
        with self._lock:
            return tuple(self._faults)

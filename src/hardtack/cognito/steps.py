"""The words in which a flow tells its shell what it needs.

Rule: a flow is a generator that yields a `Step`, is sent what came of it, and returns its result. It opens no socket,
starts no thread and sleeps never; whoever drives it does that, in the blocking or the awaiting way. So every operation
is written once. What can go wrong on the way is a value (`Lost`), for the flow to judge. Nothing here shows a body or a
header in its `repr`: they are where passwords and tokens travel.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias, TypeVar, cast

if TYPE_CHECKING:
    from hardtack.cognito.errors import Reason

__all__ = ["Compute", "Flow", "HttpRequest", "HttpResponse", "Lost", "Pause", "Step", "compute", "pause", "send"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A POST for the shell to make. It is sent an `HttpResponse` or a `Lost`.

    Attributes:
        url: where to.
        headers: name and value, in order.
        body: the request's bytes.
        connect: seconds to get a connection.
        read: seconds between two reads of the answer.
        within: seconds for all of it together.
        max_body: bytes of answer beyond which the rest is not read.
    """

    url: str
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes = field(repr=False)
    connect: float
    read: float
    within: float
    max_body: int


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """What came back.

    Attributes:
        status: the HTTP status.
        headers: by lower-case name.
        body: the answer's bytes, whole.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Lost:
    """No answer came, or none that could be read to its end.

    Attributes:
        reason: CONNECTION, TIMEOUT or MALFORMED.
        unsent: True only if the request surely never left; False wherever that is not known.
    """

    reason: Reason
    unsent: bool


@dataclass(frozen=True, slots=True)
class Compute:
    """Arithmetic long enough to hold up an event loop. The flow is sent what the function returns."""

    function: Callable[[], object] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait; the flow is sent None.

    Attributes:
        seconds: for how long.
    """

    seconds: float


Step: TypeAlias = HttpRequest | Compute | Pause
Flow: TypeAlias = Generator[Step, object, T]


def send(request: HttpRequest) -> Flow[HttpResponse | Lost]:
    """Have a request made, and get what came of it under its own type."""
    return cast("HttpResponse | Lost", (yield request))


def compute(function: Callable[[], T]) -> Flow[T]:
    """Have something computed where it holds nobody up, and get its result under its own type."""
    return cast("T", (yield Compute(function)))


def pause(seconds: float) -> Flow[None]:
    """Have some time pass."""
    yield Pause(seconds)

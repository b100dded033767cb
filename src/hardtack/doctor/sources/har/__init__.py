"""A HAR recording: the browser's own account of what happened, from Chrome, Firefox, Safari, Playwright or Charles.

Rule: two steps, however long the recording. One pass keeps some hundred bytes of each request that matters; then the
requests are gone through in the order of time, beside a model of the browser's jar. What a recording cannot show
(script's own writes) follows from the difference; what an export has removed (cookies, bodies) is said.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

from hardtack.doctor.errors import SourceError

if TYPE_CHECKING:
    from argparse import Namespace

    from hardtack.doctor.facts import Facts, Progress

__all__ = ["gather"]


def gather(target: str, options: Namespace, progress: Progress) -> Facts:
    """Read a recording.

    Args:
        target: the path of a HAR file; it may be packed with gzip or xz, or lie alone in a zip file.
        options: of these `host` is read.
        progress: told bytes of the file.

    Raises:
        SourceError: it is no recording, or it breaks off before its first request.
    """
    from hardtack.doctor.marks import Marker  # noqa: PLC0415 -- with the rest below
    from hardtack.doctor.sources.har.concluding import conclude  # noqa: PLC0415 -- needs msgspec, an extra
    from hardtack.doctor.sources.har.opening import EXPORT_HINT, open_recording  # noqa: PLC0415
    from hardtack.doctor.sources.har.reading import Reading  # noqa: PLC0415
    from hardtack.doctor.sources.har.records import Cookies  # noqa: PLC0415
    from hardtack.doctor.sources.har.splitting import Splitter  # noqa: PLC0415

    with open_recording(target) as stream:
        splitter = Splitter(stream, progress)
        splitter.head()
        cookies = Cookies(Marker(), shows_scopes=says_scopes(splitter.about))
        reading = Reading(Path(target).name, cookies)
        reading.read(splitter.entries())
    if not reading.requests:
        what = "It breaks off before its first request." if splitter.ended_early else "It holds no request."
        raise SourceError(f"There is nothing to judge in the recording. {what}", hint=EXPORT_HINT)
    return conclude(reading, splitter, tuple(getattr(options, "host", None) or ()))


def says_scopes(about: dict[str, object]) -> bool:
    """Whether the recording's own list of cookies says where each lies: only Chrome's network panel writes so."""
    creator = about.get("creator")
    return isinstance(creator, dict) and cast("dict[str, object]", creator).get("name") == "WebInspector"

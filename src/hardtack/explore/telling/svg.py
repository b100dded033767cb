"""A few shapes of SVG 1.1 as text, with nothing but strings beneath.

Rule: every text and every attribute is escaped here and nowhere else, and what was cleaned before is all that XML
allows. Elements are closed by a tag of their own, so that the same text is right as XML and inside an HTML page.
"""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["arrow", "box", "group", "label", "line", "tag"]

_TIP_LENGTH: Final = 10.0
_TIP_WIDTH: Final = 5.0


def tag(name: str, *inside: str, **attributes: str | float) -> str:
    """An element. `inside` is markup already; an attribute is not, and is left out if it is empty.

    `class_` is written as `class`, `data_step` as `data-step`.
    """
    written = "".join(f' {_attribute(key)}="{_value(value)}"' for key, value in attributes.items() if value != "")
    return f"<{name}{written}>{''.join(inside)}</{name}>"


def _attribute(key: str) -> str:
    return key.rstrip("_").replace("_", "-")


def _value(value: str | float) -> str:
    return escape(value) if isinstance(value, str) else f"{round(value, 1):g}"


def group(inside: Iterable[str], **attributes: str | float) -> str:
    """Several shapes in one."""
    return tag("g", "\n".join(inside), **attributes)


def box(x: float, y: float, width: float, height: float, *, class_: str, radius: float = 8) -> str:
    """A rectangle with round corners."""
    return tag("rect", class_=class_, x=x, y=y, width=width, height=height, rx=radius)


def line(x1: float, y1: float, x2: float, y2: float, *, class_: str) -> str:
    """A straight line."""
    return tag("path", class_=class_, d=f"M{_value(x1)} {_value(y1)}L{_value(x2)} {_value(y2)}")


def arrow(x1: float, y1: float, x2: float, y2: float, *, class_: str) -> str:
    """A straight arrow, its tip at the second point. The tip's class has `-tip` behind it."""
    angle = math.atan2(y2 - y1, x2 - x1)
    along, across = math.cos(angle), math.sin(angle)
    back_x, back_y = x2 - _TIP_LENGTH * along, y2 - _TIP_LENGTH * across
    corners = [
        (x2, y2),
        (back_x - _TIP_WIDTH * across, back_y + _TIP_WIDTH * along),
        (back_x + _TIP_WIDTH * across, back_y - _TIP_WIDTH * along),
    ]
    tip = "L".join(f"{_value(x)} {_value(y)}" for x, y in corners)
    return line(x1, y1, back_x, back_y, class_=class_) + tag("path", class_=f"{class_}-tip", d=f"M{tip}z")


def label(lines: Iterable[str], x: float, y: float, leading: float, *, class_: str) -> str:
    """Lines of text one below the other; `y` is the base line of the first."""
    return "".join(
        tag("text", escape(text), class_=class_, x=x, y=y + number * leading) for number, text in enumerate(lines)
    )

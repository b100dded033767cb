"""Reads HTML without forgiveness: what a browser would silently mend is an error here.

Rule: every element that is opened is closed, in order; no attribute stands twice; no id stands twice; only known void
elements go unclosed (HTML, section 13.1.2).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})
SVG = frozenset({"path", "circle"})
"""Elements that may close themselves, as SVG writes them."""


@dataclass
class Element:
    tag: str
    attributes: dict[str, str | None]
    parent: Element | None = None
    nodes: list[Element | str] = field(default_factory=list)

    def walk(self) -> Iterator[Element]:
        yield self
        for child in self.nodes:
            if isinstance(child, Element):
                yield from child.walk()

    def find(self, *tags: str) -> list[Element]:
        return [element for element in self.walk() if element.tag in tags]

    def one(self, tag: str) -> Element:
        (element,) = self.find(tag)
        return element

    def by_id(self, name: str) -> Element:
        (element,) = [element for element in self.walk() if element.attributes.get("id") == name]
        return element

    def get(self, name: str) -> str | None:
        return self.attributes.get(name)

    def has_class(self, name: str) -> bool:
        return name in (self.get("class") or "").split()

    @property
    def text(self) -> str:
        return " ".join(self._text().split())

    def _text(self) -> str:
        return "".join(node if isinstance(node, str) else node._text() for node in self.nodes)

    @property
    def hidden(self) -> bool:
        return "hidden" in self.attributes or (self.parent is not None and self.parent.hidden)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("#document", {})
        self._open = [self.root]
        self.has_doctype = False

    def handle_decl(self, decl: str) -> None:
        assert decl.lower() == "doctype html"
        assert not self.root.find("html"), "the doctype comes first"
        self.has_doctype = True

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> says an attribute twice: {names}"
        element = Element(tag, dict(attrs), self._open[-1])
        self._open[-1].nodes.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in SVG, f"<{tag}/> can't close itself"
        self._open[-1].nodes.append(Element(tag, dict(attrs), self._open[-1]))

    def handle_endtag(self, tag: str) -> None:
        assert self._open[-1].tag == tag, f"</{tag}> closes <{self._open[-1].tag}>"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        self._open[-1].nodes.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"A comment reached the page: {data!r}")

    def handle_pi(self, data: str) -> None:
        raise AssertionError(f"A processing instruction reached the page: {data!r}")

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(f"A declaration reached the page: {data!r}")


def read_html(text: str) -> Element:
    """Read a whole page, or fail on the first thing that isn't well-formed."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    assert reader.has_doctype
    assert len(reader._open) == 1, f"never closed: {[element.tag for element in reader._open[1:]]}"
    ids = [element.get("id") for element in reader.root.walk() if element.get("id") is not None]
    assert len(ids) == len(set(ids)), f"an id stands twice: {sorted(ids)}"
    return reader.root.one("html")

"""The block of a file that a remedy wrote, and how it is told from what people wrote.

Rule: nothing that we did not write is ever overwritten, and nobody has to keep a list of what we wrote. So each block
says in its first line what it is and what it holds: the target, the file's name, the day, the policy's fingerprint and
a digest of its own lines. From these alone anyone can see whether it was edited by hand, and whether the policy has
moved on. What stands before and behind the block is the site's own, and stays.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import date

__all__ = ["Block", "blocks_in", "content_digest", "framed", "put_block"]

_BLOCK: Final = re.compile(
    r"^(?P<comment>//|#) hardtack remedy: target=(?P<target>[a-z-]+) file=(?P<file>\S+) date=(?P<date>\d{4}-\d\d-\d\d)"
    r" policy=(?P<policy>[0-9a-f]{8}) content=(?P<content>[0-9a-f]{16})\r?\n"
    r"(?P<body>.*?)^(?P=comment) hardtack remedy: end(?=\r?$)",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Block:
    """One block as it was found.

    Attributes:
        target: which remedy wrote it, such as `nginx`.
        file: the name of the file that it was written as.
        written: the day, as in `2026-11-23`.
        policy: the policy's fingerprint on that day.
        content: the digest that its first line says.
        body: its lines.
        start: where it begins in the text, in characters.
        end: where it ends.
    """

    target: str
    file: str
    written: str
    policy: str
    content: str
    body: str
    start: int
    end: int

    @property
    def was_edited(self) -> bool:
        """Whether somebody has changed its lines since."""
        return content_digest(self.body) != self.content


def content_digest(body: str) -> str:
    """16 hex digits for the lines of a block; which system's line ends they have makes no difference."""
    return blake2b(body.replace("\r\n", "\n").encode(), digest_size=8).hexdigest()


def framed(body: str, *, comment: str, target: str, file: str, written: date, policy: str) -> str:
    """A block: its first line, its lines, its last line.

    Args:
        body: whole lines.
        comment: what begins a comment in the file's language, `//` or `#`.
        target: which remedy writes it.
        file: the file's name.
        written: the day.
        policy: the policy's fingerprint.
    """
    head = (
        f"{comment} hardtack remedy: target={target} file={file} date={written.isoformat()}"
        f" policy={policy} content={content_digest(body)}"
    )
    return f"{head}\n{body}{comment} hardtack remedy: end\n"


def blocks_in(text: str) -> tuple[Block, ...]:
    """Every block in a text, in order; pasted into a larger file they are found as well."""
    return tuple(
        Block(
            target=found["target"],
            file=found["file"],
            written=found["date"],
            policy=found["policy"],
            content=found["content"],
            body=found["body"],
            start=found.start(),
            end=found.end(),
        )
        for found in _BLOCK.finditer(text)
    )


def put_block(text: str, old: Block, new: str) -> str:
    """The text with one block in another's place."""
    return text[: old.start] + new.removesuffix("\n") + text[old.end :]

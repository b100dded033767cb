"""The explorer's findings, told to people and to programs: a story, a sequence, a page, a document, a verdict.

Rule: telling decides nothing. Everything here takes a `Trace` (or the `Summary` of a search) and makes text of it, and
all of it says the same. Take each from its own file, so that what needs an extra is loaded by nobody else: `story`,
`verdict` and `progress` know Rich, `page` needs Jinja, `mermaid`, `sequence` and `document` need nothing.
"""

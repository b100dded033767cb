"""Records HAR files of the example site: `python scripts/record-har.py [NAME ...]`, into tests/fixtures/har-next/.

Each recording is one person's story on `examples/nextjs-amplify` in a real Chromium, made stuck or not, healed or not;
`labels.json` says what was observed, by the browser's own jar and by the page, and never what the doctor thinks of it.
Scripts and styles are left out, and the files are compressed. The tokens in them are of a pool that ended with the
recording. Without names every story is recorded; it takes minutes.
"""  # noqa: INP001 -- a script; scripts are no package

from __future__ import annotations

import asyncio
import json
import lzma
import re
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

ROOT: Final = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))  # what drives the site belongs to its tests

from hardtack.demo.pool import EmbeddedPool  # noqa: E402 -- see above
from support.next.expected import HOST, WIDE  # noqa: E402 -- see above
from support.next.runner import NONE, SCRIPT, SHIELD, place  # noqa: E402 -- see above
from support.next.stories import Doors, Failure, Row, acting_alone, leave_a_residue, signed_in_twice, told  # noqa: E402
from support.next.tabs import auth_scopes  # noqa: E402 -- see above
from support.next.visit import OK, Visitor, expired  # noqa: E402 -- see above

if TYPE_CHECKING:
    from support.next.runner import Place

FOLDER: Final = ROOT / "tests" / "fixtures" / "har-next"
RELOADS: Final = 4
RECORDED: Final = re.compile(r"^(?!.*/_next/static/).*$")

ROWS: Final[dict[str, tuple[Row, str]]] = {
    "healthy-host-only": (Row(client=None, server=None), NONE),
    "healthy-parent": (Row(client=WIDE, server=WIDE), NONE),
    "healthy-host-itself": (Row(client=HOST, server=HOST, first="server"), NONE),
    "parent-and-host-only": (Row(client=WIDE, server=None), NONE),
    "parent-and-host-only-server-first": (Row(client=WIDE, server=None, first="server"), NONE),
    "parent-and-host-only-route": (Row(client=WIDE, server=None, refresh="route", looks="route"), NONE),
    "parent-and-host-only-response": (Row(client=WIDE, server=None, refresh="response", looks="response"), NONE),
    "parent-and-host-only-guard": (Row(client=WIDE, server=None, looks="guard"), NONE),
    "parent-and-host": (Row(client=WIDE, server=HOST), NONE),
    "host-only-and-parent": (Row(client=None, server=WIDE), NONE),
    "host-and-parent": (Row(client=HOST, server=WIDE, first="server"), NONE),
    "path-login": (Row(client=WIDE, server=WIDE, path="/login"), NONE),
    "migration-to-parent": (Row(client=WIDE, server=WIDE, refresh="", migrates=True), NONE),
    "migration-to-host-only": (Row(client=None, server=None, refresh="", migrates=True, before=WIDE), NONE),
    "everyday-host-only": (Row(client=None, server=None), NONE),
    "everyday-parent": (Row(client=WIDE, server=WIDE), NONE),
    "everyday-behind-the-shield": (Row(client=WIDE, server=None), SHIELD),
    "healed-by-the-shield": (Row(client=WIDE, server=None), SHIELD),
    "healed-by-shield-and-script": (Row(client=WIDE, server=None), SCRIPT),
}
"""By name what is recorded: the set-up, and what stands in front of it from the moment that the browser is stuck."""


async def record(here: Place, name: str, seconds: int) -> dict[str, Any]:
    """Record one story; what was observed."""
    row, front = ROWS[name]
    raw = here.folder / f"{name}.har"
    async with here.deployed(row, front, seconds) as (door, doors, _):
        options = {"record_har_path": raw, "record_har_url_filter": RECORDED, "record_har_content": "embed"}
        profile = await here.browser.profile(**options)
        visitor = Visitor(await profile.tab(), profile, door)
        failure = Failure()
        if name.startswith("everyday"):
            await everyday(visitor, doors, failure)
        else:
            await stuck(visitor, row, doors, failure)
        left = await auth_scopes(profile)
        await profile.close()
    keep(raw, FOLDER / f"{name}.har.xz")
    is_stuck = failure.rest == "loop" or failure.sign_in != [OK]
    return {
        "verdict": "stuck" if is_stuck else "healed" if failure.residue else "healthy",
        "client_domain": row.client,
        "client_path": row.path,
        "server_domain": row.server,
        "domain_before": row.before if row.migrates else None,
        "migrated": row.migrates,
        "server_refreshes_by": row.refresh or None,
        "first": row.first,
        "front": front,
        "observed": {
            "cookies_signed_in": failure.twins,
            "cookies_after_sign_out": failure.residue,
            "seen_after_sign_out": failure.client_after,
            "sign_in_after_sign_out": failure.again,
            "sign_in_after_expiry": failure.sign_in[0],
            "comes_to_rest": failure.rest,
            "documents": failure.loads,
            "refused_refreshes": failure.refused,
            "cookies_at_the_end": left,
        },
    }


async def stuck(visitor: Visitor, row: Row, doors: Doors, failure: Failure) -> None:
    """The life that ends in a stuck browser wherever client and server don't agree."""
    profile = visitor.profile
    failure.twins = await signed_in_twice(visitor, row, doors)
    await leave_a_residue(visitor, row, failure)
    if failure.residue:
        await expired(profile)
    if doors.shield is not None:
        await visitor.door.lead_to(doors.shield)
    watcher = await acting_alone(visitor)
    failure.rest, failure.loads = await watcher.rest_or_loop()
    failure.refused = watcher.tab.seen.count("GetTokensFromRefreshToken", 400)
    await watcher.tab.close()
    await visitor.open()
    failure.sign_in.append(await visitor.sign_in())


async def everyday(visitor: Visitor, doors: Doors, failure: Failure) -> None:
    """Nothing wrong: pages are loaded again and again, tokens expire and are refreshed on both sides."""
    if doors.shield is not None:
        await visitor.door.lead_to(doors.shield)
    await visitor.open()
    await visitor.sign_in()
    for page in ("/account", "/members", "/account", "/login"):
        for _ in range(RELOADS):
            await visitor.open(page)
    await visitor.call("action")
    failure.twins = await auth_scopes(visitor.profile)
    await expired(visitor.profile)
    await visitor.call("session")
    await visitor.open("/account")
    await visitor.call("look-route")
    await visitor.sign_out()
    failure.residue = await auth_scopes(visitor.profile)
    failure.rest = await visitor.open()
    failure.loads = len(visitor.tab.seen.loads)
    failure.sign_in.append(await visitor.sign_in())


def keep(raw: Path, target: Path) -> None:
    """Compress a recording, without what was only in the browser's way."""
    har = json.loads(raw.read_text(encoding="utf-8"))
    for entry in har["log"]["entries"]:
        content = entry["response"]["content"]
        if "javascript" in content.get("mimeType", "") or "css" in content.get("mimeType", ""):
            content.pop("text", None)
    target.write_bytes(lzma.compress(json.dumps(har, separators=(",", ":")).encode(), preset=9))


async def main(names: list[str]) -> int:
    """Record what was asked for, one after the other."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / "labels.json"
    labels: dict[str, Any] = json.loads(path.read_text()) if path.is_file() else {}
    with EmbeddedPool() as pool:
        async with place("chromium", pool) as here:
            for name in names:
                labels[f"{name}.har.xz"] = await told(lambda seconds, name=name: record(here, name, seconds))
                sys.stdout.write(f"{name}: {labels[f'{name}.har.xz']['verdict']}\n")
                path.write_text(json.dumps(dict(sorted(labels.items())), indent=1) + "\n", encoding="utf-8")
    counted = Counter(label["verdict"] for label in labels.values())
    sys.stdout.write(f"{len(labels)} recordings: {dict(counted)}\n")
    return 0


if __name__ == "__main__":
    asked = sys.argv[1:] or list(ROWS)
    if unknown := [name for name in asked if name not in ROWS]:
        sys.exit(f"No such story: {', '.join(unknown)}. There are: {', '.join(ROWS)}.")
    sys.exit(asyncio.run(main(asked)))

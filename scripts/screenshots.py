"""Photographs every page: `make screenshots`, or `python scripts/screenshots.py [FOLDER]`.

Each page in both languages, both colour schemes and at two widths, from the running demo and from a real Chromium, into
screenshots/ (which git ignores). Look at them after a change of a page or a text. `--readme` makes the README's.
"""  # noqa: INP001 -- a script; scripts are no package

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from playwright.sync_api import sync_playwright

from hardtack.demo.pool import EmbeddedPool
from hardtack.demo.run import DemoOptions, RunningDemo
from hardtack.web.pages import (
    Browser,
    ChooseMfaPage,
    ConfirmSignUpPage,
    ErrorKind,
    ErrorPage,
    ForgotPasswordPage,
    FormError,
    GuidancePage,
    Language,
    MfaKind,
    MfaPage,
    NewPasswordPage,
    NoCookiesPage,
    RateLimitedPage,
    Reason,
    ResetPasswordPage,
    SignedOutPage,
    SignInPage,
    SignOutPage,
    SignUpPage,
    StuckReason,
    UnavailablePage,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser as Chromium
    from playwright.sync_api import Page

    from hardtack.web.pages import Page as Facts

ROOT: Final = Path(__file__).parent.parent
WIDTHS: Final = {"desktop": (1_280, 900), "phone": (390, 844)}
SCHEMES: Final = ("light", "dark")
LOCALES: Final = {Language.ENGLISH: "en-GB", Language.CHINESE: "zh-CN"}
ARGUMENTS: Final = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
CODE: Final = "HT-7K3F-9QX2"
NOON: Final = 1_795_000_000.0  # seconds since the epoch: any moment will do
README: Final = (1_280, 1_360)


def auth_pages() -> dict[str, Facts]:
    """Every page of the auth routes by a name, with the variants that look different."""
    pages: dict[str, Facts] = {
        "sign-in": SignInPage(),
        "sign-in-repaired": SignInPage(reason=Reason.REPAIRED),
        "sign-in-unavailable": SignInPage(reason=Reason.SERVICE_UNAVAILABLE),
        "sign-in-error": SignInPage(username="alice", error=FormError.WRONG_CREDENTIALS),
        "mfa": MfaPage(kind=MfaKind.TOTP, state="sealed"),
        "mfa-error": MfaPage(kind=MfaKind.SMS, state="sealed", destination="+*******1234", error=FormError.WRONG_CODE),
        "choose-mfa": ChooseMfaPage(kinds=tuple(MfaKind), state="sealed"),
        "new-password": NewPasswordPage(state="sealed", required_attributes=("name",)),
        "sign-up": SignUpPage(),
        "sign-up-error": SignUpPage(username="alice", email="alice@example.com", error=FormError.USERNAME_TAKEN),
        "confirm-sign-up": ConfirmSignUpPage(state="sealed", destination="a***@e***", reason=Reason.CODE_SENT),
        "forgot-password": ForgotPasswordPage(),
        "reset-password": ResetPasswordPage(state="sealed", destination="a***@e***"),
        "sign-out": SignOutPage(username="alice"),
        "signed-out": SignedOutPage(),
        "signed-out-incomplete": SignedOutPage(everywhere=True, complete=False),
        "no-cookies": NoCookiesPage(
            server_time=NOON, site="example.com", browser=Browser.FIREFOX, support_code=CODE, next="/orders"
        ),
        "unavailable": UnavailablePage(retry_after=30, support_code=CODE),
        "rate-limited": RateLimitedPage(retry_after=120),
    }
    pages |= {f"error-{kind.value}": ErrorPage(kind=kind, support_code=CODE) for kind in ErrorKind}
    pages |= {
        f"guidance-{browser.value}": GuidancePage(
            server_time=NOON, site="example.com", browser=browser, reason=StuckReason.LOOPING, support_code=CODE
        )
        for browser in Browser
    }
    return pages


class Studio:
    """One browser window at the demo, in one language, scheme and width."""

    def __init__(self, chromium: Chromium, demo: RunningDemo, folder: Path, look: tuple[Language, str, str]) -> None:
        self.language, scheme, width = look
        self._demo = demo
        self._folder = folder
        self._name = f"{self.language.value}-{scheme}-{width}"
        size = WIDTHS[width]
        self._context = chromium.new_context(
            locale=LOCALES[self.language],
            color_scheme="dark" if scheme == "dark" else "light",
            viewport={"width": size[0], "height": size[1]},
            reduced_motion="reduce",
        )
        self.page: Page = self._context.new_page()

    def close(self) -> None:
        """Forget the visitor."""
        self._context.close()

    def take(self, name: str) -> None:
        """Photograph the whole page that is shown."""
        self.page.wait_for_load_state()
        self.page.wait_for_timeout(150)
        self.page.screenshot(path=self._folder / f"{name}-{self._name}.png", full_page=True)

    def open(self, path: str) -> None:
        """Open a page of the demo."""
        self.page.goto(self._demo.url + path)

    def sign_in(self) -> None:
        """Sign in as the first user."""
        user = self._demo.pool.users[0]
        self.open("/auth/sign-in")
        self.page.fill("#username", user.username)
        self.page.fill("#password", user.password)
        self.page.click("main button[type=submit]")
        self.page.wait_for_url(self._demo.url + "/")

    def plant(self, key: str) -> None:
        """Press the button of a fault."""
        with self.page.expect_navigation(wait_until="load"):
            self.page.click(f"form[action^='/plant/{key}?'] button, form[action='/plant/{key}'] button")

    def show(self, facts: Facts) -> None:
        """Show one of the auth pages as its route would."""
        html = self._demo.site.hardtack.pages.render(facts, language=self.language)
        address = f"{self._demo.url}/photographed"
        self.page.route(address, lambda route: route.fulfill(status=200, content_type="text/html", body=html))
        self.page.goto(address)
        self.page.unroute(address)


def tour(studio: Studio, demo: RunningDemo) -> Iterator[str]:
    """Walk through the demo; yields a name whenever there is something to see."""
    studio.open("/")
    yield "demo-signed-out"
    studio.sign_in()
    yield "demo-signed-in"
    for key in ("host-only", "every", "foreign", "hour"):
        if not studio.page.url.endswith("/"):
            studio.open("/")
        studio.plant(key)
        studio.page.wait_for_timeout(700)
        yield f"demo-planted-{key}"
    studio.open("/")
    studio.plant("clock-ahead")
    studio.plant("outage")
    yield "demo-outage-and-clock"
    studio.plant("clock-right")
    studio.plant("back")
    yield "demo-back"
    studio.open("/account")
    yield "demo-account"
    studio.open("/mail?to=alice")
    yield "demo-mail"
    studio.open("/storm")
    yield "demo-storm"
    studio.page.click("#start button")
    studio.page.wait_for_timeout(2_200)
    yield "demo-storm-blowing"
    studio.page.wait_for_url("**/auth/landing**")
    yield "landing"
    studio.page.goto(demo.facts()["no_cookies_url"])
    yield "demo-no-cookies"
    for path in ("login", "stopped"):
        if demo.stock is not None and demo.stock.wait(300):
            studio.page.goto(f"{demo.facts()['stock_url']}/{path}")
            studio.page.wait_for_timeout(400)
            yield f"stock-{path}"


def every_page(chromium: Chromium, demo: RunningDemo, folder: Path) -> int:
    """Photograph everything; how many pictures there are."""
    looks = [(language, scheme, width) for language in Language for scheme in SCHEMES for width in WIDTHS]
    taken = 0
    for look in looks:
        demo.pool.reset()
        demo.site.clock.wrong_by = 0.0
        studio = Studio(chromium, demo, folder, look)
        for name in tour(studio, demo):
            studio.take(name)
            taken += 1
        for name, facts in auth_pages().items():
            studio.show(facts)
            studio.take(name)
            taken += 1
        studio.close()
        sys.stdout.write(f"{' '.join(look)}: done\n")
    return taken


def for_the_readme(chromium: Chromium, demo: RunningDemo, target: Path) -> None:
    """Photograph the demo's page as it heals a planted fault."""
    context = chromium.new_context(
        locale="en-GB", viewport={"width": README[0], "height": README[1]}, reduced_motion="reduce"
    )
    page = context.new_page()
    user = demo.pool.users[0]
    page.goto(f"{demo.url}/auth/sign-in")
    page.fill("#username", user.username)
    page.fill("#password", user.password)
    page.click("main button[type=submit]")
    page.wait_for_url(demo.url + "/")
    page.click("form[action='/plant/host-only'] button")
    page.locator("#now.good").wait_for()
    page.mouse.move(1, 1)
    target.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=target)
    context.close()


def squeeze(picture: Path) -> None:
    """Make a picture a third of its size, where pngquant is installed."""
    pngquant = shutil.which("pngquant")
    if pngquant is None:
        sys.stderr.write("pngquant is not installed, so the picture stays large. On Debian: apt-get install pngquant\n")
        return
    words = ["--quality", "80-98", "--speed", "1", "--strip", "--force", "--output", str(picture), str(picture)]
    subprocess.run([pngquant, *words], check=True, timeout=60)  # noqa: S603 -- our own picture


def main() -> int:
    """Start the demo, photograph it, and say where the pictures are."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "screenshots")
    parser.add_argument("--readme", action="store_true", help="make docs/pictures/demo.png and nothing else")
    options = parser.parse_args()
    path = shutil.which("chromium")
    if path is None:
        sys.stderr.write("Chromium is not installed. On Debian: apt-get install chromium fonts-noto-cjk\n")
        return 2
    demo_options = DemoOptions(port=0, cache=ROOT / "var", stock=True)
    with EmbeddedPool() as pool, RunningDemo(demo_options, pool=pool) as demo, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        if options.readme:
            target = ROOT / "docs" / "pictures" / "demo.png"
            for_the_readme(chromium, demo, target)
            squeeze(target)
            sys.stdout.write(f"{target.relative_to(ROOT)}: {target.stat().st_size} bytes\n")
        else:
            shutil.rmtree(options.folder, ignore_errors=True)
            options.folder.mkdir(parents=True)
            taken = every_page(chromium, demo, options.folder)
            sys.stdout.write(f"{taken} pictures in {options.folder}\n")
        chromium.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())

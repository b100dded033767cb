"""Which browser a person is in, as far as the steps to clear a site's data differ.

The tokens stand in one table and are tried in order: an app's own token first (WeChat's pages also say `MQQBrowser`,
`Chrome` and `Safari`), then browsers that would pass for Chrome or Safari, then those two. The brand in `Sec-CH-UA`
(User-Agent Client Hints) is believed over the frozen `User-Agent`. What we don't know is `OTHER`, whose steps are
general: a wrong step costs a stuck person more than a vague one. Nothing here raises.
"""

from __future__ import annotations

import re
from enum import StrEnum

__all__ = ["Browser", "detect_browser"]

_LONGEST = 2_000
"""Characters of a header that are read; real ones have about 300."""


class Browser(StrEnum):
    """A browser with steps of its own; the value is its section in the message files."""

    CHROME = "chrome"
    EDGE = "edge"
    FIREFOX = "firefox"
    SAFARI_MACOS = "safari-macos"
    SAFARI_IOS = "safari-ios"
    CHROME_ANDROID = "chrome-android"
    CHROME_IOS = "chrome-ios"
    EDGE_MOBILE = "edge-mobile"
    FIREFOX_ANDROID = "firefox-android"
    FIREFOX_IOS = "firefox-ios"
    SAMSUNG_INTERNET = "samsung-internet"
    WECHAT = "wechat"
    OTHER = "other"


_OTHERS = (
    r"Edge/|Trident/|MSIE |OPR/|OPT/|OPiOS/|Opera|YaBrowser/|Vivaldi/|Whale/|DuckDuckGo/|Ddg/|Focus/|Klar/|Silk/|"
    r"Electron/|QQBrowser/|UCBrowser/|UBrowser/|Quark/|MiuiBrowser/|HuaweiBrowser/|HeyTapBrowser/|VivoBrowser/|baidu|"
    r"2345Explorer|360SE|Maxthon|AlipayClient/|DingTalk|Lark/|Weibo|QQ/|aweme|FBAN|FBAV|Instagram|Line/|Snapchat|GSA/|"
    r"; wv\)"
)
"""Browsers and in-app browsers that carry `Chrome`, `Firefox` or `Safari` in their name but have menus of their own."""

_BY_USER_AGENT: tuple[tuple[re.Pattern[str], Browser], ...] = (
    (re.compile(r"MicroMessenger/|WindowsWechat|MacWechat", re.IGNORECASE), Browser.WECHAT),
    (re.compile(_OTHERS, re.IGNORECASE), Browser.OTHER),
    (re.compile(r"SamsungBrowser/"), Browser.SAMSUNG_INTERNET),
    (re.compile(r"EdgA/|EdgiOS/"), Browser.EDGE_MOBILE),
    (re.compile(r"Edg/"), Browser.EDGE),
    (re.compile(r"FxiOS/"), Browser.FIREFOX_IOS),
    (re.compile(r"Android.*Firefox/"), Browser.FIREFOX_ANDROID),
    (re.compile(r"Firefox/"), Browser.FIREFOX),
    (re.compile(r"CriOS/"), Browser.CHROME_IOS),
    (re.compile(r"Android.*Chrome/"), Browser.CHROME_ANDROID),
    (re.compile(r"Chrom(?:e|ium)/"), Browser.CHROME),
    (re.compile(r"(?:iPhone|iPad|iPod).*Version/.*Safari/"), Browser.SAFARI_IOS),
    (re.compile(r"Macintosh.*Version/.*Safari/"), Browser.SAFARI_MACOS),
)

_BRAND = re.compile(r'"((?:[^"\\]|\\.)*)"\s*;\s*v=')
_NO_BRAND = re.compile(r"Not.*Brand|Chromium", re.IGNORECASE)
"""The engine's name, and the made-up entry that browsers put in so that nobody relies on the list's shape."""
_BY_BRAND: tuple[tuple[str, Browser, Browser], ...] = (  # brand, on a computer, on a phone
    ("Microsoft Edge", Browser.EDGE, Browser.EDGE_MOBILE),
    ("Samsung Internet", Browser.SAMSUNG_INTERNET, Browser.SAMSUNG_INTERNET),
    ("Google Chrome", Browser.CHROME, Browser.CHROME_ANDROID),
    ("Brave", Browser.CHROME, Browser.CHROME_ANDROID),
    ("HeadlessChrome", Browser.CHROME, Browser.CHROME_ANDROID),
)


def detect_browser(
    user_agent: str | None, sec_ch_ua: str | None = None, sec_ch_ua_mobile: str | None = None
) -> Browser:
    """Say which browser sent these headers.

    iPadOS Safari calls itself a Mac and can't be told apart here; the page's script does that by its touch screen.

    Args:
        user_agent: the `User-Agent` header.
        sec_ch_ua: the `Sec-CH-UA` header, a list of brands.
        sec_ch_ua_mobile: the `Sec-CH-UA-Mobile` header, `?1` on a phone.
    """
    agent = (user_agent or "")[:_LONGEST]
    by_agent = next((browser for pattern, browser in _BY_USER_AGENT if pattern.search(agent)), Browser.OTHER)
    if by_agent is Browser.WECHAT or (by_agent is Browser.OTHER and agent):
        return by_agent
    brands = set(_BRAND.findall((sec_ch_ua or "")[:_LONGEST]))
    on_phone = (sec_ch_ua_mobile or "").strip() == "?1" or "Android" in agent
    for brand, desktop, mobile in _BY_BRAND:
        if brand in brands:
            return mobile if on_phone else desktop
    unknown = any(not _NO_BRAND.search(brand) for brand in brands)
    return Browser.OTHER if unknown else by_agent

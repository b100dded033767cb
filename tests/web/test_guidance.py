"""A stuck person is told what to press in the browser that they really have."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardtack.web.pages import Browser, GuidancePage, Language, Pages, detect_browser, guidance_for, guidance_text
from hardtack.web.pages.catalogue import catalogue
from support.strict_html import read_html

MOZILLA = "Mozilla/5.0"
WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
IOS = f"{MOZILLA} (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
IPAD = f"{MOZILLA} (iPad; CPU OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
MAC = f"{MOZILLA} (Macintosh; Intel Mac OS X 10_15_7)"
WINDOWS = f"{MOZILLA} (Windows NT 10.0; Win64; x64)"
ANDROID = f"{MOZILLA} (Linux; Android 10; K)"

WECHAT_XWEB = (
    f"{MOZILLA} (Linux; Android 14; V2309A Build/UP1A.231005.007; wv) {WEBKIT} Version/4.0 Chrome/134.0.6998.136 "
    "Mobile Safari/537.36 XWEB/1340143 MMWEBSDK/20250804 MMWEBID/1234 MicroMessenger/8.0.63.2920(0x28003F51) "
    "WeChat/arm64 Weixin NetType/WIFI Language/zh_CN ABI/arm64"
)
WECHAT_X5 = (
    f"{MOZILLA} (Linux; Android 9; MI 6 Build/PKQ1.190118.001; wv) {WEBKIT} Version/4.0 Chrome/66.0.3359.126 "
    "MQQBrowser/6.2 TBS/044904 Mobile Safari/537.36 MMWEBID/5678 MicroMessenger/7.0.7.1521(0x27000736)"
)
WECHAT_WINDOWS = (
    f"{WINDOWS} {WEBKIT} Chrome/132.0.0.0 Safari/537.36 NetType/WIFI MicroMessenger/7.0.20.1781(0x6700143B) "
    "WindowsWechat(0x63090a13) UnifiedPCWindowsWechat(0xf2541022) XWEB/16467 Flue"
)
FACEBOOK = (
    f"{MOZILLA} (Linux; Android 15; SM-S921B Build/AP3A.240905.015; wv) {WEBKIT} Version/4.0 Chrome/156.0.0.0 "
    "Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/530.0.0.0;]"
)

REAL_AGENTS = [
    (f"{WINDOWS} {WEBKIT} Chrome/156.0.0.0 Safari/537.36", Browser.CHROME),
    (f"{MAC} {WEBKIT} Chrome/156.0.0.0 Safari/537.36", Browser.CHROME),
    (f"{MOZILLA} (X11; Linux x86_64) {WEBKIT} Chrome/156.0.0.0 Safari/537.36", Browser.CHROME),
    (f"{MOZILLA} (X11; CrOS x86_64 14541.0.0) {WEBKIT} Chrome/156.0.0.0 Safari/537.36", Browser.CHROME),
    (f"{MOZILLA} (X11; Linux x86_64) {WEBKIT} HeadlessChrome/156.0.0.0 Safari/537.36", Browser.CHROME),
    (f"{WINDOWS} {WEBKIT} Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0", Browser.EDGE),
    (f"{MAC} {WEBKIT} Chrome/156.0.0.0 Safari/537.36 Edg/156.0.3800.70", Browser.EDGE),
    (f"{MOZILLA} (Windows NT 10.0; Win64; x64; rv:157.0) Gecko/20100101 Firefox/157.0", Browser.FIREFOX),
    (f"{MOZILLA} (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0", Browser.FIREFOX),
    (f"{MAC} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Safari/605.1.15", Browser.SAFARI_MACOS),
    (f"{IOS} Version/26.1 Mobile/15E148 Safari/604.1", Browser.SAFARI_IOS),
    (f"{IPAD} Version/18.7 Mobile/15E148 Safari/604.1", Browser.SAFARI_IOS),
    (f"{ANDROID} {WEBKIT} Chrome/156.0.0.0 Mobile Safari/537.36", Browser.CHROME_ANDROID),
    (f"{ANDROID} {WEBKIT} Chrome/156.0.0.0 Safari/537.36", Browser.CHROME_ANDROID),
    (f"{IOS} CriOS/156.0.7899.84 Mobile/15E148 Safari/604.1", Browser.CHROME_IOS),
    (f"{ANDROID} {WEBKIT} Chrome/156.0.0.0 Mobile Safari/537.36 EdgA/156.0.0.0", Browser.EDGE_MOBILE),
    (f"{IOS} Version/18.0 EdgiOS/156.0.3800.70 Mobile/15E148 Safari/604.1", Browser.EDGE_MOBILE),
    (f"{MOZILLA} (Android 16; Mobile; rv:157.0) Gecko/157.0 Firefox/157.0", Browser.FIREFOX_ANDROID),
    (f"{IOS} FxiOS/157.0 Mobile/15E148 Safari/605.1.15", Browser.FIREFOX_IOS),
    (f"{ANDROID} {WEBKIT} SamsungBrowser/29.0 Chrome/136.0.0.0 Mobile Safari/537.36", Browser.SAMSUNG_INTERNET),
    (WECHAT_XWEB, Browser.WECHAT),
    (WECHAT_X5, Browser.WECHAT),
    (f"{IOS} Mobile/15E148 MicroMessenger/8.0.64(0x18004034) NetType/4G Language/zh_CN", Browser.WECHAT),
    (WECHAT_WINDOWS, Browser.WECHAT),
    (f"{WINDOWS} {WEBKIT} Chrome/156.0.0.0 Safari/537.36 OPR/125.0.0.0", Browser.OTHER),
    (f"{WINDOWS} {WEBKIT} Chrome/70.0.3538.102 Safari/537.36 Edge/18.19582", Browser.OTHER),
    (f"{MOZILLA} (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko", Browser.OTHER),
    (f"{ANDROID} {WEBKIT} Version/4.0 Chrome/130.0.0.0 MQQBrowser/16.6 Mobile Safari/537.36", Browser.OTHER),
    (f"{ANDROID} {WEBKIT} Chrome/123.0.0.0 Mobile Safari/537.36 XiaoMi/MiuiBrowser/20.3.50922", Browser.OTHER),
    (f"{ANDROID} {WEBKIT} Chrome/114.0.0.0 HuaweiBrowser/16.0.4.300 Mobile Safari/537.36", Browser.OTHER),
    (FACEBOOK, Browser.OTHER),
    (f"{IOS} Mobile/22H20 Instagram 400.0.0.0 (iPhone16,1; iOS 18_7)", Browser.OTHER),
    ("curl/8.14.1", Browser.OTHER),
]


@pytest.mark.parametrize(("agent", "browser"), REAL_AGENTS)
def test_a_browser_is_known_by_its_user_agent(agent, browser):
    assert detect_browser(agent) is browser


def test_every_browser_of_the_table_has_a_real_user_agent_here():
    assert {browser for _, browser in REAL_AGENTS} == set(Browser)


CHROME = REAL_AGENTS[0][0]
GREASE = '"Not.A/Brand";v="99"'


@pytest.mark.parametrize(
    ("agent", "brands", "mobile", "browser"),
    [
        (CHROME, f'"Chromium";v="156", "Google Chrome";v="156", {GREASE}', "?0", Browser.CHROME),
        (CHROME, f'{GREASE}, "Chromium";v="156", "Microsoft Edge";v="156"', "?0", Browser.EDGE),
        (CHROME, f'"Chromium";v="156", "Brave";v="156", {GREASE}', "?0", Browser.CHROME),
        (CHROME, f'"Chromium";v="156", {GREASE}', "?0", Browser.CHROME),
        (CHROME, '"Chromium";v="156", "Not A(Brand";v="8"', "?0", Browser.CHROME),
        (CHROME, f'"Chromium";v="156", "Opera GX";v="125", {GREASE}', "?0", Browser.OTHER),
        (f"{ANDROID} {WEBKIT} Chrome/156.0.0.0 Mobile Safari/537.36",
         f'"Google Chrome";v="156", "Chromium";v="156", {GREASE}', "?1", Browser.CHROME_ANDROID),
        (f"{MOZILLA} (X11; Linux x86_64) {WEBKIT} Chrome/136.0.0.0 Safari/537.36",
         f'"Samsung Internet";v="29", "Chromium";v="136", {GREASE}', "?0", Browser.SAMSUNG_INTERNET),
        (WECHAT_XWEB, f'"Android WebView";v="134", "Chromium";v="134", {GREASE}', "?1", Browser.WECHAT),
        (CHROME, "not a structured field", "?0", Browser.CHROME),
        (CHROME, None, None, Browser.CHROME),
        (None, f'"Microsoft Edge";v="156", "Chromium";v="156", {GREASE}', "?1", Browser.EDGE_MOBILE),
        (None, None, None, Browser.OTHER),
        ("", "", "", Browser.OTHER),
    ],
)  # fmt: skip
def test_client_hints_are_believed_over_a_frozen_user_agent(agent, brands, mobile, browser):
    assert detect_browser(agent, brands, mobile) is browser


@given(st.text(max_size=400), st.one_of(st.none(), st.text(max_size=200)), st.one_of(st.none(), st.text(max_size=4)))
def test_no_header_makes_detection_raise(agent, brands, mobile):
    assert detect_browser(agent, brands, mobile) in Browser


def test_a_huge_header_is_read_only_at_its_beginning():
    assert detect_browser("x" * 10_000_000 + CHROME, '"' * 10_000_000, "?1") is Browser.OTHER


# The advice itself.


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("browser", Browser)
def test_every_browser_has_advice_that_names_the_site_and_what_to_press(browser, language):
    guide = guidance_for(browser, language, site="example.com")
    everything = " ".join([guide.heading, *guide.steps, guide.note, guide.allow_cookies])
    assert guide.browser is browser
    assert 2 <= len(guide.steps) <= 4
    assert all(step.endswith((".", "。")) for step in guide.steps)
    assert "example.com" in guide.heading
    assert "“" in everything, "no menu's own words are quoted"
    assert not re.search(r"[{}*]", everything)
    assert guide.name
    assert guide.intro
    assert guide.allow_cookies


def test_no_two_browsers_have_the_same_advice():
    for language in Language:
        guides = [guidance_for(browser, language, site="example.com") for browser in Browser]
        assert len({guide.steps for guide in guides}) == len(Browser)
        assert len({guide.name for guide in guides}) == len(Browser)


CHROMIUM_SAYS = {  # as Chromium 156 ships them: English, then zh-CN
    "View site information": "查看网站信息",
    "Cookies and site data": "Cookie 和网站数据",
    "Manage on-device site data": "管理设备端网站数据",
    "Done": "完成",
    "Privacy and security": "隐私与安全",
    "Site settings": "网站设置",
    "Additional content settings": "更多内容设置",
    "On-device site data": "设备端网站数据",
    "Allow sites to save data on your device": "允许网站将数据保存在设备上",
}
FIREFOX_SAYS = {  # as Firefox 153 ships them
    "Clear cookies and site data": "清除 Cookie 和网站数据",
    "Clear": "清除",
    "Privacy and security": "隐私与安全",
}


@pytest.mark.parametrize(("browser", "words"), [(Browser.CHROME, CHROMIUM_SAYS), (Browser.FIREFOX, FIREFOX_SAYS)])
def test_menus_are_quoted_as_the_browser_itself_names_them(browser, words):
    for english, chinese in words.items():
        for language, label in ((Language.ENGLISH, english), (Language.CHINESE, chinese)):
            guide = guidance_for(browser, language, site="example.com")
            assert f"“{label}”" in " ".join([*guide.steps, guide.allow_cookies])


@pytest.mark.parametrize("language", Language)
def test_wechat_is_told_to_leave_for_a_browser(language):
    guide = guidance_for(Browser.WECHAT, language, site="example.com")
    word = {"en": "Open in Browser", "zh-Hans": "在浏览器打开"}[language]
    assert word in guide.steps[0]
    assert (
        guide.heading == {"en": "Open example.com in your browser", "zh-Hans": "在浏览器中打开 example.com"}[language]
    )


def test_support_staff_can_read_it_out():
    text = guidance_text(Browser.CHROME_ANDROID, Language.ENGLISH, site="example.com", support_code="HT-7K3F-9QX2")
    lines = text.splitlines()
    assert lines[0] == "Clear the data for example.com in Chrome on Android"
    assert [line for line in lines if re.match(r"\d\. ", line)] == [
        "1. Tap ⋮ (top right), then ⓘ (“Page info”).",
        "2. Tap “Cookies and site data”.",
        "3. Tap the bin beside the number of cookies in use, then “Delete”.",
    ]
    assert lines[-1] == "Support code: HT-7K3F-9QX2"
    assert text.endswith("\n")


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("browser", Browser)
def test_the_text_version_stands_without_a_site_or_a_code(browser, language):
    text = guidance_text(browser, language)
    note = catalogue(language).text(f"browser.{browser}.note", site=catalogue(language).text("guidance.this_site"))
    assert (note in text) or not note
    assert catalogue(language).text("support.label") not in text
    assert catalogue(language).text("guidance.this_site") in text
    assert "<" not in text


# The page says the same.


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("browser", Browser)
def test_the_page_shows_this_browsers_steps_first_and_the_others_folded(browser, language):
    page = GuidancePage(server_time=1_795_000_000, site="example.com", browser=browser, support_code="HT-7K3F-9QX2")
    html = read_html(Pages("Harbour").render(page, language=language))
    words = catalogue(language)
    shown = [element.text for element in html.find("ol") if not element.hidden]
    expected = " ".join(step.striptags() for step in words.html_list(f"browser.{browser}.steps", site="example.com"))
    assert shown[0].replace(" ", "") == expected.replace(" ", "")
    folded = html.one("details").find("ol")
    assert len(folded) == len(Browser) - 1
    assert "open" not in html.one("details").attributes


def test_an_ipad_finds_its_own_steps_on_the_page_that_takes_it_for_a_mac():
    page = GuidancePage(server_time=1, site="example.com", browser=Browser.SAFARI_MACOS)
    html = read_html(Pages("Harbour").render(page, language=Language.ENGLISH))
    parts = {element.get("data-touch"): element for element in html.walk() if element.get("data-touch")}
    assert not parts["no"].hidden
    assert parts["yes"].hidden
    assert "Website Data" in parts["yes"].text


def test_without_a_script_both_things_are_asked_and_neither_is_concluded():
    page = GuidancePage(server_time=1_795_000_000.25, site="example.com", browser=Browser.EDGE)
    html = read_html(Pages("Harbour").render(page, language=Language.ENGLISH))
    checks = [element for element in html.walk() if element.get("data-check")]
    assert [check.get("data-check") for check in checks] == ["cookies", "clock"]
    for check in checks:
        visible = [part.get("data-when") for part in check.walk() if part.get("data-when") and not part.hidden]
        assert visible == ["unknown"]
    (server_time,) = [element.get("data-server-time") for element in html.walk() if element.get("data-server-time")]
    assert float(server_time) == 1_795_000_000.25


def test_trying_again_is_a_form_of_this_site_that_carries_where_one_was_going():
    page = GuidancePage(server_time=1, site="example.com", next="/cart", support_code="HT-7K3F-9QX2")
    html = read_html(Pages("Harbour", "/account/auth").render(page, language=Language.ENGLISH))
    form = html.one("form")
    fields = {element.get("name"): element.get("value") for element in form.find("input")}
    assert (form.get("method"), form.get("action")) == ("post", "/account/auth/recover")
    assert fields == {"next": "/cart", "support": "HT-7K3F-9QX2"}
    assert html.by_id("support-code").text == "HT-7K3F-9QX2"


def test_without_a_support_code_nothing_is_said_of_one():
    html = Pages("Harbour").render(GuidancePage(server_time=1, site="example.com"), language=Language.ENGLISH)
    assert "support" not in html.lower()

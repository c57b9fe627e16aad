"""Opens the page that shows searches in headless Chromium, and checks what it promises: see Tools/check/page."""

import argparse
import base64
import itertools
import json
import math
import os
import random
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

Json = dict[str, Any]

PAGE = Path(__file__).resolve().parents[2] / "Sources" / "SearchPage" / "page.html"
OPENING = '<script type="application/json" id="recording">'
PLACE = f"{OPENING}null</script>"
THOUGHTS = 500
HOSTILE = [
    "</script><img src=x onerror=\"document.title='taken over'\">",
    "\u202e\u2066reversed\u202d and \u2067not closed",
    "long " * 2000,
    "<!-- <script>alert(1)</script> & &lt; \u2028 \u0000 \ud83d",
    "unbroken" * 300,
    "",
]
# How long opening may take, in milliseconds, from the start of the navigation to the first complete picture.
USUAL_LIMIT = 1000
LARGE_LIMIT = 3000
SCRUB_LIMIT = 16
CONTRAST = 4.5


class Checks:
    """Notes what passed and what failed, one line each."""

    def __init__(self) -> None:
        self.passed = 0
        self.failed = 0

    def __call__(self, name: str, holds: object, detail: object = "") -> None:
        """Notes one check; what is not true has failed."""
        self.passed += bool(holds)
        self.failed += not holds
        note = f": {str(detail)[:400]}" if detail != "" else ""
        print(f"{'passed' if holds else 'FAILED'}  {name}{note}", flush=True)


# A recording, and what it says


class Maker:
    """Makes a recording as a beam search would, with texts and members that nobody should send."""

    def __init__(self, count: int, seed: int = 1) -> None:
        self.random = random.Random(seed)
        self.count = count
        self.events: list[Any] = []
        self.texts = itertools.cycle(HOSTILE)
        self.parents: list[int | None] = []
        self.seconds = 0.0

    def note(self, name: str, **members: Any) -> None:
        """Adds an event."""
        self.seconds += self.random.random() * 0.001
        self.events.append({"at": round(self.seconds, 6), "event": name, **members})

    def text(self, number: int) -> str:
        """A sentence, or now and then a hostile text."""
        if number % 16 == 5:
            return next(self.texts)
        words = [
            self.random.choice(["the", "sum", "of", "bags", "is", "now", "4 * 6", "= 24"])
            for _ in range(3 + number % 14)
        ]
        return " ".join(words) + ".\n"

    def write(self, parent: int | None, depth: int, origin: str, name: str, final: bool) -> int:
        """Adds a thought that is written and scored."""
        number = len(self.parents)
        self.parents.append(parent)
        thought = {"id": number, "parent": parent, "depth": depth, "text": self.text(number), "origin": origin}
        thought |= {"tokens": 14, "final": final, "logProbability": -0.41, "score": None}
        self.note(name, thought=thought)
        if number % 5 == 2:
            self.note("merged", into=number)
        self.note("scored", id=number, score=round(self.random.random(), 4))
        return number

    def level(self, live: list[int | None], depth: int, last: bool) -> list[int]:
        """Adds a level, drafts first; returns the thoughts that go on."""
        written: list[int] = []
        for parent in live:
            for slot in range(6):
                if len(self.parents) == self.count:
                    break
                drafted = self.random.random() < 0.6
                number = self.write(parent, depth, "draft", "proposed", last) if drafted else None
                if number is not None and slot % 2:
                    self.note("rejected", id=number)
                    continue
                if number is not None:
                    self.note("accepted", id=number)
                else:
                    number = self.write(parent, depth, "target", "corrected", last)
                written.append(number)
        kept = sorted(written, key=lambda _: self.random.random())[: max(2, self.count // 250)]
        for number in written:
            self.note("kept" if number in kept else "pruned", id=number)
        self.note("levelFinished", depth=depth, threshold=round(0.4 + 0.4 * self.random.random(), 3))
        return kept

    def path(self, number: int | None) -> list[int]:
        """The numbers of the thoughts that lead to one, from the question on."""
        return [] if number is None else [*self.path(self.parents[number]), number]

    def recording(self) -> Json:
        """The whole recording."""
        live: list[int | None] = [None]
        depth, best = 0, None
        while len(self.parents) < self.count and live:
            depth += 1
            live = list(self.level(live, depth, len(self.parents) > self.count - 14))
            best = live[0] if live else best
        self.events += [
            None,
            7,
            {"event": "unheard-of"},
            {"event": "scored", "id": 1 << 40, "score": "high"},
            {"at": "soon"},
        ]
        path = self.path(best)
        self.note("finished", answer="24", text="…", complete=True, reason="answered", path=path, score=0.98)
        return heading() | {"events": self.events, "seconds": self.seconds} | totals()


def heading() -> Json:
    """What a recording says of its search."""
    question = "Reach 24 from 4 6 7 8. </script><b>bold</b> \u202eback"
    return {
        "version": 1,
        "question": question,
        "policy": "paper",
        "strategy": "beam",
        "seed": 1,
        "width": 6,
        "beams": 2,
        "depth": 50,
    }


def totals() -> Json:
    """What a recording says when the search has ended."""
    counters = {
        "targetRows": 21_812,
        "targetPasses": 940,
        "draftRows": 51_000,
        "draftPasses": 2_100,
        "rewardRows": 30_123,
    }
    counters |= {"tokensDrafted": 900, "tokensAccepted": 811, "thoughtsDrafted": 320, "thoughtsAccepted": 150}
    counters |= {"thoughtsCorrected": 210, "levels": 41, "levelsWithoutCorrection": 12, "kvBytesPeak": 1_277_952}
    counters |= {"kvBytesUnshared": 2_064_000, "rowsRecomputed": 0}
    return {"counters": counters, "phases": {"target": 0.42, "draft": 0.2, "reward": 0.17, "choose": 0.06}}


def insert(recording: Json) -> str:
    """The page with a recording in it, as the Swift side writes it."""
    data = json.dumps(recording).replace("<", "\\u003c")
    return PAGE.read_text(encoding="utf-8").replace(PLACE, PLACE.replace("null", data))


def extract(report: str) -> Json:
    """The recording of a report."""
    data = report.split(OPENING, 1)[1].split("</script>", 1)[0]
    return json.loads(data)


class Expected:
    """What the page has to show of a recording, found out without it."""

    def __init__(self, recording: Json) -> None:
        self.recording = recording
        self.events: list[Any] = recording["events"]
        self.thoughts: list[Json] = [
            event["thought"]
            for event in self.events
            if isinstance(event, dict) and event.get("event") in ("proposed", "corrected")
        ]
        self.parents: dict[int, int | None] = {thought["id"]: thought.get("parent") for thought in self.thoughts}
        self.final = self.states(len(self.events))

    def states(self, end: int) -> dict[str, str]:
        """The state of each thought after so many events."""
        states: dict[str, str] = {}
        for event in self.events[:end]:
            name = event.get("event") if isinstance(event, dict) else None
            if name in ("proposed", "corrected"):
                states[str(event["thought"]["id"])] = name
            elif name in ("accepted", "rejected", "kept", "pruned"):
                states[str(event["id"])] = name
        return states

    def kids(self, number: int | None) -> list[int]:
        """The thoughts that follow one, or the question."""
        return [kid for kid, parent in self.parents.items() if parent == number]

    def behind(self, number: int | None) -> set[str]:
        """Every thought that follows one, at any distance."""
        kids = self.kids(number)
        return {str(kid) for kid in kids}.union(*(self.behind(kid) for kid in kids))

    def filtered(self, dropped: set[str]) -> set[str]:
        """The thoughts that stay when some states are hidden: what is in no such state, or leads to what is not."""
        shown: set[str] = set()
        for thought, state in self.final.items():
            number: int | None = None if state in dropped else int(thought)
            while number is not None and str(number) not in shown:
                shown.add(str(number))
                number = self.parents[number]
        return shown


# The browser


def open_browser() -> webdriver.Chrome:
    """Starts Chromium without a window."""
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for argument in ("--headless=new", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1440,900"):
        options.add_argument(argument)
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))


def wait_until(holds: Callable[[], object], seconds: float = 5) -> bool:
    """Whether something becomes true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.02)
    return False


class Browser:
    """What the checks do with the page, in their words."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver
        self.resize(1440, 900)

    def js(self, code: str, *values: Any) -> Any:
        """What a piece of JavaScript returns."""
        return self.driver.execute_script(code, *values)

    def open(self, address: str) -> float | None:
        """Loads a page; returns when it was drawn, in milliseconds, or None if it was not."""
        self.driver.get(address)
        find = "return performance.getEntriesByName('drawn')[0]?.startTime ?? null"
        wait_until(lambda: self.js(find) is not None, 10)
        return self.js(find)

    def resize(self, width: int, height: int) -> None:
        """Sets the size of the window."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def emulate(self, media: str = "", **features: str) -> None:
        """Sets what media queries see."""
        named = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": named})

    def element(self, selector: str) -> WebElement:
        """The first element of a kind."""
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def text(self, selector: str) -> str:
        """The text of an element, whether it is in sight or not."""
        # As JSON, because a lone surrogate does not survive the way here.
        return json.loads(self.js("return JSON.stringify(document.querySelector(arguments[0]).textContent)", selector))

    def states(self) -> dict[str, str]:
        """The state of each card in the picture."""
        code = """return Object.fromEntries([...document.querySelectorAll('[data-thought]')]
            .filter((item) => item.checkVisibility()).map((item) => [item.dataset.thought, item.dataset.state]))"""
        return self.js(code)

    def focused(self) -> str | None:
        """The number of the thought that has the focus, `question` for the root."""
        return self.js(
            "const at = document.activeElement.dataset; return 'question' in at ? 'question' : at.thought ?? null"
        )

    def press(self, *keys: str) -> None:
        """Presses keys where the focus is."""
        ActionChains(self.driver, duration=0).send_keys(*keys).perform()

    def click(self, selector: str) -> None:
        """Clicks with the mouse on the middle of an element."""
        element = self.element(selector)
        self.js("arguments[0].scrollIntoView({ block: 'nearest' })", element)
        ActionChains(self.driver, duration=0).move_to_element(element).click().perform()

    def touch(self, kind: str, *places: tuple[int, int]) -> None:
        """Fingers on the page, or off it."""
        points = [{"x": x, "y": y, "id": finger} for finger, (x, y) in enumerate(places)]
        self.driver.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def scrub(self, end: int) -> None:
        """Moves the slider."""
        code = """const slider = document.getElementById('slider'); slider.value = arguments[0];
            slider.dispatchEvent(new Event('input', { bubbles: true }))"""
        self.js(code, end)

    def position(self) -> int:
        """Where the slider stands."""
        return int(self.js("return document.getElementById('slider').value"))

    def in_view(self) -> list[str]:
        """The thoughts whose cards are wholly in the view."""
        code = """const view = document.getElementById('view').getBoundingClientRect();
            return [...document.querySelectorAll('[data-thought]')].filter((item) => {
                const box = item.getBoundingClientRect();
                return item.checkVisibility() && box.left >= view.left && box.right <= view.right
                    && box.top >= view.top && box.bottom <= Math.min(view.bottom, innerHeight);
            }).map((item) => item.dataset.thought)"""
        return self.js(code)

    def complaints(self) -> list[str]:
        """What the console said since the last call."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self) -> list[str]:
        """What was asked of a network since the last call."""
        messages = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        sent = [
            message["params"]["request"]["url"]
            for message in messages
            if message["method"] == "Network.requestWillBeSent"
        ]
        return [address for address in sent if not address.startswith("data:")]

    def picture(self, folder: Path | None, name: str) -> None:
        """Writes what is to be seen into a file, if somebody asked for that."""
        if folder is None:
            return
        time.sleep(0.4)
        width, height = self.js("return [innerWidth, document.documentElement.scrollHeight]")
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
        settings = {"format": "png", "captureBeyondViewport": True, "clip": clip}
        data = self.driver.execute_cdp_cmd("Page.captureScreenshot", settings)["data"]
        (folder / f"{name}.png").write_bytes(base64.b64decode(data))


# The checks of a report


def check_source(check: Checks) -> None:
    """The file itself."""
    source = PAGE.read_text(encoding="utf-8")
    check("the page has one place for a recording", source.count(PLACE) == 1, f"{len(source.encode()):,} bytes")
    check(
        "the page names no address",
        "http://" not in source.replace("http://www.w3.org/2000/svg", "") and "https://" not in source,
    )
    check(
        "the page forbids everything else by its policy",
        "default-src 'none'" in source and '<html lang="en">' in source,
    )


def check_opening(check: Checks, browser: Browser, report: Path, expected: Expected) -> None:
    """Loading, the number of cards, and that nothing else was asked for."""
    browser.complaints(), browser.requests()
    times = sorted(browser.open(report.as_uri()) or math.inf for _ in range(3))
    limit = USUAL_LIMIT if len(expected.thoughts) <= THOUGHTS else LARGE_LIMIT
    detail = f"{times[1]:.0f} ms, the median of {', '.join(f'{time:.0f}' for time in times)}"
    check(f"opens {len(expected.thoughts)} thoughts in {limit} ms", times[1] < limit, detail)
    check("draws a card for each thought", len(browser.states()) == len(expected.thoughts), len(browser.states()))
    check("shows the state of each", browser.states() == expected.final)
    finished = next(
        (event for event in reversed(expected.events) if isinstance(event, dict) and event.get("event") == "finished"),
        {},
    )
    check("shows the answer", browser.text("#answer") == (finished.get("answer") or "none"), browser.text("#answer"))
    check("shows the question", browser.text("#question") == expected.recording["question"])
    beginning = expected.recording["question"].split()[0]
    check("is named by the question", browser.driver.title.startswith(beginning), browser.driver.title)
    best = browser.js("return [...document.querySelectorAll('.item.best')].map((item) => Number(item.dataset.thought))")
    check("emphasises the best path", best == sorted(finished.get("path", [])), best)
    seen = set(map(int, browser.in_view()))
    check("begins with the best path in view", seen.intersection(best) or not best, sorted(seen.intersection(best)))
    card = "const card = document.querySelector('.card'); return card.getBoundingClientRect().width / card.offsetWidth"
    check("begins with texts that can be read", browser.js(card) >= 0.69, f"scale {browser.js(card):.2f}")


def check_details(check: Checks, browser: Browser, expected: Expected) -> None:
    """A click fills the details; hostile texts stay texts."""
    number = browser.in_view()[-1]
    browser.click(f'[data-thought="{number}"] .text')
    check(
        "a click selects a thought",
        browser.js("return document.getElementById('details').dataset.selected") == number,
        number,
    )
    wrong = []
    for thought in expected.thoughts[:200]:
        browser.js("document.querySelector(arguments[0]).click()", f'[data-thought="{thought["id"]}"]')
        if browser.text("#whole") != thought.get("text", ""):
            wrong.append(thought["id"])
    check("the details hold the whole text", not wrong, wrong or "")
    check(
        "no text has become an element",
        browser.js("return document.querySelectorAll('img, b:not(.gauge b), #whole *').length") == 0,
    )
    values = browser.text("#properties") + browser.text("#history")
    check("the details tell score and history", "Score" in values and "scored" in values)
    browser.js("document.querySelector('#properties button').focus()")
    browser.scrub(len(expected.events) - 1)
    browser.scrub(len(expected.events))
    held = browser.js("return document.activeElement.matches('#properties button')")
    check("the focus stays in the details while time goes on", held)
    gone = browser.js("const view = document.getElementById('view'); return [view.scrollLeft, view.scrollTop]")
    check("the view does not scroll away", gone == [0, 0], gone)


def check_folding(check: Checks, browser: Browser, expected: Expected) -> None:
    """What follows a thought is hidden and comes back."""
    browser.click("#best")
    time.sleep(0.4)
    number = next(int(number) for number in browser.in_view() if expected.kids(int(number)))
    behind = expected.behind(number)
    browser.click(f'[data-thought="{number}"] .fold')
    left = set(browser.states())
    check(
        "folding hides all that follows",
        left == set(expected.final) - behind,
        f"thought {number}, {len(behind)} hidden",
    )
    check("a folded card tells how many", browser.text(f'[data-thought="{number}"] .fold') == f"+{len(behind)}")
    state = browser.js("return document.querySelector(arguments[0]).ariaExpanded", f'[data-thought="{number}"]')
    check("a folded card says so", state == "false")
    browser.press(" ")
    check("Space unfolds it", browser.states() == expected.final)


def check_keys(check: Checks, browser: Browser, expected: Expected) -> None:
    """The tree without a mouse."""
    check("Tab leads to one card", browser.js("return document.querySelectorAll('.item[tabindex=\"0\"]').length") == 1)
    browser.js("document.querySelector('.item[tabindex=\"0\"]').focus()")
    browser.press(Keys.HOME)
    check("Home leads to the question", browser.focused() == "question", browser.focused())
    roots = expected.kids(None)
    browser.press(Keys.ARROW_RIGHT)
    check("right leads to the first child", browser.focused() == str(roots[0]), browser.focused())
    if len(roots) > 1:
        browser.press(Keys.ARROW_DOWN)
        check("down leads to the next sibling", browser.focused() == str(roots[1]), browser.focused())
        browser.press(Keys.ARROW_UP)
        check("up leads back", browser.focused() == str(roots[0]), browser.focused())
    browser.press(Keys.ARROW_LEFT)
    check("left leads to the parent", browser.focused() == "question", browser.focused())
    browser.press(Keys.END)
    time.sleep(0.4)
    number = browser.focused()
    check("the focus is in the view", number in browser.in_view() or number == "question", number)
    level = browser.js("return Number(document.activeElement.ariaLevel)")
    check(
        "cards tell their level",
        number == "question" or level == expected.thoughts[int(number or 0)]["depth"] + 1,
        level,
    )
    outline = browser.js("return getComputedStyle(document.activeElement.firstElementChild).outlineStyle")
    check("the focus is visible", outline == "solid", outline)
    before = browser.js("return document.getElementById('stage').style.transform")
    browser.press("+")
    check("+ zooms", browser.js("return document.getElementById('stage').style.transform") != before)


def check_camera(check: Checks, browser: Browser, _expected: Expected) -> None:
    """The view with a mouse."""
    find = "return document.getElementById('stage').style.transform"
    browser.click("#fit")
    time.sleep(0.4)
    outside = browser.js(
        "return [...document.querySelectorAll('.item')].filter((item) => item.checkVisibility()).length"
    )
    check("Show all shows all", outside == len(browser.in_view()) + 1, f"{len(browser.in_view())} of {outside - 1}")
    browser.click("#best")
    time.sleep(0.4)
    before = browser.js(find)
    ActionChains(browser.driver, duration=50).click_and_hold(browser.element("#view")).move_by_offset(
        60, 40
    ).release().perform()
    moved = browser.js(find)
    check("dragging moves the view", moved != before and moved.split("scale")[1] == before.split("scale")[1], moved)
    ActionChains(browser.driver).scroll_by_amount(0, 0).perform()
    browser.driver.execute_cdp_cmd(
        "Input.dispatchMouseEvent", {"type": "mouseWheel", "x": 400, "y": 450, "deltaX": 0, "deltaY": -200}
    )
    check("the wheel zooms", wait_until(lambda: browser.js(find).split("scale")[1] != moved.split("scale")[1], 2))
    scale = "return new DOMMatrix(getComputedStyle(document.getElementById('stage')).transform).a"
    before = browser.js(scale)
    browser.touch("touchStart", (380, 450), (420, 450))
    browser.touch("touchMove", (360, 450), (440, 450))
    browser.touch("touchEnd")
    after = browser.js(scale)
    check("two fingers zoom", abs(after / before - 2) < 0.05, f"{before:.3f} to {after:.3f}")


def check_time(check: Checks, browser: Browser, expected: Expected) -> None:
    """The slider and the replay."""
    browser.click("#slider")
    browser.press(Keys.HOME)
    check("the slider at its beginning shows no thought", browser.states() == {} and browser.position() == 0)
    browser.click("#forward")
    check("one event forward", browser.states() == expected.states(1), browser.text("#moment"))
    places = random.Random(2).sample(range(1, len(expected.events)), 12)
    wrong = []
    for end in places:
        browser.scrub(end)
        if browser.states() != expected.states(end):
            wrong.append(end)
    check("each place of the slider shows what was known then", not wrong, wrong or f"tried {places}")
    browser.scrub(0)
    browser.click("#play")
    moved = wait_until(lambda: browser.position() > 3)
    check("play moves on", moved and len(browser.states()) > 0, browser.position())
    browser.click("#play")
    stopped = browser.position()
    time.sleep(0.3)
    check("pause stops it", browser.position() == stopped, stopped)
    browser.js("document.getElementById('slider').focus()")
    browser.press(Keys.END)
    check("the slider at its end shows what the page began with", browser.states() == expected.final)


def check_speed(check: Checks, browser: Browser, expected: Expected) -> None:
    """How long a move of the slider takes, its layout and style included, while it is dragged along."""
    code = """const slider = document.getElementById('slider'); const times = [];
        for (let part = 0; part <= 60; part += 1) {
            slider.value = Math.round(slider.max * part / 60);
            const start = performance.now();
            slider.dispatchEvent(new Event('input'));
            document.body.getBoundingClientRect();
            times.push(performance.now() - start);
        }
        return times.sort((a, b) => a - b)"""
    # The quickest of three, as other programs may run.
    times = min((browser.js(code) for _ in range(3)), key=lambda times: times[30])
    limit = SCRUB_LIMIT if len(expected.thoughts) <= THOUGHTS else 10 * SCRUB_LIMIT
    check(
        f"the slider moves in {limit} ms",
        times[30] < limit,
        f"{times[30]:.1f} ms at the median, {times[-1]:.1f} ms at most",
    )


def check_filters(check: Checks, browser: Browser, expected: Expected) -> None:
    """The switches above the tree."""
    browser.click("#show-rejected")
    check(
        "rejected thoughts can be hidden",
        set(browser.states()) == expected.filtered({"rejected"}),
        len(browser.states()),
    )
    browser.click("#show-pruned")
    check("pruned ones too", set(browser.states()) == expected.filtered({"rejected", "pruned"}), len(browser.states()))
    browser.click("#show-rejected")
    browser.click("#show-pruned")
    check("they come back", browser.states() == expected.final)


def check_numbers(check: Checks, browser: Browser, expected: Expected) -> None:
    """The panels below the tree."""
    counters = expected.recording.get("counters") or {}
    rows = f"{counters.get('targetRows', 0):,}"
    check("the numbers are there", rows in browser.text("#numbers"), rows)
    peak, apart = counters.get("kvBytesPeak", 0), counters.get("kvBytesUnshared", 0)
    saved = (
        f"{100 * (apart - peak) / apart:.1f}\u00a0% saved"
        if apart > peak
        else "Nothing saved"
        if apart
        else "Not known"
    )
    check("memory is compared", saved in browser.text("#memory"), browser.text("#memory"))
    names = [name for name, seconds in (expected.recording.get("phases") or {}).items() if seconds > 0]
    check("each phase is named", all(name in browser.text("#phases") for name in names), names)
    depth = max((thought["depth"] for thought in expected.thoughts), default=0)
    rows_of_table = browser.js("return document.querySelectorAll('#levels td:first-child').length")
    check("the chart has a table of all levels", rows_of_table == max(1, depth), rows_of_table)


CONTRASTS = """
const channels = (text) => text.match(/[\\d.]+/g).map(Number);
const linear = (value) => value <= 10.31475 ? value / 3294.6 : ((value / 255 + 0.055) / 1.055) ** 2.4;
const luminance = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
        const colour = channels(getComputedStyle(at).backgroundColor);
        if ((colour[3] ?? 1) === 1) return colour;
    }
    return [255, 255, 255];
};
const found = [];
const seen = {};
// Cards of one kind look alike: some of each do.
const cards = [...document.querySelectorAll('.item')].filter((item) => (seen[item.className] = (seen[item.className] ?? 0) + 1) <= 30);
const others = document.querySelectorAll('body *:not(.item, .item *)');
for (const element of [...others, ...cards.flatMap((item) => [...item.querySelectorAll('*')])]) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || !element.checkVisibility() || element.closest('.vh, script, style, template, noscript')) continue;
    const style = getComputedStyle(element);
    const colour = channels(element.namespaceURI.endsWith('svg') ? style.fill : style.color);
    const [light, dark] = [luminance(colour), luminance(behind(element))].sort((a, b) => b - a);
    const name = (element.id || element.className?.baseVal || element.className || element.tagName) + ' '
        + (element.closest('.item')?.className ?? '');
    found.push([(light + 0.05) / (dark + 0.05), name]);
}
return [found.length, ...found.sort((a, b) => a[0] - b[0]).slice(0, 1)[0]];
"""


def check_looks(check: Checks, browser: Browser, folder: Path | None) -> None:
    """Contrast in both colour schemes, narrow windows, paper."""
    for scheme in ("light", "dark"):
        browser.emulate(prefers_color_scheme=scheme)
        count, least, where = browser.js(CONTRASTS)
        check(
            f"texts have contrast, {scheme}",
            least >= CONTRAST and count > 20,
            f"at least {least:.2f} in {count} texts ({where})",
        )
        browser.picture(folder, scheme)
    browser.emulate(prefers_reduced_motion="reduce")
    browser.js("document.getElementById('stage').classList.add('glide')")
    moving = browser.js("return getComputedStyle(document.getElementById('stage')).transitionDuration")
    check("less motion is respected", moving == "0s", moving)
    browser.emulate("print")
    check("paper shows no buttons", not browser.element("#play").is_displayed())
    browser.emulate()
    browser.resize(360, 740)
    widths = browser.js("return [document.documentElement.scrollWidth, document.body.scrollWidth]")
    check("360 pixels are wide enough", max(widths) <= 360, widths)
    browser.js("scrollTo(0, 0); document.getElementById('best').click()")
    browser.picture(folder, "narrow")
    browser.resize(1440, 900)


def check_report(check: Checks, browser: Browser, report: Path, expected: Expected, folder: Path | None) -> None:
    """Everything that a report promises."""
    check_opening(check, browser, report, expected)
    browser.picture(folder, "report")
    for part in (
        check_details,
        check_folding,
        check_keys,
        check_camera,
        check_time,
        check_speed,
        check_filters,
        check_numbers,
    ):
        try:
            part(check, browser, expected)
        except (WebDriverException, LookupError, StopIteration) as error:
            check(f"{part.__name__} comes to its end", False, repr(error))
    browser.js("document.getElementById('best').click(); scrollTo(0, 0)")
    check_looks(check, browser, folder)
    browser.js("document.getElementById('fit').click()")
    browser.picture(folder, "all")
    complaints, requests = browser.complaints(), browser.requests()
    check("the console is silent", not complaints, complaints or "")
    check("nothing but the file is asked for", set(requests) == {report.as_uri()}, set(requests))


def check_odd(check: Checks, browser: Browser, folder: Path) -> None:
    """Recordings that lack what they should have, or have what they should not."""
    thought = {"id": 0, "parent": None, "text": 7, "origin": [], "tokens": "many", "logProbability": "NaN", "score": {}}
    events = [
        {"event": "proposed"},
        {"event": "proposed", "thought": thought},
        {"event": "corrected", "thought": {"id": 9, "parent": 9}},
        {"event": "merged", "into": None},
        {"event": "scored", "id": 0, "score": -1e300},
        {"event": "levelFinished", "depth": 1e12, "threshold": "high"},
        {"event": "levelFinished", "depth": -3, "threshold": 7},
        {"event": "constructor", "id": 0},
        {
            "event": "finished",
            "path": [0, 0, None, 77],
            "reason": "constructor",
            "answer": {},
            "counters": 3,
            "phases": [1],
        },
    ]
    odd: list[Any] = [{}, [], "text", 5, {"events": 5}, {"question": 7, "seed": {}, "events": events, "counters": None}]
    odd.append(
        {"events": events, "counters": {"targetRows": "x", "kvBytesPeak": -5, "kvBytesUnshared": 0}, "seconds": "s"}
    )
    shown = []
    for number, recording in enumerate(odd):
        file = folder / f"odd{number}.html"
        file.write_text(insert(recording), encoding="utf-8")
        browser.open(file.as_uri())
        browser.scrub(4)
        browser.press(Keys.END)
        shown.append(len(browser.states()))
    complaints = browser.complaints()
    check("odd recordings open", shown == [0, 0, 0, 0, 0, 2, 2] and not complaints, complaints or shown)


# The checks of a live search


class Server(ThreadingHTTPServer):
    """Serves the page, and streams a recording slowly; what a question says decides what goes wrong."""

    daemon_threads = True

    def __init__(self, recording: Json) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.recording = recording
        self.paths: list[str] = []
        self.asked: list[tuple[str | None, Json]] = []
        self.sent = 0
        self.closed = threading.Event()

    @property
    def address(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    """One request to the server."""

    server: Server

    def log_message(self, format: str, *arguments: Any) -> None:
        """Says nothing."""

    def answer(self, status: int, kind: str, body: bytes) -> None:
        """Sends a whole answer."""
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        """The page."""
        self.server.paths.append(self.path)
        self.answer(200, "text/html; charset=utf-8", PAGE.read_bytes())

    def do_POST(self) -> None:
        """A search."""
        self.server.paths.append(self.path)
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.asked.append((self.headers["authorization"], body))
        self.server.sent = 0
        if body["question"] == "busy":
            self.answer(429, "application/json", b'{"error":{"message":"Too many searches <b>run</b> already."}}')
            return
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        try:
            for line in self.lines(body["question"]):
                self.wfile.write(line.encode())
                self.wfile.flush()
                self.server.sent += 1
                time.sleep(0.01)
        except OSError:
            self.server.closed.set()

    def lines(self, question: str) -> Iterator[str]:
        """The stream, one piece at a time; some pieces end in the middle of an event."""
        yield f"data: {json.dumps({'event': 'started', **heading(), 'question': question})}\n\n"
        for number, event in enumerate(self.server.recording["events"]):
            if question == "broken" and number == 20:
                yield 'data: {"event":"error","message":"The model <i>is</i> gone."}\n\n'
                return
            last = isinstance(event, dict) and event.get("event") == "finished"
            text = f"data: {json.dumps({**event, **totals(), 'seconds': 2.5} if last else event)}\r\n\r\n"
            yield text[: number % 40]
            yield text[number % 40 :]
            while question == "endless" and number >= 30:
                time.sleep(0.05)
                yield ": still here\n\n"
        yield "data: [DONE]\n\n"


def ask(browser: Browser, question: str, key: str = "") -> None:
    """Fills the form and sends it."""
    for name, value in (("question", question), ("key", key)):
        field = browser.element(f"[name={name}]")
        field.clear()
        field.send_keys(value)
    browser.click("#search")


def check_live(check: Checks, browser: Browser, folder: Path | None) -> None:
    """A search that a server streams."""
    server = Server(Maker(90).recording())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    expected = Expected(server.recording)
    browser.complaints(), browser.requests()
    browser.open(f"{server.address}/?question=How%20many%3F&policy=selective&strategy=nonsense&key=other")
    fields = browser.js("return Object.fromEntries(new FormData(document.getElementById('ask')))")
    right = fields == {"question": "How many?", "policy": "selective", "strategy": "beam", "seed": "0", "key": ""}
    check("the address fills the form", right, fields)
    check("live: 360 pixels are wide enough", fits_narrow(browser))
    check_stream(check, browser, server, expected, folder)
    check_failures(check, browser, server)
    count, least, where = browser.js(CONTRASTS)
    check("live: texts have contrast", least >= CONTRAST, f"at least {least:.2f} in {count} texts ({where})")
    paths = {path.split("?")[0] for path in server.paths}
    check("the server is asked for nothing else", paths == {"/", "/search"}, paths)
    complaints = [line for line in browser.complaints() if "429" not in line]
    check("live: the console is silent", not complaints, complaints or "")
    server.shutdown()


def fits_narrow(browser: Browser) -> bool:
    """Whether a narrow window needs no scrolling to the side."""
    browser.resize(360, 740)
    width = browser.js("return document.documentElement.scrollWidth")
    browser.resize(1440, 900)
    return width <= 360


def check_stream(check: Checks, browser: Browser, server: Server, expected: Expected, folder: Path | None) -> None:
    """A search that ends well."""
    all_pieces = 2 * len(expected.events) + 2
    ask(browser, "Reach 24 from 4 6 7 8.", "secret")
    check("cards come", wait_until(lambda: len(browser.states()) > 20))
    sent = server.sent
    check("they come while the search runs", 0 < sent < all_pieces, f"after {sent} of {all_pieces} pieces")
    browser.picture(folder, "live")
    check("the search ends", wait_until(lambda: "ended" in browser.text("#status"), 20), browser.text("#status"))
    check("live: every thought is there", browser.states() == expected.final, len(browser.states()))
    check("live: the answer is there", browser.text("#answer") == "24")
    check("live: the numbers are there", "21,812" in browser.text("#numbers"))
    check("live: the slider is at the end", browser.position() == len(expected.events))
    key, body = server.asked[-1]
    wanted = {
        "question": "Reach 24 from 4 6 7 8.",
        "policy": "selective",
        "strategy": "beam",
        "seed": 0,
        "stream": True,
    }
    check("the request is as agreed", body == wanted, body)
    check("the key is sent as it should be", key == "Bearer secret", key)
    kept = browser.js("return localStorage.length + sessionStorage.length + document.cookie.length")
    check("the key is kept nowhere", kept == 0 and "secret" not in browser.driver.page_source)


def check_failures(check: Checks, browser: Browser, server: Server) -> None:
    """Searches that do not end well."""
    ask(browser, "busy")
    message = "Too many searches <b>run</b> already."
    check("a refusal is shown", wait_until(lambda: browser.text("#error") == message), browser.text("#error"))
    check("without a key none is sent", server.asked[-1][0] is None, server.asked[-1][0])
    ask(browser, "broken")
    message = "The model <i>is</i> gone."
    check(
        "an error of the search is shown", wait_until(lambda: browser.text("#error") == message), browser.text("#error")
    )
    server.closed.clear()
    ask(browser, "endless")
    wait_until(lambda: server.asked[-1][1]["question"] == "endless" and server.sent > 60)
    browser.click("#stop")
    check("stop closes the connection", server.closed.wait(5))
    check("stop says so", wait_until(lambda: browser.text("#status") == "Stopped."), browser.text("#status"))
    check("what had come stays", len(browser.states()) > 2, len(browser.states()))


def main() -> int:
    """Runs the checks; returns the exit code."""
    parser = argparse.ArgumentParser(prog="page", description=__doc__)
    parser.add_argument("report", nargs="?", type=Path, help="a report; by default one is made up")
    parser.add_argument("--screenshots", type=Path, metavar="FOLDER", help="write pictures there")
    parser.add_argument("--thoughts", type=int, default=THOUGHTS, metavar="COUNT", help="how many thoughts to make up")
    arguments = parser.parse_args()
    if arguments.screenshots:
        arguments.screenshots.mkdir(parents=True, exist_ok=True)
    check = Checks()
    check_source(check)
    driver = open_browser()
    try:
        with tempfile.TemporaryDirectory() as folder:
            report = arguments.report.resolve() if arguments.report else Path(folder) / "report.html"
            if not arguments.report:
                report.write_text(insert(Maker(arguments.thoughts).recording()), encoding="utf-8")
            expected = Expected(extract(report.read_text(encoding="utf-8")))
            browser = Browser(driver)
            check_report(check, browser, report, expected, arguments.screenshots)
            check_odd(check, browser, Path(folder))
            check_live(check, browser, arguments.screenshots)
    finally:
        driver.quit()
    print(f"{check.passed} passed, {check.failed} failed")
    return 1 if check.failed else 0


if __name__ == "__main__":
    sys.exit(main())

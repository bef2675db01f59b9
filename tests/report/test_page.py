"""The page in a real browser: from a file, at two widths and on paper."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cnnspec.pytorch.report import document, write_report
from tests.report.made import Folders

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

# What is wider than its place: text that is cut or runs out of the page. Tables may be scrolled, in their own region.
OVERFLOWING = """() => [...document.querySelectorAll('body *')].filter(element => {
    if (element.closest('.scroll') || element.querySelector('.scroll')) return false
    const box = element.getBoundingClientRect()
    return box.width && (box.right > innerWidth + 1 || box.left < -1 || element.scrollWidth > element.clientWidth + 1
        && getComputedStyle(element).display !== 'inline')
}).map(element => element.outerHTML.slice(0, 120))"""
PICTURES = """() => [...document.images].map(image =>
    ({alt: image.alt, shown: image.complete && image.naturalWidth > 0, width: image.width, height: image.height,
      natural: image.naturalWidth}))"""
SMALLEST = """() => Math.min(...[...document.querySelectorAll('body *')].filter(e => [...e.childNodes].some(
    n => n.nodeType === 3 && n.textContent.trim())).map(e => parseFloat(getComputedStyle(e).fontSize)))"""
# What axe looks at first: names, structure, and targets that exist.
FAULTS = """() => {
    const faults = []
    const ids = [...document.querySelectorAll('[id]')].map(e => e.id)
    if (new Set(ids).size !== ids.length) faults.push('an id is there twice')
    for (const e of document.querySelectorAll('[aria-labelledby]'))
        if (!document.getElementById(e.getAttribute('aria-labelledby'))) faults.push('labelled by nothing')
    for (const a of document.querySelectorAll('a'))
        if (!document.querySelector(a.getAttribute('href'))) faults.push('a link to nothing')
    const levels = [...document.querySelectorAll('h1,h2,h3')].map(e => +e.tagName[1])
    if (levels[0] !== 1 || levels.filter(l => l === 1).length !== 1) faults.push('not one h1, first')
    if (levels.some((l, i) => i && l > levels[i - 1] + 1)) faults.push('a level of headings is left out')
    if (!document.documentElement.lang || !document.title) faults.push('no language or title')
    for (const th of document.querySelectorAll('th')) if (!th.scope || !th.textContent.trim()) faults.push('a bare th')
    for (const s of document.querySelectorAll('.scroll')) if (s.tabIndex !== 0) faults.push('scrolled by mouse alone')
    if (!document.querySelector('main') || !document.querySelector('nav[aria-label]')) faults.push('no landmarks')
    return faults
}"""


def opened(browser: Browser, page: Path, width: int) -> tuple[Page, list[str]]:
    """The page from its file, and all that it said or asked for."""
    seen: list[str] = []
    found = browser.new_page(viewport={"width": width, "height": 900})
    found.on("console", lambda message: seen.append(message.text))
    found.on("pageerror", lambda error: seen.append(str(error)))
    found.on("request", lambda request: None if request.url.startswith("data:") else seen.append(request.url))
    found.goto(page.as_uri())
    return found, seen


def test_the_page_is_whole_and_asks_for_nothing(browser: Browser, sweep_report: Path) -> None:
    """On a desk and on a phone nothing is requested, said or cut, each picture shows, and text is legible."""
    address = (sweep_report / "report.html").as_uri()
    for width in (1280, 390):
        page, seen = opened(browser, sweep_report / "report.html", width)
        assert seen == [address]
        assert page.evaluate(OVERFLOWING) == []
        pictures = page.evaluate(PICTURES)
        assert len(pictures) == 7
        for picture in pictures:
            assert picture["shown"]
            assert picture["width"] >= 300
            assert picture["height"] >= 100
            assert len(picture["alt"]) > 30
            assert picture["width"] >= 0.99 * picture["natural"]  # text in it is not scaled down
        assert page.evaluate(SMALLEST) >= 12
        assert page.evaluate(FAULTS) == []
        page.close()


def test_the_figures_are_those_of_the_runs(browser: Browser, sweep_report: Path) -> None:
    """Each row of the table of runs says what the last line of its metrics.jsonl says."""
    page, _ = opened(browser, sweep_report / "report.html", 1280)
    rows = page.eval_on_selector_all(
        "section[aria-labelledby=runs] tbody tr", "rows => rows.map(row => [...row.cells].map(cell => cell.innerText))"
    )
    page.close()
    assert len(rows) == 11
    for name, *_, loss, accuracy, val_loss, val_accuracy, time in rows:
        run = sweep_report.parent / f"{int(name):04}"
        lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
        last = lines[-1]
        assert (loss, val_loss) == (f"{last['train_loss']:.4f}", f"{last['val_loss']:.4f}")
        shares = [float(text.replace("\u00a0", " ").removesuffix(" %")) for text in (accuracy, val_accuracy)]
        assert shares == pytest.approx([100 * last["train_accuracy"], 100 * last["val_accuracy"]], abs=0.005)
        assert time.replace("\u00a0", " ") == f"{sum(line['seconds'] for line in lines):.1f} s"


def test_paper_has_all_of_it(browser: Browser, sweep_report: Path) -> None:
    """Nothing is hidden in print but the links, and no table is cut at the width of a page."""
    page, _ = opened(browser, sweep_report / "report.html", 680)  # A4 between its margins
    page.emulate_media(media="print")
    assert page.is_hidden("nav")
    cut = "() => [...document.querySelectorAll('.scroll')].filter(e => e.scrollWidth > innerWidth).length"
    assert page.evaluate(cut) == 0
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4"))) > 1
    page.close()


def test_names_are_text_and_never_markup(browser: Browser, folders: Folders) -> None:
    """A name that is a script, a formula, a picture or a table's bar is shown as it is written."""
    from cnnspec.pytorch.report import compare

    hostile = (
        '<img src=x onerror="document.title=1"><script>document.title = 2</script> {{ 7 * 7 }} $x^2$ | **b** </title>'
    )
    runs = [
        folders.run("a", [0.5, 0.9], title=hostile, correct=300),
        folders.run("b", [0.4, 0.8], title="plain \u202e\x1b[31m", correct=290),
    ]
    write_report(document(compare(runs, hostile)), folders.folder / "out")
    page, seen = opened(browser, folders.folder / "out" / "report.html", 390)
    assert seen == [(folders.folder / "out" / "report.html").as_uri()]
    assert page.title() == hostile
    assert page.inner_text("h1") == hostile
    assert page.evaluate("() => document.querySelectorAll('img[src=x], script, b').length") == 0
    assert page.evaluate(OVERFLOWING) == []
    assert "\u202e" not in page.content()
    assert "\x1b" not in page.content()
    page.close()
    text = (folders.folder / "out" / "report.md").read_text(encoding="utf-8")
    assert "<img" not in text.replace("\\<img", "")
    for picture in (folders.folder / "out").glob("*.svg"):
        assert "<script" not in picture.read_text(encoding="utf-8")

"""Opens the pages of `gobbet report` in a real browser and looks whether they are fit for people.

    pages.py GOBBET CHROMIUM

makes a page of each kind from the fixtures and opens it in a headless Chromium, light, dark and printed.
A page must render without an error and ask for nothing; it must show texts of others as texts; each
chart has a table beside it and a name; text has a contrast of 4.5 and more, bars of 3; everything that
scrolls or opens is reached by the Tab key; nothing is wider than a phone. Needs `pip install
playwright`; its own browsers aren't needed.
"""

from __future__ import annotations

import argparse
import pathlib
import subprocess
import sys
import tempfile

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = pathlib.Path(__file__).resolve().parent.parent
FIXTURES = ROOT / "Fixtures"
NASTY = "<script>window.pwned=1</script><img src=x onerror=window.pwned=1> \u202e\x1b[31m \u00e9\U0001f642\n"

#: What is wrong with the contrast and the structure of a page, as a list of texts.
FAULTS = r"""() => {
  const faults = [];
  const channel = v => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
  const light = c => 0.2126 * channel(c[0]) + 0.7152 * channel(c[1]) + 0.0722 * channel(c[2]);
  const contrast = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p);
    return (x + 0.05) / (y + 0.05); };
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const known = new Map();
  const color = text => {
    if (!known.has(text)) {
      canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = text; canvas.fillRect(0, 0, 1, 1);
      const d = canvas.getImageData(0, 0, 1, 1).data;
      known.set(text, [d[0], d[1], d[2], d[3] / 255]);
    }
    return known.get(text);
  };
  const behind = element => {
    const layers = [];
    for (let e = element; e; e = e.parentElement) {
      const c = color(getComputedStyle(e).backgroundColor);
      if (c[3] > 0) layers.push(c);
      if (c[3] === 1) break;
    }
    let result = [255, 255, 255];
    for (const c of layers.reverse()) result = result.map((v, i) => v * (1 - c[3]) + c[i] * c[3]);
    return result;
  };
  const seen = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode, element = node.parentElement;
    if (!node.data.trim() || element.closest('title')) continue;
    const style = getComputedStyle(element);
    const isDrawn = element.closest('svg');
    const text = color(isDrawn ? style.fill : style.color);
    const key = style.color + style.fill + behind(element);
    if (seen.has(key)) continue;
    seen.add(key);
    const ratio = contrast(text, behind(element));
    if (ratio < 4.5) faults.push(`contrast ${ratio.toFixed(2)} of "${node.data.slice(0, 30)}"`);
  }
  for (const name of ['s0', 's1', 's2', 's3']) {
    const bar = document.querySelector(`svg .${name}`);
    if (bar) {
      const ratio = contrast(color(getComputedStyle(bar).fill), behind(bar));
      if (ratio < 3) faults.push(`contrast ${ratio.toFixed(2)} of bars ${name}`);
    }
  }
  const figures = document.querySelectorAll('figure');
  for (const figure of figures) {
    const svg = figure.querySelector('svg[role=img][aria-label]');
    const rows = figure.querySelectorAll('table tbody tr').length;
    if (!svg || rows === 0) faults.push(`no table or name: ${figure.textContent.slice(0, 40)}`);
  }
  for (const svg of document.querySelectorAll('svg')) {
    if (!svg.getAttribute('aria-label')) faults.push('a picture without a name');
  }
  for (const table of document.querySelectorAll('table')) {
    if (!table.caption) faults.push('a table without a caption');
    if (table.querySelector('thead th:not([scope=col])')) faults.push('a head without a scope');
  }
  for (const box of document.querySelectorAll('.table, .tokens')) {
    if (box.tabIndex !== 0 || !box.getAttribute('aria-label')) faults.push('a box without a key');
  }
  if (document.documentElement.lang !== 'en') faults.push('no language');
  if (document.querySelectorAll('h1').length !== 1 || !document.title) faults.push('no title');
  if (document.querySelector('script, img, link, iframe, [src], [onerror]')) faults.push('foreign');
  for (const link of document.querySelectorAll('a')) {
    const target = link.getAttribute('href');
    if (!target.startsWith('#') || !document.getElementById(target.slice(1))) faults.push(target);
  }
  if (window.pwned) faults.push('ran a script of the text');
  return faults;
}"""

#: What the Tab key must come to, in order.
REACHED = """() => [...document.querySelectorAll('a, summary, [tabindex="0"]')]
  .filter(e => e.checkVisibility()).length"""


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("gobbet", type=pathlib.Path)
    parser.add_argument("chromium", type=pathlib.Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        pages = make_pages(arguments.gobbet.resolve(), pathlib.Path(name))
        browser = playwright.chromium.launch(
            executable_path=str(arguments.chromium), args=["--no-sandbox"]
        )
        for page in pages:
            check(browser, page)
        print(f"{len(pages)} pages in Chromium {browser.version}: no faults")
        browser.close()


def make_pages(gobbet: pathlib.Path, folder: pathlib.Path) -> list[pathlib.Path]:
    """A page of each kind, and of each with two files."""

    def run(*arguments: object) -> None:
        done = subprocess.run(
            [str(gobbet), *map(str, arguments)], cwd=folder, capture_output=True, text=True
        )
        if done.returncode:
            sys.exit(f"{arguments}: {done.stderr}")

    corpus, model = FIXTURES / "corpus", FIXTURES / "tinymodel/model.safetensors"
    special = ["--special", "<|endoftext|>"]
    run("train", corpus, "--size", 4096, *special, "--special", NASTY, "-o", "large.gobbet")
    run("train", FIXTURES / "corpus-heldout", "--size", 1024, *special, "-o", "small.gobbet")
    run("pack", corpus, "-v", "large.gobbet", "--append-eot", "--sources", "-o", "corpus.gobbet")
    run("pack", corpus, "-v", "large.gobbet", "--append-eot", "--validation", "0.2", "-o", "shards")
    chat = FIXTURES / "chat"
    run("pack", chat / "conversations.jsonl", "-v", chat / "tokenizer.json", "--template", "chatml",
        "--bad-lines", "skip", "-o", "chats.gobbet")  # fmt: skip
    run("convert", model, "-o", "model.gobbet")
    run("convert", model, "--type", "bf16", "-o", "half.gobbet")
    text = NASTY + (FIXTURES / "corpus-heldout/ru.txt").read_text()[:300]
    text += (FIXTURES / "corpus-heldout/en.txt").read_text()[:900] + "<|endoftext|>"
    kinds: dict[str, list[object]] = {
        "vocabulary": ["large.gobbet", "--corpus", FIXTURES / "corpus-heldout"],
        "vocabularies": ["large.gobbet", "small.gobbet", "--token", " the"],
        "text": ["large.gobbet", "--text", text],
        "texts": ["large.gobbet", "small.gobbet", "--text", text],
        "dataset": ["corpus.gobbet"],
        "shards": ["shards"],
        "masked": ["chats.gobbet"],
        "weights": [model],
        "weights-two": ["model.gobbet", "half.gobbet"],
        "run": [model, "--text", "But, soft! what light through yonder window breaks?\n" + NASTY],
    }
    for kind, arguments in kinds.items():
        run("report", *arguments, "-o", f"{kind}.html")
    return [folder / f"{kind}.html" for kind in kinds]


def check(browser: Browser, path: pathlib.Path) -> None:
    """Looks at a page in light and dark, on paper, by keyboard and on a phone."""
    faults: list[str] = []
    for scheme in ("light", "dark"):
        page = opened(browser, path, scheme, faults)
        faults += [f"{scheme}: {fault}" for fault in page.evaluate(FAULTS)]
        page.close()
    page = opened(browser, path, "dark", faults)
    page.emulate_media(media="print")
    faults += [f"print: {fault}" for fault in page.evaluate(FAULTS)]
    if not page.pdf().startswith(b"%PDF"):
        faults.append("does not print")
    page.close()
    faults += keyboard_faults(opened(browser, path, "light", faults))
    phone = opened(browser, path, "light", faults, width=360)
    width = phone.evaluate("document.documentElement.scrollWidth")
    if width > 360:
        faults.append(f"{width} pixels wide on a phone of 360")
    phone.close()
    if faults:
        sys.exit(f"{path.name}:\n  " + "\n  ".join(dict.fromkeys(faults)))
    print(f"{path.name}: {path.stat().st_size:,} bytes")


def opened(
    browser: Browser,
    path: pathlib.Path,
    scheme: str,
    faults: list[str],
    width: int = 1280,
    scale: int = 1,
) -> Page:
    """The page in a tab; errors and requests become faults."""
    page = browser.new_page(
        viewport={"width": width, "height": 900}, device_scale_factor=scale, color_scheme=scheme
    )
    page.on("console", lambda message: faults.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: faults.append(f"error: {error}"))
    page.on(
        "request",
        lambda request: None if request.url == path.as_uri() else faults.append(request.url),
    )
    page.goto(path.as_uri())
    return page


def keyboard_faults(page: Page) -> list[str]:
    """What is wrong with the page for who has no pointer."""
    faults = []
    expected = page.evaluate(REACHED)
    reached = 0
    for _ in range(expected):
        page.keyboard.press("Tab")
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        reached += page.evaluate("document.activeElement !== document.body")
        if outline == "none":
            faults.append("a focus that isn't seen")
    if reached != expected:
        faults.append(f"{reached} of {expected} places are reached by the keyboard")
    if page.locator("summary").count():
        page.locator("summary").first.focus()
        before = page.evaluate("document.querySelector('details').open")
        page.keyboard.press("Enter")
        if page.evaluate("document.querySelector('details').open") == before:
            faults.append("a branch that the keyboard doesn't open")
    page.close()
    return faults


if __name__ == "__main__":
    main()

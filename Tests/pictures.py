"""Makes the pictures of the documentation: a page of each kind of `gobbet report` in a real browser.

    pictures.py GOBBET CHROMIUM [FOLDER]

writes each light and dark, NAME@2x.png and NAME~dark@2x.png, into FOLDER, else into the resources of the
documentation. It is run again when a page looks different, before a release at the latest. Needs
`pip install playwright pillow`; playwright's own browsers aren't needed.
"""

from __future__ import annotations

import io
import pathlib
import subprocess
import sys
import tempfile

from pages import opened
from PIL import Image
from playwright.sync_api import Browser, sync_playwright

ROOT = pathlib.Path(__file__).resolve().parent.parent
RESOURCES = ROOT / "Sources/Gobbet/Gobbet.docc/Resources"
WIDTH = 760

#: The section at the top of each picture, and how many pixels of the page it shows.
PICTURES = {
    "report-text": ("Tokens", 290),
    "report-vocabulary": ("Token lengths", 400),
    "report-dataset": ("First documents", 420),
    "report-weights": ("Tensors", 420),
    "report-run": ("Loss by token", 420),
}


#: What the page about a text shows.
TEXT = """\
A kettle begins to murmur long before it boils.
Снег скрипит, когда под ногой ломаются кристаллы.
Ο βραστήρας τραγουδά πριν βράσει το νερό.
Þröstur sits in Łódź and drinks tea.
for (let i = 0; i < 10; i++) total += rows[i].value;
<|endoftext|>"""


def main() -> None:
    """The command."""
    gobbet, chromium = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
    output = pathlib.Path(sys.argv[3]) if len(sys.argv) > 3 else RESOURCES
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        make_pages(gobbet, pathlib.Path(name))
        browser = playwright.chromium.launch(executable_path=str(chromium), args=["--no-sandbox"])
        for picture, (heading, height) in PICTURES.items():
            page = pathlib.Path(name, f"{picture}.html")
            for scheme, suffix in (("light", "@2x"), ("dark", "~dark@2x")):
                path = output / f"{picture}{suffix}.png"
                path.write_bytes(screenshot(browser, page, scheme, heading, height))
                print(f"{path.name}: {path.stat().st_size:,} bytes")
        browser.close()


def make_pages(gobbet: pathlib.Path, folder: pathlib.Path) -> None:
    """Writes the pages into the folder, whose only other files are what they show."""
    for name in ("corpus", "chat"):
        (folder / name).symlink_to(ROOT / "Fixtures" / name)
    (folder / "shakespeare").symlink_to(ROOT / "Fixtures/tinymodel")
    template = ["--template", "chatml", "--bad-lines", "skip"]
    for arguments in (
        ["train", "corpus", "--size", "4096", "--special", "<|endoftext|>", "-o", "my.gobbet"],
        ["train", "corpus/en", "--size", "1024", "--special", "<|endoftext|>", "-o", "en.gobbet"],
        ["pack", "chat/conversations.jsonl", "-v", "chat/tokenizer.json", *template]
        + ["-o", "chats.gobbet"],
        ["report", "my.gobbet", "--text", TEXT, "-o", "report-text.html"],
        ["report", "my.gobbet", "en.gobbet", "-o", "report-vocabulary.html"],
        ["report", "chats.gobbet", "-o", "report-dataset.html"],
        ["report", "shakespeare/model.safetensors", "-o", "report-weights.html"],
        ["report", "shakespeare/model.safetensors", "-o", "report-run.html", "--text"]
        + ["But, soft! what light through yonder window breaks? It is the east."],
    ):
        subprocess.run([str(gobbet), *arguments], cwd=folder, check=True, stdout=subprocess.DEVNULL)


def screenshot(
    browser: Browser, path: pathlib.Path, scheme: str, heading: str, height: int
) -> bytes:
    """A part of the page as a PNG of few colors."""
    faults: list[str] = []
    page = opened(browser, path, scheme, faults, WIDTH, scale=2)
    box = page.locator(
        "section", has=page.get_by_role("heading", name=heading, level=2, exact=True)
    )
    top = box.first.evaluate("e => e.getBoundingClientRect().top + scrollY")
    clip = {"x": 0, "y": top, "width": WIDTH, "height": height}
    image = Image.open(io.BytesIO(page.screenshot(clip=clip, full_page=True)))
    page.close()
    if faults:
        sys.exit(f"{path.name}: " + "; ".join(faults))
    written = io.BytesIO()
    image.convert("RGB").quantize(64, dither=Image.Dither.NONE).save(written, "PNG", optimize=True)
    return written.getvalue()


if __name__ == "__main__":
    main()

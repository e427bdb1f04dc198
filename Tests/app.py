"""Shows that an app can read a tokenizer without any library of the system.

    app.py BUILD

looks at TokenizerApp, a program of the release build in BUILD that depends on the product
GobbetTokenizers alone. No target that it is made of is a library of the system, asks pkg-config for one,
or is linked with one; the program loads nothing but the C library and Swift's own, Foundation not among
them; and it gives the same ids as the command. Linux only.
"""

from __future__ import annotations

import json
import pathlib
import re
import subprocess
import sys
import tempfile

from docs import ROOT

PRODUCT = "GobbetTokenizers"
APP = "TokenizerApp"
#: What may be loaded: parts of the C library and of Swift's standard library.
LOADED = re.compile(
    r"lib(c|m|pthread|dl|gcc_s|stdc\+\+|swiftCore|swiftGlibc|swiftSynchronization"
    r"|swift_Concurrency|swift_StringProcessing|swift_RegexParser|swift_Builtin_float|swiftSwiftOnoneSupport)"
    r"\.so(\.\d+)?|ld-linux.*"
)
#: The packages whose products may be used: swift-system, which wraps calls of the C library.
PACKAGES = {"swift-system"}
TEXT = "The village, é! 日本 1234"


def output(*words: str) -> str:
    """What a program prints."""
    return subprocess.run(words, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def reached(targets: dict[str, dict], name: str) -> tuple[set[str], set[str]]:
    """The targets that one is made of, itself too, and the packages."""
    found, packages, waiting = set(), set(), [name]
    while waiting:
        target = waiting.pop()
        if target in found:
            continue
        found.add(target)
        for dependency in targets[target]["dependencies"]:
            if "product" in dependency:
                packages.add(dependency["product"][1])
            else:
                waiting.append((dependency.get("byName") or dependency["target"])[0])
    return found, packages


def main() -> None:
    """The command."""
    build = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as scratch:
        package = json.loads(output("swift", "package", "--scratch-path", scratch, "dump-package"))
    targets = {target["name"]: target for target in package["targets"]}
    product = next(it for it in package["products"] if it["name"] == PRODUCT)
    names, packages = reached(targets, APP)
    flaws = []
    if product["targets"] != [PRODUCT] or PRODUCT not in names:
        flaws.append(f"{APP} isn't made of the product {PRODUCT}")
    for name in sorted(names):
        target = targets[name]
        linked = [it for it in target["settings"] if it["tool"] == "linker"]
        if target["type"] == "system" or target.get("pkgConfig") or linked:
            flaws.append(f"{APP} is made of {name}, which needs a library of the system")
    flaws += [f"{APP} is made of {it}" for it in sorted(packages - PACKAGES)]
    needed = re.findall(r"\(NEEDED\).*\[(.*)\]", output("readelf", "-d", str(build / APP)))
    flaws += [f"{APP} loads {it}" for it in needed if not LOADED.fullmatch(it)]
    if not needed:
        flaws.append("readelf found nothing that is loaded")
    # The command must show what the app doesn't have, or the test would see nothing.
    others = output("readelf", "-d", str(build / "gobbet"))
    flaws += [f"readelf doesn't find {it} in gobbet" for it in ("zstd", "simdjson") if it not in others]
    model = ROOT / "Fixtures/tinymodel/tokenizer.json"
    ids = output(str(build / APP), str(model), TEXT)
    wanted = subprocess.run(
        [str(build / "gobbet"), "encode", "-v", str(model)],
        input=TEXT, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    if ids.split() != wanted.split():
        flaws.append(f"{APP} gives the ids {ids}, and gobbet {wanted}")
    if flaws:
        sys.exit("\n".join([*flaws, f"app: {len(flaws)} flaws"]))
    print(f"app: {len(names)} targets, and no library but {', '.join(sorted(needed))}")


if __name__ == "__main__":
    main()

"""Makes the documentation of every library and fails for what is missing in it.

    documentation.py BUILD [OUTPUT]

takes the modules of the release build in BUILD. Every public symbol has a doc comment, except an
initialiser that the compiler makes of a raw value, and DocC has no warning. OUTPUT gets an archive of
each module, all of them as one in `Combined.doccarchive`, and in `python` the reference of the Python
package, which pdoc makes of its docstrings (`pip install pdoc`; that of `gobbet.torch` needs PyTorch).

With `GOBBET_DOCUMENTATION=1`, `swift package generate-documentation --enable-experimental-combined-documentation
--warnings-as-errors` makes the same; it fetches swift-docc-plugin, and this doesn't.
"""

from __future__ import annotations

import importlib.util
import json
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import tempfile

from docs import ROOT, module_maps

MODULES = [
    "Gobbet", "GobbetBPE", "GobbetCorpus", "GobbetData", "GobbetFile", "GobbetGPT",
    "GobbetInterchange", "GobbetPage", "GobbetRemote", "GobbetReport", "GobbetSystem",
    "GobbetTokenizers",
]  # fmt: skip
PYTHON_MODULES = ["gobbet", "gobbet.corpus", "gobbet.numpy", "gobbet.jobs", "gobbet.spark", "gobbet.ray"]
PYTORCH_MODULES = ["gobbet.torch", "gobbet.torch_data", "gobbet.window_loader", "gobbet.row_loader"]


def main() -> None:
    """The command."""
    build = pathlib.Path(sys.argv[1]).resolve()
    if len(sys.argv) > 2:
        make_python_reference(pathlib.Path(sys.argv[2], "python"))
    if shutil.which("docc") is None:
        print("documentation: not made, since there is no docc: it comes with the toolchain")
        return
    with tempfile.TemporaryDirectory() as name:
        output = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else pathlib.Path(name, "archives")
        flaws = []
        for module in MODULES:
            graphs = pathlib.Path(name, module)
            extract(module, build, graphs)
            flaws += undocumented(graphs)
            flaws += convert(module, graphs, output / f"{module}.doccarchive")
        if not flaws:
            flaws = merge(output)
    if flaws:
        sys.exit("\n".join([*flaws, f"documentation: {len(flaws)} flaws"]))
    print(f"documentation: {len(MODULES)} modules, no warning, nothing undocumented, and one archive of all")


def make_python_reference(output: pathlib.Path) -> None:
    """Writes the pages of the Python package."""
    if importlib.util.find_spec("pdoc") is None:
        print("documentation: nothing about Python, since there is no pdoc: pip install pdoc")
        return
    modules = PYTHON_MODULES + (PYTORCH_MODULES if importlib.util.find_spec("torch") else [])
    subprocess.run(
        [sys.executable, "-m", "pdoc", "--docformat", "google", "--no-show-source",
         "-o", str(output), *modules],
        env=os.environ | {"PYTHONPATH": str(ROOT / "Sources/Python")}, check=True,
    )  # fmt: skip


def extract(module: str, build: pathlib.Path, graphs: pathlib.Path) -> None:
    """Writes the symbol graphs of a module."""
    graphs.mkdir(parents=True)
    information = json.loads(subprocess.check_output(["swiftc", "-print-target-info"]))
    done = subprocess.run(
        ["swift-symbolgraph-extract", "-module-name", module, "-I", str(build / "Modules"),
         "-target", information["target"]["triple"], "-minimum-access-level", "public",
         "-skip-inherited-docs", "-skip-synthesized-members", "-output-dir", str(graphs),
         *module_maps(build)],
        capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode:
        sys.exit(f"{module}: {done.stderr}")


def undocumented(graphs: pathlib.Path) -> list[str]:
    """The public symbols without a doc comment."""
    found = []
    for path in sorted(graphs.glob("*.symbols.json")):
        for symbol in json.loads(path.read_text())["symbols"]:
            names = symbol["pathComponents"]
            if "docComment" not in symbol and names[-1] != "init(rawValue:)":
                found.append(f"{path.name.split('.')[0]}: {'.'.join(names)} has no doc comment")
    return found


def convert(module: str, graphs: pathlib.Path, archive: pathlib.Path) -> list[str]:
    """Makes the archive of a module; what DocC warns of."""
    archive.parent.mkdir(parents=True, exist_ok=True)
    catalog = ROOT / f"Sources/{module}/{module}.docc"
    done = subprocess.run(
        ["docc", "convert", *([str(catalog)] if catalog.exists() else []),
         "--additional-symbol-graph-dir", str(graphs), "--fallback-display-name", module,
         "--fallback-bundle-identifier", module, "--output-path", str(archive)],
        capture_output=True, text=True,
    )  # fmt: skip
    lines = (done.stdout + done.stderr).splitlines()
    flaws = [f"{module}: {line}" for line in lines if line.startswith(("warning:", "error:"))]
    return flaws or ([f"{module}: docc ended with {done.returncode}"] if done.returncode else [])


def merge(output: pathlib.Path) -> list[str]:
    """Makes one archive of those of all modules; what DocC says if it can't."""
    combined = output / "Combined.doccarchive"
    shutil.rmtree(combined, ignore_errors=True)
    done = subprocess.run(
        ["docc", "merge", *(str(output / f"{module}.doccarchive") for module in MODULES),
         "--synthesized-landing-page-name", "Gobbet", "--output-path", str(combined)],
        capture_output=True, text=True,
    )  # fmt: skip
    lines = (done.stdout + done.stderr).splitlines()
    flaws = [line for line in lines if line.startswith(("warning:", "error:"))]
    for module in MODULES:
        if not (combined / f"data/documentation/{module.lower()}.json").exists():
            flaws.append(f"the combined archive lacks {module}")
    return flaws or ([f"docc merge ended with {done.returncode}"] if done.returncode else [])


if __name__ == "__main__":
    main()

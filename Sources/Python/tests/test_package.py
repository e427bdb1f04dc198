"""What can be said of the package as a whole."""

import importlib.metadata
import importlib.util
import inspect
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import gobbet
from gobbet import _functions, _native

from . import support


#: What a careful user writes.
PROGRAM = """
import gobbet
import gobbet.corpus
import gobbet.numpy

def ids(text: str) -> list[int]:
    return gobbet.Encoding("my.gobbet").encode(text, allowed_special="all")

def losses(paths: list[str]) -> float:
    dataset = gobbet.TokenDataset(paths)
    windows = dataset.windows(256, dtype="int64")
    total = 0.0
    for indices in dataset.sampler(256, seed=1).batches(8):
        inputs, targets = windows.batch(indices)
        total += float((inputs != targets).mean())
    return total

def pack(texts: list[str], encoding: gobbet.Encoding) -> str:
    with gobbet.DatasetWriter("out.gobbet", encoding) as writer:
        writer.add_texts(texts, append="<|endoftext|>")
        for document in gobbet.corpus.documents("corpus"):
            writer.add(encoding.encode_ordinary(document.decode()))
    with gobbet.safe_open("w.gobbet") as file:
        names: list[str] = file.keys()
    try:
        return gobbet.Model("model").generate(names[0], max_tokens=3).run()
    except gobbet.NoInput as error:
        return str(error)
"""


class PackageTests(unittest.TestCase):
    def test_importing_the_package_imports_neither_numpy_nor_the_library(self):
        code = (
            "import sys, gobbet; gobbet.Encoding\n"
            "from gobbet import _native\n"
            "print('numpy' in sys.modules, 'torch' in sys.modules, _native._library)"
        )
        found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        self.assertEqual(found.stdout, "False False None\n", found.stderr)

    def test_the_native_library_is_there(self):
        self.assertTrue(gobbet.native_available(), _native._reason)
        self.assertEqual(_native.library().version, gobbet.__version__)

    def test_the_package_has_the_version_that_swift_has(self):
        source = support.ROOT / "Sources" / "GobbetSystem" / "GobbetVersion.swift"
        if not source.exists():
            self.skipTest("needs Sources/GobbetSystem/GobbetVersion.swift: run in a clone")
        self.assertIn(f'gobbetVersion: StaticString = "{gobbet.__version__}"', source.read_text())

    def test_the_library_is_that_of_the_package_where_it_has_one(self):
        beside = list(pathlib.Path(gobbet.__file__).parent.glob("libgobbet.*"))
        if not beside:
            self.skipTest("needs an installed wheel: make test-python")
        self.assertEqual(pathlib.Path(_native.library().path), beside[0])
        self.assertIsNotNone(_native.library().quick)

    def test_the_wheel_carries_the_licences_of_what_is_inside(self):
        if not list(pathlib.Path(gobbet.__file__).parent.glob("libgobbet.*")):
            self.skipTest("needs an installed wheel: make test-python")
        texts = {
            file.name: file.read_text()
            for file in importlib.metadata.files("gobbet") or []
            if "licenses" in file.parts
        }
        self.assertIn("Apache License", texts["LICENSE"])
        notices = texts["THIRD-PARTY-NOTICES.txt"]
        for component in ["swift-crypto", "swift-system", "BoringSSL", "zstd", "zlib", "simdjson"]:
            self.assertRegex(notices, rf"(?m)^{component}: ")
        if sys.platform == "linux":
            self.assertRegex(notices, r"(?m)^Swift: ")

    def test_functions_are_called_as_the_header_declares_them(self):
        header = support.ROOT / "Sources" / "CGobbet" / "gobbet.h"
        if not header.exists():
            self.skipTest("needs Sources/CGobbet/gobbet.h: run in a clone")
        text = re.sub(r"//[^\n]*", "", header.read_text())
        declared = dict(re.findall(r"gobbet_status gobbet_(\w+)\(([^;]*)\);", text))
        self.assertEqual(declared.keys(), _functions.FUNCTIONS.keys())
        numbers = {"size_t": "n", "uint64_t": "Q", "uint32_t": "I", "int32_t": "i",
                   "gobbet_integer_type": "I", "double": "d"}  # fmt: skip
        for name, arguments in declared.items():
            letters = ""
            for argument in arguments.split(","):
                kind = argument.replace("const", "").split()[0]
                single = argument.count("*") == 1 and kind == "char"
                letters += ("z" if single else "p") if "*" in argument else numbers[kind]
            # A buffer of characters is a pointer that C writes to.
            found = _functions.FUNCTIONS[name]
            self.assertEqual(len(letters), len(found), name)
            for one, other in zip(letters, found):
                self.assertTrue(one == other or {one, other} == {"z", "p"}, (name, letters, found))

    def test_what_is_public_has_a_docstring_and_types(self):
        for name in gobbet.__all__:
            value = getattr(gobbet, name)
            self.assertTrue(inspect.getdoc(value), name)
            if not inspect.isclass(value):
                self.assertIn("return", value.__annotations__, name)
                continue
            for key, member in vars(value).items():
                if key.startswith("_") or not inspect.isfunction(member):
                    continue
                self.assertTrue(inspect.getdoc(member), f"{name}.{key}")
                self.assertIn("return", member.__annotations__, f"{name}.{key}")

    def test_a_users_program_passes_mypy_strict(self):
        if importlib.util.find_spec("mypy") is None:
            self.skipTest("skipped: no mypy here")
        home = pathlib.Path(gobbet.__file__).parent.parent
        # Where the package isn't installed, mypy would check it as a part of the program.
        is_installed = home.name == "site-packages"
        variables = {} if is_installed else {"MYPYPATH": str(home)}
        options = [] if is_installed else ["--follow-imports=silent"]
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)

            def check(program: str) -> subprocess.CompletedProcess[str]:
                (folder / "program.py").write_text(program)
                return subprocess.run(
                    [sys.executable, "-m", "mypy", "--strict", *options, "program.py"], cwd=folder,
                    capture_output=True, text=True, env=os.environ | variables,
                )  # fmt: skip

            done = check(PROGRAM)
            self.assertEqual(done.returncode, 0, done.stdout)
            done = check(PROGRAM.replace("-> list[int]", "-> list[str]"))
            self.assertIn("Incompatible return value", done.stdout)

    def test_installing_without_the_library_fails_and_says_why(self):
        source = support.ROOT / "Sources" / "Python"
        if not source.exists() or importlib.util.find_spec("pip") is None:
            self.skipTest("skipped: no sources of the package here, or no pip")
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            shutil.copytree(source, folder / "Python", ignore=shutil.ignore_patterns("*.so*"))

            def install(**variables: str) -> subprocess.CompletedProcess:
                command = [sys.executable, "-m", "pip", "install", "--no-deps", "--quiet",
                           "--disable-pip-version-check", "--target", folder / "here",
                           folder / "Python"]  # fmt: skip
                environment = {key: value for key, value in os.environ.items()
                               if not key.startswith("GOBBET_")}  # fmt: skip
                return subprocess.run(command, capture_output=True, text=True,
                                      env=environment | variables)  # fmt: skip

            done = install()
            self.assertNotEqual(done.returncode, 0)
            self.assertIn("there is no native library", done.stdout + done.stderr)
            self.assertIn("make wheel", done.stdout + done.stderr)
            self.assertFalse((folder / "here").exists())
            library = pathlib.Path(_native.library().path)
            (folder / "lib").mkdir()
            shutil.copy(library, folder / "lib" / f"libgobbet{library.suffix}")
            size = library.stat().st_size
            if size > 8_000_000:
                self.skipTest("skipped: the library is not stripped, too large for a wheel")
            done = install(GOBBET_LIBRARY_FOLDER=str(folder / "lib"))
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertTrue((folder / "here/gobbet" / f"libgobbet{library.suffix}").exists())

    def test_without_the_library_the_message_says_where_it_was_sought(self):
        code = "import gobbet; from gobbet import _native; _native.library()"
        found = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, env={"GOBBET_PURE": "1",
            "PYTHONPATH": ":".join(sys.path)},
        )  # fmt: skip
        self.assertIn("LibraryMissing: GOBBET_PURE is set", found.stderr)


if __name__ == "__main__":
    unittest.main()

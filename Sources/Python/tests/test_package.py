"""What can be said of the package as a whole."""

import inspect
import pathlib
import re
import subprocess
import sys
import unittest

import gobbet
from gobbet import _native

from . import support


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

    def test_the_library_is_that_of_the_package_where_it_has_one(self):
        beside = list(pathlib.Path(gobbet.__file__).parent.glob("libgobbet.*"))
        if not beside:
            self.skipTest("needs an installed wheel: make test-python")
        self.assertEqual(pathlib.Path(_native.library().path), beside[0])
        self.assertIsNotNone(_native.library().quick)

    def test_functions_are_called_as_the_header_declares_them(self):
        header = support.ROOT / "Sources" / "CGobbet" / "gobbet.h"
        if not header.exists():
            self.skipTest("needs Sources/CGobbet/gobbet.h: run in a clone")
        text = re.sub(r"//[^\n]*", "", header.read_text())
        declared = dict(re.findall(r"gobbet_status gobbet_(\w+)\(([^;]*)\);", text))
        self.assertEqual(declared.keys(), _native._FUNCTIONS.keys())
        numbers = {"size_t": "n", "uint64_t": "Q", "uint32_t": "I", "int32_t": "i",
                   "gobbet_integer_type": "I", "double": "d"}  # fmt: skip
        for name, arguments in declared.items():
            letters = ""
            for argument in arguments.split(","):
                kind = argument.replace("const", "").split()[0]
                single = argument.count("*") == 1 and kind == "char"
                letters += ("z" if single else "p") if "*" in argument else numbers[kind]
            # A buffer of characters is a pointer that C writes to.
            found = _native._FUNCTIONS[name]
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

    def test_without_the_library_the_message_says_where_it_was_sought(self):
        code = "import gobbet; from gobbet import _native; _native.library()"
        found = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, env={"GOBBET_PURE": "1",
            "PYTHONPATH": ":".join(sys.path)},
        )  # fmt: skip
        self.assertIn("LibraryMissing: GOBBET_PURE is set", found.stderr)


if __name__ == "__main__":
    unittest.main()

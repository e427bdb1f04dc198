"""The reference that docstrings make: everything public says what it takes, gives and raises, and
every example runs."""

import dataclasses
import doctest
import functools
import importlib
import importlib.util
import inspect
import os
import re
import shutil
import unittest
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import gobbet
import gobbet.corpus
import gobbet.numpy

from . import support, test_spark

#: The modules whose names are public, and what they need.
MODULES = {
    "gobbet": None,
    "gobbet.corpus": None,
    "gobbet.jobs": None,
    "gobbet.numpy": None,
    "gobbet.torch": "torch",
    "gobbet.torch_data": "torch",
    "gobbet.window_loader": "torch",
    "gobbet.row_loader": "torch",
    "gobbet.spark": "pyspark",
    "gobbet.ray": "ray",
}
#: Those whose names come from modules below them.
PACKAGES = {"gobbet", "gobbet.jobs"}
#: Classes that no caller makes: what they are made from is nobody's business.
GIVEN = {"Conversion", "Engine", "Generation", "RemoteFailed", "Report", "Sampler", "TokenizedText",
         "Training", "Verification"}  # fmt: skip
#: What calls the library and cannot fail.
SURE = {"special_tokens", "next_epoch"}


def is_there(module: str) -> bool:
    needed = MODULES[module]
    if needed == "pyspark" and not test_spark.JAVA:
        return False
    return needed is None or importlib.util.find_spec(needed) is not None


def public_names(module: str) -> Iterator[tuple[str, Any]]:
    """Every public name of a module, and of its classes, with what it stands for."""
    found = importlib.import_module(module)
    for name in getattr(found, "__all__", None) or vars(found):
        value = getattr(found, name)
        if name.startswith("_") or not (inspect.isclass(value) or inspect.isfunction(value)):
            continue
        if not value.__module__.startswith("gobbet"):
            continue
        if module not in PACKAGES and module != value.__module__:
            continue
        yield f"{module}.{name}", value
        if not inspect.isclass(value):
            continue
        for key in sorted({key for part in value.__mro__ for key in vars(part)}):
            owner = next(part for part in value.__mro__ if key in vars(part))
            if not key.startswith("_") and owner.__module__.startswith("gobbet"):
                member = vars(owner)[key]
                if function_of(member) is not None:
                    yield f"{module}.{name}.{key}", member


def function_of(member: Any) -> Callable[..., Any] | None:
    """The function behind a method or a property; None for what is neither."""
    if isinstance(member, (staticmethod, classmethod)):
        return member.__func__
    if isinstance(member, property):
        return member.fget
    if isinstance(member, functools.cached_property):
        return member.func
    return member if inspect.isfunction(member) else None


def lacks_command(value: Any) -> bool:
    """Whether examples run the command, and there is none."""
    there = os.environ.get("GOBBET_COMMAND") or shutil.which("gobbet")
    return getattr(value, "__module__", "").endswith(("command", "reports")) and not there


def section(text: str, name: str) -> str | None:
    """A section of a docstring; None if it has none of that name."""
    found = re.search(rf"^{name}:\n((?:    .*\n|\n)*)", text + "\n", re.M)
    return found and found[1]


def flaws(name: str, value: Any) -> Iterator[str]:
    """What the docstring of a name lacks."""
    text = inspect.getdoc(value) or ""
    if ">>> " not in (section(text, "Example") or ""):
        yield f"{name}: no example"
    if inspect.isclass(value):
        made = vars(value).get("__init__")
        function = made if inspect.isfunction(made) and value.__name__ not in GIVEN else None
    else:
        function = function_of(value)
    if function is None:
        return
    parameters = set(inspect.signature(function).parameters) - {"self", "cls"}
    told = set(re.findall(r"^    (\w+): ", section(text, "Args") or "", re.M))
    if parameters != told:
        yield f"{name}: Args differ in {sorted(parameters ^ told)}"
    gives = function.__annotations__.get("return") not in (None, "None")
    if gives and section(text, "Returns") is None and section(text, "Yields") is None:
        yield f"{name}: no Returns"
    # What makes a value of a dataclass is written nowhere.
    source = inspect.getsource(value if dataclasses.is_dataclass(value) else function)
    fails = re.search(r"^\s*raise |_native\.check\(", source, re.M)
    if fails and function.__name__ not in SURE and section(text, "Raises") is None:
        yield f"{name}: no Raises"


class ReferenceTests(support.Case):
    maxDiff = None

    def test_everything_public_says_what_it_takes_gives_and_raises(self):
        names = [pair for module in MODULES if is_there(module) for pair in public_names(module)]
        self.assertGreater(len(names), 100)
        self.assertEqual([flaw for name, value in names for flaw in flaws(name, value)], [])

    def test_every_example_runs(self):
        names = self.surroundings()
        runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS, verbose=False)
        parser = doctest.DocTestParser()
        report: list[str] = []
        for module in filter(is_there, MODULES):
            found = vars(importlib.import_module(module)) if MODULES[module] else {}
            for name, value in public_names(module):
                if lacks_command(value):
                    continue
                text = inspect.getdoc(value) or ""
                test = parser.get_doctest(text, found | names, name, None, None)
                runner.run(test, out=report.append)
        self.assertEqual("".join(report), "")

    def surroundings(self) -> dict[str, Any]:
        """Goes to a folder with what examples take for granted, and gives them its names."""
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(self.folder)
        shutil.copytree(support.FIXTURES / "corpus", "corpus")
        shutil.copytree(support.FIXTURES / "tinymodel", "model")
        encoding = gobbet.train("corpus", 4096, special_tokens=["<|endoftext|>"])
        encoding.save("my.gobbet")
        with gobbet.DatasetWriter("corpus.gobbet", encoding) as writer:
            writer.add_texts(gobbet.corpus.documents("corpus"), append="<|endoftext|>")
        gobbet.numpy.save_file({"wte": np.zeros((4, 8), np.float32)}, "weights.gobbet")
        dataset = gobbet.TokenDataset("corpus.gobbet")
        names = {"gobbet": gobbet, "np": np, "encoding": encoding, "dataset": dataset,
                 "windows": dataset.windows(256), "rows": dataset.packed_rows(256),
                 "model": gobbet.Model("model")}  # fmt: skip
        if is_there("gobbet.torch"):
            names |= {"torch": importlib.import_module("torch")}
        if is_there("gobbet.spark"):
            names |= {"session": test_spark.session("local[1]")}
            self.addCleanup(names["session"].stop)
        if is_there("gobbet.ray"):
            ray = importlib.import_module("ray")
            ray.init(num_cpus=1, include_dashboard=False)
            self.addCleanup(ray.shutdown)
        return names


if __name__ == "__main__":
    unittest.main()

"""The pages of Spec/, their fenced blocks, and what is wrong with them."""
import re

from conformance import FIXTURES

ROOT = FIXTURES.parent
SPEC = ROOT / "Spec"
faults = []
# The blocks that were run; the first are run by the tests of the library.
used = {("Pretokenization", "examples"), ("Training", "examples"), ("Reading", "python"), ("Vocabulary", "python"),
        ("Tokens", "python")}


def expect(condition, what):
    if not condition:
        faults.append(what)


def page(name):
    return (SPEC / f"{name}.md").read_text()


def fences(name):
    """The first line and the text of every fenced block of a page."""
    for fence in re.findall(r"^```(.*?)^```", page(name), re.M | re.S):
        head, _, body = fence.partition("\n")
        yield head, body


def blocks(name, kind):
    """The fenced blocks of a page whose first line says `kind`, each with what follows it there."""
    for head, body in fences(name):
        if head.split() and head.split()[0] == kind:
            used.add((name, head))
            yield head[len(kind):].strip(), body

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


DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")


def plain(text: str) -> str:
    """A cell or a page with powers as 2^3, and without line ends."""
    text = re.sub("[⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda digits: "^" + digits[0].translate(DIGITS), text)
    return " ".join(text.split())


def rows_of(table: str) -> list[list[str]]:
    """The cells of each line of a table."""
    return [re.split(r" *(?<!\\)\| *", line)[1:-1] for line in table.splitlines()]

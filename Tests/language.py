"""Keeps constructions out of what people read that a native writer would not use.

    language.py

looks through comments, messages, pages and docstrings. The list is short and grows: whoever finds a
sentence that reads as translated mends all of its kind, then adds the construction here.
"""

from __future__ import annotations

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PLACES = ["README.md", "CHANGELOG.md", ".github", "Sources", "Spec"]
KINDS = (".swift", ".md", ".h", ".py", ".yml")

#: What must not be written, and what to write.
CONSTRUCTIONS = {
    r"\b[Ss]o many\b(?!.*\bthat\b)": "that many, a number of, too many",
    r"\bone behind the other\b": "one after the other",
    r"\b(bytes?|text|comes?|lies?|stands?|ends?|begins?|the one|those|what is|right|space) behind\b":
        "after, past",
    r"\bbehind (it|them|that|another|each|a space|the (first|last|end|text|prompt|table))\b": "after, past",
    r"\b(is|are|was|were|if there is) (of )?none of\b": "isn't one of, aren't any of",
    r", as (?=['<]|\d+([kMG]\b|\.))": "such as",
    r"\b(that|what|which) (is|are) none\b(?! of `)": "that isn't one, that is invalid, everything else",
    r"\b(makes|is) no sense\b": "is invalid",
    r"\botherwise than\b": "differently from, in another way than",
    r"\bwithout a word\b": "silently",
    r"\bof one's own\b(?= \w)": "your own",
    r"/// (They|Options|Whose \w+)\.": "a noun phrase that says more than the name",
    r"\bthe same what\b": "the same that",
    r"(?<![Hh]ere )\b(is|are|was) no (?!longer|more|fewer|less|such|matter|reason|content|slower)"
    r"(?!greater|larger|smaller)": "isn't a, aren't",
}


def main() -> None:
    """The command."""
    listed = subprocess.check_output(["git", "ls-files", "-z", *PLACES], cwd=ROOT, text=True)
    flaws = []
    for name in filter(None, listed.split("\0")):
        path = ROOT / name
        if not name.endswith(KINDS) or not path.is_file():
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            for construction, better in CONSTRUCTIONS.items():
                found = re.search(construction, line)
                if found:
                    flaws.append(f"{name}:{number}: “{found[0]}”: write {better}")
    if flaws:
        sys.exit("\n".join([*flaws, f"language: {len(flaws)} sentences to rewrite"]))
    print(f"language: none of {len(CONSTRUCTIONS)} constructions is used")


if __name__ == "__main__":
    main()

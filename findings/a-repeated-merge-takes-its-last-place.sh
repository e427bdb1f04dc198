#!/bin/bash
# Guess: a merge that stands twice in a merges.txt counts where it stands first, as in a list of rules.
# Behaviour: Hugging Face's tokenizers takes the last place. With "t h" before "h e" and once more
# after it, "the" becomes "t" "he", not "th" "e"; a line appended to a file changes the ids.
# Versions: tokenizers 0.23.3. Date: 2026-11-30.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet tokenizers==0.23.3
"$folder/venv/bin/python" - "$folder" <<'PYTHON'
import json, pathlib, sys
from tokenizers import Tokenizer, models

folder = pathlib.Path(sys.argv[1])
entries = ["t", "h", "e", "th", "he", "the"]
(folder / "vocab.json").write_text(json.dumps({entry: id for id, entry in enumerate(entries)}))

def tokens(*merges):
    (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *merges]) + "\n")
    model = models.BPE.from_file(str(folder / "vocab.json"), str(folder / "merges.txt"))
    return Tokenizer(model).encode("the").tokens

once = tokens("t h", "th e", "h e")
twice = tokens("t h", "th e", "h e", "t h")
print("once:", once, "twice:", twice)
# Seen: once ['the'], twice ['t', 'he'].
assert once == ["the"] and twice == ["t", "he"], "the behaviour has changed"
PYTHON

#!/bin/bash
# Guess: kitoken, which reads tokenizer.json, finds an added token where Hugging Face's tokenizers finds it.
# Behaviour: it ignores the token's single_word, lstrip and rstrip and finds "<x>" inside of "a<x>b" and without the
# spaces that belong to it; and where one added token begins another, "<a>" and "<a><b>", it takes the shorter.
# Nothing is said. Without flags and such pairs the ids agree.
# Versions: kitoken 0.11.1, tokenizers 0.23.3. Date: 2026-12-01.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet kitoken==0.11.1 tokenizers==0.23.3
"$folder/venv/bin/python" - "$folder/made.json" <<'PYTHON'
import sys
import kitoken
from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers

def both(text, *added):
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={character: id for id, character in enumerate(alphabet)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.add_tokens(list(added))
    tokenizer.save(sys.argv[1])
    theirs = tokenizer.encode(text, add_special_tokens=False).ids
    other = list(kitoken.Kitoken.from_file(sys.argv[1]).encode(text, True))
    seen = [[tokenizer.id_to_token(id) for id in ids] for ids in (theirs, other)]
    print(repr(text), "tokenizers:", seen[0], "kitoken:", seen[1])
    return seen

plain = ["a", "<x>", "b"]
assert both("a<x>b", "<x>") == [plain, plain], "it has changed"
assert both("a<x>b", AddedToken("<x>", single_word=True)) == [list("a<x>b"), plain], "it has changed"
spaces = ["a", "Ġ", "<x>", "Ġ", "b"]
assert both("a <x> b", AddedToken("<x>", lstrip=True)) == [["a", "<x>", "Ġ", "b"], spaces], "it has changed"
assert both("a <x> b", AddedToken("<x>", rstrip=True)) == [["a", "Ġ", "<x>", "b"], spaces], "it has changed"
assert both("<a><b>", "<a>", "<a><b>") == [["<a><b>"], ["<a>", *"<b>"]], "it has changed"
PYTHON

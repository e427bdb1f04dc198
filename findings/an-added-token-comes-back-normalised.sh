#!/bin/bash
# Guess: a token that add_tokens(["<CAR>"]) added is "<CAR>" in every answer: id_to_token, decode and
# tokens give the text that was added, and token_to_id(id_to_token(i)) is i.
# Behaviour: since 0.23 Hugging Face's tokenizers answers with the normalised text. With Lowercase
# "<CAR>" is decoded as "<car>", id_to_token says "<car>", and token_to_id("<car>") is None, for the
# vocabulary still says "<CAR>". With Llama 2's normaliser U+2581 stands before it. 0.22.2 gave "<CAR>".
# Versions: tokenizers 0.23.3 and 0.22.2. Date: 2026-11-30.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat > "$folder/try.py" <<'PYTHON'
import sys
from tokenizers import Tokenizer, models, normalizers

def answers(normalizer):
    tokenizer = Tokenizer(models.WordLevel({"a": 0, "[UNK]": 1}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizer
    tokenizer.add_tokens(["<CAR>"])
    token = tokenizer.id_to_token(2)
    return token, tokenizer.token_to_id(token), tokenizer.decode([2]), "<CAR>" in tokenizer.get_vocab()

seen = [answers(normalizers.Lowercase()), answers(normalizers.Prepend("\u2581"))]
print(sys.argv[1], seen)
expected = {
    "0.22.2": [("<CAR>", 2, "<CAR>", True)] * 2,
    "0.23.3": [("<car>", None, "<car>", True), ("\u2581<CAR>", None, "\u2581<CAR>", True)],
}
assert seen == expected[sys.argv[1]], "the behaviour has changed"
PYTHON
for version in 0.22.2 0.23.3; do
  python3 -m venv "$folder/$version"
  "$folder/$version/bin/pip" install --quiet "tokenizers==$version"
  "$folder/$version/bin/python" "$folder/try.py" "$version"
done

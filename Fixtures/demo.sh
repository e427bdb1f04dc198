#!/usr/bin/env bash
# The whole way on the embedded corpus: corpus -> vocabulary -> tokens -> packed dataset, and
# foreign weights -> packed weights -> text. `make demo` builds and then runs this.
set -euo pipefail
cd "$(dirname "$0")/.."
gobbet=$(swift build -c release --show-bin-path)/gobbet
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

step() { printf '\n== %s\n' "$1"; }
run() {
  printf '$ gobbet %s\n' "${*//$folder\//}"
  "$gobbet" "$@"
}

step "A vocabulary of 4,096 tokens, trained on the corpus (prose in ten languages, and code)"
run train Fixtures/corpus --size 4096 --special '<|endoftext|>' -o "$folder/demo.gobbet"

step "How it compresses text that it has not seen"
run count Fixtures/corpus-heldout --vocabulary "$folder/demo.gobbet"

step "Text to ids and back"
echo 'Hello, world. Привет, мир. こんにちは。' | tee "$folder/hello.txt"
run encode "$folder/hello.txt" --vocabulary "$folder/demo.gobbet" | tee "$folder/ids.txt"
tail -n 1 "$folder/ids.txt" | run decode - --vocabulary "$folder/demo.gobbet" | tail -n 1

step "The corpus packed into a token dataset, and verified"
run pack Fixtures/corpus --vocabulary "$folder/demo.gobbet" --append '<|endoftext|>' \
  -o "$folder/corpus.gobbet"
run verify "$folder/corpus.gobbet"
run inspect "$folder/corpus.gobbet"

step "A small GPT, converted from safetensors"
run convert Fixtures/tinymodel/model.safetensors -o "$folder/tiny.gobbet"
run verify "$folder/tiny.gobbet"

step "The sizes, in bytes"
wc -c "$folder/demo.gobbet" "$folder/corpus.gobbet" Fixtures/tinymodel/model.safetensors \
  "$folder/tiny.gobbet" | sed "s|$folder/||; /total/d"

step "A text generated from it"
run generate "$folder/tiny.gobbet" --prompt 'ROMEO:
But, soft! what light' --tokens 64

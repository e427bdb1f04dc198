#!/usr/bin/env bash
# The whole way on the embedded corpus: corpus -> vocabulary -> tokens -> packed dataset, and
# foreign weights -> packed weights -> text. `make demo` builds and then runs this.
set -euo pipefail
cd "$(dirname "$0")/.."
gobbet=$(swift build -c release --show-bin-path)/gobbet
fixtures=$PWD/Fixtures
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

step() { printf '\n== %s\n' "$1"; }
run() {
  printf '$ gobbet %s\n' "${*//$fixtures\//Fixtures/}"
  "$gobbet" "$@"
}

step "A vocabulary of 4,096 tokens, trained on the corpus (prose in ten languages, and code)"
run train "$fixtures"/corpus --size 4096 --special '<|endoftext|>' -o demo.gobbet

step "How it compresses text that it has not seen"
run count "$fixtures"/corpus-heldout --vocabulary demo.gobbet

step "Text to ids and back"
echo 'Hello, world. Привет, мир. こんにちは。' | tee hello.txt
run encode hello.txt --vocabulary demo.gobbet | tee ids.txt
tail -n 1 ids.txt | run decode - --vocabulary demo.gobbet | tail -n 1

step "The corpus packed into a token dataset, and verified"
run pack "$fixtures"/corpus --vocabulary demo.gobbet --append '<|endoftext|>' \
  -o corpus.gobbet
run verify corpus.gobbet
run inspect corpus.gobbet

step "A small GPT, converted from safetensors"
run convert "$fixtures"/tinymodel/model.safetensors -o tiny.gobbet
run verify tiny.gobbet

step "The sizes, in bytes"
wc -c demo.gobbet corpus.gobbet "$fixtures"/tinymodel/model.safetensors \
  tiny.gobbet | sed "s|$fixtures|Fixtures|; /total/d"

step "A text generated from it"
run generate tiny.gobbet --prompt 'ROMEO:
But, soft! what light' --tokens 64

step "How well it predicts a text, in nats a token"
run evaluate tiny.gobbet "$fixtures"/corpus-heldout/en.txt

#!/bin/bash
# Guess: gguf's reader gives an array of arrays back as lists in a list, and gguf-new-metadata, which
# copies a file to change its metadata, copies such an array as it is.
# Behaviour: gguf writes [[1, 2], [3]] rightly and reads it as [1, 2, 3]: contents() knows that it was
# nested (the types say ARRAY, ARRAY, INT32) and flattens it all the same. gguf-new-metadata writes
# the flat list, so the copy holds another value of another type; nothing is said.
# Versions: gguf 0.19.0. Date: 2026-11-30.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet gguf==0.19.0 numpy==2.3.5
cd "$folder"
cat > read.py <<'PYTHON'
import sys
from gguf import GGUFReader

field = GGUFReader(sys.argv[1]).get_field("own.pairs")
print(sys.argv[1], field.contents(), [kind.name for kind in field.types])
assert [field.contents(), [kind.name for kind in field.types]] == eval(sys.argv[2]), "it has changed"
PYTHON
venv/bin/python - <<'PYTHON'
import numpy
from gguf import GGUFWriter

writer = GGUFWriter("made.gguf", "llama")
writer.add_array("own.pairs", [[1, 2], [3]])
writer.add_tensor("t", numpy.zeros(4, dtype=numpy.float32))
writer.write_header_to_file(); writer.write_kv_data_to_file(); writer.write_tensors_to_file()
writer.close()
# In the bytes it is nested: two arrays of int32, of two values and of one.
nested = bytes.fromhex("09000000 09000000 0200000000000000"
                       "05000000 0200000000000000 0100000002000000"
                       "05000000 0100000000000000 03000000")
assert nested in open("made.gguf", "rb").read(), "the writer has changed"
PYTHON
venv/bin/gguf-new-metadata made.gguf copied.gguf --force 2> log || { cat log; exit 1; }
venv/bin/python read.py made.gguf '[[1, 2, 3], ["ARRAY", "ARRAY", "INT32"]]'
venv/bin/python read.py copied.gguf '[[1, 2, 3], ["ARRAY", "INT32"]]'

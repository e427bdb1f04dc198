#!/bin/bash
# Guess: gguf's writer, told to split (split_max_tensors) and to align to 64 (add_custom_alignment), makes
# shards each of which names its alignment, for each is a GGUF file of its own.
# Behaviour: general.alignment stands in the first shard alone, and all are laid out with 64. A reader takes
# 32 for the others, as the format says, and finds padding where their data should begin: gguf's own reader
# gives five zeros for 10, 11, 12, 13, 14, and nothing is said.
# Versions: gguf 0.19.0. Date: 2026-12-01.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet gguf==0.19.0 numpy==2.3.5
cd "$folder"
venv/bin/python - <<'PYTHON'
import numpy
from gguf import GGUFReader, GGUFWriter

writer = GGUFWriter("made.gguf", "llama", split_max_tensors=1)
writer.add_custom_alignment(64)
written = [numpy.arange(5, dtype=numpy.float32) + 10 * number for number in range(3)]
for number, values in enumerate(written):
    writer.add_tensor(f"t{number}", values)
writer.write_header_to_file(); writer.write_kv_data_to_file(); writer.write_tensors_to_file()
writer.close()

seen = []
for number, values in enumerate(written):
    name = f"made-0000{number + 1}-of-00003.gguf"
    reader = GGUFReader(name)
    tensor = reader.tensors[0]
    place = open(name, "rb").read().index(values.tobytes())
    print(name, "names:", reader.get_field("general.alignment") is not None, "reads:",
          tensor.data.tolist(), "read at:", tensor.data_offset, "written at:", place)
    assert place % 64 == 0, "the layout has changed"
    seen.append(tensor.data.tolist())
# Seen: the data of the second and third shard are written at 192 and read at 160.
assert seen == [written[0].tolist(), [0.0] * 5, [0.0] * 5], "the behaviour has changed"
PYTHON

"""Writes blocks.gguf, random blocks of every type that PyPI's gguf 0.19.0 dequantises, and blocks.json,
the SHA-256 of the floats (32-bit, little-endian) that it makes of each tensor.

python make_blocks.py [SEED BLOCKS FOLDER]: other blocks, for comparing; FOLDER then gets a file of
floats for each tensor, too. Blocks with elements that are not finite are drawn again.
"""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType, GGUFWriter, quants

seed, block_count = (int(a) for a in (sys.argv[1:3] or (1, 6)))
folder = Path(sys.argv[3]) if len(sys.argv) > 3 else Path(__file__).parent
random = np.random.default_rng(seed)
writer = GGUFWriter(folder / "blocks.gguf", "none")
sums = {}
for kind in sorted(quants._type_traits):
    elements, size = GGML_QUANT_SIZES[kind]
    if elements == 1:
        continue
    blocks = np.empty((0, size), np.uint8)
    while len(blocks) < block_count:
        drawn = random.integers(0, 256, (block_count, size), np.uint8)
        with np.errstate(all="ignore"):
            finite = np.isfinite(quants.dequantize(drawn, kind)).all(axis=-1)
        blocks = np.concatenate([blocks, drawn[finite]])[:block_count]
    rows = blocks.reshape(2, -1)
    floats = np.ascontiguousarray(quants.dequantize(rows, kind), dtype="<f4")
    name = GGMLQuantizationType(kind).name
    writer.add_tensor(name, rows, raw_dtype=kind)
    sums[name] = hashlib.sha256(floats.tobytes()).hexdigest()
    if len(sys.argv) > 3:
        (folder / name).write_bytes(floats.tobytes())
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
(folder / "blocks.json").write_text(json.dumps(sums, indent=1) + "\n")

"""Writes Sources/GobbetData/QuantizedBlocks/QuantizedGridData.swift from the grids of PyPI's gguf 0.19.0.

python make_grids.py > ../../Sources/GobbetData/QuantizedBlocks/QuantizedGridData.swift
"""

import numpy as np
from gguf import quants

GRIDS = [
    ("iq2_XXS", quants.IQ2_XXS, 2),
    ("iq2_XS", quants.IQ2_XS, 2),
    ("iq2_S", quants.IQ2_S, 2),
    ("iq3_XXS", quants.IQ3_XXS, 3),
    ("iq3_S", quants.IQ3_S, 3),
    ("iq1", quants.IQ1_S, 2),
]


def words(kind, bits):
    """The indices of all elements in the grid's values, packed into 64-bit words, low bits first."""
    kind.init_grid()
    values = list(kind.grid_map)
    indices = [values.index(int(element)) for element in kind.grid.ravel()]
    per_word = 64 // bits
    return [
        sum(index << (bits * place) for place, index in enumerate(indices[start:start + per_word]))
        for start in range(0, len(indices), per_word)
    ]


print("// Made by Fixtures/gguf/make_grids.py with gguf 0.19.0; not edited by hand.\n")
print("extension QuantizedGrid {")
for number, (name, kind, bits) in enumerate(GRIDS):
    if number:
        print()
    shape = "x".join(map(str, kind.grid_shape))
    print(f"  /// {shape} places in [{', '.join(map(str, kind.grid_map))}], {bits} bits each.")
    print(f"  static let {name}Words: [UInt64] = [")
    packed = [f"0x{word:016X}" for word in words(kind, bits)]
    for start in range(0, len(packed), 4):
        print("    " + ", ".join(packed[start:start + 4]) + ",")
    print("  ]")
print("}")

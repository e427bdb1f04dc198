"""The element types of tensors (`Spec/Weights.md`): those stored in blocks, as in GGUF, and others."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

#: The name, the elements and the bytes of a block, of every type that is stored in blocks.
BLOCKS = {
    130: ("q4_0", 32, 18), 131: ("q4_1", 32, 20), 134: ("q5_0", 32, 22), 135: ("q5_1", 32, 24),
    136: ("q8_0", 32, 34), 138: ("q2_k", 256, 84), 139: ("q3_k", 256, 110),
    140: ("q4_k", 256, 144), 141: ("q5_k", 256, 176), 142: ("q6_k", 256, 210),
    143: ("q8_k", 256, 292),
    144: ("iq2_xxs", 256, 66), 145: ("iq2_xs", 256, 74), 146: ("iq3_xxs", 256, 98),
    147: ("iq1_s", 256, 50), 148: ("iq4_nl", 32, 18), 149: ("iq3_s", 256, 110),
    150: ("iq2_s", 256, 82), 151: ("iq4_xs", 256, 136), 157: ("iq1_m", 256, 56),
    162: ("tq1_0", 256, 54), 163: ("tq2_0", 256, 66), 167: ("mxfp4", 32, 17),
    168: ("nvfp4", 64, 36), 169: ("q1_0", 128, 18), 170: ("q2_0", 64, 18),
}  # fmt: skip
#: The name and the bits of every element type, by its code in `Spec/Weights.md`.
ELEMENT_TYPES = {
    1: ("f64", 64), 2: ("f32", 32), 3: ("f16", 16), 4: ("bf16", 16), 5: ("f8e4m3", 8),
    6: ("f8e5m2", 8), 8: ("f8e8m0", 8), 9: ("f8e4m3fnuz", 8), 10: ("f8e5m2fnuz", 8),
    11: ("f6e2m3", 6), 12: ("f6e3m2", 6), 13: ("f4e2m1", 4), 16: ("i64", 64), 17: ("i32", 32), 18: ("i16", 16), 19: ("i8", 8),
    20: ("i4", 4), 32: ("u64", 64), 33: ("u32", 32), 34: ("u16", 16), 35: ("u8", 8),
    36: ("u4", 4), 48: ("bool", 8), 64: ("c64", 64),
}  # fmt: skip
# Of those in blocks no element has bits of its own.
ELEMENT_TYPES |= {code: (name, 0) for code, (name, _, _) in BLOCKS.items()}
#: The names that safetensors has for them.
SAFETENSORS_NAMES = {
    1: "F64", 2: "F32", 3: "F16", 4: "BF16", 5: "F8_E4M3", 6: "F8_E5M2", 8: "F8_E8M0",
    9: "F8_E4M3FNUZ", 10: "F8_E5M2FNUZ", 11: "F6_E2M3", 12: "F6_E3M2", 13: "F4", 16: "I64",
    17: "I32", 18: "I16", 19: "I8", 20: "I4", 32: "U64", 33: "U32", 34: "U16", 35: "U8", 36: "U4",
    48: "BOOL", 64: "C64",
}  # fmt: skip


def data_bytes(element_type: int, shape: Sequence[int]) -> int | None:
    """Bytes of a tensor's data; None if its rows aren't whole blocks of the type.

    Args:
        element_type: The code of the element type.
        shape: The lengths of the axes, outermost first.
    """
    if element_type not in BLOCKS:
        return (prod(shape) * ELEMENT_TYPES[element_type][1] + 7) // 8
    _, elements, size = BLOCKS[element_type]
    if not shape or shape[-1] % elements:
        return None
    return prod(shape) // elements * size

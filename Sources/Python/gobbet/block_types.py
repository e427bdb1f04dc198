"""The element types that are stored in blocks, as in GGUF (`Spec/Weights.md`)."""

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


def data_bytes(bits: int, element_type: int, shape: Sequence[int]) -> int | None:
    """Bytes of a tensor's data; None if its rows aren't whole blocks of the type.

    Args:
        bits: Bits of an element, for types that are not in blocks.
        element_type: The code of the element type.
        shape: The lengths of the axes, outermost first.
    """
    if element_type not in BLOCKS:
        return (prod(shape) * bits + 7) // 8
    _, elements, size = BLOCKS[element_type]
    if not shape or shape[-1] % elements:
        return None
    return prod(shape) // elements * size

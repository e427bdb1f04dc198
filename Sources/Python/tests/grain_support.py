"""What tests with Grain share; its workers import this module."""

from __future__ import annotations

import grain
import numpy as np
from absl import flags

#: The fields of examples, in the order in which records of a store have them.
FIELDS = ("inputs", "targets", "positions")


def parse_flags() -> None:
    """Grain's workers want the flags of absl to be parsed, as `absl.app.run` does."""
    if not flags.FLAGS.is_parsed():
        flags.FLAGS.mark_as_parsed()


class Unpacked(grain.transforms.Map):
    """Examples out of the records of a store."""

    def map(self, element: bytes) -> dict[str, np.ndarray]:
        """The arrays of a record, of equal length."""
        return dict(zip(FIELDS, np.frombuffer(element, np.int64).reshape(3, -1), strict=True))

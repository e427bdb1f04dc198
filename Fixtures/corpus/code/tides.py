# SPDX-License-Identifier: Apache-2.0
"""A tide curve from its harmonic constituents.

The height of the sea is a sum of cosines, each with the speed of some motion of the moon or
the sun. Given the amplitudes and phases measured at a harbour, this module draws the curve of
a day and finds high and low water by bisection.
"""

import math
from datetime import datetime, timedelta, timezone

# Speeds in degrees per mean solar hour.
SPEEDS = {
    "M2": 28.9841042,
    "S2": 30.0,
    "N2": 28.4397295,
    "K1": 15.0410686,
    "O1": 13.9430356,
    "M4": 57.9682084,
}

EPOCH = datetime(2000, 1, 1, tzinfo=timezone.utc)


class Harbour:
    def __init__(self, name, mean_level, constituents):
        unknown = set(constituents) - set(SPEEDS)
        if unknown:
            raise ValueError(f"{name}: unknown constituents {sorted(unknown)}")
        self.name = name
        self.mean_level = mean_level
        self.constituents = constituents

    def _terms(self, when):
        hours = (when - EPOCH).total_seconds() / 3600
        for key, (amplitude, phase) in self.constituents.items():
            yield amplitude, math.radians(SPEEDS[key] * hours - phase), math.radians(SPEEDS[key])

    def height(self, when):
        """Metres above chart datum."""
        return self.mean_level + sum(a * math.cos(angle) for a, angle, _ in self._terms(when))

    def slope(self, when):
        """Metres per hour; positive while the tide is rising."""
        return -sum(a * speed * math.sin(angle) for a, angle, speed in self._terms(when))

    def turning_points(self, start, end, step=timedelta(minutes=20)):
        """Yield (time, height, kind) for each high and low water between start and end."""
        left, left_slope = start, self.slope(start)
        while left < end:
            right = min(left + step, end)
            right_slope = self.slope(right)
            if left_slope * right_slope < 0:
                moment = self._bisect(left, right)
                kind = "high" if left_slope > 0 else "low"
                yield moment, self.height(moment), kind
            left, left_slope = right, right_slope

    def _bisect(self, left, right, tolerance=timedelta(seconds=10)):
        rising = self.slope(left) > 0
        while right - left > tolerance:
            middle = left + (right - left) / 2
            if (self.slope(middle) > 0) == rising:
                left = middle
            else:
                right = middle
        return left + (right - left) / 2


def draw(harbour, day, columns=60):
    """A picture of the day in plain characters, one line an hour."""
    top = harbour.mean_level + sum(a for a, _ in harbour.constituents.values())
    for hour in range(25):
        height = harbour.height(day + timedelta(hours=hour))
        filled = max(0, round(height / top * columns))
        print(f"{hour:02d}:00 {height:5.2f} m |{'~' * filled}")


def main():
    harbour = Harbour(
        "Port Ennis",
        mean_level=2.9,
        constituents={
            "M2": (1.84, 131.0),
            "S2": (0.61, 173.5),
            "N2": (0.36, 108.2),
            "K1": (0.11, 155.0),
            "O1": (0.07, 22.0),
            "M4": (0.05, 300.0),
        },
    )
    day = datetime(2024, 3, 21, tzinfo=timezone.utc)
    draw(harbour, day)
    print(f"\n{harbour.name}, {day:%A %d %B %Y} (UTC)")
    for moment, height, kind in harbour.turning_points(day, day + timedelta(days=1)):
        print(f"  {kind:<4} water {moment:%H:%M}  {height:.2f} m")


if __name__ == "__main__":
    main()

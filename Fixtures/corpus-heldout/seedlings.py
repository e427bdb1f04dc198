# SPDX-License-Identifier: Apache-2.0
"""When to sow: counts back from the last frost and prints a list for every week."""

import sys
from collections import namedtuple
from datetime import date, timedelta

Crop = namedtuple("Crop", "name weeks_before_frost days_to_sprout")

CROPS = [
    Crop("leek", 10, 14),
    Crop("tomato", 7, 8),
    Crop("cabbage", 6, 6),
    Crop("squash", 3, 7),
    Crop("French bean", 0, 10),
]


def monday_of(day):
    return day - timedelta(days=day.weekday())


def plan(last_frost, crops=CROPS):
    """A dictionary from the Monday of a week to what is to be done in it, in order."""
    weeks = {}
    for crop in crops:
        sowing = last_frost - timedelta(weeks=crop.weeks_before_frost)
        sprouting = sowing + timedelta(days=crop.days_to_sprout)
        weeks.setdefault(monday_of(sowing), []).append(f"sow {crop.name}")
        weeks.setdefault(monday_of(sprouting), []).append(f"look for {crop.name} seedlings")
    return dict(sorted(weeks.items()))


if __name__ == "__main__":
    frost = date.fromisoformat(sys.argv[1]) if len(sys.argv) > 1 else date(2024, 5, 12)
    for monday, tasks in plan(frost).items():
        print(f"{monday:%d %b}  " + "; ".join(tasks))

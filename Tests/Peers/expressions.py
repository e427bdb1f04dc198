"""Draws expressions and texts, and compares how Gobbet and two libraries cut the ones by the others.

    expressions.py GOBBET_BENCH [EXPRESSIONS] [SEED]

`tokenizers`' Split is asked in all behaviours, and tiktoken by `Encoding(pat_str=...)`. Each expression
cuts ten texts in either dialect. Expressions that one side does not take are counted; one that Gobbet takes
and the library does not is named. The exit code is 1 if a text is cut differently.

Needs: pip install tokenizers==0.23.3 tiktoken==0.14.0
"""

from __future__ import annotations

import json
import pathlib
import random
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "Fixtures/expressions"))

from expressions import BEHAVIORS, drawn, drawn_text, onigurumas_parts, tiktokens_parts  # noqa: E402


def main() -> int:
    """The command."""
    bench = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    draw = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    cases = []
    for index in range(2 * count):
        dialect = ["oniguruma", "tiktoken"][index % 2]
        case = dict(dialect=dialect, expression=drawn(draw), texts=[drawn_text(draw) for _ in range(10)])
        if dialect == "oniguruma":
            case |= dict(behavior=draw.randrange(5), inverted=draw.random() < 0.5)
        cases.append(case)
    text = "".join(json.dumps(case) + "\n" for case in cases)
    output = subprocess.run([bench, "cut"], input=text, capture_output=True, text=True, check=True).stdout
    compared = {"oniguruma": 0, "tiktoken": 0}
    refused_here, refused_there, different = 0, 0, 0
    for case, line in zip(cases, map(json.loads, output.splitlines()), strict=True):
        expression, texts = case["expression"], case["texts"]
        if case["dialect"] == "oniguruma":
            expected = onigurumas_parts(expression, texts, BEHAVIORS[case["behavior"]], case["inverted"])
        else:
            expected = tiktokens_parts(expression, texts)
        if "error" in line:
            refused_here += 1
        elif expected is None:
            refused_there += 1
            print(f"only Gobbet takes {expression!r} in {case['dialect']}'s dialect")
        else:
            for text, bounds, parts in zip(texts, line["parts"], expected, strict=True):
                if parts is None:
                    continue
                found = bounds
                if case["dialect"] == "tiktoken":
                    data = text.encode()
                    pairs = zip(bounds[::2], bounds[1::2], strict=True)
                    found = [data[start:end].decode() for start, end in pairs]
                compared[case["dialect"]] += 1
                if found != parts:
                    different += 1
                    print(f"{case} {text!r}: {found}, not {parts}")
    print(
        f"{compared['oniguruma']} texts in Oniguruma's dialect and {compared['tiktoken']} in tiktoken's, "
        f"{different} cut differently; {refused_here} expressions refused here, {refused_there} there"
    )
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())

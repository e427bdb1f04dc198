"""Draws expressions and texts, and asks two libraries how the ones cut the others."""
import contextlib
import os

import tiktoken
from tokenizers import Regex, pre_tokenizers

BEHAVIORS = ["removed", "isolated", "merged_with_previous", "merged_with_next", "contiguous"]
ATOMS = [
    "a", "b", "c", "1", " ", r"\s", r"\S", r"\d", r"\w", r"\W", r"\p{L}", r"\p{N}", r"\P{L}", r"\p{Lu}", r"\p{Ll}",
    r"\p{Han}", "[ab]", "[^a]", "[a-c1]", r"[^\s\p{L}]", r"[\r\n]", r"\n", "[a-z&&[^b]]", r"[^\p{L}&&\S]", ".", "é", "漢",
    r"\p{^L}", "'", r"[\w']", r"[\W1]", r"[^\w]", r"\h", "(?i:b)", "(?i:[a])", r"\p{M}", r"[\p{Lu}\p{M}]",
]
PLACES = [
    r"(?!\S)", r"(?=\s)", "(?!a)", "(?=b)", "$", "^", r"\b", r"\B", r"\A", r"\z", "(?<=a)", r"(?<!\s)", "(?=ab)", "(?!a+b)",
    r"(?=(?:\d\d)+\b)", "(?=a|bc)", r"\Z", r"(?=(?=a)\w)", "(?!(?!b)a)",
]
REPEATS = [
    "*", "+", "?", "*?", "+?", "??", "++", "*+", "?+", "{2}", "{1,2}", "{1,3}", "{,2}", "{2,}", "{1,2}?", "{1,2}+", "{0,1}",
    "{2}+", "{2,}?",
]
GROUPS = ["(", "(?:", "(?:", "(?:", "(?>", "(?i:"]
SCALARS = "aaabbbccA B1123  \n\n\r\t'é漢字.ßk\u212aſs\u0301\u00b2\u200d!"


def drawn(draw, depth=2):
    """An expression."""

    def item(depth):
        chance = draw.random()
        if depth > 0 and chance < 0.22:
            return draw.choice(GROUPS) + alternatives(depth - 1) + ")"
        if chance < 0.33:
            return draw.choice(PLACES)
        repeat = draw.choice(REPEATS) if draw.random() < 0.4 else ""
        return draw.choice(ATOMS) + repeat

    def sequence(depth):
        parts = []
        for _ in range(draw.choice([1, 1, 2, 2, 3, 4])):
            part = item(depth)
            if part.startswith("(") and part not in PLACES and draw.random() < 0.4:
                part += draw.choice(REPEATS)
            parts.append(part)
        return "".join(parts)

    def alternatives(depth):
        return "|".join(sequence(depth) for _ in range(draw.choice([1, 1, 1, 2, 3])))

    return alternatives(depth)


def drawn_text(draw):
    """A text."""
    return "".join(draw.choice(SCALARS) for _ in range(draw.choice([1, 2, 4, 8, 8, 12, 20])))


@contextlib.contextmanager
def silence():
    """Nothing on standard error, where Rust says that it panics."""
    saved, null = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(null)


def onigurumas_parts(expression, texts, behavior="isolated", inverted=False):
    """Where `tokenizers` cuts texts, in bytes; None if it does not take the expression."""
    try:
        split = pre_tokenizers.Split(Regex(expression), behavior, inverted)
    except Exception:
        return None
    result = []
    for text in texts:
        bounds = []
        for _, (start, end) in split.pre_tokenize_str(text):
            bounds += [len(text[:start].encode()), len(text[:end].encode())]
        result.append(bounds)
    return result


def tiktokens_parts(expression, texts):
    """The parts that tiktoken makes of texts; None if it does not take the expression.

    For a text at which it fails, as it does where it finds a match without a character, there is None.
    """
    result = []
    for text in texts:
        data = text.encode()
        # Every part of the text is a token, so that each match becomes one.
        ranks = {bytes([byte]): byte for byte in range(256)}
        for start in range(len(data)):
            for end in range(start + 1, len(data) + 1):
                ranks.setdefault(data[start:end], len(ranks))
        try:
            with silence():
                encoding = tiktoken.Encoding(
                    "x", pat_str=expression, mergeable_ranks=ranks, special_tokens={})
        except BaseException:
            return None
        try:
            with silence():
                ids = encoding.encode_ordinary(text)
        except BaseException:
            result.append(None)
            continue
        result.append([encoding.decode_single_token_bytes(id).decode() for id in ids])
    return result

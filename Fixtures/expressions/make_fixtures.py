"""Writes oniguruma.jsonl and tiktoken.jsonl: expressions, texts, and where two libraries cut these.

Each line has an expression, texts, and their parts, or null where the library does not take the expression
or the text. oniguruma.jsonl is what `tokenizers`' Split makes of them, with what becomes of matches, and
for each text the beginnings and ends of its parts, in bytes. tiktoken.jsonl is what tiktoken does, which
leaves out what is between matches, and has the parts themselves.

Usage: make_fixtures.py FOLDER          Needs: pip install tokenizers==0.23.3 tiktoken==0.14.0
"""
import json
import os
import random
import sys

from expressions import BEHAVIORS, drawn, drawn_text, onigurumas_parts, tiktokens_parts

# Published, or made of parts of published ones.
PUBLISHED = [
    r" ?[^(\s|[.,!?…。，、।۔،])]+",
    r"\p{N}{1,3}",
    r"(?=(\d{3})+(?!\d))",
    r"\p{N}+",
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1}| ?[^\s\p{L}\p{N}" + "\r\n" + r"]+|\s*["
    + "\r\n" + r"]+|\s+(?!\S)|\s+",
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]"
    r"|\s+(?!\S)|\s",
    r"[\p{Han}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*[\p{Ll}\p{Lm}\p{Lo}\p{M}&&"
    r"[^\p{Han}]]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+"
    r"[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+"
    r"[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+"""
    r"[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    r"[一-龥぀-ゟ゠-ヿ]+",
    r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+",
    r"(?:^|\b)\s*\w+(?:['’]\w+)?", r"(?<=\p{Ll})(?=\p{Lu})", r"(?<![a-z])[A-Z]{2,}?(?=[A-Z][a-z])|\w",
]
# Where the two libraries differ, and what they have in common that is seldom.
DIFFERENT = [
    r"\p{N}{1,3}+", r"a{2}+a", r"a{2}?", r"a{2}?b", r"(?:ab){1,2}+", r"a{,2}", r"a{1,2}*b",
    r"a$", r"^a", r"\s+$", r"(?m)a$", r"(?m)a.b", r"(?s)a.b", r"a.b", r"a\Z", r"a\z", r"\Aa", r"x(?i)b|c",
    r"(?i:[^k])", r"(?i:k|s)", r"(?i:\p{Lu})", r"(?i:[\p{Lu}])", r"(?i:[[^k]x])", r"(?i)a(?-i)b",
    r"\w+", r"[\w]+", r"[^\w]+", r"\W+", r"\b.", r"\B.", r"[[:alpha:]]+", r"[[:^punct:]]+", r"[[:upper:]\d]+",
    r"\pL+", r"\p{^L}+", r"\p{Script=Greek}+", r"\p{Greek}|\p{cyrl}", r"\h+", r"\H+", r"[]a]+", r"[^]a]+", r"[a-]+",
    r"[a\-z]", r"[a-c&&[^b]]+", r"[^a-c&&b]", r"[[a-c]&&[b-d]&&[^c]]", r"(?>a|ab)c", r"(?>a*)b", r"(?>a+?)a",
    r"(?:a|ab)(?:c|bcd)(?:d*)", r"a*?b", r"a??b", r"(?:a*)*b", r"(?:a|b*)*c", r"(?:|a)+b", r"(?:a??b?)+",
    r"(?=a)\w|b", r"(?!a)\w", r"(?<=a)b", r"(?<!a)b", r"(?<=a|b)c", r"(?<=^|\s)\w", r"(?=a*b)a", r"a(?!b+c)",
    r"\x41|\x{42}|\u0043", r"\u{44}", r"[\x{41}-\u0043]", r"\t|\n|\r|\v|\f|\e|\a", r"\N+", r"\-\_\ \"|\<",
    r"(?<name>a)|(?#b)c", r"(?P<name>a)", r"a{", r"a{x}", r"a{2,1}", r"a**", r"a+*", r"[a&&]", r"[\d-z]", r"[a--b]",
    r"[a~~b]", r"\R", r"\X", r"\K", r"\Ga", r"(a)\1", r"(?~a)", r"\y", r"\i", r"(?x)a b", r"(?i:ß)", r"(?i:ss)",
    r"(?i:fi)", r"(?=a)*", r"^*", r"*a", r"(a", r"a)", r"[a", r"\p{Nope}", r"\p{L", r"[b-a]", "\\", r"(?<=ab)c",
    r"\p{In_Basic_Latin}", r"\p{gc=Lu}", r"\p{LC}+", r"\p{Lowercase_Letter}+", r"\p{White_Space}+", r"\p{Any}",
    r"\p{ASCII}+", r"\p{Assigned}+", r"\p{Alphabetic}+", r"\p{upper}+", r"\p{Lower}+", r"", r"|a", r"a|", r"()a",
]
TEXTS = [
    "a", "aaaa", "aaaab abc abcd", "The quick brown fox's 12345 jumps!\r\n\n  over  it's\tDOG'S  ", "ab\nab\n",
    "a\na\n\na", "xBxCxbxc XB", "kKK sSſ ßẞ", "αβγ ΑΒΓ жЖ 漢字かな カナ", "HTTPServer camelCase iOS", "1234567 12 1 ²³½Ⅷ٣",
    "a\u200db e\u0301 \u0301\u00a0\u2003\u3000\x85\x0b.", "'s'S'ſ'LL'll'x", "[]-a&b~", " ?!.,;: …。，",
]


def line(expression, texts, parts, **others):
    return json.dumps(dict(expression=expression, **others, texts=texts, parts=parts), ensure_ascii=False)


if __name__ == "__main__":
    folder = sys.argv[1]
    draw = random.Random(20261130)
    random_ones = [(drawn(draw), [drawn_text(draw) for _ in range(4)]) for _ in range(120)]
    with open(os.path.join(folder, "oniguruma.jsonl"), "w") as out:
        for expression, texts in [*((e, TEXTS) for e in PUBLISHED + DIFFERENT), *random_ones]:
            number = draw.randrange(5) if expression not in DIFFERENT else 1
            inverted = expression not in DIFFERENT and draw.random() < 0.3
            for behavior, invert in {(1, False), (number, inverted)}:
                parts = onigurumas_parts(expression, texts, BEHAVIORS[behavior], invert)
                print(line(expression, texts, parts, behavior=behavior, inverted=invert), file=out)
    with open(os.path.join(folder, "tiktoken.jsonl"), "w") as out:
        for expression, texts in [*((e, TEXTS) for e in PUBLISHED + DIFFERENT), *random_ones]:
            parts = tiktokens_parts(expression, texts)
            print(line(expression, texts, parts), file=out)

"""Writes base.json, cases.jsonl, ordinary.jsonl and first.jsonl: small tokenizers, texts, and what `tokenizers` makes of them.

Each line of cases.jsonl has the members of a tokenizer.json that differ from base.json, and texts with
their ids and the text that these become again. Each line of ordinary.jsonl has the number of one of those lines,
to whose added tokens come "<s>", which is special, and "<t>", and what lists of ids are without special tokens.
first.jsonl is like cases.jsonl: a Metaspace that prepends where a text begins, behind normalizers that change the
beginning, so that it depends on where in the text as it was given each character comes from.

Usage: make_fixtures.py FOLDER          Needs: pip install tokenizers==0.23.3
"""
import base64
import json
import os
import random
import sys

from tokenizers import Tokenizer
from tokenizers.pre_tokenizers import ByteLevel

DRAW = random.Random(20261130)
WORDS = ["the", "then", "12", "345", " ", "  ", "\t", "\n", "é", "e\u0301", "\u0323", "<a>", "<ab>", "b>",
         "x", "\u00a0", "\u2028", "中", "\u212b", "\ufb01", "\uac01", "\u1100\u1161\u11a8", "ſ", "'s", "_",
         "Ⅷ", "½", "\U00011de3", "👍🏽", "\u200d", "▁", "\x00", "\U00040000"]
MORE_WORDS = [*WORDS, "The", "THEN", "İ", "É", "ẞ", "Σ", "ς", "don't", "do not", " .", "!", "'m", "(", "—", "。",
              "$", "^", "`", "ひ", "ラ", "ー", "한", "я", "\u0903", "\u0e31", "\ufffd", "\x7f", "\u200b", "\ue000",
              "\u00ad", "thethe", "[MASK]", "\U0001e94d", "\u1e9e", "\u2581", "\u09fd", "12the", "##e"]


def base():
    alphabet = sorted(ByteLevel.alphabet())
    merges = [["t", "h"], ["th", "e"], ["the", "n"], ["Ġ", "the"], ["Ġ", "Ġ"], ["Ã", "©"], ["1", "2"]]
    vocabulary = {}
    for token in [*alphabet, *("".join(merge) for merge in merges)]:
        vocabulary.setdefault(token, len(vocabulary))
    byte_level = dict(type="ByteLevel", add_prefix_space=False, trim_offsets=True, use_regex=True)
    return dict(version="1.0", truncation=None, padding=None, added_tokens=[], normalizer=None,
                pre_tokenizer=byte_level, post_processor=None, decoder=byte_level,
                model=dict(type="BPE", dropout=None, unk_token=None, continuing_subword_prefix=None,
                           end_of_word_suffix=None, fuse_unk=False, byte_fallback=False,
                           ignore_merges=False, vocab=vocabulary, merges=merges))


def scalars():
    """A BPE of characters, as SentencePiece makes one, whose bytes stand beside them."""
    merges = [["▁", "t"], ["h", "e"], ["▁t", "he"], ["▁", "▁"], ["1", "2"], ["e", "\u0301"]]
    letters = ["<unk>", *(f"<0x{byte:02X}>" for byte in range(256)), *"▁the12345x<>ab\n", "\u0301", "中"]
    vocabulary = {}
    for token in [*letters, *("".join(merge) for merge in merges)]:
        vocabulary.setdefault(token, len(vocabulary))
    return dict(base()["model"], unk_token="<unk>", fuse_unk=True, byte_fallback=True, vocab=vocabulary,
                merges=merges)


def added(*tokens):
    names = ["single_word", "lstrip", "rstrip", "normalized", "special"]
    return [dict(id=9999, content=content, **{name: name[0:2] in flags.split() for name in names})
            for content, flags in tokens]


def cases():
    byte_level = base()["pre_tokenizer"]
    for form in ["NFC", "NFD", "NFKC", "NFKD"]:
        yield dict(normalizer=dict(type=form))
    yield dict(normalizer=dict(type="Sequence", normalizers=[
        dict(type="Sequence", normalizers=[]), dict(type="NFC"),
        dict(type="Replace", pattern=dict(String="th"), content="ht"), dict(type="Prepend", prepend="x"),
        dict(type="Strip", strip_left=True, strip_right=True)]))
    yield dict(pre_tokenizer=dict(byte_level, add_prefix_space=True))
    for individual in [False, True]:
        yield dict(pre_tokenizer=dict(type="Sequence", pretokenizers=[
            dict(type="Digits", individual_digits=individual), dict(byte_level, add_prefix_space=individual)]))
    for behavior in ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"]:
        yield dict(pre_tokenizer=dict(type="Sequence", pretokenizers=[
            dict(type="Split", pattern=dict(String="e"), behavior=behavior, invert=behavior == "Isolated"),
            byte_level]))
    # The first two letters of each flag.
    yield dict(added_tokens=added(("<a>", "sp"), ("<ab>", ""), ("b>", ""), ("  ", ""), ("the", "si"),
                                  ("x", "si sp")))
    yield dict(added_tokens=added(("<a>", "ls"), ("<ab>", "rs"), ("x", "ls rs"), ("\n", ""), ("中", "si ls rs")))
    yield dict(added_tokens=added(("<a>", "no"), ("<a><a>", ""), ("e\u0323", "no"), ("\u212b", ""),
                                  ("the", "no rs"), ("\ufb01", "no")), normalizer=dict(type="NFC"))
    yield dict(added_tokens=added(("fi", ""), ("\ufb01", "no"), ("x", "no ls")), normalizer=dict(type="NFKC"))
    partial = json.loads(json.dumps(base()["model"]))
    for token in ["ó", "ð", "1"]:  # F3 and F0 are such letters, and "1" is itself.
        partial["vocab"].pop(token)
    partial["merges"].remove(["1", "2"])
    partial["vocab"].pop("12")
    partial["vocab"] = {token: index for index, token in enumerate(partial["vocab"])}
    yield dict(model=partial)
    yield dict(model=dict(partial, unk_token="x"))
    yield dict(model=dict(partial, unk_token="x", fuse_unk=True))
    yield dict(model=dict(base()["model"], ignore_merges=True), normalizer=dict(type="NFC"))
    pieces = [dict(type="Replace", pattern=dict(String="▁"), content=" "), dict(type="ByteFallback"),
              dict(type="Fuse"), dict(type="Strip", content=" ", start=1, stop=0)]
    prepend = dict(type="Sequence", normalizers=[
        dict(type="Prepend", prepend="▁"), dict(type="Replace", pattern=dict(String=" "), content="▁")])
    tokens = added(("<unk>", "sp"), ("<ab>", ""), ("x ", "no"), ("b>", "sp ls rs"))
    decoder = dict(type="Sequence", decoders=pieces)
    whole = scalars()
    yield dict(model=whole, normalizer=prepend, pre_tokenizer=None, decoder=decoder, added_tokens=tokens)
    few = dict(whole, vocab={t: i for i, t in enumerate(t for t in whole["vocab"] if t != "<0xC3>")})
    for fuses in [False, True]:
        yield dict(model=dict(few, fuse_unk=fuses), normalizer=prepend, pre_tokenizer=None, decoder=decoder)
    yield dict(model=dict(whole, byte_fallback=False), normalizer=prepend, pre_tokenizer=None,
               decoder=dict(type="Sequence", decoders=pieces[:1] + pieces[2:]))
    for scheme in ["always", "first", "never"]:
        for split in [False, True]:
            space = dict(type="Metaspace", replacement="▁", prepend_scheme=scheme, split=split)
            yield dict(model=whole, pre_tokenizer=space, decoder=space if split else decoder,
                       added_tokens=tokens)


def pieces():
    """A WordPiece."""
    letters = ["[PAD]", "[UNK]", "[MASK]", "the", "##n", "then", "th", "##e", "e", "1", "##2", "12", "##the", "中",
               ".", "!", "'", "don", "t", "##t", "do", "not", "x", "##x", "я", "ひ", "m", "(", "i", "##\u0323", "s",
               "##\u0307", "İ", "The", "É", "##É", "##s", "σ", "$", "é", "##é", "##"]
    return dict(type="WordPiece", unk_token="[UNK]", continuing_subword_prefix="##", max_input_chars_per_word=7,
                vocab={token: index for index, token in enumerate(letters)})


def suffixed(unknown):
    """A BPE of bytes, spelled as letters, or of characters, whose words end in </w>."""
    letters = sorted(ByteLevel.alphabet()) if unknown is None else [unknown, *"the12xs'中"]
    merges = [["t", "h"], ["th", "e</w>"], ["th", "e"], ["the", "n</w>"], ["1", "2</w>"], ["'", "s</w>"]]
    vocabulary = {}
    for token in [*letters, *(f"{letter}</w>" for letter in letters), "n</w>", *map("".join, merges)]:
        vocabulary.setdefault(token, len(vocabulary))
    return dict(base()["model"], unk_token=unknown, end_of_word_suffix="</w>", vocab=vocabulary, merges=merges)


def more_cases():
    byte_level = dict(base()["pre_tokenizer"], use_regex=False)
    for normalizers in [["NFD", "StripAccents"], ["StripAccents"], ["Lowercase"], ["Nmt"], ["NFKC", "Lowercase"]]:
        yield dict(normalizer=dict(type="Sequence", normalizers=[dict(type=name) for name in normalizers]),
                   pre_tokenizer=byte_level)
    steps = [dict(type="Punctuation", behavior=behavior) for behavior in [
        "Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"]]
    steps += [dict(type=name) for name in ["Whitespace", "WhitespaceSplit", "BertPreTokenizer", "UnicodeScripts"]]
    steps += [dict(type="CharDelimiterSplit", delimiter="e"), dict(type="FixedLength", length=3)]
    for step in steps:
        yield dict(pre_tokenizer=dict(type="Sequence", pretokenizers=[step, byte_level]))
    bert = dict(type="BertNormalizer", clean_text=True, handle_chinese_chars=True, strip_accents=None, lowercase=True)
    changes = [dict(), dict(lowercase=False), dict(lowercase=False, strip_accents=True), dict(clean_text=False),
               dict(strip_accents=False), dict(handle_chinese_chars=False)]
    for change in changes:
        yield dict(model=pieces(), normalizer=dict(bert, **change), pre_tokenizer=dict(type="BertPreTokenizer"),
                   decoder=dict(type="WordPiece", prefix="##", cleanup=change != dict(clean_text=False)),
                   added_tokens=added(("[UNK]", "sp"), ("[MASK]", "sp ls"), ("[PAD]", "sp")))
    yield dict(model=pieces(), pre_tokenizer=dict(type="Whitespace"), decoder=dict(type="WordPiece", prefix="##", cleanup=True))
    yield dict(model=suffixed(None), pre_tokenizer=dict(byte_level, use_regex=True))
    for fuses in [False, True]:
        yield dict(model=dict(suffixed("<unk>"), fuse_unk=fuses), pre_tokenizer=dict(type="WhitespaceSplit"),
                   normalizer=dict(type="Lowercase"), decoder=dict(type="BPEDecoder", suffix="</w>"))


def table(model):
    """The table of characters of a model of SentencePiece: field 2 of field 3, each of which is behind its length."""
    with open(model, "rb") as file:
        data = file.read()

    def fields(start, end):
        while start < end:
            key, length, shift = data[start], 0, 0
            start += 1
            if key & 7 != 2:  # A number, or a float.
                start += 4 if key & 7 == 5 else next(i for i in range(1, 11) if data[start + i - 1] < 0x80)
                continue
            while True:
                length |= (data[start] & 0x7F) << shift
                shift += 7
                start += 1
                if data[start - 1] < 0x80:
                    break
            yield key >> 3, start, start + length
            start += length

    for number, start, end in fields(0, len(data)):
        for inner, first, last in fields(start, end) if number == 3 else []:
            if inner == 2:
                return data[first:last]


def table_cases():
    # Keys of it begin with each other: "ab" and "abcd", "e" and "e" with an accent.
    text = table(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../sentencepiece/table.model"))
    normalizer = dict(type="Precompiled", precompiled_charsmap=base64.b64encode(text).decode())
    byte_level = dict(base()["pre_tokenizer"], use_regex=False)
    yield dict(normalizer=normalizer, pre_tokenizer=byte_level)
    yield dict(normalizer=dict(type="Sequence", normalizers=[normalizer, dict(type="NFC")]), pre_tokenizer=byte_level)


def byte_level_cases():
    level = dict(type="ByteLevel")
    cut = dict(type="Split", pattern=dict(String="Ġ"), behavior="MergedWithNext", invert=False)
    words = dict(type="Split", pattern=dict(Regex="Ġ?[A-Za-z]+|[^A-Za-zĠ]+|Ġ"), behavior="Isolated", invert=False)
    replace = dict(type="Replace", pattern=dict(String="Ã"), content="x")
    yield dict(normalizer=level, pre_tokenizer=cut)
    yield dict(normalizer=dict(type="Sequence", normalizers=[dict(type="NFC"), level]), pre_tokenizer=words)
    yield dict(normalizer=dict(type="Sequence", normalizers=[level, replace]), pre_tokenizer=None)
    yield dict(normalizer=level, pre_tokenizer=dict(type="Sequence", pretokenizers=[cut, dict(type="Digits", individual_digits=True)]),
               added_tokens=added(("<a>", "sp"), ("<ab>", ""), ("the", "no")))
    yield dict(normalizer=level, pre_tokenizer=base()["pre_tokenizer"])
    yield dict(normalizer=level, pre_tokenizer=None)


TABLE_WORDS = ["e", "e\u0301", "e\u0301\u0301\u0301", "ab", "abcd", "ﬁ", "ﬁ\u0301", "\u3000", "\t", "\r\n", "\u200b",
               "\u200b\u0301", "\uff21", "\uff21\u0301", "\uff21\u200d", "Ⅷ", "\u0600e", "\u0600\u1100", "\u1161", "\u11a8",
               "\uac00", "\u0915", "\u094d", "\u0301", "©", "\u200d", "⌚", "🇦", "🇧", "👍🏽", "\x00", "x", " "]


def main(folder):
    with open(f"{folder}/base.json", "w", encoding="utf-8") as file:
        json.dump(base(), file, ensure_ascii=False, separators=(",", ":"))
        file.write("\n")
    with open(f"{folder}/cases.jsonl", "w", encoding="utf-8") as file:
        every = [(case, WORDS) for case in cases()] + [(case, MORE_WORDS) for case in more_cases()]
        every += [(case, TABLE_WORDS) for case in table_cases()]
        every += [(case, WORDS) for case in byte_level_cases()]
        for case, words in every:
            tokenizer = Tokenizer.from_str(json.dumps(dict(base(), **case)))
            texts = ["", " ", "  the", *("".join(DRAW.choices(words, k=DRAW.randint(1, 9))) for _ in range(40))]
            ids = [tokenizer.encode(text, add_special_tokens=False).ids for text in texts]
            decoded = [tokenizer.decode(each, skip_special_tokens=False) for each in ids]
            json.dump(dict(parts=case, texts=texts, ids=ids, decoded=decoded), file, ensure_ascii=False,
                      separators=(",", ":"))
            file.write("\n")


def ordinary(folder):
    draw = random.Random(20261201)
    decoders = []
    with open(f"{folder}/ordinary.jsonl", "w", encoding="utf-8") as file:
        for line, case in enumerate([*cases(), *more_cases()], 1):
            case = dict(base(), **case)
            if case["decoder"] in decoders:
                continue
            decoders.append(case["decoder"])
            case["added_tokens"] = case["added_tokens"] + added(("<s>", "sp"), ("<t>", ""))
            tokenizer = Tokenizer.from_str(json.dumps(case))
            special, other = (tokenizer.token_to_id(text) for text in ["<s>", "<t>"])
            every = range(tokenizer.get_vocab_size())
            ids = [draw.choices(every, k=6) + [other] + [special] * draw.randint(0, 3) for _ in range(12)]
            ids = [draw.sample(each, k=7) for each in ids]
            texts = [tokenizer.decode(each, skip_special_tokens=True) for each in ids]
            json.dump(dict(line=line, ids=ids, texts=texts), file, ensure_ascii=False, separators=(",", ":"))
            file.write("\n")


FIRST = ["  ", "aa", "e\u0301", "\u0301", "\u0344\u0323", "\ufdfa", "\u338f", "½", "中", "ﬁ", "\u1100\u1161\u11a8", "\x01",
         "\u200d", "İ", "▁", "\u00a0", "\u0f73\u0323", "he", "aab", "\u0958", "…", "\u212b\u0323"]


def first_cases():
    def replace(pattern, content):
        return dict(type="Replace", pattern=pattern, content=content)

    bert = dict(type="BertNormalizer", clean_text=True, handle_chinese_chars=True, strip_accents=True, lowercase=True)
    plain = dict(bert, clean_text=False, strip_accents=False)
    strip = dict(type="Strip", strip_left=True, strip_right=False)
    byte_level = dict(base()["pre_tokenizer"], use_regex=False)
    space = dict(type="Metaspace", replacement="▁", prepend_scheme="first", split=False)
    digits = dict(type="Digits", individual_digits=True)
    letter = dict(type="Split", pattern=dict(String="a"), behavior="Isolated", invert=False)
    table = next(table_cases())["normalizer"]
    for changes in [
        [strip], [dict(type="Nmt")], [bert], [plain], [replace(dict(String="aa"), "x")], [replace(dict(String="a"), "")],
        [replace(dict(Regex=r"\s+"), "▁")], [replace(dict(Regex=r"\p{M}"), ""), dict(type="Prepend", prepend="xy")],
        [dict(type="NFD"), dict(type="StripAccents")], [dict(type="NFKD"), strip], [dict(type="NFC"), dict(type="Nmt")],
        [dict(type="NFKC"), dict(type="Lowercase"), replace(dict(String="s"), "")], [table], [strip, table],
    ]:
        for steps in [[], [dict(type="WhitespaceSplit")], [digits, letter]]:
            yield dict(normalizer=dict(type="Sequence", normalizers=changes),
                       pre_tokenizer=dict(type="Sequence", pretokenizers=[*steps, space, byte_level]),
                       added_tokens=added(("x", "no"), ("<a>", "")) if steps else [])


def first(folder):
    draw = random.Random(20261202)
    with open(f"{folder}/first.jsonl", "w", encoding="utf-8") as file:
        for case in first_cases():
            tokenizer = Tokenizer.from_str(json.dumps(dict(base(), **case)))
            words = [*FIRST, *TABLE_WORDS, "x", "<a>", "12"]
            texts = ["".join(draw.choices(words, k=draw.randint(1, 5))) for _ in range(30)]
            ids = [tokenizer.encode(text, add_special_tokens=False).ids for text in texts]
            decoded = [tokenizer.decode(each, skip_special_tokens=False) for each in ids]
            json.dump(dict(parts=case, texts=texts, ids=ids, decoded=decoded), file, ensure_ascii=False,
                      separators=(",", ":"))
            file.write("\n")


main(sys.argv[1])
ordinary(sys.argv[1])
first(sys.argv[1])

"""Trains pieces of characters on drawn corpora: Gobbet, tokenizers' BpeTrainer and sentencepiece's BPE trainer, and compares.

Usage: compare_piece_trainers.py CORPUS... [--draws N]     (default 10; JSON Lines with a `text` field, plain or .zst)

Each draw takes some documents at random and writes their lines to a file, from which all three train 1,000 to 8,000 pieces,
with settings that are drawn too. Against tokenizers every token and merge is compared, against sentencepiece the bytes of the
.model, without the paths in it, and the ids of some drawn lines. Seconds are of CPU: of the whole process of Gobbet, of
nothing but training of the others. Needs `make build`, and from PyPI zstandard, tokenizers==0.23.3 and sentencepiece==0.2.3.
Exits with 1 when something differs.
"""
import json
import os
import random
import resource
import subprocess
import sys
import tempfile

from compare import documents

os.environ["RAYON_NUM_THREADS"] = "1"
GOBBET = os.environ.get("GOBBET") or os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "..", ".build", "release", "gobbet")


def seconds(who):
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime


def in_child(function, *arguments):
    """The result of a function and its CPU seconds, in a process of its own."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        start = seconds(resource.RUSAGE_SELF)
        result = function(*arguments)
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(json.dumps([result, seconds(resource.RUSAGE_SELF) - start]).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        data = pipe.read()
    os.waitpid(child, 0)
    return json.loads(data)


def gobbet(*arguments):
    """Runs the command; its CPU seconds."""
    start = seconds(resource.RUSAGE_CHILDREN)
    subprocess.run([GOBBET, *arguments], check=True, stdout=subprocess.DEVNULL)
    return seconds(resource.RUSAGE_CHILDREN) - start


def tokenizers_settings(rnd, size):
    settings = {"special_tokens": ["<unk>", "<s>", "</s>"], "vocab_size": size, "prepend_scheme": rnd.choice(["always", "never"])}
    if rnd.random() < 0.5:
        settings["byte_fallback"] = True
    if rnd.random() < 0.3:
        settings["digits"] = True
    if rnd.random() < 0.3:
        settings["min_frequency"] = rnd.choice([2, 5])
    if rnd.random() < 0.3:
        settings["max_token_length"] = rnd.choice([4, 12])
    if rnd.random() < 0.3:
        settings["initial_alphabet"] = "äßñ€"
    return settings


def train_tokenizers(path, settings):
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    settings = dict(settings)
    falls_back = settings.pop("byte_fallback", False)
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=falls_back))
    steps = [pre_tokenizers.Metaspace(prepend_scheme=settings.pop("prepend_scheme"))]
    if settings.pop("digits", False):
        steps.append(pre_tokenizers.Digits(individual_digits=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(steps)
    if falls_back:
        settings["special_tokens"] = settings["special_tokens"] + [f"<0x{byte:02X}>" for byte in range(256)]
    if "initial_alphabet" in settings:
        settings["initial_alphabet"] = list(settings["initial_alphabet"])
    tokenizer.train([path], trainers.BpeTrainer(show_progress=False, **settings))
    model = json.loads(tokenizer.to_str())["model"]
    return {"vocab": model["vocab"], "merges": model["merges"]}


def tokenizers_options(settings):
    options = ["--model", "sentencepiece"]
    for token in settings["special_tokens"]:
        options += ["--special", token]
    options += ["--no-dummy-prefix"] if settings["prepend_scheme"] == "never" else []
    for key, name in (("min_frequency", "--minimum-frequency"), ("max_token_length", "--maximum-token-length"),
                      ("initial_alphabet", "--required-characters")):
        options += [name, str(settings[key])] if key in settings else []
    return options + flags(settings, ("byte_fallback", "--byte-fallback"), ("digits", "--split-digits"))


def flags(settings, *names):
    return [name for key, name in names if settings.get(key)]


def sentencepiece_settings(rnd, size):
    settings = {"vocab_size": size}
    if rnd.random() < 0.5:
        settings["byte_fallback"] = True
    if rnd.random() < 0.6:
        settings["character_coverage"] = rnd.choice([0.98, 0.99, 0.999, 1.0])
    for key, chance in (("split_digits", 0.3), ("allow_whitespace_only_pieces", 0.2)):
        if rnd.random() < chance:
            settings[key] = True
    for key in ("split_by_unicode_script", "split_by_number", "add_dummy_prefix", "remove_extra_whitespaces"):
        if rnd.random() < 0.2:
            settings[key] = False
    if rnd.random() < 0.2:
        settings["max_sentencepiece_length"] = rnd.choice([4, 30])
    if rnd.random() < 0.3:
        settings["user_defined_symbols"] = ["<x>", "the"]
    if rnd.random() < 0.3:
        settings["control_symbols"] = ["<c>"]
    if rnd.random() < 0.3:
        settings["pad_id"] = 3
    return settings


def train_sentencepiece(path, folder, settings):
    import sentencepiece
    sentencepiece.SentencePieceTrainer.train(
        input=path, model_prefix=f"{folder}/peer", model_type="bpe", normalization_rule_name="identity", minloglevel=2,
        num_threads=1, **settings)


def sentencepiece_options(settings):
    options = ["--model", "sentencepiece", "--like", "sentencepiece"]
    for key, name in (("character_coverage", "--character-coverage"), ("max_sentencepiece_length", "--maximum-piece-length"),
                      ("pad_id", "--pad-id")):
        options += [name, str(settings[key])] if key in settings else []
    for key, name in (("user_defined_symbols", "--user-defined-symbol"), ("control_symbols", "--control-symbol")):
        for symbol in settings.get(key, []):
            options += [name, symbol]
    for key, name in (("split_by_unicode_script", "--no-split-by-unicode-script"), ("split_by_number", "--no-split-by-number"),
                      ("add_dummy_prefix", "--no-dummy-prefix"), ("remove_extra_whitespaces", "--keep-extra-spaces")):
        options += [name] if settings.get(key) is False else []
    return options + flags(
        settings, ("byte_fallback", "--byte-fallback"), ("split_digits", "--split-digits"),
        ("allow_whitespace_only_pieces", "--whitespace-only-pieces"))


def number(data, place):
    value = shift = 0
    while True:
        byte = data[place]
        place += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, place


def fields(data):
    """The fields of a protobuf message: their numbers, contents and bytes."""
    place = 0
    while place < len(data):
        start = place
        tag, place = number(data, place)
        content = b""
        if tag & 7 == 2:
            count, place = number(data, place)
            content = data[place:place + count]
            place += count
        elif tag & 7 == 5:
            place += 4
        else:
            _, place = number(data, place)
        yield tag >> 3, content, data[start:place]


def without_paths(model):
    """The messages of a .model, its trainer's settings without inputs, prefix and number of threads."""
    return [(key, b"".join(raw for name, _, raw in fields(content) if name not in (1, 2, 16)) if key == 2 else content)
            for key, content, _ in fields(model)]


def main(arguments):
    import sentencepiece
    import tokenizers  # noqa: F401, so that no child has to import it
    draws = int(arguments.pop(arguments.index("--draws") + 1)) if "--draws" in arguments else 10
    texts = list(documents(path for path in arguments if path != "--draws"))
    differences = 0
    totals = {"tokenizers": [0.0, 0.0], "sentencepiece": [0.0, 0.0]}
    with tempfile.TemporaryDirectory() as folder:
        path, ours = f"{folder}/lines.txt", f"{folder}/v.gobbet"
        for seed in range(draws):
            rnd = random.Random(seed)
            drawn = rnd.sample(texts, rnd.randrange(len(texts) // 8 + 1, len(texts) // 2 + 2))
            lines = [line for text in drawn for line in text.split("\n")]
            with open(path, "w", encoding="utf-8", newline="\n") as file:
                file.writelines(line + "\n" for line in lines)
            size = rnd.randrange(1000, 8001)
            alphabet = len(set("".join(lines)))
            # Every character gets a token from tokenizers; rare ones are left out by a limit that no tie decides.
            settings = tokenizers_settings(rnd, max(size, alphabet + 1000))
            theirs, spent = in_child(train_tokenizers, path, settings)
            own = gobbet("train", path, "--lines", "-q", "-f", "-o", ours, "-T", "1", "--size", str(settings["vocab_size"]),
                         *tokenizers_options(settings))
            gobbet("convert", ours, "-f", "-o", f"{folder}/v.json")
            model = json.load(open(f"{folder}/v.json", encoding="utf-8"))["model"]
            differences += report(
                seed, "tokenizers", len(lines), settings,
                {"vocab": model["vocab"], "merges": model["merges"]} == theirs, spent, own, totals)
            # With a smaller coverage fewer characters get a piece, but those that do must have room.
            settings = sentencepiece_settings(rnd, max(size, alphabet + 600))
            _, spent = in_child(train_sentencepiece, path, folder, settings)
            own = gobbet("train", path, "--lines", "-q", "-f", "-o", ours, "-T", "1", "--size", str(settings["vocab_size"]),
                         *sentencepiece_options(settings))
            gobbet("convert", ours, "-f", "-o", f"{folder}/v.model")
            peer, mine = (open(f"{folder}/{name}.model", "rb").read() for name in ("peer", "v"))
            some = rnd.sample(lines, min(1000, len(lines)))
            ids = sentencepiece.SentencePieceProcessor(model_file=f"{folder}/v.model").encode(some)
            with open(f"{folder}/some.txt", "w", encoding="utf-8", newline="\n") as file:
                file.writelines(line + "\n" for line in some)
            same = without_paths(peer) == without_paths(mine) and ids == encoded(ours, f"{folder}/some.txt", len(some))
            differences += report(seed, "sentencepiece", len(lines), settings, same, spent, own, totals)
    for name, (theirs, own) in totals.items():
        print(f"all draws: {name} {theirs:.2f} s, Gobbet {own:.2f} s of CPU: {theirs / own:.1f} times")
    return 1 if differences else 0


def encoded(vocabulary, path, count):
    """The ids of the lines of a file as Gobbet encodes them."""
    ids = []
    for line in open(path, encoding="utf-8", newline="\n"):
        ids.append(line.rstrip("\n"))
    process = subprocess.run([GOBBET, "encode", "-v", vocabulary, "--format", "jsonl", "-"], check=True,
                             input="".join(json.dumps({"text": line}) + "\n" for line in ids).encode(), capture_output=True)
    return [[int(id) for id in line.split()] for line in process.stdout.decode().split("\n")[:count]]


def report(seed, name, count, settings, same, theirs, own, totals):
    totals[name][0] += theirs
    totals[name][1] += own
    shown = ", ".join(f"{key}={value}" for key, value in settings.items() if key != "special_tokens")
    print(f"draw {seed}: {count} lines, {name}, {shown}: {'the same' if same else 'DIFFER'};",
          f"{theirs:.2f} s, Gobbet {own:.2f} s: {theirs / own:.1f} times", flush=True)
    return not same


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

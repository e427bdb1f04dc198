"""Writes the files that the fuzzing of foreign formats starts from.

    foreign_seeds.py FOLDER GOBBET

puts small files of each kind into FOLDER/KIND, and a list of their words into FOLDER/KIND.dict.
Vocabularies come from the golden fixtures by way of the command GOBBET; the rest is written here by
the formats' own descriptions. Two files of a kind are one seed: the length of the first in 16 bits,
the first, the second. It needs Python, nothing else.
"""
import io
import json
import pathlib
import struct
import subprocess
import sys
import tempfile
import zipfile

FOLDER = pathlib.Path(sys.argv[1])
GOBBET = sys.argv[2]
ROOT = pathlib.Path(__file__).resolve().parents[2]
VOCABULARIES = sorted((ROOT / "Fixtures/golden/1.0/vocabulary").glob("*.gobbet"))


def put(kind, name, *parts):
    if len(parts) > 1:
        parts = [struct.pack("<H", len(parts[0])), *parts]
    folder = FOLDER / kind
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(b"".join(parts))


def words(kind, *texts):
    lines = ("".join(f"\\x{byte:02x}" for byte in text) for text in texts)
    (FOLDER / f"{kind}.dict").write_text("".join(f'"{line}"\n' for line in lines))


def safetensors(header, data):
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def npy(dtype, shape, data, version=1, fortran=False):
    text = f"{{'descr': '{dtype}', 'fortran_order': {fortran}, 'shape': {shape}, }}".encode()
    length = "<H" if version == 1 else "<I"
    front = 8 + struct.calcsize(length)
    text += b" " * (-(front + len(text) + 1) % 64) + b"\n"
    return b"\x93NUMPY" + bytes([version, 0]) + struct.pack(length, len(text)) + text + data


def npz(members, compression=zipfile.ZIP_STORED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name + ".npy"), data, compression)
    return file.getvalue()


def text(value):
    value = value if isinstance(value, bytes) else value.encode()
    return struct.pack("<Q", len(value)) + value


def gguf(values, tensors):
    """`values`: keys and encoded values; `tensors`: names, shapes, type codes, data."""
    file = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(values))
    for key, value in values:
        file += text(key) + value
    offset = 0
    for name, shape, code, data in tensors:
        file += text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, code, offset)
        offset += -(-len(data) // 32) * 32
    file += bytes(-len(file) % 32)
    return file + b"".join(data + bytes(-len(data) % 32) for *_, data in tensors)


def strings(values):
    return struct.pack("<IIQ", 9, 8, len(values)) + b"".join(map(text, values))


def string(value):
    return struct.pack("<I", 8) + text(value)


def visible_bytes():
    """GPT-2's letters for the 256 bytes, in the order of its own ids."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    rest = [byte for byte in range(256) if byte not in plain]
    return [chr(byte) for byte in plain] + [chr(256 + index) for index in range(len(rest))]


put("safetensors", "two", safetensors(
    {"__metadata__": {"format": "pt"},
     "a": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]},
     "b": {"dtype": "BF16", "shape": [3], "data_offsets": [16, 22]}}, bytes(range(22))))
put("safetensors", "none", safetensors({}, b""))
put("safetensors", "types", safetensors(
    {name: {"dtype": name, "shape": [2], "data_offsets": [start, end]} for name, start, end in
     [("F64", 0, 16), ("I64", 16, 32), ("F16", 32, 36), ("I8", 36, 38), ("BOOL", 38, 40),
      ("F8_E4M3", 40, 42), ("F8_E5M2", 42, 44), ("U16", 44, 48)]}, bytes(48)))
words("safetensors", b'"dtype":', b'"shape":', b'"data_offsets":', b'"__metadata__":', b'"F32"',
      b'"BF16"', b'"F4"', b"[0,0]", b"[]", b"18446744073709551616", b"-1", b"\\u0000")

put("gguf", "tensors", gguf(
    [("general.architecture", string("gpt2")),
     ("general.alignment", struct.pack("<II", 4, 32)),
     ("gpt2.context_length", struct.pack("<II", 4, 4))],
    [("a", [32, 2], 2, bytes(36)), ("b", [32], 8, bytes(34)), ("c", [3], 0, bytes(12)),
     ("d", [32], 3, bytes(20)), ("e", [32], 6, bytes(22)), ("f", [32], 7, bytes(24)),
     ("g", [2], 30, bytes(4))]))
put("gguf", "vocabulary", gguf(
    [("tokenizer.ggml.model", string("gpt2")), ("tokenizer.ggml.pre", string("gpt-2")),
     ("tokenizer.ggml.tokens", strings([*visible_bytes(), "in", "<|end|>"])),
     ("tokenizer.ggml.token_type", struct.pack("<IIQ258I", 9, 5, 258, *[1] * 257, 3)),
     ("tokenizer.ggml.merges", strings(["i n"])),
     ("some.float", struct.pack("<If", 6, 1.5)), ("some.bool", struct.pack("<I?", 7, True))], []))
put("gguf", "blocks", (ROOT / "Fixtures/gguf/blocks.gguf").read_bytes())
for name in ("training.pt", "types.pt", "views.pt", "parameters.pt", "lightning.ckpt", "legacy.pt"):
    data = (ROOT / "Fixtures/pytorch" / name).read_bytes()
    put("pytorch", name, data)
    if zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            pickle = next(part for part in archive.namelist() if part.endswith("/data.pkl"))
            put("pickle", name, archive.read(pickle))
put("plan", "metadata", (ROOT / "Fixtures/pytorch/distributed/.metadata").read_bytes())
words("plan", b"\x8c\x05sizes", b"\x8c\x07offsets", b"\x8c\x06chunks", b"__0_0.distcp", b"K\1", b"J\xff\xff\xff\x7f",
      b"\x8a\x08" + b"\xff" * 7 + b"\x7f", b"\x85", b"\x86", b"(", b"t", b"R", b"}", b"u", b"s", b"\x94", b"h\0")
for kind in ("pytorch", "pickle"):
    words(kind, b"ctorch._utils\n_rebuild_tensor_v2\n", b"ctorch\nFloatStorage\n", b"storage", b"data.pkl",
          b"\x85", b"\x86", b"\x87", b"(", b"t", b"Q", b"R", b"}", b"]", b"q\0", b"h\0", b"u", b"\x8a\x09", b"PK\3\4")
words("gguf", b"GGUF", b"general.alignment", b"general.architecture", b"tokenizer.ggml.model",
      b"tokenizer.ggml.tokens", b"tokenizer.ggml.merges", b"\xff" * 8, b"\0\0\0\0\0\0\0\x80")

put("numpy", "floats.npy", npy("<f4", "(2, 3)", bytes(24)))
put("numpy", "scalar.npy", npy("<f8", "()", bytes(8), version=2))
put("numpy", "bytes.npy", npy("|u1", "(5,)", bytes(5)))
put("numpy", "two.npz", npz({"a": npy("<i4", "(2,)", bytes(8)), "b/c": npy("<f2", "(0, 7)", b"")}))
put("numpy", "columns.npy", npy(">f4", "(2, 3)", bytes(24), fortran=True))
put("numpy", "deflated.npz", npz(
    {"a": npy("<i4", "(2, 9)", bytes(range(72)), fortran=True), "b": npy("<V2", "(3,)", bytes(6))}, zipfile.ZIP_DEFLATED))
words("numpy", b"'descr': ", b"'fortran_order': ", b"'shape': ", b"True", b"False", b"'|O'",
      b"'>f4'", b"'<f8'", b"(99999999999,)", b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06",
      b"PK\x06\x06", b"PK\x06\x07", b"\xff\xff\xff\xff")

sizes = (2, 3, 1, 1, 2, 4)  # positions, vocabulary, layers, heads, width, padded vocabulary
elements = 12 * 2 * 2 + 13 * 2 + (4 + 2 + 2) * 2
for version, width in (3, 4), (5, 2):
    put("llmc", f"version{version}",
        struct.pack("<256i", 20240326, version, *sizes, *[0] * 248), bytes(elements * width))

put("ids", "nanogpt", struct.pack("<4H", 1, 2, 3, 50256))
put("ids", "llmc16", struct.pack("<256i", 20240520, 1, 3, *[0] * 253), bytes(6))
put("ids", "llmc32", struct.pack("<256i", 20240801, 7, 3, *[0] * 253), bytes(12))
put("ids", "numpy", npy("<u2", "(4,)", bytes(8)))
words("ids", struct.pack("<i", 20240520), struct.pack("<i", 20240801), b"'<i8'", b"\xff" * 4)

for code, width in (8, 2), (4, 4), (1, 1), (5, 8):
    index = b"MMIDIDX\0\0" + struct.pack("<QBQQ", 1, code, 2, 3)
    index += struct.pack("<2i2Q3Q", 2, 1, 0, 2 * width, 0, 1, 2)
    put("megatron", f"type{code}", index, bytes(3 * width))

put("settings", "config", json.dumps(
    {"n_ctx": 4, "n_embd": 2, "n_head": 1, "n_layer": 1, "layer_norm_epsilon": 1e-5,
     "activation_function": "gelu_new", "tie_word_embeddings": True}).encode())
put("settings", "adapter", json.dumps(
    {"peft_type": "LORA", "lora_alpha": 16, "r": 8, "bias": "none", "use_rslora": True,
     "fan_in_fan_out": False, "alpha_pattern": {"c_attn": 32}}).encode())
put("settings", "index", json.dumps(
    {"metadata": {"total_size": 8}, "weight_map": {"a": "x.safetensors", "b": "y"}}).encode())
words("settings", b'"weight_map":', b'"alpha_pattern":', b"1e999", b"-0", b"null", b'"../a"', b"[[[")

with tempfile.TemporaryDirectory() as name:
    scratch = pathlib.Path(name)
    for path in VOCABULARIES:
        for kind, target in ("tokenizer", "tokenizer.json"), ("ranks", "x.tiktoken"):
            subprocess.run([GOBBET, "convert", path, "-o", scratch / target, "--force"],
                           capture_output=True)
            if (scratch / target).exists():
                put(kind, path.stem, (scratch / target).read_bytes())
                (scratch / target).unlink()
vocabulary = {letter: index for index, letter in enumerate([*visible_bytes(), "in", "Ġin"])}
put("merges", "two", json.dumps(vocabulary).encode(), b"#version: 0.2\ni n\n\xc4\xa0 in\n")
put("tokenizer", "own", json.dumps(
    {"added_tokens": [{"id": 258, "content": "<|end|>", "special": True}], "normalizer": None,
     "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False, "use_regex": True},
     "decoder": {"type": "ByteLevel"},
     "model": {"type": "BPE", "vocab": vocabulary, "merges": ["i n", ["Ġ", "in"]]}}).encode())
for name, expressions in (
        ("expressions", [r"(?=(\d{3})+(?!\d))", r"(?i:'s|'ll)|[^\r\n\p{L}]?+\p{L}++|[a-z&&[^aeiou]]{1,3}?|\b.$"]),
        ("hostile", [r"(?>(?:a|b)*a(?:a|b){20})b", r"(((a?b?)*)*c*){2,9}|(?<!\p{Han})[[:alpha:]\x{41}-\u0043]"])):
    put("tokenizer", name, json.dumps(
        {"added_tokens": [], "normalizer": None, "decoder": {"type": "ByteLevel"},
         "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
             *({"type": "Split", "pattern": {"Regex": expression}, "behavior": "MergedWithNext", "invert": False}
               for expression in expressions),
             {"type": "ByteLevel", "add_prefix_space": False, "use_regex": False}]},
         "model": {"type": "BPE", "vocab": vocabulary, "merges": ["i n", ["Ġ", "in"]]}}).encode())
words("tokenizer", b"(?:", b"(?=", b"(?!", b"(?>", b"(?i:", b"{1,1000}", b"\\\\p{L}", b"&&[^", b"]", b")*", b"++", b"*?", b"|")
words("tokenizer", b'"merges":', b'"vocab":', b'"added_tokens":', b'"content":', b'"id":',
      b'"special":true', b'"pre_tokenizer":', b'"ByteLevel"', b'"Split"', b'"Regex":', b"4294967295",
      b"\\ud800", b"null", b'["a","b"]')
words("ranks", b"YQ== ", b"=", b" 0\n", b" 4294967296\n", b"\r\n")
words("merges", b"i n\n", b"\xc4\xa0", b"#version", b'":0', b"\\u0120", b"4294967296")
for kind in ("llmc", "megatron"):
    words(kind, b"\xff" * 8, b"\xff" * 4, b"\x80\0\0\0", b"\0\0\0\x01")

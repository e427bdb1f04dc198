"""Changes golden and broken files at random, and asks several readers about each.

    mutations.py [--count N] [--seed N] [--keep FOLDER] READER…

Fails where one reader accepts a file that another refuses, or finds something else in it. Most
changes are made to what sections hold, and the checksums, digests and fingerprints around it are made
right again, so that readers get to see them. Needs what gobbet_content.py needs.
"""
import argparse
import collections
import hashlib
import pathlib
import random
import re
import struct
import sys
import zlib

import zstandard

import gobbet_content
from conformance import Reader, broken, difference, golden, verb
from gobbet_reader import Contents, FormatError, aligned, crc32c, number


def put(data, offset, value, size=4):
    data[offset:offset + size] = value.to_bytes(size, "little")


Part = collections.namedtuple("Part", "kind name content codec")


def container(parts, profile):
    """A file of these sections in one generation, with right checksums."""
    file = bytearray(b"\x97GBT\r\n\x1a\n" + struct.pack("<4HI40x", 1, 0, 0, 0, profile))
    file += struct.pack("<I", crc32c(bytes(file)))
    entries = []
    for part in parts:
        offset, size = len(file), 1 << 20
        blocks = [part.content[start:start + size] for start in range(0, len(part.content), size)]
        if part.codec:
            blocks = list(map(zstandard.ZstdCompressor(level=3).compress, blocks))
        table = b"".join(struct.pack("<II", len(block), crc32c(block)) for block in blocks)
        stored = b"".join(blocks)
        fields = part.kind.encode() + struct.pack(
            "<BBHIQQI", part.codec, 6, len(part.name), size, len(stored), len(part.content),
            crc32c(table))
        head = b"SECT" + fields + struct.pack("<I20x", crc32c(part.name))
        file += head + struct.pack("<I", crc32c(head)) + part.name
        file += bytes(-len(file) % 64) + stored + table
        file += bytes(-len(file) % 64)
        digest = hashlib.sha256(part.content).digest()
        entries.append(fields + struct.pack("<QQ", offset, 0) + digest + part.name)
    table = b"".join(entries)
    table = struct.pack("<4sIQ", b"TABL", len(parts), 16 + len(table)) + table
    trailer = struct.pack("<8sQQII8x4H12x", b"GBTEND\r\n", len(file), len(table), crc32c(table), 0,
                          1, 0, 0, 0)
    file += table + bytes(-len(table) % 64) + trailer + struct.pack("<I", crc32c(trailer))
    return bytes(file)


def changed(data, chance):
    """Some bytes with a random change."""
    data = bytearray(data)
    place = chance.randrange(len(data) + 1)
    kind = chance.randrange(9)
    if kind < 3 and data:
        data[place % len(data)] ^= 1 << chance.randrange(8)
    elif kind == 3 and data:
        data[place % len(data)] = chance.choice([0, 1, 2, 127, 128, 254, 255, chance.randrange(256)])
    elif kind == 4 and data:
        data[place % len(data)] = (data[place % len(data)] + chance.choice([-1, 1])) % 256
    elif kind == 5:
        data[place:place] = bytes(chance.randrange(256) for _ in range(chance.randrange(1, 5)))
    elif kind == 6:
        del data[place:place + chance.randrange(1, 5)]
    elif kind == 7:
        other = chance.randrange(len(data) + 1)
        count = chance.randrange(1, 17)
        data[place:place + count] = data[other:other + count]
    else:
        value = chance.choice([0, 1, 1 << 31, 1 << 32, 1 << 53, 1 << 62, 1 << 63, (1 << 64) - 1])
        size = chance.choice([2, 4, 8])
        data[place:place + size] = (value % (1 << 8 * size)).to_bytes(size, "little")
    return bytes(data)


def changed_frame(data, table, chance):
    """Blocks and their table with a change in what the first frame of the blocks holds."""
    count = len(table) // 12
    stored = number(table, 0)
    try:
        units = zstandard.ZstdDecompressor().decompress(data[:stored], max_output_size=1 << 20)
    except zstandard.ZstdError:
        return data, table
    units = changed(units, chance)
    parameters = zstandard.ZstdCompressionParameters.from_level(
        chance.choice([1, 3, 19]), write_checksum=chance.random() < 0.5, write_content_size=True)
    frame = zstandard.ZstdCompressor(compression_params=parameters).compress(units)
    table = bytearray(table)
    put(table, 0, len(frame))
    put(table, 4 * count, len(units))
    return frame + data[stored:], bytes(table)


def sealed_blocks(parts, data, table, alignment):
    """The checksums of blocks in a table of theirs, made right."""
    if data not in parts or table not in parts:
        return
    content, rows = parts[data].content, bytearray(parts[table].content)
    count, end = len(rows) // 12, 0
    for block in range(count):
        start, end = end, end + number(rows, 4 * block)
        if end > len(content):
            break
        put(rows, 8 * count + 4 * block, crc32c(content[start:end]))
        if number(rows, 4 * (count + block)) < 1 << 19:
            end = aligned(end, alignment)
    parts[table] = parts[table]._replace(content=bytes(rows))


def with_changed_content(file, chance):
    """A file whose sections hold something else; None if `file` cannot be read."""
    try:
        contents = Contents(file)
    except (FormatError, ValueError):
        return None
    parts = {(section.kind, section.name.encode()): Part(
        section.kind, section.name.encode(), content, section.codec if chance.random() < 0.3 else 0)
        for section, content in contents.sections}
    for _ in range(chance.choice([1, 1, 2])):
        if not parts:
            return None
        key = chance.choice(list(parts))
        part = parts[key]
        data, table = ("TOKN", b""), ("TOKB", b"")
        if key == data and table in parts and chance.random() < 0.7:
            frames = changed_frame(part.content, parts[table].content, chance)
            for each, content in zip((data, table), frames):
                parts[each] = parts[each]._replace(content=content)
        elif chance.random() < 0.02:
            del parts[key]
        elif chance.random() < 0.02:
            parts[key] = part._replace(name=changed(part.name, chance)[:512])
        elif chance.random() < 0.02:
            parts[key] = part._replace(kind=chance.choice(["sign", "meta", "XXXX", "xxxx", part.kind]))
        else:
            parts[key] = part._replace(content=changed(part.content, chance))
    if chance.random() < 0.95:
        sealed_blocks(parts, ("TOKN", b""), ("TOKB", b""), 1)
        for name in [b"", b"1"]:
            sealed_blocks(parts, ("TDAT", name), ("TBLK", name), 64)
    profile = contents.profile if chance.random() < 0.98 else chance.randrange(1, 6)
    header = parts.get(("VOCB", b""))
    if header and chance.random() < 0.95:
        # The fingerprint of what the sections say now, if they still say anything.
        plain = {part.kind: part.content for part in parts.values() if not part.name}
        try:
            gobbet_content.vocabulary(plain)
        except (FormatError, KeyError, ValueError, IndexError) as error:
            found = re.fullmatch("vocabulary.fingerprint: not ([0-9a-f]{64})", str(error))
            if found:
                content = bytes.fromhex(found[1]) + header.content[32:]
                parts[("VOCB", b"")] = header._replace(content=content)
    return container(parts.values(), profile)


def with_changed_records(file, chance):
    """A file with changes in its records, whose checksums are made right again."""
    file = bytearray(file)
    places = [place for place in range(0, len(file) - 63, 64)
              if place == 0 or bytes(file[place:place + 4]) in (b"SECT", b"TABL", b"GBTE")]
    place = chance.choice(places)
    if bytes(file[place:place + 4]) == b"TABL":
        size = min(int.from_bytes(file[place + 8:place + 16], "little"), len(file) - place)
        file[place:place + size] = changed(file[place:place + size], chance)[:size].ljust(size, b"\0")
    else:
        file[place:place + 60] = changed(file[place:place + 60], chance)[:60].ljust(60, b"\0")
    if chance.random() < 0.3:
        # What the table says of the section, too.
        at, shift = place + 4 + chance.randrange(32), 1 << chance.randrange(8)
        shared = bytes(file[place + 4:place + 36])
        where = bytes(file).find(shared, place + 64)
        file[at] ^= shift
        if where >= 0:
            file[where + at - place - 4] ^= shift
    for place in places:
        magic = bytes(file[place:place + 4])
        if magic == b"GBTE":
            start, size = struct.unpack_from("<QQ", file, place + 8)
            if start + size <= place:
                put(file, place + 24, crc32c(bytes(file[start:start + size])))
        if magic == b"SECT":
            name = bytes(file[place + 64:place + 64 + (number(file, place + 8) >> 16)])
            put(file, place + 36, crc32c(name))
        if magic != b"TABL":
            put(file, place + 60, crc32c(bytes(file[place:place + 60])))
    return bytes(file)


def mutated(file, chance):
    kind = chance.random()
    if kind < 0.7:
        result = with_changed_content(file, chance)
        if result is not None:
            return result
    if kind < 0.9 and len(file) >= 128:
        return with_changed_records(file, chance)
    return changed(file, chance)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--count", type=int, default=10_000)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--keep", type=pathlib.Path, help="where files that readers disagree about go")
    arguments.add_argument("--longest", type=int, default=4096, help="bytes of the longest seed")
    arguments.add_argument("readers", nargs="+")
    options = arguments.parse_args()
    chance = random.Random(options.seed)
    readers = list(map(Reader, options.readers))
    seeds = [(verb(path), path.read_bytes()) for path in golden() + broken()]
    # Large files are seldom chosen: there is more of the same in them.
    seeds = [seed for seed in seeds if len(seed[1]) <= options.longest or chance.random() < 0.1]
    weights = [1 if len(file) <= options.longest else 0.01 for _, file in seeds]
    good, faults = 0, 0
    for index, (asked, file) in enumerate(chance.choices(seeds, weights, k=options.count)):
        file = mutated(file, chance)
        for reader in readers:
            reader.send(asked, file)
        answers = [reader.receive() for reader in readers]
        plain = [{"error": ""} if "error" in answer else answer for answer in answers]
        good += "error" not in plain[0]
        for reader, answer, other in zip(readers[1:], answers[1:], plain[1:]):
            # Only who splits text has to parse an expression (Pretokenization.md, Expressions).
            if "error" not in other and "expression" in answers[0].get("error", ""):
                continue
            if other != plain[0]:
                faults += 1
                why = difference(plain[0], other) if "error" not in {**plain[0], **other} else (
                    f"{answers[0].get('error', 'good')} ≠ {answer.get('error', 'good')}")
                print(f"{index}: {asked}, {zlib.crc32(file):08x}: {readers[0].command} and"
                      f" {reader.command}: {why}")
                if options.keep:
                    options.keep.mkdir(parents=True, exist_ok=True)
                    (options.keep / f"{options.seed}-{index}-{asked}.gobbet").write_bytes(file)
    print(f"{options.count} changed files, {good} of them good: {faults} disagreements of"
          f" {len(readers)} readers")
    sys.exit(faults > 0)


if __name__ == "__main__":
    main()

"""Reads tensors, and what they stand on, written from Spec/Weights.md alone."""
import struct

import numpy

from gobbet_fields import block_table, fields, frame, sha
from gobbet_reader import Contents, Section, crc32c, require

WIDTHS = {1: 8, 2: 4, 3: 2, 4: 2, 5: 1, 6: 1, 8: 1, 9: 1, 10: 1, 11: 0.75, 12: 0.75, 13: 0.5,
          16: 8, 17: 4, 18: 2, 19: 1, 20: 0.5, 32: 8, 33: 4, 34: 2, 35: 1, 36: 0.5, 48: 1, 64: 8}
# Elements and bytes of a block, and bytes of its fields, by the code of the type.
BLOCKS = {130: (32, 1, 1, 16), 131: (32, 1, 1, 1, 1, 16), 134: (32, 1, 1, 4, 16), 135: (32, 1, 1, 1, 1, 4, 16),
          136: (32, 1, 1, 32), 138: (256, 16, 64, 1, 1, 1, 1), 139: (256, 32, 64, 12, 1, 1),
          140: (256, 1, 1, 1, 1, 12, 128), 141: (256, 1, 1, 1, 1, 12, 32, 128), 142: (256, 128, 64, 16, 1, 1),
          143: (256, 1, 1, 1, 1, 256, 32), 169: (128, 1, 1, 16), 170: (64, 1, 1, 16),
          144: (256, 1, 1, 64), 145: (256, 1, 1, 64, 8), 146: (256, 1, 1, 64, 32), 147: (256, 1, 1, 32, 16),
          148: (32, 1, 1, 16), 149: (256, 1, 1, 64, 8, 32, 4), 150: (256, 1, 1, 64, 8, 8), 151: (256, 1, 1, 2, 4, 128),
          157: (256, 32, 16, 8), 162: (256, 48, 4, 1, 1), 163: (256, 64, 1, 1), 167: (32, 1, 16), 168: (64, 4, 32)}
PLANES = {8: (1, 1, 2, 4), 4: (1, 1, 2), 2: (1, 1), 1: (1,)}

def weights(sections):
    """The tensors of all generations, by name; one of a later takes the place of an earlier one."""
    tensors, generation = {}, 0
    names = lambda kind: [section.name for section, _ in sections if section.kind == kind]
    while not generation or str(generation) in names("TENS"):
        name = str(generation or "")
        parts = {section.kind: content for section, content in sections if section.name == name}
        codecs = [section.codec for section, _ in sections if (section.kind, section.name) == ("TDAT", name)]
        require(codecs == [0], "tensors.data: compressed, or missing")
        tensors.update(table(parts, ("BASE", "") in {(section.kind, section.name) for section, _ in sections}))
        generation += 1
    require(all(len(names(kind)) == generation for kind in ("TENS", "TDAT", "TBLK")), "tensors")
    set_place(sections)
    return list(tensors.values())

def set_place(sections):
    """Number, count and chain of a file of a set; None if it says nothing."""
    for section, content in sections:
        if (section.kind, section.name) == ("wset", ""):
            number, count, chain = fields("II32s", content)
            require(len(content) == 40 and 1 <= number <= count and (number > 1 or not any(chain)), "set")
            return number, count, chain
    return None

def base(content):
    """The content id and the name of the file that BASE names."""
    require(len(content) >= 32, "base.contentID")
    name = content[32:]
    Section(b"DATA\0\6" + struct.pack("<HIQQI", len(name), 1, 0, 0, 0), name, 64)  # is it legal?
    require(name not in (b"", b"."), "base.fileName")
    return {"contentID": content[:32].hex(), "fileName": name.decode()}

def table(parts, has_base):
    table = parts["TENS"]
    count, size = fields("II", table)
    require(size == 1 << 19, "tensors.blockByteCount")
    tensors, position = {}, 8
    for _ in range(count):
        length, type, codec, rank, offset = fields("HBBIQ", table, position)
        require(codec <= 1 + has_base and rank <= 8 and (type in BLOCKS or type in WIDTHS and (codec == 0 or type <= 6)), "tensors")
        shape = list(fields(f"{rank}Q", table, position + 16))
        position += 16 + 8 * rank + length
        name = table[position - length:position]
        Section(b"DATA\0\6" + struct.pack("<HIQQI", length, 1, 0, 0, 0), name, 64)  # is it legal?
        name = name.decode()
        elements = int(numpy.prod([max(1, n) for n in shape], dtype=object))
        count, *widths = BLOCKS.get(type, (1, WIDTHS.get(type)))
        bits = int(8 * sum(widths)) * (0 if 0 in shape else elements)
        total = -(-bits // (8 * count))
        require(position <= len(table) and name not in ("", ".") and elements < 1 << 63 and total < 1 << 63
                and name not in tensors and (shape or [1])[-1] % count == 0, "tensors")
        tensors[name] = (type, codec, shape, offset, total)
    require(position == len(table), "tensors")
    def size_of(type):  # of a block of the file: whole 256 elements of those in blocks
        group = sum(BLOCKS[type][1:]) * (256 // BLOCKS[type][0]) if type in BLOCKS else 1
        return size // group * group
    blocks = block_table(parts["TBLK"], sum(-(-tensor[4] // size_of(tensor[0])) for tensor in tensors.values()))
    found, position = {}, 0
    for name, (type, codec, shape, offset, total) in tensors.items():
        padding = parts["TDAT"][position:position + -position % 64]
        position += -position % 64
        require(position == offset and not any(padding), "tensors.offset")
        data = b""
        while len(data) < total:
            stored, decoded, checksum = blocks.pop(0)
            block, position = parts["TDAT"][position:position + stored], position + stored
            require(decoded == min(size_of(type), total - len(data)) and len(block) == stored
                    and crc32c(block) == checksum and (codec or stored == decoded), "tensors.block")
            data += compact(block, type, decoded) if codec else block
        found[name] = {"name": name, "type": type, "shape": shape, "data": data, "isDelta": codec == 2}
    require(position == len(parts["TDAT"]), "tensors.data")
    return found

def compact(block, type, length):
    """The elements of a block of planes."""
    plane_widths = BLOCKS[type][1:] if type in BLOCKS else PLANES[int(WIDTHS[type])]
    lengths, start, elements = fields(f"{len(plane_widths)}I", block), 4 * len(plane_widths), 0
    width, parts = sum(plane_widths), []
    shift = 8 * width
    for plane_width, stored in zip(plane_widths, lengths):
        plane, start = block[start:start + stored], start + stored
        plain = length // width * plane_width
        require(stored <= plain and start <= len(block), "a plane of another length")
        plane = plane if stored == plain else frame(plane, plain)
        shift -= 8 * plane_width
        if type in BLOCKS:
            parts.append(numpy.frombuffer(plane, "u1").reshape(-1, plane_width))
            continue
        elements |= numpy.frombuffer(plane, f"<u{plane_width}").astype(numpy.uint64) << numpy.uint64(shift)
    require(start == len(block), "a block ends late")
    if type in BLOCKS:
        return numpy.concatenate(parts, axis=1).tobytes()
    top = numpy.uint64(8 * width - 1)
    return (elements >> numpy.uint64(1) | (elements & numpy.uint64(1)) << top).astype(f"<u{width}").tobytes()

def sum_of(difference, base, type):
    """The elements whose stored difference from those of a base is this."""
    if type in BLOCKS:
        return (numpy.frombuffer(difference, "u1") ^ numpy.frombuffer(base, "u1")).tobytes()
    bits = 8 * WIDTHS[type]
    words, others = (numpy.frombuffer(data, f"<u{WIDTHS[type]}") for data in (difference, base))
    one, top = words.dtype.type(1), words.dtype.type(bits - 1)
    words = numpy.where(words >> top, words ^ words.dtype.type((1 << bits - 1) - 1), words)
    total, size = (others << one | others >> top).astype(words.dtype), (1 << 19) // WIDTHS[type]
    for start in range(0, len(total), size):  # of a block
        block = total[start:start + size]
        order = numpy.argsort(block >> words.dtype.type(bits - 8), kind="stable")
        block[order] += words[start:start + size]
    return (total >> one | total << top).astype(words.dtype).tobytes()

def series(path, chain=()):
    """The tensors of a file with what it stands on: the bases lie in its folder."""
    require(path not in chain and len(chain) <= 64, f"base: {path.name} stands on itself, or too many files do")
    contents = Contents(path.read_bytes())
    parts = {section.kind: content for section, content in contents.sections if not section.name}
    tensors = weights(contents.sections)
    if any(tensor["isDelta"] for tensor in tensors):
        named = base(parts["BASE"])
        other, others = series(path.parent / named["fileName"], (*chain, path))
        require(other == named["contentID"], f"base: {named['fileName']} has content id {other}")
        others = {tensor["name"]: tensor for tensor in others}
        for tensor in (tensor for tensor in tensors if tensor["isDelta"]):
            same = others.get(tensor["name"])
            require(same and (same["type"], same["shape"]) == (tensor["type"], tensor["shape"]), "base: a tensor")
            tensor.update(data=sum_of(tensor["data"], same["data"], tensor["type"]), isDelta=False)
    return contents.id.hex(), tensors

def shown(tensors):
    """Tensors as an answer has them: of a difference, the digest is called so."""
    return [{"name": tensor["name"], "type": tensor["type"], "shape": tensor["shape"],
             "difference" if tensor["isDelta"] else "digest": sha(tensor["data"])} for tensor in tensors]

"""Reads tokens, their documents and their masks, written from Spec/Tokens.md alone."""
import numpy

from gobbet_fields import Groups, block_table, fields, frame, sha
from gobbet_reader import crc32c, require

def tokens(parts):
    count, documents, bound, size, codec, reserved, vocabulary = fields("QQIIB7s32s", parts["TOKH"])
    require(len(parts["TOKH"]) == 64 and not any(reserved) and 1 <= codec <= 5, "tokens.codec")
    require(0 < bound <= (1 << 16, 1 << 32, 1 << 32, (1 << 24) + 65280, (1 << 24) + 65280)[codec - 1]
            and 8 <= size <= 1 << 21 and size % 8 == 0 and count < 1 << 63, "tokens.idBound")
    width = {1: 16, 2: 32}.get(codec, max(bound - 1, 1).bit_length())
    if codec >= 4:
        classes = numpy.frombuffer(parts["TOKR"], numpy.uint8)
        require(len(classes) == bound, "tokens.ranks")
        ranks = numpy.argsort(255 - classes.astype(int), kind="stable").tolist()
    ids, position = [], 0
    for index, (stored, decoded, checksum) in enumerate(block_table(parts["TOKB"], -(-count // size))):
        data, position = parts["TOKN"][position:position + stored], position + stored
        number = min(size, count - index * size)
        require(len(data) == stored and crc32c(data) == checksum, "tokens.block")
        if codec < 4:
            require(stored == decoded == (number * width + 7) // 8, "tokens.block")
            bits = numpy.unpackbits(numpy.frombuffer(data, numpy.uint8), bitorder="little")
            require(not any(bits[number * width:]), "tokens.block: unused bits")
            bits = bits[:number * width].reshape(number, width).astype(numpy.uint64)
            ids += (bits << numpy.arange(width, dtype=numpy.uint64)).sum(1).tolist()
            continue
        require(decoded <= 4 * number and decoded % 2 == 0, "tokens.block")
        units = iter(numpy.frombuffer(frame(data, decoded), ">u2").tolist())
        block = []
        for unit in units:
            if unit >= 0xFF00:
                unit = 0xFF00 + ((unit - 0xFF00) << 16 | next(units, 1 << 32))
            require(unit < bound, "a rank past the table")
            block.append(ranks[unit])
        require(len(block) == number, "more or fewer tokens than the block has")
        ids += block
    require(position == len(parts["TOKN"]) and all(id < bound for id in ids), "tokens.blocks")
    column = {kind: Groups(parts[kind]) for kind in ("DOCL", "dsrc", "dbyt", "LMSK") if kind in parts}
    rule = mask_rule(column["LMSK"], bound) if "LMSK" in column else None
    found, start = [], 0
    for _ in range(documents):
        length = column["DOCL"].number()
        data = numpy.array(ids[start:start + length], "<u4").tobytes()
        found.append({"tokenCount": length, "digest": sha(data)})
        if "dbyt" in column:
            found[-1]["byteCount"] = column["dbyt"].count()
        if "dsrc" in column:
            found[-1]["source"] = column["dsrc"].bytes(column["dsrc"].count()).decode()
        if rule:
            found[-1]["runs"] = mask_runs(column["LMSK"], ids[start:start + length], *rule)
        start += length
        require(start <= count, "documents.length")
    for groups in column.values():
        groups.finish()
    require(start == count, "documents.length")
    return {"fingerprint": vocabulary.hex(), "tokenCount": count, "documents": found}

def mask_rule(groups, bound):
    """The openings and closings of LMSK."""
    def number(most):
        value = groups.count()
        require(value <= most, "masks.rule")
        return value
    openings = [[number(bound - 1) for _ in range(number(16))] for _ in range(number(64))]
    closings = [number(2 * bound - 1) for _ in range(number(64 if openings else 0))]
    kept = {value >> 1: value & 1 for value in closings}
    require(all(openings) and sorted(kept) == [value >> 1 for value in closings], "masks.rule")
    return openings, kept

def mask_runs(groups, ids, openings, closings):
    """The runs of a document that in turn don't count in a loss and do: Tokens.md, "Masks"."""
    count = groups.count()
    require(count <= (len(ids) + 1 if ids else 0), "masks.runs")
    if count:
        runs = [groups.count() for _ in range(count - 1)]
        runs.append(len(ids) - sum(runs))
        require(all(run > 0 for run in runs[1:]) and runs[-1] > 0, "masks.runs")
        return runs
    runs, on = [0], not openings
    for place, id in enumerate(ids):
        counts = on and closings.get(id, 1)
        runs += [0] if len(runs) % 2 == bool(counts) else []
        runs[-1] += 1
        if any(ids[max(0, place + 1 - len(ids_)):place + 1] == ids_ for ids_ in openings):
            on = True
        elif id in closings:
            on = False
    return runs if ids else []

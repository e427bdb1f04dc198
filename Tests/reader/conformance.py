"""Drives a reader of .gobbet files over the golden and the broken files, and compares.

    conformance.py READER…           every reader, a command line each, gives what NAME.json says of
                                     each golden file, and refuses each broken one
    conformance.py --write READER    writes NAME.json and the fields and offsets of errors.tsv

README.md beside this file says what a reader has to do.
"""
import collections
import functools
import json
import pathlib
import shlex
import subprocess
import sys

FIXTURES = pathlib.Path(__file__).resolve().parents[2] / "Fixtures"
ERRORS = FIXTURES / "broken/errors.tsv"


class Reader:
    """A program that answers requests."""

    def __init__(self, command):
        self.command = command
        self.process = subprocess.Popen(
            shlex.split(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def write(self, verb, file):
        self.process.stdin.write(b"%s %d\n" % (verb.encode(), len(file)) + file)

    def flush(self):
        self.process.stdin.flush()

    def line(self):
        """The next answer, as it was written."""
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.command}: ended with {self.process.wait()}")
        return line

    def ask(self, verb, file):
        """What the reader says of a file: a dictionary, with "error" if it refuses the file."""
        self.write(verb, file)
        self.flush()
        return json.loads(self.line())


def verb(path):
    """What is asked about a fixture: its folder says."""
    return "container" if path.parent.name == "container" else "content"


def golden():
    return sorted((FIXTURES / "golden").glob("*/*/*.gobbet"))


def datasets():
    """The folders of token files."""
    return sorted((FIXTURES / "golden").glob("*/dataset"))


def deltas():
    """The files of tensors that stand on files beside them."""
    return [path for path in golden() if "base" in json.loads(path.with_suffix(".json").read_text())]


def broken():
    return sorted((FIXTURES / "broken").glob("*/*.gobbet"))


# Of these only the expression is at fault, which a reader may leave unparsed.
UNPARSED = {"vocabulary/expression-malformed.gobbet", "vocabulary/pipeline-expression-malformed.gobbet"}
Line = collections.namedtuple("Line", "file rule field offset")


def errors():
    """The lines of errors.tsv, by file."""
    lines = ERRORS.read_text().splitlines()[1:] if ERRORS.exists() else []
    return {line.file: line for line in (Line(*line.split("\t")) for line in lines)}


def name(path):
    return path.relative_to(FIXTURES / "broken").as_posix()


def check(reader):
    """The differences between what a reader says and what the fixtures say."""
    faults, fields, known = [], 0, errors()
    for path in golden():
        expected = json.loads(path.with_suffix(".json").read_text())
        found = reader.ask(verb(path), path.read_bytes())
        if found != expected:
            faults.append(f"{path.relative_to(FIXTURES)}: {difference(expected, found)}")
    for path in broken():
        line, found = known.get(name(path)), reader.ask(verb(path), path.read_bytes())
        if line is None:
            faults.append(f"{name(path)}: has no line in errors.tsv")
        elif name(path) in UNPARSED and "error" not in found:
            continue
        elif "error" not in found:
            faults.append(f"{name(path)}: is not refused, rule {line.rule}")
        else:
            fields += "field" in found
            offset = found.get("offset", line.offset)
            if (line.field, line.offset) != (found.get("field", line.field), str(offset)):
                faults.append(f"{name(path)}: {found.get('field', line.field)} at {offset},"
                              f" not {line.field} at {line.offset}")
            if found.get("rule", line.rule.split()[0]) not in line.rule.split():
                faults.append(f"{name(path)}: refused by {found['rule']}, not by {line.rule}")
    for path in datasets():
        expected = json.loads((path / "dataset.json").read_text())
        found = reader.ask("dataset", bytes(path))
        if found not in (expected, {"unsupported": True}):
            faults.append(f"{path.relative_to(FIXTURES)}: {difference(expected, found)}")
    for path in deltas():
        expected = json.loads(path.with_suffix(".whole.json").read_text())
        found = reader.ask("weights", bytes(path))
        if found not in (expected, {"unsupported": True}):
            faults.append(f"{path.relative_to(FIXTURES)}: with its bases: {difference(expected, found)}")
    for missing in set(known) - set(map(name, broken())):
        faults.append(f"{missing}: is in errors.tsv, and no file")
    return faults, fields


def difference(expected, found):
    """Where two answers differ, in a few words."""
    if "error" in found:
        return f"refused: {found['error']}"
    keys = [key for key in {**expected, **found} if expected.get(key) != found.get(key)]
    return ", ".join(f"{key}: {expected.get(key)!s:.200} ≠ {found.get(key)!s:.200}" for key in keys)


def lines(value):
    """JSON with a line for each member of an object and each element of its lists."""
    dump = functools.partial(json.dumps, ensure_ascii=False, sort_keys=True)
    members = []
    for key, member in sorted(value.items()):
        text = dump(member)
        if isinstance(member, list) and member:
            text = "[\n    " + ",\n    ".join(map(dump, member)) + "\n  ]"
        members.append(f'  "{key}": {text}')
    return "{\n" + ",\n".join(members) + "\n}\n"


def write(reader):
    for path in golden():
        found = reader.ask(verb(path), path.read_bytes())
        path.with_suffix(".json").write_text(lines(found))
    for path in datasets():
        (path / "dataset.json").write_text(lines(reader.ask("dataset", bytes(path))))
    for path in deltas():
        path.with_suffix(".whole.json").write_text(lines(reader.ask("weights", bytes(path))))
    known = errors()
    rows = ["file\trule\tfield\toffset"]
    for path in broken():
        found = reader.ask(verb(path), path.read_bytes())
        rule = known[name(path)].rule if name(path) in known else "?"
        rows.append(f"{name(path)}\t{rule}\t{found['field']}\t{found['offset']}")
    ERRORS.write_text("\n".join(rows) + "\n")


def main(arguments):
    if arguments[:1] == ["--write"]:
        return write(Reader(arguments[1]))
    failed = False
    for command in arguments:
        faults, fields = check(Reader(command))
        print("\n".join(faults + [
            f"{len(golden())} golden and {len(broken())} broken files, {fields} with their field and"
            f" offset: {len(faults)} faults of {command}"]))
        failed = failed or bool(faults)
    sys.exit(failed)


if __name__ == "__main__":
    main(sys.argv[1:])

"""What a vocabulary says beyond version 1.0: `PIPE` and `post` (`Spec/Vocabulary.md`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..errors import BadData

#: In place of an id.
_NO_ID = 0xFFFFFFFF


class _Fields:
    """Reads the fields of a section, each of which is checked."""

    def __init__(self, data: bytes, where: str) -> None:
        self._data = data
        self._where = where
        self._position = 0

    def raw(self, count: int) -> bytes:
        """The next `count` bytes."""
        found = self._data[self._position : self._position + count]
        if len(found) != count:
            raise self.bad("is cut")
        self._position += count
        return found

    def number(self, size: int, below: int = 1 << 32) -> int:
        """The next number, of `size` bytes, which must be less than `below`."""
        value = int.from_bytes(self.raw(size), "little")
        if value >= below:
            raise self.bad(f"{value} before byte {self._position} is a code that is not known")
        return value

    def bytes(self, at_least: int = 0) -> bytes:
        """The next bytes, after their number."""
        found = self.raw(self.number(4))
        if len(found) < at_least:
            raise self.bad(f"bytes are missing before byte {self._position}")
        return found

    def text(self) -> str:
        """The next bytes as UTF-8."""
        try:
            return self.bytes().decode()
        except UnicodeDecodeError:
            raise self.bad(f"no UTF-8 before byte {self._position}") from None

    def end(self) -> None:
        """Refuses what follows."""
        if self._position != len(self._data):
            raise self.bad("something follows")

    def bad(self, cause: str) -> BadData:
        """The error that names the section and the cause."""
        return BadData(f"{self._where}: {cause}")


class Pipeline:
    """How a text's ids depend on what the header has no words for: the section `PIPE`."""

    def __init__(self, data: bytes, where: str) -> None:
        fields = _Fields(data, where)
        #: What the section holds: the fingerprint covers it.
        self.data = data
        #: The options of added tokens by their ids.
        self.matching: dict[int, int] = {}
        last = -1
        for _ in range(fields.number(4)):
            token, options = fields.number(4), fields.number(1, below=32)
            if token <= last or options == 0:
                raise fields.bad(f"token {token} is out of order or has no options")
            self.matching[token] = options
            last = token
        #: What a symbol is: 0 a byte, 1 a scalar, 2 a piece of a word.
        self.unit = fields.number(1, below=3)
        flags, unknown = fields.number(1, below=64), fields.number(4)
        #: Whether each of the 256 bytes must be a token.
        self.is_complete = flags & 1 == 1
        if self.is_complete and (self.unit or flags != 1 or unknown != _NO_ID):
            raise fields.bad("symbols that are complete have settings for unknown ones")
        is_bad = flags & 8 and flags & 37 or flags & 48 and self.unit != 1
        if is_bad or self.unit == 2 and (flags or unknown == _NO_ID):
            raise fields.bad("symbols whose settings do not go together")
        #: What the token of the last symbol of a pretoken ends with.
        self.end_of_word_suffix = fields.bytes(at_least=1) if flags & 8 else b""
        #: The tokens that are symbols as a whole.
        self.whole_symbols = _ids(fields) if flags & 16 else []
        if self.whole_symbols != sorted(set(self.whole_symbols)) or flags & 16 and not self.whole_symbols:
            raise fields.bad("whole symbols out of order, or none")
        #: The order of pieces, each with whether its rank is that of the one before it, and the unused ones.
        self.piece_order: tuple[list[tuple[int, bool]], list[int]] | None = None
        if flags & 32:
            pieces = [(piece & 0x7FFFFFFF, piece >> 31 == 1) for piece in _ids(fields)]
            unused = _ids(fields)
            is_tied = pieces and pieces[0][1]
            if is_tied or len({piece for piece, _ in pieces}) < len(pieces) or unused != sorted(set(unused)):
                raise fields.bad("an order that has a piece twice, or unused pieces out of order")
            self.piece_order = pieces, unused
        #: What the tokens of pieces after the first begin with, and how many scalars a word may have.
        self.continuing_prefix, self.longest_word = b"", 0
        if self.unit == 2:
            self.continuing_prefix, self.longest_word = fields.bytes(), fields.number(4)
        #: The token of an unknown symbol; None if such a symbol is left out.
        self.unknown = None if unknown == _NO_ID else unknown
        normalizers = _steps(fields, _normalizer)
        pretokenizers = _steps(fields, _pretokenizer)
        #: The steps that turn tokens into text: the code of each, and its settings.
        self.decoders = _steps(fields, _decoder)
        fused = False
        for code, *settings in self.decoders:
            if fused and (code not in (3, 4) or code == 4 and settings[1] != 0):
                raise fields.bad("decoders in an order that cannot be")
            fused = fused or code == 3
        plain = self.is_complete and not (normalizers or pretokenizers or self.decoders)
        if plain and not self.matching:
            raise fields.bad("it says nothing")
        fields.end()


#: The code of a step and its settings.
Step = tuple[object, ...]


def _steps(fields: _Fields, read: Callable[[_Fields, int], Step]) -> list[Step]:
    return [read(fields, fields.number(1)) for _ in range(fields.number(1))]


def _normalizer(fields: _Fields, code: int) -> Step:
    if 1 <= code <= 4:
        return (code,)
    if code == 5:
        return code, fields.bytes()
    if code == 6:
        return code, fields.bytes(at_least=1), fields.bytes()
    if code == 7:
        return code, fields.number(1, below=4)
    if code in (16, 17, 19, 21, 24):
        return (code,)
    if code in (20, 23):
        return code, _table(fields)
    if code == 18:
        return code, fields.number(1, below=16)
    if code == 22:
        settings = _expression(fields)
        if settings[2] != 1 or settings[3] != 0:
            raise fields.bad("the matches of an expression are treated in another way than replaced")
        return code, settings, fields.bytes()
    raise fields.bad(f"normalizer {code} is not known")


def _table(fields: _Fields) -> bytes:
    """A table of characters: a trie with its size in front, and after it texts that end in NUL."""
    data = fields.bytes(at_least=9)
    size = int.from_bytes(data[:4], "little")
    if not 4 <= size <= len(data) - 5 or size % 4 or data[-1]:
        raise fields.bad("no table of characters")
    try:
        data[4 + size :].decode()
    except UnicodeDecodeError:
        raise fields.bad("a table of characters that is not UTF-8") from None
    return data


def _expression(fields: _Fields) -> bytes:
    """The settings of an expression."""
    settings = fields.bytes(at_least=5)
    if settings[0] != 255 or settings[1] > 1 or settings[2] > 4 or settings[3] > 1:
        raise fields.bad("an expression has settings that are unknown")
    return settings


def _pretokenizer(fields: _Fields, code: int) -> Step:
    if code == 1:
        return code, fields.number(1, below=2)
    if code == 2:
        return (code,)
    if code in (3, 4):
        kind = fields.number(1, below=3 if code == 3 else 5)
        return code, kind, fields.number(1, below=2), fields.bytes(at_least=1)
    if code == 5:
        return code, _expression(fields)
    if code in (13, 15, 16, 18):
        return (code,)
    if code == 14:
        return code, fields.number(1, below=5)
    if code == 17:
        count = fields.number(4)
        if count == 0:
            raise fields.bad("parts without a scalar")
        return code, count
    raise fields.bad(f"step {code} before the pattern is not known")


def _decoder(fields: _Fields, code: int) -> Step:
    if code == 1:
        return code, fields.bytes(at_least=1), fields.bytes()
    if code in (2, 3, 16):
        return (code,)
    if code == 4:
        return code, fields.number(4), fields.number(4), fields.bytes(at_least=1)
    if code == 5:
        return code, fields.number(1, below=2), fields.bytes(at_least=1)
    if code == 14:
        return code, fields.number(1, below=2), fields.bytes()
    if code == 15:
        return code, fields.bytes(at_least=1)
    raise fields.bad(f"decoder {code} is not known")


class PostProcessor:
    """Special tokens around a text, and kept parts of a `tokenizer.json`: the section `post`."""

    def __init__(self, data: bytes, where: str) -> None:
        fields = _Fields(data, where)
        #: The ids in front of a text and after it; None without a template.
        self.template: tuple[list[int], list[int]] | None = None
        if fields.number(1, below=2):
            self.template = _ids(fields), _ids(fields)
        #: Members of a `tokenizer.json`, as JSON, by their keys.
        self.kept: dict[str, str] = {}
        last: str | None = None
        for _ in range(fields.number(1)):
            key = fields.text()
            if last is not None and key.encode() <= last.encode():
                raise fields.bad("keys are out of order")
            self.kept[key] = fields.text()
            last = key
        if self.template is None and not self.kept:
            raise fields.bad("it says nothing")
        fields.end()

    @property
    def ids(self) -> Iterable[int]:
        """The ids of the template."""
        return [] if self.template is None else self.template[0] + self.template[1]


def _ids(fields: _Fields) -> list[int]:
    return [fields.number(4) for _ in range(fields.number(4))]

"""What the sections of .gobbet files are made of: fields, numbers in groups of bits, blocks, patterns."""
import hashlib
import struct

import numpy

from gobbet_reader import Section, require

def sha(data):
    return hashlib.sha256(data).hexdigest()

def fields(format, data, offset=0):
    require(0 <= offset <= len(data) - struct.calcsize("<" + format), "a section ends early")
    return struct.unpack_from("<" + format, data, offset)

def pattern(settings):
    if settings[:1] == b"\xff":  # An expression: dialect, behaviour, inverted, its text.
        require(4 < len(settings) <= 4 + 32768 and settings[1] <= 1 and settings[2] <= 4 and settings[3] <= 1, "pattern")
        settings[4:].decode()
        return settings
    require(len(settings) == 7 and all(s <= most for s, most in zip(settings, (3, 4, 1, 3, 2, 1, 1)))
            and (settings[1] != 4 or settings == bytes([0, 4, 0, 0, 0, 0, 0]))
            and (settings[1] != 3 or (settings[0] == 0 and settings[3] > 0
                                      and settings[2] == 1 and settings[4:] == b"\1\1\0")), "pattern")
    return settings

class Groups:
    """Numbers in groups of seven bits, and bytes between them."""

    def __init__(self, data):
        self.data, self.offset = data, 0

    def bytes(self, count):
        require(count <= len(self.data) - self.offset, "a section ends early")
        self.offset += count
        return self.data[self.offset - count:self.offset]

    def number(self):
        value = shift = 0
        while True:
            byte = self.bytes(1)[0]
            value, shift = value | (byte & 127) << shift, shift + 7
            require(value < 1 << 64 and shift <= 70, "not a number of groups")
            if byte < 128:
                require(byte or shift == 7, "not the shortest form")
                return value

    def count(self):
        value = self.number()
        require(value < 1 << 63, "a number that is out of range")
        return value

    def finish(self):
        require(self.offset == len(self.data), "a section ends late")

def block_table(data, count):
    require(len(data) == 12 * count, "a table of blocks of another length")
    return numpy.frombuffer(data, "<u4").reshape(3, count).astype(int).T.tolist()

def frame(stored, length):
    one = Section(b"DATA\1\6\0\0\0\0\x80\0" + struct.pack("<QQI", len(stored), length, 0), b"", 64)
    return one.decoded_block(stored, length)

"""Zstandard frames, checked before anything is allocated for their content."""

from __future__ import annotations

from ..errors import BadData, LibraryMissing


def decompressed(frame: bytes | memoryview, length: int, where: str) -> bytes:
    """The content of one frame that holds exactly `length` bytes; `where` begins messages."""
    try:
        import zstandard
    except ImportError:
        raise LibraryMissing(
            "reading compressed sections without the native library needs zstandard: "
            "pip install zstandard"
        ) from None
    frame = bytes(frame)
    if frame[:4] != b"\x28\xb5\x2f\xfd":
        raise BadData(f"{where}: no zstd frame")
    try:
        header = zstandard.get_frame_parameters(frame)
        if header.content_size != length:
            raise BadData(f"{where}: a frame of {header.content_size} bytes instead of {length}")
        if header.dict_id != 0 or header.window_size > 1 << 23:
            raise BadData(f"{where}: a dictionary, or a window beyond 2^23")
        # An empty content would stand for "unknown" in the header's own check.
        decoder = zstandard.ZstdDecompressor().decompressobj()
        content = decoder.decompress(frame)
    except zstandard.ZstdError as error:
        raise BadData(f"{where}: {error}") from None
    if not decoder.eof or decoder.unused_data or len(content) != length:
        raise BadData(f"{where}: more or less than one frame")
    return content

"""WARC and WET files, and corpora that lie elsewhere."""

import bz2
import gzip
import json
import lzma
import subprocess
import sys
import time
import unittest
import warnings
import zlib

import gobbet
from gobbet import corpus, http_content, jobs, warc
from gobbet.corpus import documents
from gobbet.jobs.files import files_of
from gobbet.jobs.reading import batches_of

from . import support
from .file_server import FileServer
from .support import needs


def record(kind: str, body: bytes, number: int = 0, content_type: str = "text/plain") -> bytes:
    """A record of a WARC file."""
    head = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: http://a/{number}\r\n"
        f"WARC-Record-ID: <urn:uuid:00000000-0000-0000-0000-{number:012}>\r\n"
        f"WARC-Date: 2026-01-01T00:00:00Z\r\nContent-Type: {content_type}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body + b"\r\n\r\n"


TEXTS = [f"Document {number}, größer. ".encode() * (1 + number % 40) for number in range(300)]
#: A file as Common Crawl's: a member for each record, and one that isn't a document.
RECORDS = [record("warcinfo", b"software: x\r\n", content_type="application/warc-fields")] + [
    record("conversion", text, number) for number, text in enumerate(TEXTS)
]


def response(body: bytes, headers: str = "", kind: str = "text/plain") -> bytes:
    """A record of an answer over HTTP."""
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n{headers}\r\n".encode()
    return record("response", head + body, content_type="application/http; msgtype=response")


@needs("fastwarc")
class WARCTests(support.Case):
    def write(self, name: str, data: bytes):
        path = self.folder / name
        path.write_bytes(data)
        return path

    def test_a_wet_file_is_a_document_a_record_whatever_its_name_and_compression(self):
        import zstandard

        plain = b"".join(RECORDS)
        for name, data in (
            ("a.warc.wet.gz", b"".join(map(gzip.compress, RECORDS))), ("b.wet", plain),
            ("named-as-text.txt", gzip.compress(plain)),
            ("c.warc.zst", zstandard.ZstdCompressor().compress(plain)),
            ("d.warc.xz", lzma.compress(plain)), ("e.bz2", bz2.compress(plain)),
        ):  # fmt: skip
            with self.subTest(name):
                self.assertEqual(list(documents(self.write(name, data))), TEXTS)

    def test_in_a_folder_it_stands_among_the_others(self):
        self.write("a.txt", b"text")
        self.write("b.wet", b"".join(RECORDS[:4]))
        self.write("c.jsonl", b'{"text": "lines"}\n')
        self.assertEqual(list(documents(self.folder)), [b"text", *TEXTS[:3], b"lines"])

    def test_of_responses_plain_text_is_read_and_the_rest_counted(self):
        path = self.write("r.warc", response(b"words", kind="text/plain; charset=utf-8")
                          + response(b"<p>page</p>", kind="text/html")
                          + record("resource", b"more") + record("request", b"no"))  # fmt: skip
        with self.assertWarnsRegex(gobbet.CorpusWarning, "1 record left out.*extract"):
            self.assertEqual(list(documents(path)), [b"words", b"more"])

    def test_what_is_cut_or_damaged_is_an_error_that_says_where(self):
        # After the bytes by which the library tells what a file is.
        plain = b"".join(RECORDS)
        packed = b"".join(map(gzip.compress, RECORDS))
        damaged = bytearray(packed)
        damaged[-30] ^= 0x55
        for data in (plain[:-40], packed[:-60], bytes(damaged)):
            path = self.write("cut.wet", data)
            with self.subTest(len(data)), self.assertRaisesRegex(gobbet.BadData, "cut.wet.*record"):
                list(documents(path))

    def test_a_file_that_is_cut_anywhere_in_its_last_record_is_an_error(self):
        http = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nwords"
        for last in (
            record("conversion", b"words"), record("conversion", b""), record("request", b"GET"),
            record("response", http, content_type="application/http"),
            # The length stands before other headers.
            b"WARC/1.0\r\nContent-Length: 0\r\nWARC-Type: conversion\r\nWARC-Date: 2026\r\n\r\n\r\n\r\n",
        ):  # fmt: skip
            header = last.index(b"\r\n\r\n") + 4
            # Of the empty lines after a record none need be there.
            for length in range(1, len(last) - 4):
                path = self.write("cut.wet", RECORDS[1] + last[:length])
                where = "ends inside its header" if length < header else "ends after"
                with self.subTest(last[:length]):
                    with self.assertRaisesRegex(gobbet.BadData, f"cut.wet, .*record 2: {where}"):
                        for _ in warc.batches(path):
                            pass
            packed = gzip.compress(RECORDS[1]) + gzip.compress(last[: header - 5])
            with self.assertRaisesRegex(gobbet.BadData, "record 2: ends inside its header"):
                list(warc.batches(self.write("cut.wet.gz", packed)))

    def test_a_record_without_a_length_is_an_error(self):
        for number, rest in enumerate((b"", RECORDS[2])):
            bare = record("conversion", b"").replace(b"Content-Length: 0\r\n", b"")
            with self.subTest(number), self.assertRaisesRegex(gobbet.BadData, "2: has no Con"):
                list(warc.batches(self.write("a.wet", RECORDS[1] + bare + rest)))

    def test_batches_are_bounded_by_documents_too(self):
        count = 40_000
        path = self.write("a.wet", b"WARC/1.0\r\nWARC-Type: conversion\r\nContent-Length: 0\r\n\r\n"
                          b"\r\n\r\n" * count)  # fmt: skip
        lengths = [len(batch) for batch in warc.batches(path)]
        self.assertEqual(sum(lengths), count)
        self.assertLessEqual(max(lengths), 1 << 14)

    def test_many_short_records_take_time_in_proportion(self):
        def seconds(count: int) -> float:
            path = self.write("a.wet", record("conversion", b"a") * count)
            start = time.process_time()
            self.assertEqual(sum(len(batch) for batch in warc.batches(path)), count)
            return time.process_time() - start

        seconds(1000)
        self.assertLess(seconds(32_000), 24 * max(seconds(4000), 0.01))

    def test_the_codings_of_responses_are_taken_off(self):
        text = "größer, ".encode() * 50
        chunks = b"10\r\n" + text[:16] + b"\r\n%X;a=b\r\n" % len(text[16:]) + text[16:]
        chunks += b"\r\n0\r\nExpires: 1\r\n\r\n"
        packed = gzip.compress(text[:99]) + gzip.compress(text[99:])
        raw = zlib.compressobj(wbits=-15)
        bodies = [
            (chunks, "transfer-encoding: Chunked\r\n"),
            (packed, "Content-Encoding: gzip\r\n"),
            (zlib.compress(text), "Content-Encoding: deflate\r\n"),
            (raw.compress(text) + raw.flush(), "Content-Encoding: deflate\r\n"),
            (text, "Content-Encoding: identity\r\n"),
            (b"%x\r\n%b\r\n0\r\n\r\n" % (len(packed), packed),
             "Transfer-Encoding: chunked\r\nContent-Encoding: x-gzip\r\n"),
        ]  # fmt: skip
        path = self.write("a.warc", b"".join(response(*each) for each in bodies))
        (batch,) = warc.batches(path)
        self.assertEqual(list(batch), [text] * len(bodies))

    def test_what_cannot_be_decoded_is_an_error_or_left_out(self):
        chunks, packed = b"5\r\nwords\r\n0\r\n\r\n", gzip.compress(b"words")
        chunked, gzipped = "Transfer-Encoding: chunked\r\n", "Content-Encoding: gzip\r\n"
        bodies = [(chunks[:length], chunked) for length in range(len(chunks))]
        bodies += [(packed[:length], gzipped) for length in range(1, len(packed))]
        bodies += [
            (chunks + b"x", chunked), (b"-5" + chunks[1:], chunked), (b"4" + chunks[1:], chunked),
            (b"words", chunked), (b"words", gzipped), (packed[:-5] + b"12345", gzipped),
            (b"words", "Content-Encoding: deflate\r\n"), (b"words", "Content-Encoding: br\r\n"),
            (zlib.compress(b"words")[:-1], "Content-Encoding: deflate\r\n"),
        ]  # fmt: skip
        for body, headers in bodies:
            path = self.write("a.warc", response(b"first") + response(body, headers))
            with self.subTest(body=body, headers=headers):
                with self.assertRaisesRegex(gobbet.BadData, "a.warc, record 2: .*content"):
                    list(warc.batches(path))
                (batch,) = warc.batches(path, skip=True)
                self.assertEqual((list(batch), batch.bad_line_count), ([b"first"], 1))

    def test_a_header_of_http_that_has_no_end_is_a_bad_record(self):
        http = "application/http; msgtype=response"
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
        for body in (head + b"words of a text", head, head + b"X: " + bytes(3 << 20)):
            path = self.write("r.warc", RECORDS[1] + record("response", body, content_type=http)
                              + RECORDS[2])  # fmt: skip
            with self.subTest(len(body)):
                with self.assertRaisesRegex(gobbet.BadData, "2: its HTTP header has no end"):
                    list(warc.batches(path))
                found = list(warc.batches(path, skip=True))
                self.assertEqual([text for batch in found for text in batch], TEXTS[:2])
                self.assertEqual(sum(batch.bad_line_count for batch in found), 1)
        fields = b"HTTP/1.0 200 OK\nX: 1\nno field\nContent-Type:\n text/plain\n\n"
        for body, expected in ((fields + b"a\n\nb", [b"a\n\nb"]), (fields, [b""])):
            path = self.write("r.warc", record("response", body, content_type=http))
            self.assertEqual(list(documents(path)), expected)

    def test_what_is_decoded_has_a_limit(self):
        packed, chunks = gzip.compress(bytes(10_000)), b"5\r\nwords\r\n0\r\n\r\n"
        for coding, body in (("gzip", packed), ("gzip, gzip", gzip.compress(packed)),
                             ("deflate", zlib.compress(bytes(10_000)))):  # fmt: skip
            headers = [("Content-Encoding", coding)]
            with self.subTest(coding):
                self.assertEqual(http_content.decoded(body, headers, 10_000), bytes(10_000))
                with self.assertRaisesRegex(http_content.BadContent, "limit of 9999 bytes"):
                    http_content.decoded(body, headers, 9999)
        with self.assertRaisesRegex(http_content.BadContent, "limit of 4 bytes"):
            http_content.decoded(chunks, [("Transfer-Encoding", "chunked")], 4)

    def test_a_text_is_decoded_by_the_charset_that_its_record_names(self):
        text = "größer"
        path = self.write("a.warc", b"".join((
            response(text.encode("latin-1"), kind="text/plain; charset=ISO-8859-1"),
            response(text.encode("utf-16"), kind='Text/Plain;Charset="utf-16"'),
            response(text.encode(), kind="text/plain; format=flowed; charset=UTF8"),
            record("resource", text.encode("cp1252"), content_type="text/plain;charset=cp1252"),
            record("conversion", "да".encode("koi8-r"), content_type="text/plain; charset=koi8-r"),
        )))  # fmt: skip
        expected = [text.encode()] * 4 + ["да".encode()]
        (batch,) = warc.batches(path)
        self.assertEqual(list(batch), expected)
        done = subprocess.run([sys.executable, "-m", "gobbet.warc", path],
                              capture_output=True, check=True)  # fmt: skip
        rows = [json.loads(line)["text"].encode() for line in done.stdout.splitlines()]
        self.assertEqual(rows, expected)

    def test_what_is_not_in_its_charset_is_a_bad_record_to_every_reader(self):
        for body, charset, message in (
            (b"gr\xf6\xdfer", None, "the text is not UTF-8"),
            (b"gr\xf6\xdfer", "utf-8", "the text is not UTF-8"),
            (b"gr\xf6\xdfer", "ascii", "the text is not ascii, as its record says"),
            (b"\xd8\x00", "utf-16-be", "the text is not utf-16-be, as its record says"),
            (b"x", "none", "the charset of the text is unknown: none"),
            (b"78", "hex", "the charset of the text is unknown: hex"),
            (b"x", "unicode_escape", "the charset of the text is unknown: unicode_escape"),
        ):
            kind = "text/plain" + (f"; charset={charset}" if charset else "")
            # The first record is as long as the library looks for what a file holds.
            first = b"first " * 20_000
            data = record("conversion", first) + record("conversion", body, content_type=kind)
            path = self.write("a.wet", data + record("conversion", b"last"))
            with self.subTest(body=body, charset=charset):
                error = f"a.wet, record 2: {message}"
                with self.assertRaisesRegex(gobbet.BadData, error):
                    list(documents(path))
                command = [sys.executable, "-m", "gobbet.warc", path]
                done = subprocess.run(command, capture_output=True, text=True)
                self.assertEqual(done.returncode, gobbet.BadData.status)
                self.assertIn(error, done.stderr)
                done = subprocess.run([*command, "--bad-records", "skip"],
                                      capture_output=True, text=True, check=True)  # fmt: skip
                rows = [json.loads(line)["text"] for line in done.stdout.splitlines()]
                self.assertEqual(rows, [first.decode(), "last"])
                self.assertEqual(done.stderr, "gobbet.warc: 1 bad record left out\n")
                reading = jobs.Reading(bad_lines="skip")
                (file,) = files_of([path], reading)
                texts = [text for batch in batches_of(file, reading) for text in batch]
                self.assertEqual(texts, [first, b"last"])

    def test_it_is_read_whatever_bytes_its_first_records_hold(self):
        import zstandard

        image = response(bytes(range(256)) * 20, kind="image/png")
        nul = record("conversion", b"a\0b")
        for number, (plain, texts) in enumerate((
            (image + response(b"words"), [b"words"]), (response(b"words") + image, [b"words"]),
            (nul + record("conversion", b"c"), [b"a\0b", b"c"]),
        )):  # fmt: skip
            for name, data in (
                ("a.warc", plain), ("b.warc.gz", gzip.compress(plain)),
                ("c.warc.zst", zstandard.ZstdCompressor().compress(plain)), ("d.txt", plain),
            ):  # fmt: skip
                with self.subTest(name, number=number), warnings.catch_warnings():
                    warnings.simplefilter("ignore", gobbet.CorpusWarning)
                    path = self.write(name, data)
                    self.assertEqual(list(documents(path)), texts)
                    self.assertEqual(list(corpus._documents(str(path), None)), texts)
                    (file,) = files_of([path], jobs.Reading())
                    self.assertEqual(file.kind, "warc")

    def test_in_a_folder_one_with_images_is_read_and_an_image_left_out(self):
        folder = self.folder / "corpus"
        folder.mkdir()
        image = bytes(range(256)) * 20
        self.write("corpus/a.warc", response(image, kind="image/png") + response(b"words"))
        self.write("corpus/b.png", b"\x89PNG\r\n\x1a\n" + image)
        self.write("corpus/c.txt", b"text")
        with self.assertWarnsRegex(gobbet.CorpusWarning, "1 file in folders left out.*b.png"):
            self.assertEqual(list(documents(folder)), [b"words", b"text"])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", gobbet.CorpusWarning)
            jobs.pack(jobs.LocalEngine(1), [folder], self.folder / "packed", support.encoding())
        self.assertEqual(gobbet.TokenDataset(self.folder / "packed").document_count, 2)

    def test_a_job_packs_the_same_dataset_as_of_json_lines(self):
        self.write("a.warc.wet.gz", b"".join(map(gzip.compress, RECORDS)))
        lines = [json.dumps({"text": text.decode(), "url": f"http://a/{number}"})
                 for number, text in enumerate(TEXTS)]  # fmt: skip
        self.write("a.jsonl", "\n".join(lines).encode())
        ids = []
        for name, key in (("a.jsonl", "url"), ("a.warc.wet.gz", "WARC-Target-URI")):
            jobs.pack(
                jobs.LocalEngine(2), [self.folder / name], self.folder / f"{name}.packed",
                support.encoding(), jobs.PackOptions(sources=True, shard_tokens=3000),
                jobs.Reading(id_key=key),
            )  # fmt: skip
            ids.append(gobbet.TokenDataset(self.folder / f"{name}.packed").content_id)
        self.assertEqual(ids[0], ids[1])

    def test_the_module_writes_json_lines(self):
        path = self.write("a.wet", b"".join(RECORDS[:3]))
        done = subprocess.run(
            [sys.executable, "-m", "gobbet.warc", path, "--id-key", "WARC-Target-URI"],
            capture_output=True, check=True,
        )  # fmt: skip
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual(rows[1], {"text": TEXTS[1].decode(), "id": "http://a/1"})
        done = subprocess.run([sys.executable, "-m", "gobbet.warc", self.folder / "none"],
                              capture_output=True)  # fmt: skip
        self.assertEqual(done.returncode, gobbet.NoInput.status)

    def test_a_missing_header_is_an_error_or_left_out(self):
        path = self.write("a.wet", b"".join(RECORDS[:3]))
        with self.assertRaisesRegex(gobbet.BadData, "record 1: has no header X-Name"):
            list(warc.batches(path, "X-Name"))
        (batch,) = warc.batches(path, "X-Name", skip=True)
        self.assertEqual((len(batch), batch.unit_count, batch.bad_line_count), (0, 2, 2))


class RemoteCorpusTests(support.Case):
    def setUp(self) -> None:
        super().setUp()
        self.server = FileServer()
        self.addCleanup(self.server.close)
        lines = b"".join(json.dumps({"text": f"line {n}"}).encode() + b"\n" for n in range(50))
        self.files = {"a.jsonl.gz": gzip.compress(lines), "b.txt": b"text"}
        self.texts = [f"line {number}".encode() for number in range(50)]
        self.server.files = dict(self.files)

    def test_a_corpus_is_read_from_its_url(self):
        self.assertEqual(list(documents(self.server.url + "a.jsonl.gz")), self.texts)
        self.assertEqual(list(documents(self.server.url + "b.txt")), [b"text"])
        with self.assertRaises(gobbet.NoInput):
            list(documents(self.server.url + "none.txt"))
        with self.assertRaisesRegex(gobbet.InvalidArgument, "lists no folder"):
            list(documents(self.server.url))

    def test_an_error_names_the_url(self):
        self.server.files["bad.jsonl"] = b'{"text": 1}\n'
        url = self.server.url + "bad.jsonl"
        with self.assertRaises(gobbet.BadData) as caught:
            list(documents(url))
        self.assertIn(url, str(caught.exception))

    @needs("fastwarc")
    def test_wet_is_read_as_it_comes(self):
        self.server.files["x.warc.wet.gz"] = b"".join(map(gzip.compress, RECORDS))
        self.assertEqual(list(documents(self.server.url + "x.warc.wet.gz")), TEXTS)

    @needs("fastwarc")
    def test_wet_is_read_whatever_its_url_says(self):
        self.server.files["x.txt.gz"] = b"".join(map(gzip.compress, RECORDS))
        self.assertEqual(list(documents(self.server.url + "x.txt.gz")), TEXTS)

    @needs("fsspec")
    def test_folders_and_patterns_of_an_object_store_are_corpora_of_jobs_too(self):
        import fsspec

        memory = fsspec.filesystem("memory")
        self.addCleanup(memory.store.clear)
        for name, data in {**self.files, ".hidden.txt": b"no"}.items():
            memory.pipe(f"/corpus/{name}", data)
            (self.folder / name).write_bytes(data)
        self.assertEqual(list(documents("memory://corpus/")), [*self.texts, b"text"])
        self.assertEqual(list(documents("memory://corpus/*.txt")), [b"text"])
        with self.assertRaises(gobbet.NoInput):
            list(documents("memory://corpus/*.none"))
        ids = []
        inputs = (["memory://corpus/"], [self.folder / "a.jsonl.gz", self.folder / "b.txt"])
        for number, paths in enumerate(inputs):
            target = self.folder / f"packed{number}"
            jobs.pack(jobs.LocalEngine(1), paths, target, support.encoding())
            ids.append(gobbet.TokenDataset(target).content_id)
        self.assertEqual(ids[0], ids[1])


if __name__ == "__main__":
    warnings.simplefilter("default")
    unittest.main()

"""Datasets in the formats of other programs, which read and write them here too."""

import json
import pathlib
import random

import gobbet
import numpy as np
from gobbet import exchange
from gobbet.exchange import Document, __main__ as command

from . import support
from .support import needs


def drawn(count: int, *, masked: bool = False, empty: bool = True, seed: int = 1) -> list[Document]:
    """Documents of ids of the small vocabulary."""
    generator = random.Random(seed)
    documents = []
    for number in range(count):
        length = 0 if empty and number % 5 == 3 else generator.randrange(1, 400)
        ids = np.array([generator.randrange(3000) for _ in range(length)], np.uint32)
        mask = np.array([generator.random() < 0.5 for _ in range(length)], np.bool_)
        documents.append(Document(ids, mask if masked else None))
    return documents


class ExchangeCase(support.Case):
    def assert_same(self, found, expected) -> None:
        found, expected = list(found), list(expected)
        self.assertEqual(len(found), len(expected))
        for ours, theirs in zip(found, expected, strict=True):
            self.assertEqual(ours.tokens.tolist(), theirs.tokens.tolist())
            for name in ("mask", "lengths", "modes"):
                values = [getattr(each, name) for each in (ours, theirs)]
                if values[1] is not None:
                    self.assertEqual(list(values[0]), list(values[1]))
        self.assertEqual(found[0].mask is None, expected[0].mask is None)

    def files(self, path: pathlib.Path) -> dict[str, bytes]:
        listed = path.rglob("*") if path.is_dir() else path.parent.glob(path.name + "*")
        return {each.name: each.read_bytes() for each in listed if each.is_file()}


class RoundTripTests(ExchangeCase):
    """What a format holds comes back, and is written again with the same bytes."""

    def check(self, format: str, name: str, documents: list[Document], **options) -> None:
        for number, bound in enumerate((3000, 70_000)):
            path = self.folder / str(number) / name
            path.parent.mkdir()
            exchange.write(path, format, documents, id_bound=bound, **options)
            self.assert_same(exchange.read(path, format), documents)
            packed = self.folder / f"{number}.gobbet"
            exchange.import_documents(path, format, packed, support.encoding())
            dataset = gobbet.TokenDataset(packed)
            self.assert_same(
                (Document(ids) for ids in dataset.documents()),
                [Document(document.tokens) for document in documents],
            )
            self.assertEqual(dataset.has_loss_mask, documents[0].mask is not None)
            again = self.folder / f"again{number}" / name
            again.parent.mkdir()
            exchange.write(again, format, exchange.read(path, format), id_bound=bound, **options)
            self.assertEqual(self.files(again), self.files(path))
            with self.assertRaises(gobbet.errors.CannotCreate):
                exchange.write(path, format, documents, id_bound=bound, **options)
            self.assertEqual(list(path.parent.glob(".gobbet-*")), [])

    def test_datatrove(self):
        self.check("datatrove", "x.ds", drawn(40, masked=True))

    def test_olmo(self):
        self.check("olmo", "x.npy", drawn(40, masked=True))

    def test_mds(self):
        documents = drawn(40, masked=True, empty=False)
        self.check("mds", "shards", documents, size_limit=8000, hashes=["sha1", "sha256"],
                   compression="zstd:7")  # fmt: skip

    def test_litdata(self):
        self.check("litdata", "chunks", drawn(40), chunk_tokens=2000)

    def test_megatron(self):
        documents = []
        for number, (tokens, *_) in enumerate(drawn(40)):
            first = len(tokens) // 3
            lengths = [first, len(tokens) - first] if number % 2 else [len(tokens)]
            documents.append(Document(tokens, None, lengths, [number % 4] * len(lengths)))
        self.check("megatron", "x", documents)

    def test_a_dataset_is_exported_and_imported_by_the_command(self):
        path = self.folder / "d.gobbet"
        documents = drawn(30, masked=True, empty=False)
        with gobbet.DatasetWriter(path, support.encoding()) as writer:
            writer.add_masked(*(document[:2] for document in documents))
        support.encoding().save(self.folder / "v.gobbet")
        out, back = self.folder / "shards", self.folder / "back.gobbet"
        self.assertEqual(
            command.main(["export", str(path), "--to", "mds", "-o", str(out), "--hashes", "sha1"]),
            0,
        )
        self.assert_same(exchange.read(out, "mds"), documents)
        vocabulary = str(self.folder / "v.gobbet")
        self.assertEqual(
            command.main(["import", str(out), "--from", "mds", "-v", vocabulary, "-o", str(back)]),
            0,
        )
        first, second = gobbet.TokenDataset(path), gobbet.TokenDataset(back)
        self.assertEqual(first[:].tolist(), second[:].tolist())
        self.assertEqual(
            first.loss_mask(0, len(first)).tolist(), second.loss_mask(0, len(second)).tolist()
        )
        # A format without masks leaves nothing out in silence.
        chunks = ["export", str(path), "--to", "litdata", "-o", str(self.folder / "chunks")]
        self.assertEqual(command.main(chunks), 1)
        self.assertFalse((self.folder / "chunks").exists())
        self.assertEqual(command.main([*chunks, "--no-masks"]), 0)


class DamageTests(ExchangeCase):
    def test_files_that_are_cut_short_are_named(self):
        cases = {"datatrove": "x.ds", "olmo": "x.npy", "mds": "s", "litdata": "c", "megatron": "m"}
        for format, name in cases.items():
            path = self.folder / name
            exchange.write(path, format, drawn(20, empty=False), id_bound=3000)
            for file in sorted(self.files(path)):
                if file.endswith((".json", ".metadata")):
                    continue
                place = path / file if path.is_dir() else path.parent / file
                whole = place.read_bytes()
                place.write_bytes(whole[:-2] if format != "olmo" or file == name else b"")
                with self.subTest(format, file=file), self.assertRaises(gobbet.BadData):
                    list(exchange.read(path, format))
                place.write_bytes(whole)

    def test_ids_of_olmo_need_their_list_or_a_type(self):
        path = self.folder / "x.npy"
        documents = [Document(np.array([number, 5, 2], np.uint32)) for number in range(10, 20)]
        exchange.write(path, "olmo", documents, id_bound=3000)
        (self.folder / "x.csv.gz").unlink()
        with self.assertRaisesRegex(gobbet.NoInput, "give eos and dtype"):
            list(exchange.read(path, "olmo"))
        self.assert_same(exchange.read(path, "olmo", dtype="uint16", eos=2), documents)

    def test_a_mask_that_is_none_is_refused(self):
        path = self.folder / "x.npy"
        exchange.write(path, "olmo", drawn(20, masked=True), id_bound=3000)
        mask = self.folder / "x.mask"
        mask.write_bytes(b"\2" + mask.read_bytes()[1:])
        with self.assertRaisesRegex(gobbet.BadData, "not a 0 or 1"):
            list(exchange.read(path, "olmo"))
        for wrong in ([-100, 5], [0.3, 1.0], ["a", "b"], [None, True]):
            with gobbet.DatasetWriter(
                self.folder / "m.gobbet", support.encoding(), replace=True
            ) as writer:
                with self.subTest(wrong), self.assertRaisesRegex(gobbet.InvalidArgument, "mask"):
                    writer.add_masked(([5, 6], wrong))
                writer.add_masked(([5, 6], [0, 1]), ([7], np.array([True])), ([], []))

    def test_a_shard_with_another_hash_is_refused(self):
        path = self.folder / "s"
        exchange.write(path, "mds", drawn(20, empty=False), id_bound=3000, hashes=["sha1"])
        shard = path / "shard.00000.mds"
        data = bytearray(shard.read_bytes())
        data[-1] ^= 1
        shard.write_bytes(data)
        with self.assertRaisesRegex(gobbet.BadData, "shard.00000.mds: its sha1"):
            list(exchange.read(path, "mds"))


@needs("datatrove")
class DatatroveTests(ExchangeCase):
    def test_datatrove_writes_these_bytes_and_reads_them(self):
        from datatrove.pipeline.tokens.tokenizer import TokenizedFile
        from datatrove.utils.dataset import DatatroveFileDataset

        documents = drawn(30, masked=True, empty=False)
        ours, theirs = self.folder / "ours", self.folder / "theirs"
        ours.mkdir()
        exchange.write(ours / "x.ds", "datatrove", documents, id_bound=3000, tokenizer="gpt2")
        file = TokenizedFile(
            str(theirs), "x.ds", save_loss_metadata=True, tokenizer_name_or_path="gpt2",
            save_final_metadata=True,
        )  # fmt: skip
        for tokens, mask, *_ in documents:
            file.write(tokens.tolist(), mask)
        file.close()
        self.assertEqual(self.files(ours), self.files(theirs))
        ids = np.concatenate([document.tokens for document in documents]).tolist()
        read = DatatroveFileDataset(str(ours / "x.ds"), 63, token_size=2)
        self.assertEqual(read[2]["input_ids"].tolist(), ids[128:192])

    def test_readable_counts_are_those_of_datatrove(self):
        import humanize
        from gobbet.exchange.datatrove import _readable

        counts = [0, 1, 9, 10, 99, 100, 999, 1000, 1234, 9994, 9996, 99_949, 99_999, 123_456]
        for count in [*counts, 999_499, 999_999, 1_000_000, 10**9 * 7 // 3, 10**13]:
            self.assertEqual(_readable(count), humanize.metric(count, unit="T"), count)


@needs("streaming")
class StreamingTests(ExchangeCase):
    def test_streaming_writes_these_bytes_and_reads_them(self):
        from streaming import LocalDataset
        from streaming.base import MDSWriter

        documents = drawn(30, masked=True, empty=False)
        for number, compression in enumerate((None, "zstd:3")):
            ours, theirs = self.folder / f"ours{number}", self.folder / f"theirs{number}"
            options = {"compression": compression, "hashes": ["sha1"], "size_limit": 9000}
            exchange.write(ours, "mds", documents, id_bound=3000, **options)
            columns = {"tokens": "ndarray:uint16", "mask": "ndarray:uint8"}
            with MDSWriter(out=str(theirs), columns=columns, **options) as writer:
                for tokens, mask, *_ in documents:
                    writer.write({"tokens": tokens.astype("u2"), "mask": mask.astype("u1")})
            self.assert_same(exchange.read(theirs, "mds"), documents)
            if compression is None:
                self.assertEqual(self.files(ours), self.files(theirs))
                read = LocalDataset(str(ours))
                self.assertEqual(len(read), len(documents))
                for sample, document in zip(read, documents, strict=True):
                    self.assertEqual(sample["tokens"].tolist(), document.tokens.tolist())
            else:
                # zstd's library of another version may compress otherwise.
                shards = json.loads((theirs / "index.json").read_text())["shards"]
                own = json.loads((ours / "index.json").read_text())["shards"]
                self.assertEqual([each["raw_data"] for each in own],
                                 [each["raw_data"] for each in shards])  # fmt: skip


@needs("litdata", "torch")
class LitdataTests(ExchangeCase):
    def test_litdata_writes_these_chunks_and_reads_them(self):
        import torch
        from litdata import StreamingDataset
        from litdata.streaming.item_loader import TokensLoader
        from litdata.streaming.writer import BinaryWriter

        documents = drawn(30, empty=False)
        ours, theirs = self.folder / "ours", self.folder / "theirs"
        theirs.mkdir()
        exchange.write(ours, "litdata", documents, id_bound=70_000, chunk_tokens=2000)
        writer = BinaryWriter(str(theirs), chunk_size=2000, item_loader=TokensLoader(16))
        for number, document in enumerate(documents):
            writer.add_item(number, torch.from_numpy(document.tokens.astype(np.int32)))
        writer.done()
        writer.merge()
        self.assert_same(exchange.read(theirs, "litdata"), documents)
        found = [self.files(each) for each in (ours, theirs)]
        index = [json.loads(files.pop("index.json")) for files in found]
        self.assertEqual(found[0], found[1])
        for each in index:
            del each["updated_at"]
        self.assertEqual(index[0], index[1])
        read = StreamingDataset(str(ours), item_loader=TokensLoader(16), shuffle=False)
        first = np.concatenate([document.tokens for document in documents[:2]])[:16]
        self.assertEqual(read[0].tolist(), first.tolist())


@needs("megatron", "torch")
class MegatronTests(ExchangeCase):
    def test_megatron_core_writes_these_bytes_and_reads_them(self):
        import torch
        from megatron.core.datasets.indexed_dataset import IndexedDataset, IndexedDatasetBuilder

        for name, has_modes in (("plain", False), ("modes", True)):
            documents = []
            for number, (tokens, *_) in enumerate(drawn(30)):
                first = len(tokens) // 3
                lengths = [first, len(tokens) - first] if number % 2 else [len(tokens)]
                modes = [number % 4] * len(lengths) if has_modes else None
                documents.append(Document(tokens, None, lengths, modes))
            ours, theirs = self.folder / f"{name}-ours", self.folder / f"{name}-theirs"
            exchange.write(ours, "megatron", documents, id_bound=3000)
            builder = IndexedDatasetBuilder(f"{theirs}.bin", dtype=np.uint16, multimodal=has_modes)
            for document in documents:
                tokens = torch.from_numpy(document.tokens.astype(np.int32))
                builder.add_document(tokens, document.lengths, document.modes)
            builder.finalize(f"{theirs}.idx")
            for end in (".bin", ".idx"):
                found = [pathlib.Path(f"{each}{end}").read_bytes() for each in (ours, theirs)]
                self.assertEqual(*found, f"{name}{end}")
            self.assert_same(exchange.read(theirs, "megatron"), documents)
            read = IndexedDataset(str(ours), multimodal=has_modes)
            sequences = [read[number] for number in range(len(read))]
            if has_modes:
                self.assertEqual([int(mode) for _, mode in sequences],
                                 sum((list(each.modes) for each in documents), []))  # fmt: skip
                sequences = [tokens for tokens, _ in sequences]
            self.assertEqual(np.concatenate(sequences).tolist(),
                             np.concatenate([each.tokens for each in documents]).tolist())  # fmt: skip
            self.assertEqual(len(read.document_indices), len(documents) + 1)


@needs("olmo_core")
class OLMoTests(ExchangeCase):
    def test_olmo_core_reads_the_documents(self):
        from olmo_core.data.utils import iter_document_indices

        documents = drawn(20, empty=False)
        path = self.folder / "x.npy"
        exchange.write(path, "olmo", documents, id_bound=3000)
        bounds = np.cumsum([0, *(len(each.tokens) for each in documents)]).tolist()
        found = list(iter_document_indices(str(path), use_array_if_local=False))
        self.assertEqual(found, list(zip(bounds, bounds[1:], strict=False)))

"""Encodings, beside tiktoken where it is installed."""

import copy
import gzip
import json
import pickle
import threading
import unittest

import numpy as np

import gobbet
from gobbet import _native, jobs
from gobbet.corpus import documents

from . import jobs_support, support
from .support import END, needs


def peer():
    """tiktoken's encoding of the same tokens."""
    import tiktoken

    ours = support.encoding()
    special = ours.special_tokens
    ranks = {
        text: token for token, text in ours._tokens.items() if token not in special.values()
    }
    return tiktoken.Encoding(
        "small", pat_str=support.CL100K, mergeable_ranks=ranks, special_tokens=special
    )


def by_rank() -> gobbet.Encoding:
    """The same tokens merged by rank, as tiktoken merges them."""
    ours = support.encoding()
    ranks = {
        text: token
        for token, text in ours._tokens.items()
        if token not in ours.special_tokens.values()
    }
    return gobbet.Encoding.from_ranks(ranks, ours.special_tokens, pattern="cl100k", name="small")


class EncodingTests(support.Case):
    def test_decoding_gives_the_text_back(self):
        ours = support.encoding()
        for text in support.texts(1, 300):
            self.assertEqual(ours.decode(ours.encode_ordinary(text)), text)
            self.assertEqual(ours.count(text), len(ours.encode_ordinary(text)))

    @needs("tiktoken")
    def test_ids_are_those_of_tiktoken(self):
        ours, theirs = by_rank(), peer()
        chosen = support.texts(2, 500)
        for text in chosen:
            expected = theirs.encode_ordinary(text)
            self.assertEqual(ours.encode_ordinary(text), expected)
            self.assertEqual(ours.encode(text), expected)
            array = ours.encode_to_numpy(text)
            self.assertEqual((array.dtype, array.tolist()), (np.uint32, expected))
        expected = theirs.encode_ordinary_batch(chosen)
        for threads in (0, 1, 2, 5):
            self.assertEqual(ours.encode_ordinary_batch(chosen, num_threads=threads), expected)
            self.assertEqual(ours.encode_batch(chosen, num_threads=threads), expected)
        ids, ends = ours.encode_batch_to_numpy(chosen)
        self.assertEqual(ids.tolist(), sum(expected, []))
        self.assertEqual(ends.tolist(), np.cumsum([len(each) for each in expected]).tolist())

    @needs("tiktoken")
    def test_special_tokens_are_taken_as_by_tiktoken(self):
        ours, theirs = by_rank(), peer()
        chosen = ["plain", f"a {END} b", f"{END}{END}<|pad|>", "<|pad|> <|pad", "<|other|>", ""]
        sets = ["all", set(), {END}, {"<|pad|>"}, {END, "<|pad|>"}, {"<|other|>"}, frozenset({END})]
        for text in chosen:
            for allowed in sets:
                for disallowed in [*sets, [END], ()]:
                    options = {"allowed_special": allowed, "disallowed_special": disallowed}
                    with self.subTest(text=text, **options):
                        try:
                            expected = theirs.encode(text, **options)
                        except ValueError:
                            with self.assertRaises(ValueError) as caught:
                                ours.encode(text, **options)
                            self.assertIsInstance(caught.exception, gobbet.SpecialToken)
                            with self.assertRaises(ValueError):
                                ours.encode_to_numpy(text, **options)
                            with self.assertRaises(ValueError):
                                ours.encode_batch(["fine", text], **options)
                        else:
                            self.assertEqual(ours.encode(text, **options), expected)
                            self.assertEqual(
                                ours.encode_to_numpy(text, **options).tolist(), expected
                            )
                            self.assertEqual(ours.encode_batch([text], **options), [expected])

    @needs("tiktoken")
    def test_what_there_is_to_know_is_the_same_as_of_tiktoken(self):
        ours, theirs = by_rank(), peer()
        for name in ("n_vocab", "max_token_value", "eot_token", "special_tokens_set", "name"):
            self.assertEqual(getattr(ours, name), getattr(theirs, name), name)
        self.assertEqual(ours.token_byte_values(), theirs.token_byte_values())
        for token in range(0, ours.n_vocab, 7):
            text = theirs.decode_single_token_bytes(token)
            self.assertEqual(ours.decode_single_token_bytes(token), text)
            self.assertEqual(ours.encode_single_token(text), token)
            self.assertEqual(ours.is_special_token(token), theirs.is_special_token(token))
        ids = theirs.encode("the river and the river")
        self.assertEqual(ours.decode_with_offsets(ids), theirs.decode_with_offsets(ids))
        self.assertEqual(ours.decode_tokens_bytes(ids), theirs.decode_tokens_bytes(ids))
        self.assertEqual(ours.decode_batch([ids, []]), theirs.decode_batch([ids, []]))
        self.assertEqual(ours.decode_bytes_batch([ids]), theirs.decode_bytes_batch([ids]))
        surrogates = ["a\ud83d\ude00b", "lone \ud800", "\udc00\ud800"]
        for text in surrogates:
            self.assertEqual(ours.encode(text), theirs.encode(text))
        self.assertEqual(ours.encode_batch(surrogates), theirs.encode_batch(surrogates))

    def test_special_tokens_can_be_left_out_of_texts(self):
        ours = support.encoding()
        ids = ours.encode(f"{END}a {END}", allowed_special="all")
        self.assertEqual(ours.decode(ids), f"{END}a {END}")
        self.assertEqual(ours.decode(ids, skip_special_tokens=True), "a ")
        self.assertEqual(ours.decode_batch([ids, []], skip_special_tokens=True), ["a ", ""])
        with self.assertRaises(gobbet.NotFound):
            ours.decode([1 << 20], skip_special_tokens=True)

    def test_the_refusal_names_the_token_and_the_ways_out(self):
        with self.assertRaisesRegex(ValueError, r"'<\|pad\|>'.*allowed_special.*disallowed"):
            support.encoding().encode(f"a <|pad|> {END}")

    def test_ids_may_be_lists_tuples_and_arrays(self):
        ours = support.encoding()
        ids = ours.encode("A river, a bridge.")
        for kind in (list, tuple, *map(lambda t: lambda x: np.array(x, t), ["u2", "i4", "i8"])):
            self.assertEqual(ours.decode(kind(ids)), "A river, a bridge.")
        self.assertEqual(ours.decode(np.array(ids, "i8")[::-1][::-1]), "A river, a bridge.")

    def test_ids_without_a_token_are_key_errors(self):
        ours = support.encoding()
        for wrong in (ours.n_vocab, 1 << 32, 1 << 40, -1):
            with self.assertRaises(KeyError):
                ours.decode_single_token_bytes(wrong)
            with self.assertRaises(KeyError):
                ours.decode([1, wrong])
            with self.assertRaises(KeyError):
                ours.decode(np.array([1, wrong]))
        with self.assertRaises(KeyError):
            ours.encode_single_token("no token is as long as this sentence is")

    def test_a_large_text_and_a_long_decoding_find_room(self):
        ours = support.encoding()
        text = "The river moved house. " * 100_000
        ids = ours.encode_to_numpy(text)
        self.assertEqual(ours.decode(ids), text)
        self.assertEqual(ours.encode_ordinary_batch([text, "a", text])[2], ids.tolist())

    def test_batches_of_every_shape_have_the_ids_of_each_text(self):
        ours = support.encoding()
        some = support.texts(5, 40)
        shapes = (
            [], [""], [*some, "", "\ud83d\ude00 paired", "single \udc00", *some], tuple(some),
            # More bytes than a call takes, in one text and in many, and more texts.
            ["word and " * 100_000, "short", *["word and " * 3000] * 40], ["a"] * 70_000 + ["b"],
        )  # fmt: skip
        for texts in shapes:
            expected = [ours.encode_ordinary(text) for text in texts]
            for threads in (1, 2):
                found = ours.encode_ordinary_batch(texts, num_threads=threads)
                self.assertEqual(found, expected)
                ids, ends = ours.encode_batch_to_numpy(texts, num_threads=threads)
                self.assertEqual(ids.tolist(), [token for one in expected for token in one])
                self.assertEqual(np.diff(ends, prepend=0).tolist(), [len(one) for one in expected])
        # Two halves of a special token, in two texts, are none.
        self.assertEqual(len(ours.encode_batch([END[:4], END[4:]], disallowed_special={END})), 2)
        with self.assertRaises(gobbet.SpecialToken):
            ours.encode_batch(["a", f"b{END}"], disallowed_special={END})

    def test_what_is_no_text_is_an_error_of_type(self):
        ours = support.encoding()
        for call in (ours.encode, ours.encode_ordinary, ours.encode_to_numpy, ours.count):
            with self.assertRaises(TypeError):
                call(b"bytes")
        for texts in ([b"bytes"], ["text", None], [["text"]]):
            with self.assertRaises(TypeError):
                ours.encode_batch(texts)

    def test_an_encoding_can_be_pickled_and_copied(self):
        ours = support.encoding()
        again = pickle.loads(pickle.dumps(ours))
        self.assertEqual(again.fingerprint, ours.fingerprint)
        self.assertEqual(again.name, ours.name)
        self.assertEqual(again.encode(f"a{END}", allowed_special="all"),
                         ours.encode(f"a{END}", allowed_special="all"))
        self.assertIs(copy.deepcopy(ours), ours)

    def test_threads_share_an_encoding(self):
        ours, chosen = support.encoding(), support.texts(3, 400)
        expected = [ours.encode_ordinary(text) for text in chosen]
        wrong = []

        def work():
            for text, ids in zip(chosen, expected):
                if ours.encode(text, disallowed_special=()) != ids or ours.decode(ids) != text:
                    wrong.append(text)

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])


class EncodingWithoutTheExtensionTests(EncodingTests):
    """The same by ctypes alone, as on a Python that the extension is not for."""

    def setUp(self) -> None:
        super().setUp()
        library = _native.library()
        self.addCleanup(setattr, library, "quick", library.quick)
        library.quick = None
        support.encoding.cache_clear()
        self.addCleanup(support.encoding.cache_clear)


class FileTests(support.Case):
    def test_files_of_every_format_give_the_same_ids(self):
        ours = support.encoding()
        chosen = support.texts(4, 50)
        for name in ("v.gobbet", "tokenizer.json"):
            ours.save(self.folder / name)
            again = gobbet.Encoding(self.folder / name)
            self.assertEqual(again.encode_ordinary_batch(chosen),
                             ours.encode_ordinary_batch(chosen), name)
        # A vocab.json does not say how text is split: its readers take GPT-2's pattern.
        with self.assertRaisesRegex(gobbet.BadData, "pattern cl100k"):
            ours.save(self.folder / "vocab.json")
        with self.assertRaises(gobbet.CannotCreate):
            ours.save(self.folder / "v.gobbet")
        ours.save(self.folder / "v.gobbet", replace=True)

    @needs("tokenizers")
    def test_tokenizers_reads_the_tokenizer_json(self):
        import tokenizers

        ours = support.encoding()
        theirs = tokenizers.Tokenizer.from_str(ours.to_tokenizer_json())
        for text in support.texts(5, 200):
            self.assertEqual(theirs.encode(text).ids, ours.encode(text, allowed_special="all"))
        expected = ours.encode(f"a{END}", allowed_special="all")
        self.assertEqual(theirs.encode(f"a{END}").ids, expected)

    @needs("transformers")
    def test_transformers_loads_the_tokenizer_json(self):
        import transformers

        path = self.folder / "tokenizer.json"
        support.encoding().to_tokenizer_json(path)
        theirs = transformers.PreTrainedTokenizerFast(tokenizer_file=str(path), eos_token=END)
        for text in support.texts(6, 50):
            self.assertEqual(theirs(text)["input_ids"],
                             support.encoding().encode(text, allowed_special="all"))
        self.assertEqual(theirs.eos_token_id, support.encoding().eot_token)


class TrainingTests(support.Case):
    def test_texts_paths_and_counts_give_the_same_vocabulary(self):
        source = support.FIXTURES / "corpus" / "en"
        options = {"special_tokens": [END]}
        split = {"pattern": "gpt2"} | options
        expected = gobbet.train(source, 500, **split).fingerprint
        files = sorted(source.iterdir())
        self.assertEqual(gobbet.train(files, 500, **split).fingerprint, expected)
        read = (file.read_text() for file in files)
        self.assertEqual(gobbet.train(read, 500, **split).fingerprint, expected)
        half = len(files) // 2
        for name, part in (("a", files[:half]), ("b", files[half:])):
            counts = gobbet.Counts("gpt2")
            counts.add_texts(file.read_bytes() for file in part)
            counts.write(self.folder / f"{name}.gobbet")
        paths = [self.folder / "a.gobbet", self.folder / "b.gobbet"]
        gobbet.Counts.merge(paths, self.folder / "sum.gobbet")
        merged = gobbet.train_from_counts(self.folder / "sum.gobbet", 500, **options)
        self.assertEqual(merged.fingerprint, expected)
        counts = gobbet.Counts("gpt2")
        for path in paths:
            counts.add_file(path)
        self.assertEqual(counts.train(500, **options).fingerprint, expected)
        from gobbet.pure import read_counts

        pattern, table = read_counts(self.folder / "sum.gobbet")
        self.assertEqual((pattern, len(table)), ("gpt2", len(counts)))

    def test_a_folder_is_read_and_learned_from_as_the_command_does(self):
        corpus = self.folder / "corpus"
        (corpus / "b").mkdir(parents=True)
        (corpus / "b.txt").write_text("the river and the boat " * 40)
        (corpus / "b" / "a.txt").write_bytes(b"\xef\xbb\xbfwater, water\r\n" * 30)
        (corpus / ".hidden.txt").write_text("zzzz yyyy xxxx " * 90)
        lines = [json.dumps({"meta": {"body": f"line {number} it's 1234"}}) for number in range(50)]
        (corpus / "c.jsonl.gz").write_bytes(gzip.compress("\n".join(lines).encode()))
        output = self.folder / "v.gobbet"
        jobs_support.run("train", corpus, "--text-key", "meta.body", "--size", 400, "-o", output,
                         "--special", END)  # fmt: skip
        options = {"text_key": "meta.body", "special_tokens": [END]}
        expected = gobbet.Encoding(output).fingerprint
        for source in (corpus, str(corpus), [corpus], sorted(corpus.iterdir())[1:]):
            with self.subTest(source):
                found = gobbet.train(source, 400, **options)
                self.assertEqual(found.fingerprint, expected)
        counts = gobbet.Counts()
        counts.add_files(corpus, text_key="meta.body")
        self.assertEqual(counts.train(400, special_tokens=[END]).fingerprint, expected)
        found = sorted(documents(corpus, text_key="meta.body"))
        self.assertEqual(len(found), 52)
        self.assertNotIn(b"zzzz", b"".join(found))

    def test_an_unknown_name_is_answered_with_those_that_there_are(self):
        encoding = support.encoding()
        path = self.folder / "x.gobbet"
        support.write_dataset(path)
        dataset = gobbet.TokenDataset(path)
        for call, known in (
            (lambda: gobbet.train(["text"], 300, pattern="cl200k"), "cl100k, .*o200k"),
            (lambda: gobbet.Encoding.from_ranks({b"a": 0}, pattern="x"), "cl100k"),
            (lambda: gobbet.DatasetWriter(self.folder / "y", encoding, codec="zip"),
             "raw16, raw32, packed, rank, archive"),
            (lambda: dataset.sampler(4, order="random"), "sequential, shuffled, groups"),
            (lambda: dataset.windows(4, dtype="int8"), "uint16, uint32, int32, int64"),
            (lambda: dataset.windows(4, dtype="integers"), "uint16, uint32, int32, int64"),
            (lambda: jobs.PackOptions(codec="zip"), "raw16, raw32, packed, rank, archive"),
            (lambda: jobs.Reading(format="xml"), "auto, text, jsonl, parquet"),
            (lambda: jobs.Reading(bad_lines="drop"), "fail, skip"),
            (lambda: gobbet.train(["text"], 300, tie_break="x"), "huggingface, bytes"),
            (lambda: gobbet.safe_open(path, "jax"), "np, numpy, pt, torch, pytorch"),
        ):
            with self.assertRaisesRegex(gobbet.InvalidArgument, known):
                call()
        for call in (
            lambda: jobs.PackOptions(append="<|x|>").appended(encoding),
            lambda: gobbet.DatasetWriter(self.folder / "y", encoding).add_texts([], append="<|x|>"),
        ):
            with self.assertRaisesRegex(gobbet.NotFound, r"it has <\|endoftext\|>, <\|pad\|>"):
                call()

    def test_what_cannot_be_trained_is_refused(self):
        with self.assertRaises(gobbet.InvalidArgument):
            gobbet.train(["text"], 100)
        with self.assertRaises(gobbet.Error):
            gobbet.train(["text"], 300, pattern="no such pattern")
        with self.assertRaises(FileNotFoundError):
            gobbet.train(str(self.folder / "missing"), 300)


if __name__ == "__main__":
    unittest.main()

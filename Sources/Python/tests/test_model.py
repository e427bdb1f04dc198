"""Models: logits, states, vectors and text, beside the answers in Fixtures."""

import contextlib
import io
import os
import unittest
import warnings

import numpy as np

import gobbet
from gobbet.errors import BadData, InvalidArgument, NoInput, NotFound, OutOfRange

from .support import FIXTURES, Case

MODELS = FIXTURES / "models"
PROMPT = "ROMEO:\nBut, soft! what light"


def answers(family: str) -> dict[str, np.ndarray]:
    """What transformers answered."""
    import json
    import struct

    data = (MODELS / family / "reference.safetensors").read_bytes()
    (size,) = struct.unpack_from("<Q", data)
    kinds = {"F32": "<f4", "I32": "<i4", "I64": "<i8", "U32": "<u4"}
    found = {}
    for name, tensor in json.loads(data[8 : 8 + size]).items():
        if name != "__metadata__":
            start, end = (8 + size + offset for offset in tensor["data_offsets"])
            array = np.frombuffer(data[start:end], kinds[tensor["dtype"]])
            found[name] = array.reshape(tensor["shape"])
    return found


class ModelTests(Case):
    def test_logits_and_the_likeliest_tokens_are_those_of_transformers(self):
        for family in ("llama3", "gemma3", "qwen3_moe"):
            model = gobbet.Model(MODELS / family, num_threads=2)
            expected = answers(family)
            for number in range(2):
                ids, logits = expected[f"ids.{number}"], expected[f"logits.{number}"]
                found = model.logits(ids)
                self.assertEqual((found.dtype, found.shape), (np.float32, logits.shape))
                self.assertLess(np.abs(found - logits).max(), 1e-4 * np.abs(logits).max())
                greedy = expected[f"greedy.{number}"].tolist()
                generation = model.generate(ids, max_tokens=len(greedy), ignore_ends=True)
                self.assertEqual(list(generation.tokens()), greedy, family)
                self.assertEqual((generation.ids, generation.end), (greedy, "limit"))

    def test_arrays_are_written_where_the_caller_wants_them(self):
        model = gobbet.Model(MODELS / "qwen3")
        ids = [5, 9, 40, 7, 11]
        every = model.logits(ids)
        room = np.full((2, model.logit_count), np.nan, np.float32)
        self.assertIs(model.logits(np.array(ids, np.int64), first=3, out=room), room)
        self.assertTrue(np.array_equal(room, every[3:]))
        self.assertTrue(np.array_equal(model.logits(ids, first=-1, num_threads=2), every[-1:]))
        layers = model.hidden_states(ids)
        self.assertEqual(layers.shape, (model.layer_count + 1, 5, model.hidden_size))
        self.assertTrue(np.array_equal(layers[-1], model.states(ids)))
        weights = model.attention_weights(ids, 0)
        self.assertEqual(weights.shape, (model.head_count, 5, 5))
        self.assertLess(np.abs(weights.sum(2) - 1).max(), 1e-5)
        rows = model.embed([ids, ids[:2]], pooling="mean", normalize=False)
        self.assertLess(np.abs(rows[0] - layers[-1].mean(0)).max(), 1e-5)
        for out in (
            np.zeros((5, model.logit_count), np.float64),
            np.zeros((4, model.logit_count), np.float32),
            np.zeros((model.logit_count, 5), np.float32).T,
        ):
            with self.assertRaisesRegex(InvalidArgument, "^out: "):
                model.logits(ids, out=out)

    def test_text_comes_in_pieces_to_a_loop_and_to_a_function(self):
        model = gobbet.Model(FIXTURES / "tinymodel")
        self.assertEqual(len(model.encode(PROMPT)), 12)
        whole = model.generate(PROMPT, max_tokens=64)
        pieces = list(whole)
        self.assertTrue("".join(pieces).startswith(",\n\nProvost:\nI'll not, I'll not,"))
        self.assertEqual("".join(pieces), whole.text)
        self.assertGreater(len(pieces), 10)
        self.assertEqual((len(whole.ids), whole.end), (64, "limit"))
        self.assertEqual(model.vocabulary.decode(whole.ids), whole.text)
        shown: list[str] = []
        self.assertEqual(model.generate(PROMPT, max_tokens=64).run(shown.append), whole.text)
        self.assertEqual(shown, pieces)
        shown.clear()

        def two(piece: str) -> bool:
            shown.append(piece)
            return len(shown) < 2

        self.assertEqual(model.generate(PROMPT, max_tokens=64).run(two), "".join(pieces[:2]))
        stopped = model.generate(PROMPT, stop="Provost", max_tokens=64)
        self.assertEqual((stopped.run(), stopped.end), (",\n\n", "stop text"))
        last = model.generate(PROMPT, max_tokens=64, stop_tokens=[whole.ids[3]])
        self.assertEqual(last.run(), model.vocabulary.decode(whole.ids[:3]))
        self.assertEqual((last.end, last.ids), ("stop token", whole.ids[:3]))
        self.assertEqual(model.generate(PROMPT, max_tokens=0).run(), "")
        drawn = [
            model.generate(PROMPT, max_tokens=20, temperature=1.0, top_k=40, seed=seed).run()
            for seed in (1, 1, 2)
        ]
        self.assertEqual(drawn[0], drawn[1])
        self.assertNotEqual(drawn[0], drawn[2])
        full = model.generate(PROMPT, ignore_ends=True)
        full.run()
        self.assertEqual(full.end, "context")
        self.assertEqual(12 + len(full.ids), model.context_length + 1)

    def test_special_tokens_of_texts_are_tokens_where_they_are_allowed(self):
        model = gobbet.Model(FIXTURES / "tinymodel" / "model.safetensors")
        text = "ROMEO:<|endoftext|>But"
        plain, marked = model.encode(text), model.encode(text, allowed_special="all")
        self.assertLess(len(marked), len(plain))
        end = model.vocabulary.special_tokens["<|endoftext|>"]
        self.assertEqual(marked.tolist().count(end), 1)
        self.assertNotIn(end, plain.tolist())
        chosen = model.encode(text, allowed_special={"<|endoftext|>"})
        self.assertEqual(chosen.tolist(), marked.tolist())
        for found, expected in (
            (model.logits(text, allowed_special="all"), model.logits(marked)),
            (model.logits(text), model.logits(plain)),
            (model.states(text, allowed_special="all"), model.states(marked)),
            (model.hidden_states(text, allowed_special="all"), model.hidden_states(marked)),
            (
                model.attention_weights(text, 0, allowed_special="all"),
                model.attention_weights(marked, 0),
            ),
            (model.embed([text], allowed_special="all"), model.embed([marked])),
        ):
            self.assertTrue(np.array_equal(found, expected))
        self.assertEqual(
            list(model.generate(text, max_tokens=3, allowed_special="all").tokens()),
            list(model.generate(marked, max_tokens=3).tokens()),
        )
        with self.assertRaisesRegex(InvalidArgument, "allowed_special: is for texts"):
            model.logits([1, 2], allowed_special="all")

    def test_an_encoder_makes_vectors(self):
        model = gobbet.Model(MODELS / "bert")
        self.assertTrue(model.is_encoder)
        rows = model.embed([[5, 6, 7], [8, 9]])
        self.assertEqual(rows.shape, (2, model.hidden_size))
        self.assertLess(np.abs((rows**2).sum(1) - 1).max(), 1e-5)
        self.assertTrue(np.array_equal(model.embed([[8, 9]]), rows[1:]))
        self.assertEqual(model.embed([]).shape, (0, model.hidden_size))
        with contextlib.redirect_stderr(io.StringIO()), warnings.catch_warnings():
            # Where tqdm is missing, a warning says so.
            warnings.simplefilter("ignore")
            many = model.embed([[5, 6, 7], [8, 9]] * 40, progress=True)
            self.assertEqual(model.embed([], progress=True).shape, (0, model.hidden_size))
        self.assertTrue(np.array_equal(many, np.tile(rows, (40, 1))))
        expected = answers("bert")
        states = expected["states.0"] if "states.0" in expected else None
        if states is not None:
            found = model.states(expected["ids.0"])
            self.assertLess(np.abs(found - states).max(), 1e-4 * np.abs(states).max())
        with self.assertRaisesRegex(InvalidArgument, "is an encoder"):
            model.logits([5])
        with self.assertRaisesRegex(InvalidArgument, "is an encoder"):
            next(model.generate([5]))
        with self.assertRaises(NotFound):
            model.encode("text")

    def test_what_makes_no_sense_is_refused(self):
        model = gobbet.Model(MODELS / "qwen3")
        for ids, kind, what in (
            ([], InvalidArgument, "no tokens"),
            ([model.n_vocab], InvalidArgument, "the vocabulary ends at"),
            ([1] * (model.context_length + 1), InvalidArgument, "the context holds"),
            ([-1], OutOfRange, "index 0 is -1"),
            ([0.5], InvalidArgument, "not an integer"),
        ):
            for call in (model.logits, model.states, model.generate):
                with self.assertRaisesRegex(kind, what):
                    call(ids)
        for options in (
            {"temperature": -1.0}, {"temperature": float("nan")}, {"top_p": 2.0}, {"top_p": 0.0},
            {"top_k": 0}, {"min_p": -1.0}, {"repetition_penalty": 0.0}, {"max_tokens": -1},
            {"seed": -1}, {"stop": "x"}, {"num_threads": 1025},
        ):  # fmt: skip
            with self.assertRaises((InvalidArgument, NotFound), msg=str(options)):
                model.generate([1], **options)
        with self.assertRaises(OutOfRange):
            model.attention_weights([1], model.layer_count)
        with self.assertRaisesRegex(InvalidArgument, "a string; pass a list of texts"):
            model.embed("text")
        with self.assertRaises(InvalidArgument):
            gobbet.Model(MODELS / "qwen3", element="f8")
        with self.assertRaises(NoInput):
            gobbet.Model(MODELS / "none")
        with self.assertRaises(BadData):
            gobbet.Model(FIXTURES / "tinymodel" / "tokenizer.json")
        with self.assertRaisesRegex(BadData, "tokens, the vocabulary"):
            gobbet.Model(
                MODELS / "qwen3", vocabulary=gobbet.Model(FIXTURES / "tinymodel").vocabulary
            )
        generation = model.generate([1, 2], max_tokens=3)
        model.close()
        self.assertEqual(len(list(generation.tokens())), 3)
        with self.assertRaises(InvalidArgument):
            model.logits([1])

    @unittest.skipUnless(hasattr(os, "fork"), "needs fork")
    def test_a_fork_takes_the_model_along_and_generations_not(self):
        model = gobbet.Model(MODELS / "qwen3", num_threads=2)
        expected = model.logits([1, 2, 3])
        generation = model.generate([1, 2], max_tokens=5)
        next(generation.tokens())
        child = os.fork()
        if child == 0:
            status = 1
            try:
                if np.array_equal(model.logits([1, 2, 3]), expected):
                    next(generation.tokens())
            except InvalidArgument as error:
                generation.close()
                status = 0 if "forked" in str(error) else 2
            finally:
                os._exit(status)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 0)
        self.assertEqual(len(list(generation.tokens())), 4)

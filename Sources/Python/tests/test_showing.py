"""Tokens and vocabularies in a notebook."""

import json
import random
import unittest
from html.parser import HTMLParser

import gobbet
import gobbet.numpy
from gobbet.showing import TokenizedText, visible, vocabulary_html

from . import support

NASTY = '<script>alert(1)</script> & "x" \u202e\x1b[31m\x9b\n'


class _Elements(HTMLParser):
    """The elements of a page and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.titles: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.titles += [value for name, value in attrs if name == "title"]

    def handle_data(self, data):
        self.text += data


class ShowingTests(support.Case):
    def test_every_token_is_shown_with_its_id_and_no_markup_of_the_text(self):
        ours = support.encoding()
        for text in [*support.texts(31, 60), NASTY, ""]:
            shown = ours.show(text)
            self.assertEqual(shown.ids, ours.encode(text, allowed_special="all"))
            self.assertEqual(b"".join(shown.pieces), text.encode())
            page = _Elements(shown._repr_html_())
            self.assertEqual(
                [title.split(",")[0] for title in page.titles], [f"id {i}" for i in shown.ids]
            )
            self.assertLessEqual(set(page.tags), {"p", "pre", "span"})
            self.assertFalse(set("\x1b\x9b\u202e") & set(page.text))
            self.assertFalse(set("\x1b\x9b\u202e\n") & set(repr(shown)))
        whole = _Elements(ours.show("<script> \u202e")._repr_html_()).text
        self.assertIn("<script>", whole)

    def test_ids_are_shown_as_a_text_is(self):
        ours = support.encoding()
        ids = ours.encode("Hello, world.")
        self.assertEqual(ours.show(ids)._repr_html_(), ours.show("Hello, world.")._repr_html_())
        self.assertRaises(gobbet.NotFound, ours.show, [ours.n_vocab])

    def test_offsets_are_where_tokens_begin(self):
        shown = TokenizedText([1, 2, 3], [b"ab", b"\xe2", b"\x82\xac"], lambda token: token == 3)
        self.assertEqual(shown.offsets, [0, 2, 3])
        self.assertIn("outline", shown._repr_html_())
        self.assertIn("&lt;E2&gt;", shown._repr_html_())

    def test_a_vocabulary_is_shown_with_its_special_tokens(self):
        ours = support.encoding()
        page = _Elements(ours._repr_html_())
        for token in ours.special_tokens:
            self.assertIn(token, page.text)
        page = _Elements(vocabulary_html(NASTY, 3, {NASTY: 2}))
        self.assertNotIn("script", page.tags)
        self.assertFalse(set("\x1b\x9b\u202e") & set(page.text))

    def test_datasets_rows_weights_and_models_tell_what_they_hold(self):
        import numpy as np

        support.write_dataset(self.folder / "d.gobbet")
        dataset = gobbet.TokenDataset(self.folder / "d.gobbet")
        names = ["<b>\u202e", *(f"t{number:03}" for number in range(50))]
        gobbet.numpy.save_file({name: np.zeros((2, 3)) for name in names}, self.folder / "w.gobbet")
        weights = gobbet.safe_open(self.folder / "w.gobbet")
        model = gobbet.Model(support.FIXTURES / "tinymodel" / "model.safetensors")
        rows = dataset.packed_rows(64)
        for shown, parts in (
            (dataset, [f"{len(dataset):,}", "d.gobbet", dataset.content_id, "rank"]),
            (rows, [f"{len(rows):,}", "split", "%"]), (model, ["model.safetensors", "layers"]),
            (weights, ["51 tensors", "f64 [2, 3]", "11 more"]),
        ):  # fmt: skip
            page = _Elements(shown._repr_html_())
            for part in parts:
                self.assertIn(part, page.text)
            self.assertLessEqual(set(page.tags), {"table", "caption", "strong", "tbody", "tr", "th", "td"})
            self.assertNotIn("\u202e", page.text)

    def test_what_is_hidden_is_the_same_as_in_the_command(self):
        generator = random.Random(32)
        kept = "é日\U0001f642\u200d\u200c\u0600"
        self.assertEqual(visible(kept), kept)
        for _ in range(200):
            text = "".join(chr(generator.randrange(0x20, 0xD800)) for _ in range(20))
            self.assertEqual(visible(visible(text)), visible(text))
            json.dumps(visible(text))


if __name__ == "__main__":
    unittest.main()

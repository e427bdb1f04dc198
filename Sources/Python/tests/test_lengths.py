"""Special tokens around a text, and the lengths of a tokenizer.json, beside tokenizers."""

import itertools
import json
import random

import gobbet

from . import support
from .support import needs

SPECIALS = ["[CLS]", "[SEP]", "[PAD]"]


@needs("tokenizers")
class LengthTests(support.Case):
    def tokenizer(self, normalizer=None):
        """A tokenizer of bytes that merge nothing, whose post-processor adds three tokens."""
        from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors

        letters = sorted(pre_tokenizers.ByteLevel.alphabet())
        tokenizer = Tokenizer(models.BPE({letter: i for i, letter in enumerate(letters)}, []))
        tokenizer.add_special_tokens(SPECIALS)
        tokenizer.normalizer = normalizer
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.decoder = decoders.ByteLevel()
        tokenizer.post_processor = processors.TemplateProcessing(
            single="[CLS] $A [SEP] [SEP]", special_tokens=[("[CLS]", 256), ("[SEP]", 257)]
        )
        return tokenizer

    def ours(self, tokenizer):
        path = self.folder / "tokenizer.json"
        path.write_text(tokenizer.to_str())
        return gobbet.Encoding(path)

    def test_lengths_are_those_of_tokenizers(self):
        generator = random.Random(17)
        texts = ["".join(generator.choices("abc é", k=generator.randrange(12))) for _ in range(40)]
        cuts = [None, (8, "left"), (5, "right"), (3, "right")]
        fills = [None, {}, {"length": 9}, {"length": 4, "direction": "left"}, {"pad_to_multiple_of": 4}]
        for cut, fill in itertools.product(cuts, fills):
            theirs = self.tokenizer()
            if cut is not None:
                theirs.enable_truncation(cut[0], direction=cut[1])
            if fill is not None:
                theirs.enable_padding(pad_id=258, pad_token="[PAD]", **fill)
            ours = self.ours(theirs)
            wish = {"truncate": cut is not None, "pad": fill is not None}
            for added in (True, False):
                want = [e.ids for e in theirs.encode_batch(texts, add_special_tokens=added)]
                self.assertEqual(
                    ours.encode_batch(texts, add_special_tokens=added, **wish), want, (cut, fill, added)
                )
                for text in texts[:5]:
                    self.assertEqual(
                        ours.encode(text, add_special_tokens=added, **wish),
                        theirs.encode(text, add_special_tokens=added).ids,
                    )

    def test_nothing_is_cut_filled_or_added_unasked(self):
        theirs = self.tokenizer()
        theirs.enable_truncation(2)
        theirs.enable_padding(length=9)
        ours = self.ours(theirs)
        self.assertEqual(len(ours.encode("abcd")), 4)
        self.assertEqual(json.loads(ours.kept_part("truncation"))["max_length"], 2)
        with self.assertRaisesRegex(gobbet.InvalidArgument, "3 are put around each text"):
            ours.encode("abcd", truncate=True, add_special_tokens=True)
        with self.assertRaisesRegex(gobbet.InvalidArgument, "has no truncation"):
            self.ours(self.tokenizer()).encode("a", truncate=True)

    def test_a_text_that_a_normalizer_makes_longer_is_encoded(self):
        from tokenizers import normalizers

        theirs = self.tokenizer(normalizers.Replace("a", "bcdefgh"))
        ours = self.ours(theirs)
        text = "a" * 300_000
        want = theirs.encode(text, add_special_tokens=False).ids
        self.assertEqual(ours.encode_ordinary(text), want)
        self.assertEqual(ours.encode_batch([text, "a"]), [want, want[:7]])

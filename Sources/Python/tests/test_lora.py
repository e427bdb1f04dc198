"""Adapters out of two models."""

import json
import tempfile
import unittest
from pathlib import Path

import numpy

import gobbet


def read(folder):
    """The arrays and the configuration of an adapter."""
    data = (Path(folder) / "adapter_model.safetensors").read_bytes()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    header.pop("__metadata__")
    arrays = {
        name: numpy.frombuffer(
            data[8 + size + entry["data_offsets"][0] : 8 + size + entry["data_offsets"][1]], "<f4"
        ).reshape(entry["shape"])
        for name, entry in header.items()
    }
    return arrays, json.loads((Path(folder) / "adapter_config.json").read_text())


class ExtractLoRATests(unittest.TestCase):
    def setUp(self):
        self.random = numpy.random.default_rng(18)
        self.base = {
            "model.q.weight": self.normal(12, 20),
            "model.k.weight": self.normal(3, 20),
            "model.norm.weight": self.normal(20),
            "model.embed_tokens.weight": self.normal(30, 20),
            "model.kept.weight": self.normal(5, 5),
        }
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def normal(self, *shape):
        return self.random.normal(size=shape).astype(numpy.float32)

    def test_an_update_of_low_rank_comes_back_as_its_matrices(self):
        tuned = dict(self.base)
        update = self.normal(12, 4) @ self.normal(4, 20)
        tuned["model.q.weight"] = self.base["model.q.weight"] + update
        tuned["model.k.weight"] = self.base["model.k.weight"] + self.normal(3, 20)
        tuned["model.norm.weight"] = self.normal(20)
        tuned["model.embed_tokens.weight"] = self.normal(30, 20)
        found = gobbet.extract_lora(self.base, tuned, self.folder, rank=4, base_model="b")
        arrays, configuration = read(self.folder)
        self.assertEqual(found.saved, ["model.norm", "model.embed_tokens"])
        self.assertEqual(set(found.losses), {"model.q", "model.k"})
        self.assertLess(max(found.losses.values()), 1e-9)
        for layer in ("q", "k"):
            name = f"base_model.model.model.{layer}"
            product = arrays[f"{name}.lora_B.weight"] @ arrays[f"{name}.lora_A.weight"]
            difference = tuned[f"model.{layer}.weight"] - self.base[f"model.{layer}.weight"]
            self.assertLess(abs(product - difference).max(), 1e-5)
        numpy.testing.assert_array_equal(
            arrays["base_model.model.model.norm.weight"], tuned["model.norm.weight"]
        )
        self.assertEqual(len(arrays), 6)
        # A matrix of three rows has no fourth direction.
        self.assertEqual(configuration["rank_pattern"], {r"^model\.k": 3})
        self.assertEqual(configuration["alpha_pattern"], {r"^model\.k": 3})
        self.assertEqual((configuration["r"], configuration["lora_alpha"]), (4, 4))

    def test_a_smaller_rank_gives_the_nearest_matrix_and_says_what_it_lacks(self):
        tuned = self.base | {"model.q.weight": self.base["model.q.weight"] + self.normal(12, 20)}
        found = gobbet.extract_lora(self.base, tuned, self.folder, rank=5, fan_in_fan_out=True)
        arrays, configuration = read(self.folder)
        self.assertTrue(configuration["fan_in_fan_out"])
        name = "base_model.model.model.q"
        product = arrays[f"{name}.lora_B.weight"] @ arrays[f"{name}.lora_A.weight"]
        difference = (tuned["model.q.weight"] - self.base["model.q.weight"]).T
        loss = ((difference - product) ** 2).sum() / (difference**2).sum()
        self.assertAlmostEqual(loss, found.losses["model.q"], places=5)
        values = numpy.linalg.svd(difference, compute_uv=False)
        self.assertAlmostEqual(loss, (values[5:] ** 2).sum() / (values**2).sum(), places=5)

    def test_what_makes_no_adapter_is_named(self):
        def check(word, **changes):
            with self.assertRaisesRegex(gobbet.InvalidArgument, word):
                gobbet.extract_lora(self.base, self.base | changes, self.folder)

        check("the same")
        check("new", new=self.normal(2))
        check(r"model.norm.weight: \(20,\)", **{"model.norm.weight": self.normal(4)})
        check("not finite", **{"model.q.weight": self.base["model.q.weight"] * numpy.nan})
        self.base["model.experts"] = self.normal(2, 3, 4)
        check("no place", **{"model.experts": self.normal(2, 3, 4)})


if __name__ == "__main__":
    unittest.main()

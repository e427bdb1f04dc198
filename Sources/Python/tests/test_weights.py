"""Weights as NumPy arrays and as PyTorch tensors."""

import gc
import importlib.util
import mmap
import os
import subprocess
import sys
import unittest

import numpy as np

import gobbet
from gobbet.numpy import load_file, load_set, save_file

from . import jobs_support, support
from .support import needs

DTYPES = ("f8", "f4", "f2", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1", "?")


def arrays(seed: int) -> dict[str, np.ndarray]:
    """Arrays of every type and of odd shapes."""
    random = np.random.default_rng(seed)
    shapes = [(), (1,), (0,), (3, 0, 2), (7, 5), (2, 3, 4, 5), (700, 300)]
    return {
        f"{dtype}.{index}": np.asarray(random.standard_normal(shape) * 50).astype(dtype)
        for dtype in DTYPES
        for index, shape in enumerate(shapes)
    }


def equal(one: np.ndarray, other: np.ndarray) -> bool:
    return (one.dtype, one.shape, one.tobytes()) == (other.dtype, other.shape, other.tobytes())


class NumPyTests(support.Case):
    def test_arrays_of_every_type_come_back(self):
        saved = arrays(1)
        for codec in ("raw", "compact"):
            path = self.folder / f"{codec}.gobbet"
            save_file(saved, path, {"b": "2", "a": "ä"}, codec=codec)
            for verify in (False, True):
                loaded = load_file(path, verify=verify)
                self.assertEqual(list(loaded), list(saved))
                for name, array in saved.items():
                    self.assertTrue(equal(loaded[name], array), (codec, name))
            with gobbet.safe_open(path, framework="np") as file:
                self.assertEqual(file.keys(), sorted(saved))
                self.assertEqual(file.offset_keys(), list(saved))
                self.assertEqual(list(file.metadata().items()), [("b", "2"), ("a", "ä")])
                self.assertEqual(file.tensors()[8].dtype, "f32")

    def test_files_of_a_set_are_compared_and_read_as_one(self):
        command = jobs_support.command()
        for name, seed in (("one", 1), ("two", 2)):
            random = np.random.default_rng(seed)
            tensors = {f"t{n}": random.standard_normal((60, 50)).astype("f4") for n in range(4)}
            save_file(tensors, self.folder / f"{name}.gobbet")
            (self.folder / name).mkdir()
            jobs_support.run("convert", self.folder / f"{name}.gobbet", "-o",
                             self.folder / name / "m.gobbet", "--shard-size", "14K")  # fmt: skip
        self.assertTrue(command)
        one, two = self.folder / "one", self.folder / "two"
        files = sorted(path.name for path in one.iterdir())
        self.assertEqual(files, [f"m-0000{n}-of-00004.gobbet" for n in (1, 2, 3, 4)])
        expected = load_file(self.folder / "one.gobbet")
        code = "from gobbet.numpy import load_set; import sys; print(len(load_set(sys.argv[1])))"

        def pure(path):
            environment = os.environ | {"GOBBET_PURE": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
            return subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True,
                                  env=environment)  # fmt: skip

        for name in files:
            found = load_set(one / name)
            self.assertEqual(list(found), list(expected))
            self.assertTrue(all(equal(found[key], expected[key]) for key in expected))
        self.assertEqual(load_file(one / files[1]).keys(), {"t1"})
        self.assertEqual(pure(one / files[0]).stdout, "4\n")
        # A file of another set among them.
        (one / files[2]).write_bytes((two / files[2]).read_bytes())
        for name in files[1:]:
            with self.assertRaisesRegex(gobbet.BadData, "another set of weights"):
                load_file(one / name)
        self.assertEqual(load_file(one / files[0]).keys(), {"t0"})
        for name in files:
            with self.assertRaisesRegex(gobbet.BadData, "another set of weights"):
                load_set(one / name)
            self.assertIn("another set of weights", pure(one / name).stderr)
        # Under another number, and missing.
        (two / files[1]).rename(two / files[0])
        with self.assertRaisesRegex(gobbet.BadData, "is file 2 of its set"):
            load_file(two / files[0])
        with self.assertRaisesRegex(gobbet.NoInput, f"{files[1]} is missing"):
            load_set(two / files[3])
        self.assertEqual(list(load_set(self.folder / "two.gobbet")), ["t0", "t1", "t2", "t3"])

    def test_damage_to_raw_data_is_found_when_a_tensor_is_asked_for(self):
        path = self.folder / "raw.gobbet"
        saved = {
            "a": np.arange(400_000, dtype="f4").reshape(1000, 400), "b": np.ones(3, dtype="i8"),
            "c": np.float64(2.5), "d": np.zeros((0, 3)),
        }  # fmt: skip
        save_file(saved, path, codec="raw")
        content = bytearray(path.read_bytes())
        # Block 1 of "a" has rows 327 to 655.
        content[content.index(saved["a"][500].tobytes()) + 2] ^= 0x40
        path.write_bytes(content)
        loaders = {"np": load_file}
        if importlib.util.find_spec("torch") is not None:
            from gobbet import torch as for_torch

            loaders["pt"] = for_torch.load_file
        for framework, load in loaders.items():
            with self.assertRaisesRegex(gobbet.BadData, "checksum"):
                load(path)
            unchecked = np.asarray(load(path, verify=False)["a"])
            self.assertNotEqual(unchecked[500].tobytes(), saved["a"][500].tobytes())
            for _ in range(2):
                with gobbet.safe_open(path, framework) as file:
                    self.assertTrue(equal(np.asarray(file.get_tensor("b")), saved["b"]))
                    rows = file.get_slice("a")
                    self.assertEqual(np.asarray(rows[0:300]).tolist(), saved["a"][:300].tolist())
                    self.assertEqual(np.asarray(rows[656]).tolist(), saved["a"][656].tolist())
                    for key in (slice(0, 400), 500, slice(None)):
                        with self.assertRaisesRegex(ValueError, "raw.gobbet: .*checksum"):
                            rows[key]
                    with self.assertRaises(gobbet.BadData):
                        file.get_tensor("a")
            with gobbet.safe_open(path, framework, verify=False) as file:
                self.assertEqual(file.get_tensor("a").shape, (1000, 400))

    def test_what_is_stored_raw_is_checked_and_not_copied(self):
        path = self.folder / "raw.gobbet"
        save_file({"a": np.arange(300_000)}, path, codec="raw")
        for verify in (True, False):
            array = load_file(path, verify=verify)["a"]
            base = array
            while isinstance(base, np.ndarray):
                base = base.base
            self.assertIsInstance(getattr(base, "obj", base), mmap.mmap)
            array[0] = 7
        self.assertEqual(load_file(path)["a"][0], 0)

    def test_slices_are_those_of_the_array(self):
        saved = {"w": np.arange(1200, dtype="f4").reshape(40, 5, 6), "n": np.array(3.0)}
        keys = [
            0, -1, slice(3, 9), slice(None), slice(9, 3), slice(-5, None), slice(30, 2, -4),
            slice(None, None, -1), slice(1, 39, 7), (slice(2, 5), 1), (7, slice(1, 3), -1),
            (slice(None), slice(None, None, 2)), ..., (..., 2),
        ]  # fmt: skip
        for codec in ("raw", "compact"):
            path = self.folder / f"{codec}.gobbet"
            save_file(saved, path, codec=codec)
            file = gobbet.safe_open(path)
            part = file.get_slice("w")
            self.assertEqual((part.get_shape(), part.get_dtype()), ([40, 5, 6], "F32"))
            for key in keys:
                self.assertTrue(equal(np.asarray(part[key]), saved["w"][key]), (codec, key))
            with self.assertRaises(IndexError):
                part[40]
            self.assertEqual(file.get_slice("n")[()], 3)
            with self.assertRaises(KeyError):
                file.get_tensor("missing")

    def test_blocks_of_quantized_tensors_are_handed_out_in_rows(self):
        path = support.FIXTURES / "golden/1.1/weights/later-types.gobbet"
        with gobbet.safe_open(path, framework="np") as file:
            infos = {info.name: info for info in file.tensors()}
            # Stored raw, and compact.
            for name, shape in (("q4_k", (2, 144)), ("q4_k.quiet", (2, 144))):
                self.assertEqual(infos[name].is_raw, name == "q4_k")
                blocks = file.get_blocks(name)
                self.assertEqual((blocks.dtype, blocks.shape), (np.uint8, shape))
                self.assertEqual(blocks.nbytes, infos[name].byte_count)
                self.assertEqual(file.get_slice(name).get_dtype(), "Q4_K")
            self.assertTrue((file.get_blocks("q4_k.quiet") & 0xEC == 0).all())
            with self.assertRaisesRegex(gobbet.InvalidArgument, "blocks of q4_k"):
                file.get_tensor("q4_k")
            with self.assertRaisesRegex(gobbet.InvalidArgument, "not stored in blocks"):
                file.get_blocks("c64")

    def test_raw_arrays_look_into_the_file_and_outlive_it(self):
        path = self.folder / "w.gobbet"
        saved = {"w": np.arange(100_000, dtype="f4")}
        save_file(saved, path, codec="raw")
        content = path.read_bytes()
        file = gobbet.safe_open(path)
        one, other = file.get_tensor("w"), file.get_tensor("w")
        self.assertFalse(one.flags.owndata)
        self.assertTrue(np.shares_memory(one, other))
        rows = file.get_slice("w")[10:20]
        file.close()
        del file, other
        gc.collect()
        self.assertTrue((one == saved["w"]).all() and (rows == saved["w"][10:20]).all())
        one[0] = -1
        self.assertEqual(one[0], -1)
        self.assertEqual(path.read_bytes(), content)

    def test_a_file_that_was_replaced_is_mapped_as_it_was_opened(self):
        path = self.folder / "w.gobbet"
        save_file({"w": np.zeros(100_000, dtype="f4")}, path, codec="raw")
        file = gobbet.safe_open(path)
        save_file({"w": np.ones(100_000, dtype="f4")}, path, codec="raw")
        self.assertFalse(file.get_tensor("w").any())

    def test_a_vocabulary_can_be_embedded(self):
        path = self.folder / "w.gobbet"
        save_file({"w": np.zeros(3)}, path, vocabulary=support.encoding())
        with gobbet.safe_open(path) as file:
            self.assertEqual(file.vocabulary().fingerprint, support.encoding().fingerprint)
        save_file({"w": np.zeros(3)}, path)
        with gobbet.safe_open(path) as file, self.assertRaises(gobbet.NotFound):
            file.vocabulary()

    def test_odd_layouts_are_written_as_they_look(self):
        base = np.arange(24, dtype=">i4").reshape(4, 6)
        saved = {"big": base, "turned": base.astype("<i4").T, "stepped": base[::2, ::3]}
        save_file(saved, self.folder / "w.gobbet")
        for name, array in load_file(self.folder / "w.gobbet").items():
            self.assertTrue((array == saved[name]).all(), name)

    def test_what_cannot_be_written_is_refused_and_leaves_nothing(self):
        for tensors, metadata in [
            ({"w": np.zeros(3, dtype=complex)}, None),
            ({"": np.zeros(3)}, None),
            ({"a/b": np.zeros(3)}, None),
            ({"a\0b": np.zeros(3)}, None),
            ({"w": np.zeros((1,) * 9)}, None),
            ({"w": np.zeros(3)}, {"a": 1}),
        ]:
            with self.assertRaises(ValueError):
                save_file(tensors, self.folder / "w.gobbet", metadata)
        with self.assertRaises(gobbet.CannotCreate):
            path = self.folder / "kept.gobbet"
            save_file({"w": np.zeros(3)}, path)
            save_file({"w": np.zeros(3)}, path, replace=False)
        self.assertEqual([path.name for path in self.folder.iterdir()], ["kept.gobbet"])


@needs("torch")
class TorchTests(support.Case):
    def test_tensors_of_every_type_come_back(self):
        import torch
        from gobbet.torch import load_file, save_file

        saved = {
            name: torch.from_numpy(array) for name, array in arrays(2).items()
        }
        values = torch.randn(600, 500)
        for name in ("bfloat16", "float8_e4m3fn", "float8_e5m2"):
            saved[name] = values.to(getattr(torch, name))
        for codec in ("raw", "compact"):
            path = self.folder / f"{codec}.gobbet"
            save_file(saved, path, codec=codec)
            for name, tensor in load_file(path).items():
                self.assertEqual(tensor.dtype, saved[name].dtype)
                self.assertEqual(tensor.shape, saved[name].shape)
                if tensor.numel() == 0:
                    continue
                found, expected = tensor.reshape(-1), saved[name].reshape(-1)
                self.assertTrue(
                    torch.equal(found.view(torch.uint8), expected.view(torch.uint8)), name
                )

    def test_torch_names_what_is_stored_in_blocks(self):
        from gobbet.torch import safe_open

        path = support.FIXTURES / "golden/1.1/weights/later-types.gobbet"
        with safe_open(path) as file:
            with self.assertRaisesRegex(gobbet.InvalidArgument, "blocks of q4_k"):
                file.get_tensor("q4_k")

    def test_numpy_widens_what_it_has_no_type_for(self):
        import torch
        from gobbet.torch import save_file

        values = torch.randn(1000) * 30
        names = ("bfloat16", "float8_e4m3fn", "float8_e5m2")
        saved = {name: values.to(getattr(torch, name)) for name in names}
        codes = torch.arange(256, dtype=torch.uint8)
        saved |= {f"all {name}": codes.view(getattr(torch, name)) for name in names[1:]}
        save_file(saved, self.folder / "w.gobbet")
        for name, array in load_file(self.folder / "w.gobbet", widen=True).items():
            np.testing.assert_array_equal(array, saved[name].float().numpy(), name)

    def test_raw_tensors_outlive_the_file_and_may_be_changed(self):
        import torch
        from gobbet.torch import load_file, save_file

        path = self.folder / "w.gobbet"
        saved = torch.randn(400, 300).bfloat16()
        save_file({"w": saved, "v": torch.ones(5)}, path, codec="raw")
        content = path.read_bytes()
        loaded = load_file(path)
        row = loaded["w"][3]
        self.assertEqual(loaded["w"].untyped_storage().data_ptr(),
                         loaded["v"].untyped_storage().data_ptr())
        del loaded
        gc.collect()
        self.assertTrue(torch.equal(row, saved[3]))
        row.zero_()
        self.assertEqual(path.read_bytes(), content)
        with gobbet.safe_open(path, framework="pt") as file:
            self.assertTrue(torch.equal(file.get_slice("w")[3:90:7, 5], saved[3:90:7, 5]))

    def test_models_are_saved_and_loaded(self):
        import torch
        from gobbet.torch import load_model, save_model

        model, other = torch.nn.Linear(5, 3), torch.nn.Linear(5, 3)
        save_model(model, self.folder / "m.gobbet")
        self.assertEqual(load_model(other, self.folder / "m.gobbet"), ([], []))
        self.assertTrue(torch.equal(model.weight, other.weight))


if __name__ == "__main__":
    unittest.main()

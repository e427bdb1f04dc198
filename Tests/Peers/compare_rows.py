#!/usr/bin/env python3
"""Best-fit packing compared with trl's, in one run: the same rows, documents a second, and fill.

    pip install trl==1.16.0 datasets pyarrow torch transformers
    python Tests/Peers/compare_rows.py LIBGOBBET [DOCUMENTS]

Documents have 100,000 lengths unless told otherwise, exp(N(6, 1.2)), 20,000 at most. trl packs
a data set of ids and is timed as a whole; a second figure is for one batch of all documents, without
its map of 1,000 rows. Gobbet's time is for planning all rows of a dataset, from its lengths.
"""

import os
import resource
import sys
import tempfile
import time

os.environ["GOBBET_LIBRARY"] = sys.argv[1]
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../Sources/Python"))

import numpy as np  # noqa: E402

import gobbet  # noqa: E402

LENGTH = 2048
#: Plans that are timed together: one takes about as long as the clock's step.
REPEATS = 20


def lengths(count):
    generator = np.random.default_rng(1)
    return np.minimum(np.exp(generator.normal(6, 1.2, count)).astype(int), 20_000)


def seconds(body):
    start = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    result = body()
    return result, resource.getrusage(resource.RUSAGE_SELF).ru_utime - start


def trl_rows(ids, ends, strategy):
    import datasets
    import pyarrow
    from trl import data_utils

    offsets = pyarrow.array(np.concatenate([[0], ends]).astype(np.int32))
    column = pyarrow.ListArray.from_arrays(offsets, pyarrow.array(ids))
    dataset = datasets.Dataset(pyarrow.table({"input_ids": column}))
    datasets.disable_progress_bars()
    datasets.disable_caching()
    return data_utils.pack_dataset(
        dataset, LENGTH, strategy, map_kwargs={"batch_size": len(ends)}
    )


def main():
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 100_000
    sizes = lengths(count)
    ends = np.cumsum(sizes)
    # Each token is its place, modulo the vocabulary: rows that are equal are of the same tokens.
    encoding = gobbet.train([b"aaaa"], 257)
    ids = (np.arange(ends[-1]) * 7919 % 256).astype(np.uint32)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "d.gobbet")
        with gobbet.DatasetWriter(path, encoding, codec="raw16") as writer:
            writer.add_joined(ids, ends)
        dataset = gobbet.TokenDataset(path)
        # Imports, and the memory that is used again.
        trl_rows(ids[: ends[999]], ends[:1000], "bfd")
        dataset.packed_rows(LENGTH)
        for long_documents, strategy in (("crop", "bfd"), ("split", "bfd_split")):
            def plan():
                return [dataset.packed_rows(LENGTH, long_documents=long_documents)
                        for _ in range(REPEATS)][-1]  # fmt: skip

            rows, ours = seconds(plan)
            ours /= REPEATS
            print(f"{strategy}: Gobbet {count / ours / 1e6:.2f} M documents/s, fill {rows.efficiency:.5f}, "
                  f"kept {rows.token_count / len(dataset):.3f}")  # fmt: skip
            start = time.perf_counter()
            packed, theirs = seconds(lambda: trl_rows(ids, ends, strategy))
            table = packed.with_format("arrow")[:]["input_ids"]
            kept = len(table.combine_chunks().values) if hasattr(table, "combine_chunks") else 0
            print(f"{strategy}: trl {count / theirs / 1e6:.3f} M documents/s of user time "
                  f"({time.perf_counter() - start:.1f} s in all), fill {kept / len(packed) / LENGTH:.5f}, "
                  f"kept {kept / len(dataset):.3f}; Gobbet is {theirs / ours:.0f} times as fast")  # fmt: skip
            assert len(packed) == len(rows), (len(packed), len(rows))
            batch = rows.batch(range(len(rows)), padding=0)
            flat = table.combine_chunks()
            starts = np.asarray(flat.offsets)
            values = np.asarray(flat.values)
            for row in range(len(rows)):
                mine = batch.inputs[row, : starts[row + 1] - starts[row]]
                assert (mine == values[starts[row] : starts[row + 1]]).all(), row
            print(f"{strategy}: all {len(rows)} rows have the same tokens")
        print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MiB")


main()

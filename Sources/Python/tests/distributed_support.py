"""What the tests of loaders share: processes of `torch.distributed` that read one dataset."""

import json
import os
import socket
import subprocess
import sys

import gobbet

from . import support


class DistributedCase(support.Case):
    """A test with a dataset, which several processes may read at once."""

    def setUp(self) -> None:
        super().setUp()
        self.path = self.folder / "d.gobbet"
        support.write_dataset(self.path)
        self.tokens = gobbet.TokenDataset(self.path)[:].astype("int64")
        self.starts: dict[tuple[int, int], dict[bytes, int]] = {}

    @staticmethod
    def free_port() -> str:
        """A port of this machine that nobody listens on."""
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            return str(listener.getsockname()[1])

    def distributed(self, code: str, world_size: int, **variables: str) -> list[list[list[int]]]:
        """What each rank of `torch.distributed` prints, JSON a line.

        With MASTER_PORT among the variables, they are those that a launcher sets.
        """
        start = f"""if True:
            import json, os, sys
            import gobbet, torch
            from gobbet.torch_data import WindowLoader, WindowStream
            rank, path = int(sys.argv[1]), {str(self.path)!r}
            def join():
                torch.distributed.init_process_group(
                    "gloo", init_method="file://" + sys.argv[2], rank=rank,
                    world_size={world_size})
            def give(batches):
                print(json.dumps([window.tolist() for inputs, _ in batches for window in inputs]))
        """
        launched = "MASTER_PORT" in variables
        environment = os.environ | {"PYTHONPATH": ":".join(filter(None, sys.path))} | variables
        meeting = self.folder / f"meeting-{len(list(self.folder.iterdir()))}"
        running = [
            subprocess.Popen(
                [sys.executable, "-c", start + code, str(rank), str(meeting)],
                env=environment | ({"RANK": str(rank), "LOCAL_RANK": str(rank),
                                    "WORLD_SIZE": str(world_size)} if launched else {}),
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            )
            for rank in range(world_size)
        ]  # fmt: skip
        ends = [process.communicate(timeout=300) for process in running]
        for process, (_, errors) in zip(running, ends):
            self.assertEqual(process.returncode, 0, errors)
        return [[json.loads(line) for line in output.splitlines()] for output, _ in ends]

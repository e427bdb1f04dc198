"""What the tests of remote files share: a server of the files in the test's folder."""

from unittest import mock

from . import support
from .file_server import FileServer


class ServerCase(support.Case):
    """A test with a server of files and no waiting between attempts."""

    def setUp(self) -> None:
        super().setUp()
        self.server = FileServer()
        self.addCleanup(self.server.close)
        patience = mock.patch("gobbet.remote.http.time.sleep")
        patience.start()
        self.addCleanup(patience.stop)

    def serve(self, name: str) -> str:
        """The URL of a file of the test's folder."""
        self.server.files[name] = (self.folder / name).read_bytes()
        return self.server.url + name

    def dataset(self, **options) -> str:
        support.write_dataset(self.folder / "d.gobbet", **options)
        return self.serve("d.gobbet")

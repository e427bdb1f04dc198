"""What servers do wrong while a file is read by ranges."""

import json
import pickle
import unittest

import gobbet
from gobbet import remote
from gobbet.remote.urls import shown

from .file_server import FileServer, Handler
from .remote_support import ServerCase
from .support import needs


@needs("zstandard")
class FaultTests(ServerCase):
    """What servers do wrong, as errors that say it."""

    def failure(self, url: str, fault, kind: str) -> gobbet.RemoteFailed:
        """The error of reading a dataset that was opened before the server went wrong, and of opening
        it then."""
        self.server.fault = None
        dataset = gobbet.TokenDataset(url)
        self.server.fault = fault
        with self.assertRaises(gobbet.RemoteFailed) as caught:
            dataset.tokens(0, 10)
        error = caught.exception
        self.assertEqual(error.kind, kind)
        self.assertIn(url, str(error))
        self.assertIn(f"byte {error.offset}: ", str(error))
        self.assertEqual(pickle.loads(pickle.dumps(error)).kind, kind)
        return error

    def test_the_whole_file_in_answer_to_a_range(self):
        url = self.dataset()

        def fault(handler: Handler) -> bool:
            handler.send(200, self.server.files["d.gobbet"], {})
            return True

        error = self.failure(url, fault, "no-ranges")
        self.assertIn("download the file", str(error))
        with self.assertRaises(gobbet.RemoteFailed):
            gobbet.TokenDataset(url)

    def test_a_wrong_length(self):
        url = self.dataset()
        for changes in (
            {"headers": {"Content-Range": "bytes 0-9/10"}},
            {"headers": {"Content-Range": None}},
            {"headers": {"Content-Encoding": "gzip"}},
            {"body": bytes(3)},
        ):
            with self.subTest(str(changes)):

                def fault(handler: Handler, changes=changes) -> bool:
                    handler.answer(**changes)
                    return True

                kind = "changed" if "0-9/10" in str(changes) else "wrong-length"
                self.failure(url, fault, kind)

    def test_another_range_of_the_same_file(self):
        url = self.dataset()
        size = len(self.server.files["d.gobbet"])

        def fault(handler: Handler) -> bool:
            handler.answer(headers={"Content-Range": f"bytes 1-20/{size}"}, body=bytes(20))
            return True

        self.failure(url, fault, "wrong-length")

    def test_a_changed_file(self):
        url = self.dataset()
        data = self.server.files["d.gobbet"]

        def fault(handler: Handler) -> bool:
            self.server.files["d.gobbet"] = data[:-1] + b"\0"
            handler.answer()
            return True

        self.assertIn("open it anew", str(self.failure(url, fault, "changed")))

        def shorter(handler: Handler) -> bool:
            handler.send(416, b"", {"Content-Range": "bytes */5"})
            return True

        self.server.files["d.gobbet"] = data
        self.failure(url, shorter, "changed")

    def test_redirects(self):
        url = self.dataset()
        places = {
            "redirect-loop": "/d.gobbet?again",
            "redirect-scheme": "ftp://127.0.0.1/d.gobbet",
        }
        for kind, place in places.items():
            with self.subTest(kind):

                def fault(handler: Handler, place=place) -> bool:
                    handler.send(302, b"", {"Location": place})
                    return True

                self.failure(url, fault, kind)

        count = iter(range(1000))

        def endless(handler: Handler) -> bool:
            handler.send(302, b"", {"Location": f"/{next(count)}"})
            return True

        self.failure(url, endless, "redirect-loop")
        self.assertLess(next(count), 20)

    def test_a_redirect_to_what_is_not_a_url(self):
        url = self.dataset()
        for place in ("http://[::1", "http://:80/", "http://a b/c", "http://127.0.0.1:99999/", "//[x"):
            with self.subTest(place):

                def fault(handler: Handler, place=place) -> bool:
                    handler.send(302, b"", {"Location": place})
                    return True

                error = self.failure(url, fault, "status")
                self.assertIn(f"a redirect to {place}, which isn't a valid URL", str(error))

    def test_a_redirect_is_followed_remembered_and_asked_for_anew_when_it_ends(self):
        url = self.dataset()
        ticket = ["1"]

        def fault(handler: Handler) -> bool:
            if handler.path == "/d.gobbet":
                handler.send(307, b"", {"Location": f"/d.gobbet?ticket={ticket[0]}"})
                return True
            if not handler.path.endswith(ticket[0]):
                handler.send(403, b"", {})
                return True
            return False

        self.server.fault = fault
        dataset = gobbet.TokenDataset(url)
        self.server.reset()
        dataset.tokens(0, 5)
        self.assertEqual(set(self.server.paths), {"/d.gobbet?ticket=1"})
        ticket[0] = "2"
        self.assertEqual(len(dataset.document(1)), len(gobbet.TokenDataset(url).document(1)))

    def test_a_torn_answer(self):
        url = self.dataset()

        def torn(handler: Handler) -> bool:
            handler.close_connection = True
            size = len(self.server.files["d.gobbet"])
            found = handler.headers["Range"].removeprefix("bytes=").split("-")
            last = min(int(found[1]), size - 1)
            handler.send(206, b"half", {
                "Content-Range": f"bytes {found[0]}-{last}/{size}",
                "Content-Length": str(last - int(found[0]) + 1),
                "ETag": self.etag(url),
            })  # fmt: skip
            return True

        error = self.failure(url, torn, "torn")
        self.assertIn("ended after 4 of", str(error))

        def gone(handler: Handler) -> bool:
            handler.close_connection = True
            handler.connection.close()
            return True

        self.failure(url, gone, "connection")

    def etag(self, url: str) -> str:
        import hashlib

        return f'"{hashlib.sha256(self.server.files["d.gobbet"]).hexdigest()[:16]}"'

    def test_what_fails_once_is_tried_again(self):
        url = self.dataset()
        for fault in (
            lambda handler: handler.send(503, b"", {}),
            lambda handler: handler.connection.close(),
        ):
            remaining = [2]

            def failing(handler: Handler, fault=fault, remaining=remaining) -> bool:
                remaining[0] -= 1
                if remaining[0] < 0:
                    return False
                handler.close_connection = True
                fault(handler)
                return True

            self.server.fault = failing
            self.assertGreater(len(gobbet.TokenDataset(url)), 0)

    def test_statuses(self):
        url = self.dataset()
        for status in (403, 500):

            def fault(handler: Handler, status=status) -> bool:
                handler.send(status, b"", {})
                return True

            self.assertIn(str(status), str(self.failure(url, fault, "status")))
        with self.assertRaises(gobbet.NoInput):
            self.server.fault = None
            gobbet.TokenDataset(self.server.url + "none.gobbet")
        self.server.files["empty.gobbet"] = b""
        with self.assertRaisesRegex(gobbet.BadData, "empty"):
            gobbet.TokenDataset(self.server.url + "empty.gobbet")

    def test_what_a_server_says_is_shown_escaped_on_one_line(self):
        url = self.dataset()
        said = "\x1b[31mred\x07 \x85" + "long " * 1000

        def reason(handler: Handler) -> bool:
            handler.wfile.write(f"HTTP/1.1 418 {said}\r\nContent-Length: 0\r\n\r\n".encode("latin-1"))
            return True

        def busy(handler: Handler) -> bool:
            handler.wfile.write(f"HTTP/1.1 503 {said}\r\nContent-Length: 0\r\n\r\n".encode("latin-1"))
            return True

        def garbage(handler: Handler) -> bool:
            handler.wfile.write(f"{said[:20]}\r{said[:20]}\r\nsecond\r\n".encode("latin-1"))
            handler.close_connection = True
            return True

        def length(handler: Handler) -> bool:
            handler.answer(headers={"Content-Length": said[:12]})
            return True

        def location(handler: Handler) -> bool:
            handler.send(302, b"", {"Location": f"ftp:{said}"})
            return True

        for fault, kind in (
            (reason, "status"), (busy, "status"), (garbage, "connection"),
            (length, "wrong-length"), (location, "redirect-scheme"),
        ):  # fmt: skip
            with self.subTest(fault.__name__):
                told = str(self.failure(url, fault, kind))
                self.assertTrue(told.isprintable(), told)
                self.assertIn("\\u{1B}[31mred\\u{7}", told)
                self.assertEqual("an answer that isn't HTTP: " in told, fault is garbage)
                self.assertLess(len(told), 500)

    def test_what_a_manifest_says_is_shown_escaped_and_its_url_without_secrets(self):
        url = self.server.url.replace("//", "//user:password@") + "f/?key=secret"
        for manifest in (
            {"kind": "gobbet tokens", "version": "\x1b[31m\n"},
            {"kind": "gobbet tokens", "version": 1, "splits": [{"name": "\x1b[31m", "shards": []}]},
            {},
        ):
            self.server.files["f/manifest.json"] = json.dumps(manifest).encode()
            with self.subTest(manifest), self.assertRaises(gobbet.Error) as caught:
                gobbet.TokenDataset(url)
            told = str(caught.exception)
            self.assertTrue(told.startswith(self.server.url + "f/manifest.json"), told)
            self.assertTrue(told.isprintable(), told)
            self.assertNotIn("secret", told)

    def test_headers_go_where_they_are_meant_to(self):
        url = self.dataset()
        other = FileServer()
        self.addCleanup(other.close)
        other.files = self.server.files
        seen: dict[str, list[object]] = {"here": [], "there": []}

        def here(handler: Handler) -> bool:
            seen["here"].append(handler.headers.get("Authorization"))
            handler.send(302, b"", {"Location": other.url + "d.gobbet"})
            return True

        def there(handler: Handler) -> bool:
            seen["there"].append(handler.headers.get("Authorization"))
            return False

        self.server.fault, other.fault = here, there
        remote.set_headers(self.server.url, {"Authorization": "Bearer secret"})
        self.addCleanup(remote.set_headers, self.server.url, {})
        gobbet.TokenDataset(url)
        self.assertEqual(set(seen["here"]), {"Bearer secret"})
        self.assertEqual(set(seen["there"]), {None})

    def test_errors_show_no_secrets(self):
        url = self.server.url.replace("//", "//user:password@") + "none.gobbet?token=secret"
        with self.assertRaises(gobbet.NoInput) as caught:
            gobbet.TokenDataset(url)
        self.assertNotIn("secret", str(caught.exception))
        self.assertNotIn("password", str(caught.exception))
        for url, expected in (
            ("zip://a::http://me:password@h/a.zip?key=b", "zip://a::http://h/a.zip?…"),
            ("HTTP://me:pass@word@h/a#b", "HTTP://h/a"), ("file:///a#b\x1b", "file:///a#b\\u{1B}"),
            ("a b?c@d\n", "a b?c@d\n"), ("http://@[::1/?", "http://[::1/?…"),
        ):  # fmt: skip
            self.assertEqual(shown(url), expected)


if __name__ == "__main__":
    unittest.main()

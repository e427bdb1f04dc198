"""Runs the reader in JavaScript in a real browser over the golden and the broken files, and compares.

    browser.py CHROMIUM

Opens browser.html in a headless Chromium, from a server of its own on localhost. The page imports the reader as ES
modules and answers the requests of conformance.py, which come and go by HTTP. Needs no packages.
"""
import contextlib
import http.server
import json
import pathlib
import queue
import subprocess
import sys
import tempfile
import threading

import conformance

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = "Tests/reader/browser.html"
#: Seconds that an answer may take, the first with the start of the browser: on a busy machine it is long.
PATIENCE = 600


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves the files of the repository, hands out requests and takes answers."""

    def __init__(self, *arguments):
        super().__init__(*arguments, directory=ROOT)

    def do_GET(self):
        if self.path != "/request":
            return super().do_GET()
        verb, file = self.server.requests.get()
        self.send_response(200)
        self.send_header("Verb", verb)
        self.send_header("Content-Length", str(len(file)))
        self.end_headers()
        return self.wfile.write(file)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.answers.put((self.path, body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        """Requests are not told to anybody."""


class Browser:
    """A page that answers, with the methods of a conformance.Reader."""

    command = "the reader in a browser"

    def __init__(self, server):
        self.server = server

    def ask(self, verb, file):
        if verb == "dataset":
            # A page does not see folders, but the server's.
            file = b"/" + bytes(pathlib.Path(file.decode()).relative_to(ROOT))
        self.server.requests.put((verb, file))
        try:
            path, body = self.server.answers.get(timeout=PATIENCE)
        except queue.Empty:
            sys.exit(f"{self.command}: no answer in {PATIENCE} seconds")
        if path != "/answer":
            sys.exit(f"{self.command}: {body.decode()}")
        return json.loads(body)


@contextlib.contextmanager
def opened(chromium):
    """The page in a browser, which ends with the block."""
    server = http.server.ThreadingHTTPServer(("localhost", 0), Handler)
    server.daemon_threads = True
    server.requests, server.answers = queue.Queue(), queue.Queue()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-renderer-backgrounding",
             f"--user-data-dir={profile}", f"http://localhost:{server.server_port}/{PAGE}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            yield Browser(server)
        finally:
            process.terminate()
            process.wait()
            server.shutdown()


def main(chromium):
    with opened(chromium) as browser:
        faults, _ = conformance.check(browser)
    version = subprocess.run([chromium, "--version"], capture_output=True, text=True).stdout.strip()
    count = len(conformance.golden()) + len(conformance.broken())
    print("\n".join([*faults, f"{count} files in {version}: {len(faults)} faults"]))
    sys.exit(bool(faults))


if __name__ == "__main__":
    main(*sys.argv[1:])

#!/bin/bash
# Guess: cat_file(url, start, end) of fsspec's HTTP file system returns those bytes, or raises where the
# server sends the whole file in answer to a range, which RFC 9110 allows it to.
# Behaviour: it returns the whole file as if it were the range. open() of the same URL raises, so the two
# ways into one file system differ. Gobbet asks servers itself and refuses a 200.
# Versions: fsspec 2026.9.0, aiohttp 3.14.5. Date: 2026-11-30.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet fsspec==2026.9.0 aiohttp==3.14.5
"$folder/venv/bin/python" - <<'PYTHON'
import http.server, threading
import fsspec

DATA = bytes(number % 251 for number in range(1000))

class Whole(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_HEAD(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(DATA)))
        self.end_headers()

    def do_GET(self):
        self.do_HEAD()
        self.wfile.write(DATA)

    def log_message(self, *arguments):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Whole)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}/data"
system = fsspec.filesystem("http")
range_of_ten = system.cat_file(url, start=100, end=110)
raised = None
try:
    with system.open(url, "rb", block_size=64) as file:
        file.seek(100)
        file.read(10)
except ValueError as error:
    raised = error
print("cat_file of 10 bytes:", len(range_of_ten), "bytes; open:", raised)
# Seen: 1000 bytes, the file's first one first; open raises ValueError.
assert range_of_ten == DATA and raised is not None, "the behaviour has changed"
PYTHON

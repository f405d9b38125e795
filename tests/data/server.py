"""A web server on this machine that misbehaves as asked."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Server(ThreadingHTTPServer):
    """Gives `content` under any name.

    Args:
        content: the file.
        ranges: whether it can give a part of the file.
        stops: for each request in turn, where in the file it breaks off; None gives everything.
        stalls: whether it stays silent there instead of closing the connection.
        status: of every answer, if it is an error.
    """

    daemon_threads = True

    def __init__(self, content, ranges=True, stops=(), stalls=False, status=None):
        super().__init__(("127.0.0.1", 0), Handler)
        self.content, self.ranges, self.stops, self.stalls, self.status = content, ranges, list(stops), stalls, status
        self.asked = []
        self.closing = threading.Event()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/file.bin"

    def __enter__(self):
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.closing.set()
        self.shutdown()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server, size = self.server, len(self.server.content)
        asked = self.headers.get("Range")
        server.asked.append(asked)
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked and server.ranges else 0
        if server.status is not None or start >= size:
            self.send_response(server.status or 416)
            self.send_header("Content-Range", f"bytes */{size}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(size - start))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{size - 1}/{size}")
        stop = server.stops.pop(0) if server.stops else None
        if stop != 0:
            self.end_headers()
            self.wfile.write(server.content[start:stop])
        if stop is not None and server.stalls:
            server.closing.wait(30)

    def log_message(self, *_):
        """Nothing to the terminal."""

"""A real HTTP server on this machine that misbehaves on request, for tests of what fetches."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = Callable[[BaseHTTPRequestHandler], None]


class Server:
    """`routes` maps a path to what answers it; `asked` lists paths with their headers, `posted` with bodies."""

    def __init__(self) -> None:
        self.routes: dict[str, Answer] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.posted: list[tuple[str, dict[str, str], bytes]] = []
        server = self

        class Answering(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                server.asked.append((self.path, dict(self.headers)))
                server.routes.get(self.path, status(404))(self)

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", "0"))
                server.posted.append((self.path, dict(self.headers), self.rfile.read(length)))
                server.routes.get(self.path, status(404))(self)

            def log_message(self, format: str, *args: object) -> None:
                """Tests stay quiet."""

        self.listener = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        self.listener.daemon_threads = True

    def address(self, path: str) -> str:
        """The whole address of `path` here."""
        return f"http://127.0.0.1:{self.listener.server_port}{path}"

    def paths(self) -> list[str]:
        """The paths that were asked for, robots.txt left out."""
        return [path for path, _ in self.asked if path != "/robots.txt"]


def status(code: int, **headers: str) -> Answer:
    """An answer with a status and no body; `retry_after="1"` becomes the header Retry-After."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(code)
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.send_header("Content-Length", "0")
        request.end_headers()

    return answer


def body(content: bytes, length: int | None = None, **headers: str) -> Answer:
    """An answer with `content`; `length` may lie about it."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.send_header("Content-Length", str(len(content) if length is None else length))
        request.send_header("Connection", "close")
        request.end_headers()
        request.wfile.write(content)

    return answer


@contextmanager
def serving() -> Iterator[Server]:
    """A server that answers as long as the block lasts."""
    served = Server()
    thread = threading.Thread(target=served.listener.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield served
    finally:
        served.listener.shutdown()
        served.listener.server_close()
        thread.join()

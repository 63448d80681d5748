"""A small threaded HTTP/1.1 server with keep-alive, for the AWS side and for the controls.

Who: `server.py` makes one for AWS and one for the controls. Both are given a function that turns a
Request into an Answer. Unlike werkzeug's server it keeps connections open (an AWS client is tested
for reusing them), and an Answer can say that the connection is to break before or within the body.
Threads: one per connection; the handler function is called on all of them at once.
"""

from __future__ import annotations

import enum
import itertools
import socket
import ssl
import struct
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import Message
from email.utils import formatdate
from http.client import responses
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_LARGEST_BODY_BYTES = 256 * 1024 * 1024


class Ending(enum.Enum):
    """How a connection goes on after an answer."""

    NORMAL = "normal"
    RESET = "reset"  # nothing is sent, the connection is reset: the answer is lost
    TRUNCATE = "truncate"  # headers and half of the body, then the connection is closed
    HANG_UP = (
        "hang_up"  # the answer arrives; then the connection is closed, which nothing announces
    )


@dataclass
class Request:
    """One HTTP request, its body read completely."""

    method: str
    target: str  # path and query exactly as sent
    headers: Message
    body: bytes
    connection: int  # number of the connection, from 1
    address: tuple[str, int]  # the address that was called

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]


@dataclass
class Answer:
    """What the handler function says. Content-Length and Date are added."""

    status: int
    body: bytes = b""
    headers: list[tuple[str, str]] = field(default_factory=list)
    ending: Ending = Ending.NORMAL
    clock_shift_seconds: float = 0.0


def reset_connection(connection: socket.socket) -> None:
    """Closes with a TCP RST, whatever is still unread or unsent in the kernel."""
    try:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    except OSError:
        pass
    connection.close()


class HttpServer:
    """Listens on a free loopback port from construction; serves from `start()` until `stop()`.

    With a `context` it speaks HTTPS.
    """

    def __init__(
        self,
        handle: Callable[[Request], Answer],
        name: str,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._scheme = "http" if context is None else "https"
        self._numbers = itertools.count(1)
        self.connections = 0
        outer = self

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 256

            def server_bind(self) -> None:  # without the reverse lookup of the host name
                self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                self.socket.bind(self.server_address)
                self.server_address = self.socket.getsockname()

            def handle_error(self, request: Any, client_address: Any) -> None:
                if not isinstance(sys.exc_info()[1], OSError):
                    traceback.print_exc()

        class Handler(_Handler):
            def setup(self) -> None:
                if context is not None:
                    self.request.settimeout(30)
                    self.request = context.wrap_socket(self.request, server_side=True)
                super().setup()
                self.number = outer.connections = next(outer._numbers)
                self.handle_request = handle

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.1,), name=name, daemon=True
        )

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    """One connection: requests one after the other until either side closes it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 64 * 1024
    timeout = 300
    number = 0
    handle_request: Callable[[Request], Answer]

    def _serve(self) -> None:
        body = self._read_body()
        if body is None:
            return
        target = self.path
        if "://" in target.partition("?")[0]:  # absolute form, as a proxy's client sends it
            target = "/" + target.split("/", 3)[3] if target.count("/") >= 3 else "/"
        server: Any = self.server
        host, port = server.server_address[:2]
        request = Request(
            self.command, target, self.headers, body, self.number, (str(host), int(port))
        )
        try:
            answer = self.handle_request(request)
        except Exception:
            traceback.print_exc()
            answer = Answer(500, b"the sandbox failed: see its standard error\n")
        self._send(answer)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = _serve

    def handle_expect_100(self) -> bool:
        """Sends 100 Continue now: who asked for it waits a second for it before each body."""
        go_on = super().handle_expect_100()
        self.wfile.flush()
        return go_on

    def _read_body(self) -> bytes | None:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return self._read_chunks()
        try:
            length = int(self.headers.get("Content-Length") or 0)
        except ValueError:
            length = -1
        if not 0 <= length <= _LARGEST_BODY_BYTES:
            self.close_connection = True
            self._send(Answer(400, b"bad Content-Length\n"))
            return None
        body = self.rfile.read(length) if length else b""
        if len(body) < length:
            self.close_connection = True
            return None
        return body

    def _read_chunks(self) -> bytes | None:
        chunks: list[bytes] = []
        while True:
            line = self.rfile.readline(1024)
            try:
                size = int(line.split(b";")[0], 16)
            except ValueError:
                self.close_connection = True
                return None
            if size == 0:
                while self.rfile.readline(65536).strip():
                    pass
                return b"".join(chunks)
            chunks.append(self.rfile.read(size))
            self.rfile.readline(3)

    def _send(self, answer: Answer) -> None:
        if answer.ending is Ending.RESET:
            self.close_connection = True
            reset_connection(self.connection)
            return
        names = {name.lower() for name, _ in answer.headers}
        has_body = self.command != "HEAD" and answer.status not in (204, 304)
        self.send_response_only(answer.status, responses.get(answer.status, "Unknown"))
        for name, value in answer.headers:
            if name.lower() not in ("connection", "transfer-encoding", "date"):
                self.send_header(name, value)
        if "content-length" not in names and answer.status not in (204, 304):
            self.send_header("Content-Length", str(len(answer.body)))
        now = time.time() + answer.clock_shift_seconds
        self.send_header("Date", formatdate(now, usegmt=True))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        body = answer.body if has_body else b""
        if answer.ending is Ending.TRUNCATE:
            self.close_connection = True
            body = body[: len(body) // 2]
        self.wfile.write(body)
        self.wfile.flush()
        if answer.ending is Ending.HANG_UP:
            self.close_connection = True

    def finish(self) -> None:
        try:
            super().finish()
        except (OSError, ValueError):  # the other side has gone, or we reset the connection
            pass

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are kept by the call log, not printed."""

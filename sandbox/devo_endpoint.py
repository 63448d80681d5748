"""A Devo endpoint: takes syslog frames over mutual TLS and plain TCP, and misbehaves on demand.

Who: `server.py` makes one; `control.py` reads its records and sets its modes.
Threads: one per listener, one per connection (`devo_connection.py`). Records and counters are
guarded by one lock; frames are kept raw and taken apart when somebody asks, so reading is fast.
"""

from __future__ import annotations

import random
import socket
import ssl
import threading
import time
from collections import Counter, deque
from dataclasses import dataclass
from typing import Any

from .devo_connection import FAREWELL_SECONDS, Connection
from .devo_frames import Frame, parse
from .http_server import reset_connection

_KEPT_PROBLEMS = 200

# Below those that Linux gives to outgoing connections, so that none of them takes a port while the
# endpoint is down.
_PORTS = range(20_000, 32_768)


@dataclass
class Port:
    """One listening port: its TLS context, or None for plain TCP."""

    name: str
    context: ssl.SSLContext | None
    number: int = 0
    listener: socket.socket | None = None


@dataclass
class Mode:
    """How connections are treated. Changed by `Endpoint.change_mode` under the lock."""

    stall: bool = False  # nothing is read
    idle_close_seconds: float = 0.0  # 0: never
    reset_after_bytes: int = 0  # 0: never
    reset_after_bytes_always: bool = False  # else it happens once
    slow_bytes_per_second: int = 0  # 0: as fast as it goes
    receive_buffer_bytes: int = 0  # kernel's buffer of new connections; 0: the system's choice


class Endpoint:
    """The listeners, the connections and what they received."""

    def __init__(self, ports: list[Port]) -> None:
        self.mode = Mode()
        self.ports = ports
        self.lock = threading.Lock()
        self._connections: dict[int, Connection] = {}
        self._next_connection = 1
        self._records: list[tuple[int, float, Frame]] = []  # connection, time, frame
        self._arrived = threading.Condition(self.lock)
        self._digested = 0
        self._tags: Counter[str] = Counter()
        self._messages: Counter[int] = Counter()
        self._framings: Counter[str] = Counter()
        self._without_header = 0
        self._problems: deque[dict[str, Any]] = deque(maxlen=_KEPT_PROBLEMS)
        self._first = 1  # number of the first record kept
        self._listening = False
        self.counters: Counter[str] = Counter()
        for port in ports:
            self._open(port)

    # Listening

    def start(self) -> None:
        self._listening = True
        for port in self.ports:
            self._serve(port)

    def _open(self, port: Port) -> None:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if self.mode.receive_buffer_bytes:
            size = self.mode.receive_buffer_bytes
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)
        deadline = time.monotonic() + 10
        while True:
            try:
                listener.bind(("127.0.0.1", port.number or random.choice(_PORTS)))
                break
            except OSError:  # another one's port, or our own, which may need a moment
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
        listener.listen(128)
        port.number, port.listener = listener.getsockname()[1], listener

    def _serve(self, port: Port) -> None:
        listener = port.listener
        assert listener is not None
        name = f"devo-{port.name}"
        threading.Thread(target=self._accept, args=(port, listener), name=name, daemon=True).start()

    def _accept(self, port: Port, listener: socket.socket) -> None:
        while True:
            try:
                accepted, _ = listener.accept()
            except OSError:  # closed: the endpoint is down
                return
            with self.lock:
                if not self._listening:
                    reset_connection(accepted)
                    continue
                number = self._next_connection
                self._next_connection += 1
                self.counters["connections"] += 1
                connection = Connection(self, number, port, accepted)
                self._connections[number] = connection
            connection.start()

    def set_listening(self, wanted: bool) -> None:
        """Closes the ports and resets all connections, or opens the same ports again."""
        with self.lock:
            if wanted == self._listening:
                return
            self._listening = wanted
        if wanted:
            for port in self.ports:
                self._open(port)
                self._serve(port)
            return
        for port in self.ports:
            if port.listener is not None:
                try:  # wakes the thread in accept(), which close() does not
                    port.listener.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
                port.listener.close()
                port.listener = None
        self.order("reset")

    def restart(self, seconds_down: float) -> None:
        """Down at once, up again after so many seconds, which are not waited for."""
        self.set_listening(False)
        again = threading.Timer(seconds_down, self.set_listening, args=(True,))
        again.daemon = True
        again.start()

    # Orders and modes

    def order(self, what: str) -> int:
        """Tells every connection to "reset", "drain_and_reset", "half_close" or "close_clean".

        Returns when all have done it, with their number. close_clean is done when the peer has
        closed too, or after five seconds.
        """
        with self.lock:
            connections = list(self._connections.values())
        done = [connection.order(what) for connection in connections]
        for event in done:
            event.wait(FAREWELL_SECONDS + 5)
        return len(done)

    def change_mode(self, wanted: dict[str, Any]) -> None:
        """Sets the given fields of the mode; ValueError names a wrong one."""
        for key, value in wanted.items():
            current = getattr(self.mode, key, None)
            if current is None:
                raise ValueError(f"no mode '{key}'; there are {', '.join(vars(self.mode))}")
            if isinstance(current, bool) != isinstance(value, bool) or isinstance(value, str):
                raise ValueError(f"mode '{key}' should be a {type(current).__name__}")
            if value < 0:
                raise ValueError(f"mode '{key}' should not be negative")
        with self.lock:
            for key, value in wanted.items():
                setattr(self.mode, key, type(getattr(self.mode, key))(value))
            size = self.mode.receive_buffer_bytes
            for port in self.ports:
                if size and port.listener is not None:
                    port.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)
            connections = list(self._connections.values())
        for connection in connections:
            connection.wake()

    # Called by connections

    def received(self, connection: int, frames: list[Frame], size: int) -> None:
        now = time.time()
        with self.lock:
            self.counters["bytes"] += size
            if frames:
                self._records.extend((connection, now, frame) for frame in frames)
                self._arrived.notify_all()

    def closed(self, connection: Connection, how: str) -> None:
        with self.lock:
            self._connections.pop(connection.number, None)
            self.counters["cut"] += connection.frames.cut
            self.counters["broken_framing"] += connection.frames.malformed
            self.counters[f"closed_{how}"] += 1

    def problem(self, connection: int, port: str, text: str) -> None:
        with self.lock:
            self.counters["failed_handshakes"] += 1
            self._problems.append(
                {"connection": connection, "port": port, "time": time.time(), "problem": text}
            )

    # Reading what arrived

    def records(self, since: int, limit: int, wait_seconds: float = 0.0) -> list[dict[str, Any]]:
        """The records numbered above `since`, oldest first; waits for the first if asked to."""
        deadline = time.monotonic() + wait_seconds
        with self._arrived:
            while self._first + len(self._records) - 1 <= max(since, self._first - 1):
                left = deadline - time.monotonic()
                if left <= 0 or not self._arrived.wait(left):
                    break
            begin = max(0, since + 1 - self._first)
            chosen = self._records[begin : begin + limit]
            first = self._first + begin
        shown = []
        for n, (connection, when, frame) in enumerate(chosen, first):
            record = {"n": n, "connection": connection, **parse(frame.data)}
            record |= {"framing": frame.framing, "received_at": when}
            shown.append(record)
        return shown

    def stats(self) -> dict[str, Any]:
        """Counters. `duplicates`: records whose message was received before."""
        with self.lock:
            fresh = self._records[self._digested :]
            self._digested = len(self._records)
            for _, _, frame in fresh:
                parts = parse(frame.data)
                self._tags[parts["tag"]] += 1
                self._without_header += parts["malformed"]
                self._framings[frame.framing] += 1
                message = parts.get("message") or parts.get("message_base64", "")
                self._messages[hash((parts["tag"], message))] += 1
            return {
                "records": len(self._records),
                "last_n": self._first + len(self._records) - 1,
                "duplicates": len(self._records) - len(self._messages),
                "malformed": self._without_header + self.counters["broken_framing"],
                "by_tag": dict(sorted(self._tags.items())),
                "by_framing": dict(self._framings),
                **{name: self.counters[name] for name in _COUNTERS},
                "open_connections": [c.describe() for c in self._connections.values()],
                "problems": list(self._problems),
                "listening": self._listening,
                "mode": vars(self.mode),
            }

    def forget(self) -> None:
        """Forgets records and counters. Numbering goes on, connections stay."""
        with self.lock:
            self._first += len(self._records)
            self._records = []
            self._digested = 0
            self._without_header = 0
            for counter in (self._tags, self._messages, self._framings, self.counters):
                counter.clear()
            self._problems.clear()


_COUNTERS = (
    "connections", "bytes", "cut", "failed_handshakes", "unread_at_reset", "closed_by_peer",
    "closed_by_reset", "closed_by_us", "closed_idle",
)  # fmt: skip

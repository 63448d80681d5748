"""A Devo endpoint: takes syslog frames over mutual TLS and plain TCP, and misbehaves on demand.

Who: `server.py` makes one; `control.py` reads its records and sets its modes.
Threads: one per listener, one per connection. A connection is touched by its own thread only:
orders (reset, half-close, ...) are put into its inbox and its thread is woken. Records and counters
are guarded by one lock; frames are kept raw and taken apart when somebody asks, so reading is fast.
"""

from __future__ import annotations

import fcntl
import os
import select
import socket
import ssl
import struct
import termios
import threading
import time
from collections import Counter, deque
from dataclasses import dataclass
from typing import Any

from .devo_channel import PlainChannel, TlsChannel
from .devo_frames import Frame, Frames, parse
from .http_server import reset_connection

_READ_BYTES = 256 * 1024
_HANDSHAKE_SECONDS = 30.0
_FAREWELL_SECONDS = 5.0  # how long close_clean waits for the peer's end
_KEPT_PROBLEMS = 200


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
                listener.bind(("127.0.0.1", port.number))
                break
            except OSError:  # a port that we had before may need a moment
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
            event.wait(_FAREWELL_SECONDS + 5)
        return len(done)

    def change_mode(self, wanted: dict[str, Any]) -> None:
        """Sets the given fields of the mode; ValueError names a wrong one."""
        for key, value in wanted.items():
            current = getattr(self.mode, key, None)
            if current is None:
                raise ValueError(f"no mode '{key}'; there are {', '.join(vars(self.mode))}")
            if isinstance(current, bool) != isinstance(value, bool) or isinstance(value, str):
                raise ValueError(f"mode '{key}' should be a {type(current).__name__}")
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


class Connection:
    """One accepted connection and its thread."""

    def __init__(self, endpoint: Endpoint, number: int, port: Port, accepted: socket.socket) -> None:
        self.number, self.port, self.frames = number, port, Frames()
        self._endpoint = endpoint
        accepted.setblocking(False)
        self._socket = accepted
        self._channel: PlainChannel = (
            TlsChannel(accepted, port.context) if port.context else PlainChannel(accepted)
        )
        self._orders: deque[tuple[str, threading.Event]] = deque()
        self._finished = False
        self._order_lock = threading.Lock()
        self._wake_read, self._wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._bytes = 0
        self._budget, self._budget_time = 0.0, time.monotonic()
        self._farewell: float | None = None  # when a closing connection is given up
        self._farewell_done: threading.Event | None = None
        self._half_closed = False
        self._thread = threading.Thread(target=self._run, name=f"devo-{number}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def order(self, what: str) -> threading.Event:
        done = threading.Event()
        with self._order_lock:
            if self._finished:
                done.set()
                return done
            self._orders.append((what, done))
        self.wake()
        return done

    def wake(self) -> None:
        with self._order_lock:
            if not self._finished:
                try:
                    os.write(self._wake_write, b"!")
                except BlockingIOError:  # it is full of wishes to wake already
                    pass

    def describe(self) -> dict[str, Any]:
        return {
            "connection": self.number, "port": self.port.name, "bytes": self._bytes,
            "client": self._channel.peer, "tls": self._channel.version,
            "half_closed": self._half_closed,
        }  # fmt: skip

    def _run(self) -> None:
        how = "by_peer"
        try:
            if self._shake_hands():
                how = self._receive()
            else:
                how = "by_us"
        except (ssl.SSLError, OSError) as problem:
            if self._bytes == 0 and self._channel.version is None and self.port.context:
                self._endpoint.problem(self.number, self.port.name, _reason(problem))
                self._let_the_alert_arrive()
                how = "by_us"
        self._finish(how)

    def _finish(self, how: str) -> None:
        with self._order_lock:
            self._finished = True
            waiting = [done for _, done in self._orders]
            self._orders.clear()
            os.close(self._wake_read)
            os.close(self._wake_write)
        self._socket.close()
        self._endpoint.closed(self, how)
        if self._farewell_done is not None:
            waiting.append(self._farewell_done)
        for done in waiting:
            done.set()

    def _shake_hands(self) -> bool:
        """False when an order ended the connection before the handshake was done."""
        deadline = time.monotonic() + _HANDSHAKE_SECONDS
        while not self._channel.handshake():
            self._wait(max(0.0, deadline - time.monotonic()), read=True)
            if self._obey() is not None:
                return False
            if time.monotonic() > deadline:
                raise TimeoutError("no handshake in time")
        return True

    def _let_the_alert_arrive(self) -> None:
        """Closing with unread bytes would send a reset, which overtakes the alert just sent."""
        self._socket.settimeout(2.0)
        try:
            self._socket.shutdown(socket.SHUT_WR)
            while self._socket.recv(_READ_BYTES):
                pass
        except OSError:
            pass

    def _receive(self) -> str:
        """Reads until the end; returns how it came."""
        heard = time.monotonic()
        while True:
            ended = self._obey()
            if ended is not None:
                return ended
            mode = self._endpoint.mode
            now = time.monotonic()
            if self._farewell is not None and now > self._farewell:
                return "by_us"
            if mode.idle_close_seconds and now - heard >= mode.idle_close_seconds:
                return "idle"
            limit = self._limit(mode)
            reading = limit > 0 and not mode.stall
            if reading:
                data = self._channel.read(limit)
                if data:
                    heard = now
                    self._take(data)
                    if self._reset_is_due(mode):
                        return self._reset()
                    continue
                if self._channel.ended:
                    if not self._half_closed:
                        self._channel.end_writing(notify=True)
                    return "by_peer"
            self._wait(self._patience(mode, now, heard, limit), read=reading)

    def _take(self, data: bytes) -> None:
        self._bytes += len(data)
        self._budget -= len(data)
        self._endpoint.received(self.number, self.frames.feed(data), len(data))

    def _limit(self, mode: Mode) -> int:
        """How many bytes may be read now."""
        limit = _READ_BYTES
        if mode.reset_after_bytes:
            limit = min(limit, max(1, mode.reset_after_bytes - self._bytes))
        rate = mode.slow_bytes_per_second
        if rate:
            now = time.monotonic()
            self._budget = min(rate / 10, self._budget + (now - self._budget_time) * rate)
            self._budget_time = now
            limit = min(limit, int(self._budget))
        return limit

    def _reset_is_due(self, mode: Mode) -> bool:
        if not mode.reset_after_bytes or self._bytes < mode.reset_after_bytes:
            return False
        with self._endpoint.lock:  # "once" is for one connection only
            due = bool(mode.reset_after_bytes)
            if not mode.reset_after_bytes_always:
                mode.reset_after_bytes = 0
        return due

    def _patience(self, mode: Mode, now: float, heard: float, limit: int) -> float | None:
        """How long to wait for something to happen; None: as long as it takes."""
        waits = []
        if limit <= 0:
            waits.append(0.05)
        if mode.idle_close_seconds:
            waits.append(heard + mode.idle_close_seconds - now)
        if self._farewell is not None:
            waits.append(self._farewell - now)
        return max(0.0, min(waits)) if waits else None

    def _wait(self, seconds: float | None, *, read: bool) -> None:
        poll = select.poll()
        poll.register(self._wake_read, select.POLLIN)
        if read:
            poll.register(self._socket, select.POLLIN)
        poll.poll(None if seconds is None else seconds * 1000 + 1)
        try:
            os.read(self._wake_read, 4096)
        except BlockingIOError:
            pass

    def _obey(self) -> str | None:
        """Carries out orders; the way in which one of them ended the connection, or None."""
        while True:
            with self._order_lock:
                if not self._orders:
                    return None
                what, done = self._orders.popleft()
            try:
                ended = self._carry_out(what, done)
            finally:
                if self._farewell_done is not done:
                    done.set()
            if ended is not None:
                return ended

    def _carry_out(self, what: str, done: threading.Event) -> str | None:
        if what == "reset":
            return self._reset()
        if what == "drain_and_reset":
            self._drain()
            return self._reset()
        if not self._half_closed:
            self._half_closed = True
            self._channel.end_writing(notify=True)
        if what == "close_clean":
            self._farewell = time.monotonic() + _FAREWELL_SECONDS
            self._farewell_done = done
        return None

    def _drain(self) -> None:
        """Reads all that the kernel has acknowledged."""
        while True:
            data = self._channel.read(_READ_BYTES)
            if data:
                self._take(data)
            elif not self._channel.held() and not _unread(self._socket):
                return
            elif self._channel.ended:
                return

    def _reset(self) -> str:
        lost = _unread(self._socket) + self._channel.held()
        reset_connection(self._socket)
        with self._endpoint.lock:
            self._endpoint.counters["unread_at_reset"] += lost
        return "by_reset"


def _unread(connection: socket.socket) -> int:
    """Bytes that the kernel has received and acknowledged and nobody has read."""
    answer = fcntl.ioctl(connection.fileno(), termios.FIONREAD, b"\0\0\0\0")
    return int(struct.unpack("i", answer)[0])


def _reason(problem: Exception) -> str:
    if isinstance(problem, ssl.SSLCertVerificationError):
        return f"client certificate: {problem.verify_message}"
    if isinstance(problem, ssl.SSLError):
        return str(problem.reason or problem)
    return str(problem)

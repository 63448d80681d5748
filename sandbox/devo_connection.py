"""One accepted connection of the Devo endpoint and its thread.

Who: `devo_endpoint.py` starts one for each connection. Threads: the socket is touched by the
connection's own thread only; orders (reset, half-close, ...) are put into its inbox and its thread
is woken, so `order`, `wake` and `describe` may be called from anywhere.
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
from collections import deque
from typing import TYPE_CHECKING, Any

from .devo_channel import PlainChannel, TlsChannel
from .devo_frames import Frames
from .http_server import reset_connection

if TYPE_CHECKING:
    from .devo_endpoint import Endpoint, Mode, Port

_READ_BYTES = 256 * 1024
_HANDSHAKE_SECONDS = 30.0
FAREWELL_SECONDS = 5.0  # how long close_clean waits for the peer's end


class Connection:
    """One accepted connection and its thread."""

    def __init__(
        self, endpoint: Endpoint, number: int, port: Port, accepted: socket.socket
    ) -> None:
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
        self._done_at_end: list[threading.Event] = []  # of orders that end the connection
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
            how = self._shake_hands() or self._receive()
        except (ssl.SSLError, OSError) as problem:
            if self._bytes == 0 and self._channel.version is None and self.port.context:
                self._endpoint.problem(self.number, self.port.name, _reason(problem))
                self._let_the_alert_arrive()
                how = "by_us"
        self._finish(how)

    def _finish(self, how: str) -> None:
        with self._order_lock:
            self._finished = True
            waiting = self._done_at_end + [done for _, done in self._orders]
            self._orders.clear()
            os.close(self._wake_read)
            os.close(self._wake_write)
        self._socket.close()
        self._endpoint.closed(self, how)
        for done in waiting:
            done.set()

    def _shake_hands(self) -> str | None:
        """How an order ended the connection before the handshake was done; else None."""
        deadline = time.monotonic() + _HANDSHAKE_SECONDS
        while not self._channel.handshake():
            self._wait(max(0.0, deadline - time.monotonic()), read=True)
            ended = self._obey()
            if ended is not None:
                return ended
            if time.monotonic() > deadline:
                raise TimeoutError("no handshake in time")
        return None

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
            if what != "half_close":
                self._done_at_end.append(done)
            try:
                ended = self._carry_out(what)
            finally:
                if what == "half_close":
                    done.set()
            if ended is not None:
                return ended

    def _carry_out(self, what: str) -> str | None:
        if what == "reset":
            return self._reset()
        if what == "drain_and_reset":
            self._drain()
            return self._reset()
        if not self._half_closed:
            self._half_closed = True
            self._channel.end_writing(notify=True)
        if what == "close_clean":
            self._farewell = time.monotonic() + FAREWELL_SECONDS
        return None

    def _drain(self) -> None:
        """Reads all that the kernel has acknowledged."""
        while True:
            data = self._channel.read(_READ_BYTES)
            if data:
                self._take(data)
            elif not self._channel.held() and not _unread(self._socket) or self._channel.ended:
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

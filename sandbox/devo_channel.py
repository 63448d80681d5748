"""The byte channels of the Devo endpoint: plain TCP and TLS over a non-blocking socket.

Who: each connection thread of `devo_endpoint.py` owns one channel. Threads: that thread only.

TLS runs through memory buffers rather than over the socket, so that the endpoint decides for itself
when ciphertext is taken from the kernel, can send close_notify without waiting for the peer's, and
can reset a connection at any moment. What `read` returns is what SSL_read gave: ciphertext that was
taken from the kernel and makes no whole TLS record is received by nobody.
"""

from __future__ import annotations

import socket
import ssl

_READ_BYTES = 256 * 1024
_RECORD_BYTES = 16 * 1024


class PlainChannel:
    """TCP without TLS."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self.ended = False  # the peer will send nothing more
        self.peer: str | None = None
        self.version: str | None = None

    def handshake(self) -> bool:
        return True

    def read(self, limit: int) -> bytes:
        """At most `limit` bytes that are here now; empty when there are none, or at the end."""
        try:
            data = self.socket.recv(min(limit, _READ_BYTES))
        except BlockingIOError:
            return b""
        self.ended = not data
        return data

    def held(self) -> int:
        """Bytes taken from the kernel that `read` has not given yet."""
        return 0

    def end_writing(self, *, notify: bool) -> None:
        """Half-closes: TLS's close_notify if wished, then FIN. Reading goes on."""
        self.socket.shutdown(socket.SHUT_WR)


class TlsChannel(PlainChannel):
    """TLS, the server's side."""

    def __init__(self, connection: socket.socket, context: ssl.SSLContext) -> None:
        super().__init__(connection)
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_side=True)

    def handshake(self) -> bool:
        """Goes on with the handshake; True when it is done. Raises ssl.SSLError or OSError."""
        self._take_from_kernel(_READ_BYTES)
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            if self._in.eof:
                raise ConnectionError("the peer closed during the handshake") from None
            return False
        finally:
            self._send()
        self.peer = _common_name(self._tls.getpeercert())
        self.version = self._tls.version()
        return True

    def read(self, limit: int) -> bytes:
        if not self._in.pending:
            self._take_from_kernel(min(limit + 512, _READ_BYTES))
        parts: list[bytes] = []
        wanted = limit
        try:
            while wanted > 0:
                part = self._tls.read(min(wanted, _RECORD_BYTES))
                if not part:  # close_notify
                    self.ended = True
                    break
                parts.append(part)
                wanted -= len(part)
        except ssl.SSLWantReadError:
            pass
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            self.ended = True
        finally:
            self._send()
        return b"".join(parts)

    def held(self) -> int:
        return self._in.pending + self._tls.pending()

    def end_writing(self, *, notify: bool) -> None:
        if notify:
            try:
                self._tls.unwrap()
            except ssl.SSLError:
                pass  # the peer's close_notify is not here yet: nobody waits for it
            self._send()
        self.socket.shutdown(socket.SHUT_WR)

    def _take_from_kernel(self, limit: int) -> None:
        try:
            data = self.socket.recv(limit)
        except BlockingIOError:
            return
        if data:
            self._in.write(data)
        else:
            self._in.write_eof()

    def _send(self) -> None:
        """Sends what TLS has to say. It is little, so it is waited for, at most five seconds."""
        data = self._out.read()
        if not data:
            return
        self.socket.settimeout(5.0)
        try:
            self.socket.sendall(data)
        except OSError:
            pass  # the peer does not listen any more; reading shows what it is about
        finally:
            self.socket.setblocking(False)


def _common_name(certificate: object) -> str | None:
    if isinstance(certificate, dict):
        for parts in certificate.get("subject", ()):
            for name, value in parts:
                if name == "commonName":
                    return str(value)
    return None

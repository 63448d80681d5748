"""Takes a stream of bytes apart into Devo's frames, as they arrive.

Who: each connection of `devo_endpoint.py` owns one Frames; tests use it without sockets.
Threads: none; an object belongs to one connection.

A stream carries, in any order: newline frames; octet-counted frames (RFC 6587, `LEN SP FRAME`,
LEN counting the frame with its final newline); gzip members (RFC 1952) that hold whole frames,
which count when the member has ended and its checksum is right.
"""

from __future__ import annotations

import base64
import re
import zlib
from dataclasses import dataclass
from typing import Any

NEWLINE, OCTET, GZIP = "newline", "octet", "gzip"
LARGEST_FRAME_BYTES = 64 * 1024 * 1024

_COUNT = re.compile(rb"([1-9]\d{0,8}) (?=<)")
_MAYBE_COUNT = re.compile(rb"[1-9]\d{0,8} ?\Z")
_HEADER = re.compile(
    rb"<(\d{1,3})>"
    rb"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d) "
    rb"(\S+) ([^\s:]{1,1024}): (.*)\Z",
    re.DOTALL,
)


@dataclass(frozen=True)
class Frame:
    """One whole frame without its final newline."""

    framing: str
    data: bytes


class Frames:
    """Feed bytes, get the frames that they complete. `malformed` counts what made no sense."""

    def __init__(self, framing: str | None = None) -> None:
        self._framing = framing  # GZIP for the frames within a member
        self._buffer = b""
        self._member: Any = None
        self._inner: Frames | None = None
        self._held: list[Frame] = []  # of the open member: its checksum is still to come
        self.malformed = 0
        self.members = 0

    def feed(self, data: bytes) -> list[Frame]:
        frames: list[Frame] = []
        self._buffer = self._buffer + data if self._buffer else data
        position = 0
        while position < len(self._buffer):
            if self._member is not None:
                position = self._feed_member(position, frames)
                continue
            end = self._one_frame(position, frames)
            if end is None:
                break
            position = end
        self._buffer = self._buffer[position:]
        return frames

    @property
    def cut(self) -> bool:
        """Whether something unfinished is held: if the stream ends now, a frame was cut."""
        return bool(self._buffer) or self._member is not None

    def _one_frame(self, position: int, frames: list[Frame]) -> int | None:
        """Takes one frame, or opens a gzip member; None: more bytes are needed."""
        buffer = self._buffer
        first = buffer[position]
        if first == 0x1F and self._framing is None:
            if len(buffer) < position + 2:
                return None
            if buffer[position + 1] == 0x8B:
                self._member, self._inner = zlib.decompressobj(31), Frames(GZIP)
                return position
        elif 0x31 <= first <= 0x39:
            count = _COUNT.match(buffer, position)
            if count:
                end = count.end() + int(count[1])
                if len(buffer) < end:
                    return None
                data = buffer[count.end() : end]
                if not data.endswith(b"\n"):
                    self.malformed += 1
                frames.append(Frame(self._framing or OCTET, data.removesuffix(b"\n")))
                return end
            if _MAYBE_COUNT.match(buffer, position):
                return None
        newline = buffer.find(b"\n", position)
        if newline < 0:
            if len(buffer) - position > LARGEST_FRAME_BYTES:
                self.malformed += 1
                return len(buffer)
            return None
        frames.append(Frame(self._framing or NEWLINE, buffer[position:newline]))
        return newline + 1

    def _feed_member(self, position: int, frames: list[Frame]) -> int:
        """Gives the rest of the buffer to the open gzip member; returns where it ended."""
        assert self._inner is not None
        try:
            plain = self._member.decompress(self._buffer[position:])
        except zlib.error:
            self.malformed += 1
            self._member, self._held = None, []
            return len(self._buffer)
        self._held += self._inner.feed(plain)
        if not self._member.eof:
            return len(self._buffer)
        if self._inner.cut:  # a member holds whole frames
            self.malformed += 1
        self.malformed += self._inner.malformed
        self.members += 1
        frames += self._held
        self._held = []
        end = len(self._buffer) - len(self._member.unused_data)
        self._member = self._inner = None
        return end


def parse(data: bytes) -> dict[str, Any]:
    """The parts of a frame. One without a header is what Devo files under unknown.unknown."""
    header = _HEADER.match(data)
    if header is None:
        parts: dict[str, Any] = {"pri": None, "time": None, "host": None, "tag": "unknown.unknown"}
        message, malformed = data, True
    else:
        pri, when, host, tag, message = header.groups()
        parts = {
            "pri": int(pri),
            "time": when.decode(),
            "host": host.decode("utf-8", "replace"),
            "tag": tag.decode("utf-8", "replace"),
        }
        malformed = int(pri) > 191
    parts |= _text("message", message)
    parts["malformed"] = malformed
    return parts


def _text(name: str, data: bytes) -> dict[str, str]:
    try:
        return {name: data.decode()}
    except UnicodeDecodeError:
        return {f"{name}_base64": base64.b64encode(data).decode()}

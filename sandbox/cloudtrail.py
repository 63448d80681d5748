"""CloudTrail's event history: the index of events and the call LookupEvents, which moto lacks.

Who: `server.py` makes one History; `register()` hangs LookupEvents on moto's CloudTrail response
class, so that moto's dispatcher, with its check of signatures and permissions, serves it like any
other operation. `control.py` seeds and reads it.
Threads: any; one lock guards the index, and a page is decided under it, at the time of the call.

Behaviour after https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
"""

from __future__ import annotations

import base64
import bisect
import hashlib
import hmac
import json
import math
import secrets
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

DAYS_OF_HISTORY = 90
LARGEST_PAGE = 50
ATTRIBUTES = ("EventId", "EventName", "ReadOnly", "Username", "ResourceType", "ResourceName",
              "EventSource", "AccessKeyId")  # fmt: skip


@dataclass(frozen=True)
class Event:
    """One entry of the history. `document` is the inner CloudTrailEvent, byte for byte."""

    time: int  # epoch seconds
    event_id: str
    document: str
    visible_at: float  # epoch seconds: before that LookupEvents does not show it
    fields: dict[str, Any]  # EventName, ReadOnly, AccessKeyId, EventSource, Username
    resources: list[dict[str, Any]]
    insight: bool = False

    def matches(self, attribute: tuple[str, str] | None) -> bool:
        if attribute is None:
            return True
        key, value = attribute
        if key == "EventId":
            return self.event_id == value
        if key in ("ResourceType", "ResourceName"):
            return any(resource.get(key) == value for resource in self.resources)
        return bool(self.fields.get(key) == value)

    def to_wire(self) -> str:
        """The event as JSON in an answer. AWS's serialiser writes times like 1.7E9."""
        shown: dict[str, Any] = {"EventId": self.event_id, **self.fields}
        text = json.dumps(shown, ensure_ascii=False, separators=(",", ":"))
        resources = json.dumps(self.resources, ensure_ascii=False, separators=(",", ":"))
        document = json.dumps(self.document, ensure_ascii=False)
        return (
            f'{text[:-1]},"EventTime":{epoch_number(self.time)},"Resources":{resources},'
            f'"CloudTrailEvent":{document}}}'
        )


def epoch_number(seconds: int) -> str:
    """Epoch seconds as AWS's Java services write a number: 1700000001 is 1.700000001E9."""
    digits = str(seconds)
    if seconds < 10_000_000:
        return f"{seconds}.0"
    return f"{digits[0]}.{digits[1:].rstrip('0') or '0'}E{len(digits) - 1}"


def event_from_record(
    document: str, visible_at: float | None = None, resources: list[dict[str, Any]] | None = None
) -> Event:
    """Makes an entry of a CloudTrail record's text. Raises ValueError when it cannot be one."""
    try:
        record = json.loads(document)
    except ValueError as problem:
        raise ValueError(f"an event is not JSON: {problem}") from None
    if not isinstance(record, dict):
        raise ValueError("an event should be a JSON object")
    text = str(record.get("eventTime", ""))
    try:
        when = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise ValueError(f"eventTime '{text}' should look like 2026-01-31T12:00:00Z") from None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    seconds = math.floor(when.timestamp())
    identity = record.get("userIdentity") or {}
    fields: dict[str, Any] = {"EventName": record.get("eventName", "")}
    if "readOnly" in record:
        fields["ReadOnly"] = "true" if record["readOnly"] else "false"
    if identity.get("accessKeyId"):
        fields["AccessKeyId"] = identity["accessKeyId"]
    fields["EventSource"] = record.get("eventSource", "")
    name = _username(identity)
    if name:
        fields["Username"] = name
    if resources is None:
        resources = [
            {"ResourceType": r.get("type"), "ResourceName": r.get("ARN")}
            for r in record.get("resources") or []
        ]
    return Event(
        time=seconds,
        event_id=str(record.get("eventID") or uuid.uuid4()),
        document=document,
        visible_at=seconds if visible_at is None else visible_at,
        fields=fields,
        resources=resources,
        insight=record.get("eventCategory") == "Insight",
    )


def _username(identity: dict[str, Any]) -> str | None:
    kind = identity.get("type")
    if kind == "Root":
        return "root"
    if kind == "AssumedRole":
        return str(identity.get("arn", "")).rpartition("/")[2] or None
    name = identity.get("userName") or identity.get("invokedBy")
    return str(name) if name else None


class LookupFailure(Exception):
    """An error that LookupEvents answers with."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


@dataclass
class Settings:
    """What a test may change of LookupEvents while it runs."""

    lookup_calls_per_second: float = 2.0  # per account and region; 0: no limit
    lookup_burst: float = 2.0  # calls that may come at once
    token_seconds: float = 3600.0  # how long a NextToken is good
    token_on_last_page: bool = False  # a full last page has a NextToken, an empty page follows
    ragged_pages: bool = False  # pages end early, some are empty, though a NextToken follows

    def change(self, wanted: dict[str, Any]) -> None:
        for key, value in wanted.items():
            current = getattr(self, key, None)
            if current is None:
                raise ValueError(f"no setting '{key}'; there are {', '.join(vars(self))}")
            if isinstance(current, bool) != isinstance(value, bool) or isinstance(value, str):
                raise ValueError(f"setting '{key}' should be a {type(current).__name__}")
            if value < 0:
                raise ValueError(f"setting '{key}' should not be negative")
        for key, value in wanted.items():
            setattr(self, key, type(getattr(self, key))(value))


@dataclass
class _Region:
    """The index of one account and region, and its allowance of calls."""

    keys: list[tuple[int, str, int]] = field(default_factory=list)  # time, id, serial; ascending
    events: list[Event] = field(default_factory=list)  # in the order of the keys
    allowance: float | None = None
    allowance_time: float = 0.0


@dataclass(frozen=True)
class _Query:
    """A LookupEvents call, validated."""

    start: float | None
    end: float | None
    page: int
    attribute: tuple[str, str] | None
    insight: bool
    token: str | None
    binding: str  # digest of everything that a token is bound to


class History:
    """The event history of all accounts and regions."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.settings = Settings()
        self._clock = clock
        self._lock = threading.Lock()
        self._regions: dict[tuple[str, str], _Region] = {}
        self._serial = 0
        self._token_key = secrets.token_bytes(32)

    # Seeding

    def add(self, account: str, region: str, events: list[Event]) -> None:
        with self._lock:
            index = self._regions.setdefault((account, region), _Region())
            pairs = list(zip(index.keys, index.events, strict=True))
            for event in events:
                self._serial += 1
                pairs.append(((event.time, event.event_id, self._serial), event))
            pairs.sort(key=lambda pair: pair[0])
            index.keys = [key for key, _ in pairs]
            index.events = [event for _, event in pairs]

    def events(self, account: str, region: str) -> list[Event]:
        """Everything seeded, oldest first, visible or not."""
        with self._lock:
            index = self._regions.get((account, region))
            return list(index.events) if index else []

    def clear(self) -> None:
        with self._lock:
            self._regions.clear()

    def summary(self) -> list[dict[str, Any]]:
        now = self._clock()
        with self._lock:
            return [
                {
                    "account": account,
                    "region": region,
                    "events": len(index.events),
                    "not_yet_visible": sum(e.visible_at > now for e in index.events),
                }
                for (account, region), index in sorted(self._regions.items())
            ]

    # The call

    def lookup(self, account: str, region: str, parameters: Any) -> str:
        """Answers a LookupEvents call with its JSON body; raises LookupFailure."""
        now = self._clock()
        with self._lock:
            index = self._regions.setdefault((account, region), _Region())
            self._spend_allowance(index, now)
        query = _parse(account, region, parameters)
        position = self._open_token(query, now) if query.token else None
        with self._lock:
            page, last = self._page(index, query, position, now)
        wire = '{"Events":[' + ",".join(event.to_wire() for event in page) + "]"
        if last is not None:
            wire += f',"NextToken":"{self._make_token(query, last, now)}"'
        return wire + "}"

    def _spend_allowance(self, index: _Region, now: float) -> None:
        rate, burst = self.settings.lookup_calls_per_second, self.settings.lookup_burst
        if rate <= 0:
            return
        if index.allowance is None:
            index.allowance = burst
        else:
            passed = max(0.0, now - index.allowance_time)
            index.allowance = min(burst, index.allowance + passed * rate)
        index.allowance_time = now
        if index.allowance < 1.0:
            raise LookupFailure("ThrottlingException", "Rate exceeded")
        index.allowance -= 1.0

    def _page(
        self, index: _Region, query: _Query, position: tuple[int, str, int] | None, now: float
    ) -> tuple[list[Event], tuple[int, str, int] | None]:
        """The events of a page, newest first, and the key at which the next one goes on.

        A page goes on below the key of the last event shown, not at an offset: an event that
        becomes visible late is found if its place is still to come, and moves no page if not.
        """
        oldest = max(query.start or 0.0, now - DAYS_OF_HISTORY * 86_400)
        if position is not None:
            i = bisect.bisect_left(index.keys, position)
        elif query.end is not None:
            i = bisect.bisect_left(index.keys, (math.floor(query.end) + 1, "", 0))
        else:
            i = len(index.keys)
        wanted = secrets.randbelow(query.page + 1) if self.settings.ragged_pages else query.page
        page: list[Event] = []
        last: tuple[int, str, int] | None = position
        while i > 0:
            i -= 1
            event = index.events[i]
            if event.time < oldest:
                break
            if event.visible_at > now or event.insight != query.insight:
                continue
            if not event.matches(query.attribute):
                continue
            if len(page) == wanted:
                return page, last or (event.time, event.event_id, index.keys[i][2] + 1)
            page.append(event)
            last = index.keys[i]
        more = self.settings.token_on_last_page and len(page) == query.page
        return page, last if more else None

    def _make_token(self, query: _Query, key: tuple[int, str, int], now: float) -> str:
        inside = json.dumps([*key, now + self.settings.token_seconds, query.binding]).encode()
        return base64.b64encode(self._seal(inside) + inside).decode()

    def _seal(self, inside: bytes) -> bytes:
        return hmac.digest(self._token_key, inside, "sha256")

    def _open_token(self, query: _Query, now: float) -> tuple[int, str, int]:
        assert query.token is not None
        try:
            raw = base64.b64decode(query.token, validate=True)
        except ValueError:
            raise LookupFailure("InvalidNextTokenException", "Invalid token.") from None
        seal, inside = raw[:32], raw[32:]
        if not hmac.compare_digest(seal, self._seal(inside)):
            raise LookupFailure("InvalidNextTokenException", "Invalid token.")
        when, event_id, serial, expires, binding = json.loads(inside)
        if expires < now:
            raise LookupFailure("InvalidNextTokenException", "The token has expired.")
        if binding != query.binding:
            raise LookupFailure(
                "InvalidNextTokenException",
                "The token must be passed in with the same parameters as the previous call.",
            )
        return when, event_id, serial


def _parse(account: str, region: str, parameters: Any) -> _Query:
    if not isinstance(parameters, dict):
        raise LookupFailure("SerializationException", "Start of structure or map found expected")
    start, end = _epoch(parameters, "StartTime"), _epoch(parameters, "EndTime")
    if start is not None and end is not None and start > end:
        raise LookupFailure(
            "InvalidTimeRangeException", "Start time must be less than or equal to end time."
        )
    page = parameters.get("MaxResults")
    if page is None:
        page = LARGEST_PAGE
    elif isinstance(page, bool) or not isinstance(page, int):
        raise LookupFailure("SerializationException", "MaxResults is not a number")
    elif not 1 <= page <= LARGEST_PAGE:
        raise LookupFailure(
            "InvalidMaxResultsException", f"MaxResults must be between 1 and {LARGEST_PAGE}."
        )
    category = parameters.get("EventCategory")
    if category not in (None, "insight"):
        raise LookupFailure("InvalidEventCategoryException", "The event category is not valid.")
    attribute = _attribute(parameters.get("LookupAttributes") or [])
    token = parameters.get("NextToken")
    if token is not None and not isinstance(token, str):
        raise LookupFailure("SerializationException", "NextToken is not a string")
    bound = [account, region, start, end, page, category, attribute]
    binding = hashlib.sha256(json.dumps(bound).encode()).hexdigest()
    return _Query(start, end, page, attribute, category == "insight", token, binding)


def _epoch(parameters: dict[str, Any], name: str) -> float | None:
    value = parameters.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise LookupFailure("SerializationException", f"{name} is not a number of seconds")
    return float(value)


def _attribute(attributes: Any) -> tuple[str, str] | None:
    if not isinstance(attributes, list):
        raise LookupFailure("SerializationException", "LookupAttributes is not a list")
    if not attributes:
        return None
    first = attributes[0]
    if len(attributes) > 1 or not isinstance(first, dict):
        raise LookupFailure(
            "InvalidLookupAttributesException", "You can specify only one lookup attribute."
        )
    key, value = first.get("AttributeKey"), first.get("AttributeValue")
    if key not in ATTRIBUTES or not isinstance(value, str):
        raise LookupFailure(
            "InvalidLookupAttributesException", "The lookup attribute is not valid."
        )
    return key, value


def register(history: History) -> None:
    """Gives moto's CloudTrail the operation LookupEvents, answered from this history."""
    from moto.cloudtrail.responses import CloudTrailResponse

    def lookup_events(self: Any) -> tuple[str, dict[str, Any]]:
        headers: dict[str, Any] = {"Content-Type": "application/x-amz-json-1.1"}
        try:
            try:
                parameters = json.loads(self.body or "{}")
            except ValueError:
                raise LookupFailure("SerializationException", "The body is not JSON") from None
            return history.lookup(self.current_account, self.region, parameters), headers
        except LookupFailure as error:
            headers["status"] = error.status
            return json.dumps({"__type": error.code, "message": error.message}), headers

    CloudTrailResponse.lookup_events = lookup_events  # type: ignore[attr-defined]

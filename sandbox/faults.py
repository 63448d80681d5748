"""Faults that a test or a person asks the AWS side to make, and how each looks on the wire.

Who: `aws_front.py` asks `Faults.take()` for each call; `control.py` adds and removes faults.
Threads: any; one lock guards the list. The answers are pure functions.
"""

from __future__ import annotations

import html
import json
import random
import threading
import time
import uuid
from dataclasses import asdict, dataclass, field
from typing import Any

from .http_server import Answer

KINDS = (
    "throttle",  # the service's own throttling error
    "500",  # InternalFailure
    "503",  # ServiceUnavailable
    "html_500",  # a load balancer's page instead of a service's answer
    "empty_500",  # status 500 without a body
    "reset",  # the call is done, its answer is lost: TCP RST
    "truncate",  # the call is done, half of its answer arrives, then the connection closes
    "hang_up",  # the answer arrives, then the connection is closed without a word
    "slow",  # the call is done, the answer comes `seconds` later
    "denied",  # AccessDenied
    "expired_token",  # ExpiredToken
    "skew",  # our clock is `seconds` ahead until the request's date agrees with it
)
DOES_THE_WORK = (
    "reset",
    "truncate",
    "hang_up",
    "slow",
)  # the call is done; what suffers is its answer


@dataclass
class Call:
    """What is known of an AWS call from its envelope, before moto sees it."""

    service: str
    operation: str
    region: str
    account: str
    access_key: str
    protocol: str  # "json", "query", "ec2" or "s3": the shape that its errors have
    request_date: float | None  # X-Amz-Date, epoch seconds

    @property
    def name(self) -> str:
        return f"{self.service}:{self.operation}"


@dataclass
class Fault:
    """One fault as the control API takes it. `count` None: until it is removed."""

    kind: str
    operation: str = "*"
    region: str | None = None
    account: str | None = None
    count: int | None = None
    skip: int = 0  # so many matching calls are left alone first
    probability: float = 1.0
    seconds: float = 5.0
    code: str | None = None  # another error code than the kind's own
    message: str | None = None
    seed: int | None = None
    id: str = ""
    hits: int = 0
    dice: random.Random = field(default_factory=random.Random, repr=False)

    @classmethod
    def from_json(cls, wanted: dict[str, Any], id: str) -> Fault:
        """Raises ValueError with a sentence for a person when `wanted` is not a fault."""
        known = ("kind", "operation", "region", "account", "count", "skip", "probability",
                 "seconds", "code", "message", "seed")  # fmt: skip
        for key in wanted:
            if key not in known:
                raise ValueError(f"a fault has no '{key}'; it has {', '.join(known)}")
        kind = str(wanted.get("kind", ""))
        if kind not in KINDS:
            raise ValueError(f"no kind of fault is called '{kind}'; there are {', '.join(KINDS)}")
        operation = str(wanted.get("operation", "*"))
        if operation != "*" and ":" not in operation:
            raise ValueError(f"operation '{operation}' should look like cloudtrail:LookupEvents")
        fault = cls(**{**wanted, "kind": kind, "operation": operation, "id": id})
        if fault.count is not None and fault.count < 1:
            raise ValueError("count should be at least 1")
        fault.dice = random.Random(fault.seed)
        return fault

    def matches(self, call: Call) -> bool:
        if self.operation not in ("*", call.name, f"{call.service}:*"):
            return False
        return self.region in (None, call.region) and self.account in (None, call.account)

    def to_json(self) -> dict[str, Any]:
        shown = asdict(self)
        del shown["dice"]
        return shown


class Faults:
    """The faults in force, in the order in which they were added."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._next_id = 1

    def add(self, wanted: dict[str, Any]) -> str:
        with self._lock:
            fault = Fault.from_json(wanted, str(self._next_id))
            self._next_id += 1
            self._faults.append(fault)
            return fault.id

    def clear(self, id: str | None = None) -> None:
        with self._lock:
            self._faults = [f for f in self._faults if id is not None and f.id != id]

    def list(self) -> list[dict[str, Any]]:
        with self._lock:
            return [fault.to_json() for fault in self._faults]

    def clock_shift(self, call: Call) -> float:
        """Seconds by which our clock runs ahead for this call."""
        with self._lock:
            return sum(f.seconds for f in self._faults if f.kind == "skew" and f.matches(call))

    def take(self, call: Call) -> Fault | None:
        """The fault that befalls this call, if any; counted. Skew is not taken, it is a state."""
        with self._lock:
            for fault in self._faults:
                if fault.kind == "skew" or not fault.matches(call):
                    continue
                if fault.skip > 0:
                    fault.skip -= 1
                    continue
                if fault.count is not None and fault.hits >= fault.count:
                    continue
                if fault.probability < 1.0 and fault.dice.random() >= fault.probability:
                    continue
                fault.hits += 1
                return fault
        return None


# The code and status of each kind of error, by protocol. Sources: the common errors page of each
# service's API reference, and botocore's lists of throttling codes.
_ERRORS: dict[str, dict[str, tuple[int, str, str]]] = {
    "throttle": {
        "json": (400, "ThrottlingException", "Rate exceeded"),
        "query": (400, "Throttling", "Rate exceeded"),
        "ec2": (503, "RequestLimitExceeded", "Request limit exceeded."),
        "s3": (503, "SlowDown", "Please reduce your request rate."),
    },
    "500": {
        "json": (500, "InternalFailure", "An internal failure occurred."),
        "query": (500, "InternalFailure", "An internal failure occurred."),
        "ec2": (500, "InternalError", "An internal error has occurred"),
        "s3": (500, "InternalError", "We encountered an internal error. Please try again."),
    },
    "503": {
        "json": (503, "ServiceUnavailable", "The service is temporarily unavailable."),
        "query": (503, "ServiceUnavailable", "The service is temporarily unavailable."),
        "ec2": (503, "Unavailable", "The server is overloaded and cannot handle the request."),
        "s3": (503, "ServiceUnavailable", "Please reduce your request rate."),
    },
    "denied": {
        "json": (400, "AccessDeniedException", "{user} is not authorized to perform: {action}"),
        "query": (403, "AccessDenied", "{user} is not authorized to perform: {action}"),
        "ec2": (403, "UnauthorizedOperation", "You are not authorized to perform this operation."),
        "s3": (403, "AccessDenied", "Access Denied"),
    },
    "expired_token": {
        "json": (400, "ExpiredTokenException",
                 "The security token included in the request is expired"),
        "query": (403, "ExpiredToken", "The security token included in the request is expired"),
        "ec2": (400, "RequestExpired", "Request has expired."),
        "s3": (400, "ExpiredToken", "The provided token has expired."),
    },
    "skew": {
        "json": (400, "InvalidSignatureException", "{skew}"),
        "query": (403, "SignatureDoesNotMatch", "{skew}"),
        "ec2": (401, "AuthFailure", "AWS was not able to validate the provided access credentials"),
        "s3": (403, "RequestTimeTooSkewed",
               "The difference between the request time and the current time is too large."),
    },
    "unsigned": {
        "json": (400, "MissingAuthenticationTokenException", "Missing Authentication Token"),
        "query": (403, "MissingAuthenticationToken", "Request is missing Authentication Token"),
        "ec2": (401, "AuthFailure", "Request is missing an authentication token."),
        "s3": (403, "AccessDenied", "Access Denied"),
    },
    "region": {
        "json": (400, "InvalidSignatureException",
                 "Credential should be scoped to a valid region."),
        "query": (403, "SignatureDoesNotMatch", "Credential should be scoped to a valid region."),
        "ec2": (401, "AuthFailure", "Credential should be scoped to a valid region."),
        "s3": (400, "AuthorizationHeaderMalformed",
               "The authorization header is malformed; the region is wrong."),
    },
}  # fmt: skip


def _stamp(seconds: float) -> str:
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(seconds))


def _skew_text(call: Call, now: float) -> str:
    asked = call.request_date or 0.0
    if asked < now:
        return (f"Signature expired: {_stamp(asked)} is now earlier than {_stamp(now - 300)} "
                f"({_stamp(now)} - 5 min.)")  # fmt: skip
    return (f"Signature not yet current: {_stamp(asked)} is still later than {_stamp(now + 300)} "
            f"({_stamp(now)} + 5 min.)")  # fmt: skip


def error_answer(kind: str, call: Call, now: float, fault: Fault | None = None) -> Answer:
    """The answer that AWS gives for an error of this kind, in the call's protocol."""
    if kind == "html_500":
        page = "<html><head><title>500</title></head><body><h1>Internal Server Error</h1></body>"
        return Answer(500, (page + "</html>\n").encode(), [("Content-Type", "text/html")])
    if kind == "empty_500":
        return Answer(500)
    status, code, message = _ERRORS[kind][call.protocol]
    message = message.format(
        user=f"User: arn:aws:iam::{call.account}:user/sandbox",
        action=call.name,
        skew=_skew_text(call, now) if kind == "skew" else "",
    )
    if fault is not None:
        code, message = fault.code or code, fault.message or message
    return aws_error(call.protocol, status, code, message)


def aws_error(protocol: str, status: int, code: str, message: str) -> Answer:
    """An AWS error in the shape of a protocol, with a request id."""
    request_id = str(uuid.uuid4())
    headers = [("x-amzn-RequestId", request_id)]
    if protocol == "json":
        body = json.dumps({"__type": code, "message": message})
        headers.append(("Content-Type", "application/x-amz-json-1.1"))
        return Answer(status, body.encode(), headers)
    headers.append(("Content-Type", "text/xml"))
    code, message = html.escape(code), html.escape(message)
    if protocol == "ec2":
        body = (f"<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error>"
                f"</Errors><RequestID>{request_id}</RequestID></Response>")  # fmt: skip
    elif protocol == "s3":
        headers[0] = ("x-amz-request-id", request_id)
        body = (f"<Error><Code>{code}</Code><Message>{message}</Message>"
                f"<RequestId>{request_id}</RequestId></Error>")  # fmt: skip
    else:
        body = (f'<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error>'
                f"<Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
                f"<RequestId>{request_id}</RequestId></ErrorResponse>")  # fmt: skip
    return Answer(status, ('<?xml version="1.0" encoding="UTF-8"?>\n' + body).encode(), headers)

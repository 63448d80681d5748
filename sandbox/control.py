"""The control API: how tests and people seed the sandbox, make it fail, and see what it got.

Who: `server.py` serves `Control.handle` on its own port. Threads: any.
README.md has the table of the paths.
"""

from __future__ import annotations

import json
import random
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

from . import cloudtrail
from .aws_front import DEFAULT_ACCOUNT, AwsFront
from .devo_endpoint import Endpoint
from .generator import generate
from .http_server import Answer, HttpServer, Request

Json = Any
Arguments = dict[str, str]
_MOST_EVENTS = 2_000_000


class Control:
    """Dispatches control requests. An error of the caller is a 400 with one sentence."""

    def __init__(self, aws: AwsFront, endpoint: Endpoint, aws_http: HttpServer) -> None:
        self._aws, self._endpoint, self._aws_http = aws, endpoint, aws_http
        self._routes: dict[tuple[str, str], Callable[[Arguments, Json], Json]] = {
            ("GET", "/_sandbox/health"): self._health,
            ("POST", "/_sandbox/cloudtrail/events"): self._seed,
            ("GET", "/_sandbox/cloudtrail/events"): self._events,
            ("DELETE", "/_sandbox/cloudtrail/events"): self._forget_events,
            ("POST", "/_sandbox/cloudtrail/generate"): self._generate,
            ("GET", "/_sandbox/cloudtrail"): self._history_summary,
            ("POST", "/_sandbox/cloudtrail/settings"): self._settings,
            ("POST", "/_sandbox/logs/settings"): lambda a, b: self._aws.logs.change(b),
            ("POST", "/_sandbox/auth"): self._auth,
            ("POST", "/_sandbox/faults"): self._add_fault,
            ("GET", "/_sandbox/faults"): lambda a, b: {"faults": self._aws.faults.list()},
            ("DELETE", "/_sandbox/faults"): self._clear_faults,
            ("GET", "/_sandbox/calls"): self._calls,
            ("DELETE", "/_sandbox/calls"): self._clear_calls,
            ("GET", "/_sandbox/devo/records"): self._records,
            ("DELETE", "/_sandbox/devo/records"): self._forget_records,
            ("GET", "/_sandbox/devo/stats"): lambda a, b: self._endpoint.stats(),
            ("POST", "/_sandbox/devo/mode"): self._mode,
        }

    def handle(self, request: Request) -> Answer:
        route = self._routes.get((request.method, request.path.rstrip("/")))
        if route is None:
            return _answer(404, {"error": f"no {request.method} {request.path}; see README.md"})
        arguments = {name: values[-1] for name, values in parse_qs(request.query).items()}
        try:
            body = json.loads(request.body) if request.body else {}
            if not isinstance(body, dict):
                raise ValueError("the body should be a JSON object")
            return _answer(200, route(arguments, body))
        except (ValueError, KeyError, TypeError) as problem:
            return _answer(400, {"error": str(problem)})

    def _health(self, arguments: Arguments, body: Json) -> Json:
        """Waits until moto is loaded, when asked with ?wait=1."""
        if arguments.get("wait"):
            self._aws.wait_until_loaded()
        return {"ok": True}

    # CloudTrail

    def _seed(self, arguments: Arguments, body: Json) -> Json:
        """Events are records (objects), or texts that are kept byte for byte, or objects with
        `document` (a text) and `visible_at` or `late_seconds`."""
        now = time.time()
        made = []
        for given in body["events"]:
            visible_at, resources = None, None
            if isinstance(given, dict) and "document" in given:
                if "late_seconds" in given:
                    visible_at = now + float(given["late_seconds"])
                if "visible_at" in given:
                    visible_at = _epoch(given["visible_at"])
                resources = given.get("resources")
                given = given["document"]
            if not isinstance(given, str):
                given = json.dumps(given, ensure_ascii=False, separators=(",", ":"))
            made.append(cloudtrail.event_from_record(given, visible_at, resources))
        return self._add(body, made)

    def _generate(self, arguments: Arguments, body: Json) -> Json:
        now = time.time()
        count = int(body.get("count", 100))
        if not 0 <= count <= _MOST_EVENTS:
            raise ValueError(f"count should be from 0 to {_MOST_EVENTS}")
        end = _epoch(body.get("end", now))
        start = _epoch(body.get("start", end - 3600))
        late_fraction = float(body.get("late_fraction", 0.0))
        late_seconds = float(body.get("late_seconds", 900.0))
        twice = float(body.get("duplicate_fraction", 0.0))
        seed = body.get("seed")
        account, region = body.get("account", DEFAULT_ACCOUNT), body["region"]
        dice = random.Random(None if seed is None else f"late {seed}")
        made = []
        for when, text, resources in generate(account, region, count, int(start), int(end), seed):
            visible_at = float(when)
            if dice.random() < late_fraction:
                visible_at = max(when, now) + dice.uniform(0.0, late_seconds)
            event = cloudtrail.event_from_record(text, visible_at, resources)
            made.append(event)
            if dice.random() < twice:
                made.append(event)
        return self._add(body, made)

    def _add(self, body: Json, events: list[cloudtrail.Event]) -> Json:
        now = time.time()
        self._aws.history.add(body.get("account", DEFAULT_ACCOUNT), body["region"], events)
        return {
            "event_ids": [event.event_id for event in events],
            "not_yet_visible": [event.event_id for event in events if event.visible_at > now],
        }

    def _events(self, arguments: Arguments, body: Json) -> Json:
        account = arguments.get("account", DEFAULT_ACCOUNT)
        with_documents = arguments.get("documents", "true") != "false"
        shown = []
        for event in self._aws.history.events(account, arguments["region"]):
            one = {
                "event_id": event.event_id,
                "time": event.time,
                "visible_at": event.visible_at,
                "name": event.fields["EventName"],
            }
            if with_documents:
                one["document"] = event.document
            shown.append(one)
        return {"events": shown}

    def _forget_events(self, arguments: Arguments, body: Json) -> Json:
        self._aws.history.clear()
        return {}

    def _history_summary(self, arguments: Arguments, body: Json) -> Json:
        history = self._aws.history
        return {"regions": history.summary(), "settings": vars(history.settings)}

    def _settings(self, arguments: Arguments, body: Json) -> Json:
        self._aws.history.settings.change(body)
        return vars(self._aws.history.settings)

    # The AWS side

    def _auth(self, arguments: Arguments, body: Json) -> Json:
        self._aws.wait_until_loaded()
        if "check_signatures" in body:
            self._aws.set_check_signatures(bool(body["check_signatures"]))
        self._aws.moto_errors = bool(body.get("moto_errors", self._aws.moto_errors))
        return {
            "check_signatures": self._aws.check_signatures,
            "moto_errors": self._aws.moto_errors,
        }

    def _add_fault(self, arguments: Arguments, body: Json) -> Json:
        return {"id": self._aws.faults.add(body)}

    def _clear_faults(self, arguments: Arguments, body: Json) -> Json:
        self._aws.faults.clear(arguments.get("id"))
        return {}

    def _calls(self, arguments: Arguments, body: Json) -> Json:
        return {
            "counts": self._aws.calls.counts(),
            "connections": self._aws_http.connections,
            "calls": self._aws.calls.calls(
                arguments.get("operation"),
                arguments.get("region"),
                int(arguments.get("since", 0)),
                int(arguments.get("limit", 20_000)),
            ),
        }

    def _clear_calls(self, arguments: Arguments, body: Json) -> Json:
        self._aws.calls.clear()
        return {}

    # Devo

    def _records(self, arguments: Arguments, body: Json) -> Json:
        records = self._endpoint.records(
            int(arguments.get("since", 0)),
            int(arguments.get("limit", 10_000)),
            min(60.0, float(arguments.get("wait_seconds", 0))),
        )
        return {"records": records}

    def _forget_records(self, arguments: Arguments, body: Json) -> Json:
        self._endpoint.forget()
        return {}

    def _mode(self, arguments: Arguments, body: Json) -> Json:
        endpoint, orders, modes = self._endpoint, [], {}
        for key, value in body.items():
            if key in ("reset", "drain_and_reset", "half_close", "close_clean"):
                if value is not True:
                    raise ValueError(f"{key} is an order: give it true")
                orders.append(key)
            elif key not in ("restart", "listening"):
                modes[key] = value
        endpoint.change_mode(modes)
        done = {order: endpoint.order(order) for order in orders}
        if "listening" in body:
            endpoint.set_listening(bool(body["listening"]))
        if "restart" in body:
            endpoint.restart(float(body["restart"]))
        return {"mode": vars(endpoint.mode), "connections_ordered": done}


def _epoch(value: Any) -> float:
    """Epoch seconds of a number, or of a text like 2026-01-31T12:00:00Z."""
    if isinstance(value, str) and not re.fullmatch(r"[\d.]+", value):
        when = datetime.fromisoformat(value.replace("Z", "+00:00"))
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
    return float(value)


def _answer(status: int, body: Json) -> Answer:
    data = json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return Answer(status, data + b"\n", [("Content-Type", "application/json; charset=utf-8")])

"""The AWS side: moto behind a layer that makes faults, checks what moto does not, and keeps calls.

Who: `server.py` hands `AwsFront.handle` to an HttpServer.
Threads: any number at once. moto is imported by `load()` on a thread of its own, because that
takes half a second; calls that come earlier wait for it.
"""

from __future__ import annotations

import calendar
import html
import io
import json
import os
import re
import sys
import threading
import time
import traceback
from typing import Any
from urllib.parse import parse_qs, unquote

from . import accounts, cloudtrail, logs
from .calls import CallLog
from .faults import DOES_THE_WORK, Call, Faults, aws_error, error_answer
from .http_server import Answer, Ending, Request

DEFAULT_ACCOUNT = "123456789012"
_PUBLIC_OPERATIONS = ("AssumeRoleWithWebIdentity", "AssumeRoleWithSAML")
_SCOPE = re.compile(r"Credential=([^/,\s]*)/(\d{8})/([^/]*)/([^/]*)/aws4_request")
_ERROR_CODE = re.compile(rb'"__type"\s*:\s*"([^"]+)"|<Code>([^<]+)</Code>')
# moto's checks of signatures and permissions answer every service in XML. AWS answers a JSON
# service in JSON, with these names and status 400.
_CHECKS_IN_JSON = {
    "SignatureDoesNotMatch": "InvalidSignatureException",
    "InvalidClientTokenId": "UnrecognizedClientException",
    "AccessDenied": "AccessDeniedException",
}
_JSON_SERVICES = {"cloudtrail", "sqs", "logs", "events", "monitoring", "dynamodb"}


class AwsFront:
    """Answers AWS calls."""

    def __init__(self, history: cloudtrail.History, faults: Faults, calls: CallLog) -> None:
        self.history, self.faults, self.calls = history, faults, calls
        self.logs = logs.Logs()
        self.check_signatures = True
        self.moto_errors = False  # failed checks in moto's XML also for JSON services
        self._ready = threading.Event()
        self._failure: str | None = None
        self._application: Any = None
        self._regions: set[str] = set()

    def load(self) -> None:
        """Imports moto and prepares the services used first. Runs once, on its own thread."""
        try:
            os.environ.setdefault("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
            os.environ.setdefault("MOTO_DISABLE_GLOBAL_CORS", "true")
            os.environ.setdefault("AWS_ACCESS_KEY_ID", "unused")
            os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "unused")
            from moto.moto_server import werkzeug_app

            self._application = werkzeug_app.DomainDispatcherApplication(
                werkzeug_app.create_backend_app
            )
            cloudtrail.register(self.history)
            logs.register(self.logs)
            _let_public_operations_pass()
            self._regions = _known_regions()
            accounts.create_users(DEFAULT_ACCOUNT)
            self.set_check_signatures(self.check_signatures)
            for service in ("cloudtrail", "sts"):
                werkzeug_app.create_backend_app(service)
        except Exception:
            self._failure = traceback.format_exc()
            print(self._failure, file=sys.stderr, flush=True)
        self._ready.set()

    def wait_until_loaded(self) -> None:
        """Raises RuntimeError when moto could not be loaded."""
        self._ready.wait()
        if self._failure is not None:
            raise RuntimeError("moto could not be loaded: see the standard error of the sandbox")

    def set_check_signatures(self, wanted: bool) -> None:
        """Switches moto's check of signatures and permissions on or off."""
        self.check_signatures = wanted
        from moto import settings
        from moto.core.authorization import ActionAuthenticatorMixin

        settings.INITIAL_NO_AUTH_ACTION_COUNT = 0.0 if wanted else float("inf")
        ActionAuthenticatorMixin.request_count = 0

    def _checks_signatures_now(self) -> bool:
        from moto import settings
        from moto.core.authorization import ActionAuthenticatorMixin

        return ActionAuthenticatorMixin.request_count >= settings.INITIAL_NO_AUTH_ACTION_COUNT

    def handle(self, request: Request) -> Answer:
        """One call: faults before the work, the work, faults after it; then into the call log."""
        self.wait_until_loaded()
        if request.path.startswith(("/moto-api", "/latest/")):
            answer = self._call_moto(request)
            if request.path == "/moto-api/reset":  # moto forgets the users too
                accounts.create_users(DEFAULT_ACCOUNT)
            return answer
        began = time.time()
        call, parameters = describe(request)
        shift = self.faults.clock_shift(call)
        fault_name: str | None = None
        refusal = self._refuse(request, call, began + shift)
        if refusal is not None:
            fault_name, answer = refusal
        else:
            fault = self.faults.take(call)
            fault_name = fault.kind if fault else None
            if fault is not None and fault.kind not in DOES_THE_WORK:
                answer = error_answer(fault.kind, call, began, fault)
            else:
                answer = self._as_aws(call, self._call_moto(request))
            if fault is not None and fault.kind == "slow":
                time.sleep(fault.seconds)
            elif fault is not None and fault.kind in DOES_THE_WORK:
                answer.ending = Ending(fault.kind)
        answer.clock_shift_seconds = shift
        self._record(request, call, parameters, answer, fault_name, began)
        return answer

    def _refuse(self, request: Request, call: Call, now: float) -> tuple[str | None, Answer] | None:
        """What AWS refuses and moto does not: a far date, no signature, an unknown region."""
        shifted = abs(now - time.time()) > 1.0
        if not (shifted or self._checks_signatures_now()):
            return None
        if call.request_date is not None:
            allowed = 900 if call.protocol == "s3" else 300
            if abs(call.request_date - now) > allowed:
                return "skew" if shifted else None, error_answer("skew", call, now)
        if not self._checks_signatures_now():
            return None
        if not call.access_key and call.operation not in _PUBLIC_OPERATIONS:
            return None, error_answer("unsigned", call, now)
        if call.access_key and call.region not in self._regions:
            return None, error_answer("region", call, now)
        return None

    def _as_aws(self, call: Call, answer: Answer) -> Answer:
        """Gives a failed check the form that AWS gives it."""
        if answer.status != 403 or call.protocol != "json" or self.moto_errors:
            return answer
        code = _ERROR_CODE.search(answer.body)
        message = re.search(rb"<Message>(.*?)</Message>", answer.body, re.DOTALL)
        name = _CHECKS_IN_JSON.get((code[2] or b"").decode()) if code else None
        if name is None or message is None:
            return answer
        return aws_error("json", 400, name, html.unescape(message[1].decode()))

    def _record(
        self,
        request: Request,
        call: Call,
        parameters: Any,
        answer: Answer,
        fault: str | None,
        began: float,
    ) -> None:
        error = None
        if answer.status >= 400:
            found = _ERROR_CODE.search(answer.body[:4096])
            error = (found[1] or found[2]).decode() if found else "no error code"
        ids = [
            v for k, v in answer.headers if k.lower() in ("x-amzn-requestid", "x-amz-request-id")
        ]
        self.calls.add(
            time=began,
            seconds=round(time.time() - began, 6),
            operation=call.name,
            region=call.region,
            account=call.account,
            access_key=call.access_key,
            connection=request.connection,
            status=answer.status,
            error=error,
            fault=fault,
            request_id=ids[0] if ids else None,
            parameters=parameters,
        )

    def _call_moto(self, request: Request) -> Answer:
        """Passes the request to moto's WSGI application."""
        started: list[Any] = []

        def start_response(
            status: str, headers: list[tuple[str, str]], exc_info: Any = None
        ) -> Any:
            started[:] = [int(status.split()[0]), headers]
            return lambda data: None

        try:
            parts = self._application(_environ(request), start_response)
            body = b"".join(parts)
            if hasattr(parts, "close"):
                parts.close()
        except Exception as problem:
            if not isinstance(problem, NotImplementedError):
                traceback.print_exc()
            page = f"<!doctype html><title>500 Internal Server Error</title><p>moto: {problem!r}\n"
            return Answer(500, page.encode(), [("Content-Type", "text/html; charset=utf-8")])
        return Answer(started[0], body, list(started[1]))


def _let_public_operations_pass() -> None:
    """moto's check of signatures fails on calls that need none; it is not to see them."""
    from moto.core.authorization import ActionAuthenticatorMixin

    mixin: Any = ActionAuthenticatorMixin
    check = mixin._authenticate_and_authorize_action

    def check_unless_public(self: Any, request_class: type, resource: str = "*") -> None:
        if "Authorization" in self.headers or self._get_action() not in _PUBLIC_OPERATIONS:
            check(self, request_class, resource)

    mixin._authenticate_and_authorize_action = check_unless_public


def _known_regions() -> set[str]:
    from boto3 import Session  # type: ignore[import-untyped]

    session = Session(region_name="us-east-1")
    return {
        region
        for partition in accounts.PARTITIONS
        for region in session.get_available_regions("ec2", partition_name=partition)
    } | {"aws-global"}


def _environ(request: Request) -> dict[str, Any]:
    """The WSGI environment, with the extras that moto reads (RAW_URI, S3 metadata's spelling)."""
    from moto.core.request import (
        PRESERVED_HEADER_NAMES_ENVIRON_KEY,
        environ_key_for_header,
        should_preserve_original_header_name,
    )

    host, port = request.address
    environ: dict[str, Any] = {
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "SERVER_SOFTWARE": "sandbox",
        "SERVER_NAME": host,
        "SERVER_PORT": str(port),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(request.path, "latin-1"),
        "QUERY_STRING": request.query,
        "REQUEST_URI": request.target,
        "RAW_URI": request.target,
        "REMOTE_ADDR": "127.0.0.1",
    }
    names: dict[str, str] = {}
    for name, value in request.headers.items():
        preserved = should_preserve_original_header_name(name)
        if "_" in name and not preserved:
            continue
        if name.lower() in ("content-length", "transfer-encoding"):
            continue
        key = environ_key_for_header(name)
        value = value.replace("\r\n", "")
        environ[key] = f"{environ[key]},{value}" if key in environ else value
        if preserved:
            names[key] = name
    environ["CONTENT_LENGTH"] = str(len(request.body))
    environ[PRESERVED_HEADER_NAMES_ENVIRON_KEY] = names
    return environ


def describe(request: Request) -> tuple[Call, Any]:
    """Reads from the envelope which operation is called, where and by whom, and its parameters."""
    from moto.iam.models import get_account_id_from

    authorization = request.headers.get("Authorization", "")
    query = parse_qs(request.query, keep_blank_values=True)
    if "X-Amz-Credential" in query:  # presigned
        authorization = f"Credential={query['X-Amz-Credential'][0]}"
    scope = _SCOPE.search(authorization)
    access_key, _, region, service = scope.groups() if scope else ("", "", "", "")
    date = request.headers.get("X-Amz-Date") or query.get("X-Amz-Date", [""])[0]
    target = request.headers.get("X-Amz-Target", "")
    parameters: Any = {}
    protocol = "json" if target or service in _JSON_SERVICES else "query"
    operation = target.rpartition(".")[2]
    if target:
        try:
            parameters = json.loads(request.body or b"{}")
        except ValueError:
            parameters = repr(request.body[:200])
        service = service or _service_of_target(target)
    elif service != "s3":
        content_type = request.headers.get("Content-Type", "")
        form = dict(query)
        if "urlencoded" in content_type:
            form |= parse_qs(request.body.decode("utf-8", "replace"), keep_blank_values=True)
        parameters = {name: values[0] for name, values in form.items()}
        operation = parameters.get("Action", "")
        protocol = "ec2" if service == "ec2" else protocol
        if not operation and not scope:
            service = "s3"
        elif not service:
            service = "sts"
    if service == "s3":
        protocol, operation = "s3", _s3_operation(request, query)
        parameters = {"path": request.path, "query": request.query}
    account = request.headers.get("x-moto-account-id") or get_account_id_from(access_key)
    call = Call(service, operation or "Unknown", region, account, access_key, protocol, _date(date))
    return call, parameters


def _service_of_target(target: str) -> str:
    known = {"CloudTrail": "cloudtrail", "AmazonSQS": "sqs", "Logs_": "logs", "AWSEvents": "events",
             "GraniteService": "monitoring", "DynamoDB": "dynamodb"}  # fmt: skip
    return next((name for start, name in known.items() if start in target), "unknown")


def _s3_operation(request: Request, query: dict[str, list[str]]) -> str:
    """A name for an S3 call: exact for the common ones, else verb and place."""
    bucket, _, key = request.path.lstrip("/").partition("/")
    verb = {"GET": "Get", "HEAD": "Head", "PUT": "Put", "POST": "Post", "DELETE": "Delete"}.get(
        request.method, request.method.title()
    )
    if key:
        return f"{verb}Object"
    if not bucket:
        return "ListBuckets"
    if "list-type" in query:
        return "ListObjectsV2"
    if "notification" in query:
        return f"{verb}BucketNotificationConfiguration"
    return {"Put": "CreateBucket", "Get": "ListObjects"}.get(verb, f"{verb}Bucket")


def _date(text: str) -> float | None:
    try:
        return float(calendar.timegm(time.strptime(text, "%Y%m%dT%H%M%SZ")))
    except ValueError:
        return None

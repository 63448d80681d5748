"""Each fault, as a client sees it."""

from __future__ import annotations

import http.client
import time
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from sandbox import ControlError

LOOKUP = "cloudtrail:LookupEvents"


def error_of(call: Any) -> tuple[int, str]:
    with pytest.raises(ClientError) as failure:
        call()
    response = failure.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]


class Wire:
    """A plain HTTP client, for what botocore would hide. Sends a call that looks signed."""

    def __init__(self, sandbox: Any) -> None:
        place = urlsplit(sandbox.aws_url)
        self.connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=20)

    def call(self, when: float | None = None) -> http.client.HTTPResponse:
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(when))
        scope = f"AKIAWIRE000000000000/{stamp[:8]}/us-east-1/cloudtrail/aws4_request"
        self.connection.request("POST", "/", "{}", {
            "X-Amz-Target": "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents",
            "X-Amz-Date": stamp, "Content-Type": "application/x-amz-json-1.1",
            "Authorization":
                f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
        })  # fmt: skip
        return self.connection.getresponse()


@pytest.fixture
def wire(unlimited: Any) -> Any:
    unlimited.check_signatures(False)
    wire = Wire(unlimited)
    yield wire
    wire.connection.close()


@pytest.mark.parametrize(
    ("kind", "lookup", "identity"),
    [
        ("throttle", (400, "ThrottlingException"), (400, "Throttling")),
        ("500", (500, "InternalFailure"), (500, "InternalFailure")),
        ("503", (503, "ServiceUnavailable"), (503, "ServiceUnavailable")),
        ("denied", (400, "AccessDeniedException"), (403, "AccessDenied")),
        ("expired_token", (400, "ExpiredTokenException"), (403, "ExpiredToken")),
    ],
)
def test_an_error_has_the_form_of_its_service(
    unlimited: Any, client: Any, kind: str, lookup: Any, identity: Any
) -> None:
    unlimited.add_fault(kind)
    assert error_of(client("cloudtrail").lookup_events) == lookup
    assert error_of(client("sts").get_caller_identity) == identity
    unlimited.clear_faults()
    assert client("cloudtrail").lookup_events()["Events"] == []


def test_s3_and_ec2_have_errors_of_their_own(unlimited: Any, client: Any) -> None:
    unlimited.add_fault("throttle")
    assert error_of(client("s3", user="admin").list_buckets) == (503, "SlowDown")
    assert error_of(client("ec2").describe_regions) == (503, "RequestLimitExceeded")


def test_a_load_balancers_page_is_html(unlimited: Any, wire: Wire) -> None:
    unlimited.add_fault("html_500", LOOKUP)
    response = wire.call()
    assert (response.status, response.headers["Content-Type"]) == (500, "text/html")
    assert response.read().startswith(b"<html>")


def test_an_empty_500_has_no_body(unlimited: Any, wire: Wire) -> None:
    unlimited.add_fault("empty_500", LOOKUP)
    response = wire.call()
    assert (response.status, response.read()) == (500, b"")


def test_a_reset_loses_the_answer_of_a_call_that_was_done(unlimited: Any, wire: Wire) -> None:
    unlimited.add_fault("reset", LOOKUP, count=1)
    with pytest.raises(ConnectionResetError):
        wire.call()
    (call,) = unlimited.calls()
    assert (call["status"], call["fault"]) == (200, "reset")


def test_a_truncated_answer_ends_before_its_length(unlimited: Any, wire: Wire) -> None:
    unlimited.generate_events("us-east-1", 50)
    unlimited.add_fault("truncate", LOOKUP, count=1)
    response = wire.call()
    assert response.status == 200
    with pytest.raises(http.client.IncompleteRead) as failure:
        response.read()
    assert len(failure.value.partial) > 1000


def test_a_connection_is_hung_up_after_a_whole_answer(unlimited: Any, wire: Wire) -> None:
    unlimited.add_fault("hang_up", LOOKUP, count=1)
    response = wire.call()
    assert "Connection" not in response.headers
    assert response.read().startswith(b'{"Events"')
    assert wire.connection.sock.recv(1) == b""


def test_a_slow_answer_comes_late_and_whole(unlimited: Any, wire: Wire) -> None:
    unlimited.add_fault("slow", LOOKUP, count=1, seconds=0.4)
    began = time.monotonic()
    assert wire.call().read().startswith(b'{"Events"')
    assert time.monotonic() - began >= 0.4
    (call,) = unlimited.calls()
    assert call["seconds"] >= 0.4


def test_a_slow_answer_holds_up_no_other_call(unlimited: Any, wire: Wire, client: Any) -> None:
    unlimited.add_fault("slow", LOOKUP, seconds=5)
    wire.connection.timeout = 0.2
    with pytest.raises(TimeoutError):
        wire.call()
    client("sts").get_caller_identity()


def test_a_shifted_clock_refuses_until_the_request_agrees_with_it(
    unlimited: Any, wire: Wire
) -> None:
    """A-5"""
    unlimited.add_fault("skew", LOOKUP, seconds=3600)
    response = wire.call()
    body = response.read()
    assert response.status == 400
    assert b"InvalidSignatureException" in body and b"Signature expired" in body
    there = parsedate_to_datetime(response.headers["Date"]).timestamp()
    assert abs(there - time.time() - 3600) < 5
    response = wire.call(there)
    assert response.status == 200
    assert parsedate_to_datetime(response.headers["Date"]).timestamp() >= there
    response.read()
    wire.call(there + 301 + 5)
    assert unlimited.calls()[-1]["error"] == "InvalidSignatureException"


def test_a_far_date_is_refused_without_any_fault_when_signatures_are_checked(
    unlimited: Any, wire: Wire
) -> None:
    unlimited.check_signatures(True)
    assert b"not yet current" in wire.call(time.time() + 900).read()


def test_a_fault_ends_after_its_count(unlimited: Any, client: Any) -> None:
    unlimited.add_fault("503", LOOKUP, count=2)
    for _ in range(2):
        assert error_of(client("cloudtrail").lookup_events)[0] == 503
    client("cloudtrail").lookup_events()
    assert unlimited.faults()[0]["hits"] == 2


def test_a_fault_leaves_the_first_calls_alone_when_told_to(unlimited: Any, client: Any) -> None:
    unlimited.add_fault("503", LOOKUP, count=1, skip=1)
    client("cloudtrail").lookup_events()
    assert error_of(client("cloudtrail").lookup_events)[0] == 503
    client("cloudtrail").lookup_events()


def test_a_fault_of_one_operation_or_region_befalls_no_other(unlimited: Any, client: Any) -> None:
    unlimited.add_fault("500", "sts:GetCallerIdentity")
    unlimited.add_fault("503", LOOKUP, region="eu-west-1")
    client("cloudtrail").lookup_events()
    assert error_of(client("cloudtrail", region="eu-west-1").lookup_events)[0] == 503
    assert error_of(client("sts").get_caller_identity)[0] == 500


def test_a_probability_with_a_seed_repeats_itself(unlimited: Any, client: Any) -> None:
    def run() -> list[int]:
        unlimited.forget_calls()
        id = unlimited.add_fault("500", LOOKUP, probability=0.5, seed=11)
        for _ in range(30):
            try:
                client("cloudtrail").lookup_events()
            except ClientError:
                pass
        unlimited.clear_faults(id)
        return [call["status"] for call in unlimited.calls()]

    first = run()
    assert {200, 500} == set(first)
    assert run() == first


def test_a_fault_may_have_another_code_and_message(unlimited: Any, client: Any) -> None:
    unlimited.add_fault("denied", LOOKUP, code="OptInRequired", message="Not <yet>")
    with pytest.raises(ClientError, match="Not <yet>") as failure:
        client("cloudtrail").lookup_events()
    assert failure.value.response["Error"]["Code"] == "OptInRequired"


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ({"kind": "explode"}, "no kind of fault is called 'explode'"),
        ({"kind": "500", "operation": "LookupEvents"}, "should look like cloudtrail:LookupEvents"),
        ({"kind": "500", "cuont": 1}, "a fault has no 'cuont'"),
        ({"kind": "500", "count": 0}, "at least 1"),
    ],
)
def test_a_wrong_fault_is_refused_with_a_sentence(
    sandbox: Any, fault: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ControlError, match=sentence):
        sandbox.request("POST", "faults", fault)

"""LookupEvents through botocore, and the history behind it with a clock of its own."""

from __future__ import annotations

import json
import time
import urllib.request
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox import cloudtrail
from sandbox.cloudtrail import History, LookupFailure, event_from_record

HOUR = 3600
START = 1_790_000_000 - 1_790_000_000 % HOUR
US = "us-east-1"


def record(when: int, id: str, **more: Any) -> str:
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(when))
    return json.dumps({"eventID": id, "eventTime": stamp, "eventName": "Do", **more})


def history_of(*events: tuple[int, str, float | None]) -> tuple[History, list[float]]:
    """A history of (time, id, visible_at) in one region, and its clock, a list of one number."""
    clock = [START + HOUR + 0.0]
    history = History(lambda: clock[0])
    history.settings.lookup_calls_per_second = 0
    history.add("1", US, [event_from_record(record(t, i), v) for t, i, v in events])
    return history, clock


def page(history: History, region: str = US, **parameters: Any) -> tuple[list[str], str | None]:
    answer = json.loads(history.lookup("1", region, parameters))
    return [event["EventId"] for event in answer["Events"]], answer.get("NextToken")


def code_of(failure: Any) -> str:
    return str(failure.value.response["Error"]["Code"])


def test_every_event_comes_once_newest_first_fifty_a_page(unlimited: Any, client: Any) -> None:
    ids = unlimited.generate_events(US, 237, seed=1)
    pages = list(client("cloudtrail").get_paginator("lookup_events").paginate())
    assert [len(p["Events"]) for p in pages] == [50, 50, 50, 50, 37]
    assert "NextToken" not in pages[-1]
    events = [event for p in pages for event in p["Events"]]
    assert sorted(e["EventId"] for e in events) == sorted(ids)
    times = [e["EventTime"] for e in events]
    assert times == sorted(times, reverse=True)


def test_a_full_last_page_has_no_token_unless_it_is_asked_for(unlimited: Any, client: Any) -> None:
    unlimited.generate_events(US, 50)
    assert "NextToken" not in client("cloudtrail").lookup_events()
    unlimited.lookup_settings(token_on_last_page=True)
    first = client("cloudtrail").lookup_events()
    assert len(first["Events"]) == 50
    rest = client("cloudtrail").lookup_events(NextToken=first["NextToken"])
    assert rest["Events"] == [] and "NextToken" not in rest


def test_ragged_pages_still_show_everything_once(unlimited: Any, client: Any) -> None:
    ids = unlimited.generate_events(US, 300)
    unlimited.lookup_settings(ragged_pages=True)
    pages = list(client("cloudtrail").get_paginator("lookup_events").paginate())
    assert sorted(e["EventId"] for p in pages for e in p["Events"]) == sorted(ids)
    assert len(pages) > 6


def test_the_inner_document_arrives_byte_for_byte(unlimited: Any, client: Any) -> None:
    """T-10"""
    odd = '{"eventTime":"%s", "a":1.0,"b":"\\u00e9\\/\\ud83d\\ude00","c":"é\u2028","n":1E3}' % (
        time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    )
    unlimited.seed_events(US, [odd])
    unlimited.generate_events(US, 120, seed=4)
    wanted = {e["event_id"]: e["document"] for e in unlimited.events(US)}
    assert odd in wanted.values()
    pages = client("cloudtrail").get_paginator("lookup_events").paginate()
    got = {e["EventId"]: e["CloudTrailEvent"] for p in pages for e in p["Events"]}
    assert got == wanted


def test_the_envelope_has_aws_names_and_forms(unlimited: Any, client: Any) -> None:
    text = record(
        int(time.time()), "5e5e-1", readOnly=True, eventSource="ec2.amazonaws.com",
        userIdentity={"type": "IAMUser", "userName": "alice", "accessKeyId": "AKIAX"},
        resources=[{"type": "AWS::KMS::Key", "ARN": "arn:aws:kms:::key/1"}],
    )  # fmt: skip
    unlimited.seed_events(US, [text])
    (event,) = client("cloudtrail").lookup_events()["Events"]
    assert abs(event.pop("EventTime").timestamp() - time.time()) < 60
    assert event == {
        "EventId": "5e5e-1",
        "EventName": "Do",
        "ReadOnly": "true",
        "AccessKeyId": "AKIAX",
        "EventSource": "ec2.amazonaws.com",
        "Username": "alice",
        "Resources": [{"ResourceType": "AWS::KMS::Key", "ResourceName": "arn:aws:kms:::key/1"}],
        "CloudTrailEvent": text,
    }


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(1_700_000_001, "1.700000001E9"), (1_700_000_000, "1.7E9"), (2_000_000_000, "2.0E9")],
)
def test_times_are_numbers_as_java_writes_them(seconds: int, written: str) -> None:
    assert cloudtrail.epoch_number(seconds) == written
    assert float(written) == seconds


def test_both_ends_of_the_time_range_are_included(unlimited: Any, client: Any) -> None:
    now = int(time.time())
    unlimited.seed_events(US, [record(now - 60 + n, f"e{n}") for n in range(5)])
    found = client("cloudtrail").lookup_events(StartTime=now - 59, EndTime=now - 57)
    assert [e["EventId"] for e in found["Events"]] == ["e3", "e2", "e1"]


def test_events_older_than_ninety_days_are_gone(unlimited: Any, client: Any) -> None:
    day, now = 86_400, int(time.time())
    unlimited.seed_events(US, [record(now - 91 * day, "old"), record(now - 89 * day, "kept")])
    found = client("cloudtrail").lookup_events(StartTime=now - 100 * day)
    assert [e["EventId"] for e in found["Events"]] == ["kept"]


def test_regions_and_accounts_have_histories_of_their_own(unlimited: Any, client: Any) -> None:
    unlimited.generate_events(US, 1)
    ids = unlimited.generate_events("eu-west-1", 2)
    unlimited.generate_events("eu-west-1", 3, account="210987654321")
    found = client("cloudtrail", region="eu-west-1").lookup_events()
    assert sorted(e["EventId"] for e in found["Events"]) == sorted(ids)


def test_an_assumed_role_sees_the_history_of_its_account(unlimited: Any, client: Any) -> None:
    ids = unlimited.generate_events(US, 3, account="210987654321")
    unlimited.check_signatures(False)
    role = client("sts").assume_role(
        RoleArn="arn:aws:iam::210987654321:role/reader", RoleSessionName="x"
    )["Credentials"]
    found = client(
        "cloudtrail", key=role["AccessKeyId"], secret=role["SecretAccessKey"],
        token=role["SessionToken"],
    ).lookup_events()  # fmt: skip
    assert sorted(e["EventId"] for e in found["Events"]) == sorted(ids)
    assert unlimited.calls("cloudtrail:LookupEvents")[-1]["account"] == "210987654321"


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({"MaxResults": 0}, "InvalidMaxResultsException"),
        ({"MaxResults": 51}, "InvalidMaxResultsException"),
        ({"StartTime": 2_000, "EndTime": 1_000}, "InvalidTimeRangeException"),
        ({"NextToken": "AAAA"}, "InvalidNextTokenException"),
        ({"NextToken": "not base64!"}, "InvalidNextTokenException"),
        ({"EventCategory": "data"}, "InvalidEventCategoryException"),
        (
            {"LookupAttributes": [{"AttributeKey": "Colour", "AttributeValue": "red"}]},
            "InvalidLookupAttributesException",
        ),
        (
            {"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "a"}] * 2},
            "InvalidLookupAttributesException",
        ),
    ],
)
def test_wrong_parameters_are_refused_with_the_error_of_the_model(
    unlimited: Any, client: Any, parameters: dict[str, Any], error: str
) -> None:
    with pytest.raises(ClientError) as failure:
        client("cloudtrail").lookup_events(**parameters)
    assert code_of(failure) == error
    assert failure.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


@pytest.mark.parametrize(
    "other",
    [{"MaxResults": 4}, {"EndTime": 1_790_000_000}, {"StartTime": 1}, {"EventCategory": "insight"},
     {"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "Do"}]}],
)  # fmt: skip
def test_a_token_is_bound_to_its_parameters(
    unlimited: Any, client: Any, other: dict[str, Any]
) -> None:
    """T-6"""
    unlimited.generate_events(US, 20)
    first = client("cloudtrail").lookup_events(MaxResults=5)
    client("cloudtrail").lookup_events(MaxResults=5, NextToken=first["NextToken"])
    with pytest.raises(ClientError) as failure:
        client("cloudtrail").lookup_events(
            **{"MaxResults": 5, **other, "NextToken": first["NextToken"]}
        )
    assert code_of(failure) == "InvalidNextTokenException"


def test_a_token_of_another_region_is_refused(unlimited: Any, client: Any) -> None:
    unlimited.generate_events(US, 51)
    token = client("cloudtrail").lookup_events()["NextToken"]
    with pytest.raises(ClientError) as failure:
        client("cloudtrail", region="eu-west-1").lookup_events(NextToken=token)
    assert code_of(failure) == "InvalidNextTokenException"


def test_a_token_expires() -> None:
    history, clock = history_of(*((START + n, f"e{n}", None) for n in range(4)))
    _, token = page(history, MaxResults=2)
    clock[0] += 3599
    assert page(history, MaxResults=2, NextToken=token)[0] == ["e1", "e0"]
    clock[0] += 2
    with pytest.raises(LookupFailure) as failure:
        page(history, MaxResults=2, NextToken=token)
    assert failure.value.code == "InvalidNextTokenException"


@pytest.mark.parametrize(
    ("key", "value", "found"),
    [
        ("EventId", "b", ["b"]),
        ("EventName", "Put", ["b"]),
        ("ReadOnly", "false", ["b"]),
        ("ReadOnly", "true", ["a"]),
        ("Username", "alice", ["a"]),
        ("ResourceType", "AWS::S3::Bucket", ["b"]),
        ("ResourceName", "logs", ["b"]),
        ("EventSource", "s3.amazonaws.com", ["b", "a"]),
        ("AccessKeyId", "AKIAX", ["a"]),
        ("EventName", "put", []),
    ],
)
def test_each_lookup_attribute_selects(
    unlimited: Any, client: Any, key: str, value: str, found: list[str]
) -> None:
    now = int(time.time())
    one = record(now - 2, "a", eventSource="s3.amazonaws.com", readOnly=True,
                 userIdentity={"type": "IAMUser", "userName": "alice",
                               "accessKeyId": "AKIAX"})  # fmt: skip
    two = json.loads(record(now - 1, "b", eventSource="s3.amazonaws.com", readOnly=False))
    two |= {"eventName": "Put", "resources": [{"type": "AWS::S3::Bucket", "ARN": "logs"}]}
    unlimited.seed_events(US, [one, two])
    attribute = [{"AttributeKey": key, "AttributeValue": value}]
    events = client("cloudtrail").lookup_events(LookupAttributes=attribute)["Events"]
    assert [event["EventId"] for event in events] == found


def test_insight_events_come_only_when_asked_for(unlimited: Any, client: Any) -> None:
    now = int(time.time())
    unlimited.seed_events(US, [record(now, "m"), record(now, "i", eventCategory="Insight")])
    assert [e["EventId"] for e in client("cloudtrail").lookup_events()["Events"]] == ["m"]
    found = client("cloudtrail").lookup_events(EventCategory="insight")["Events"]
    assert [e["EventId"] for e in found] == ["i"]


def test_the_third_call_at_once_is_throttled_as_aws_does_it(sandbox: Any, client: Any) -> None:
    """T-8"""
    sandbox.lookup_settings(lookup_calls_per_second=0.001)
    client("cloudtrail").lookup_events()
    client("cloudtrail").lookup_events()
    with pytest.raises(ClientError) as failure:
        client("cloudtrail").lookup_events()
    error, metadata = failure.value.response["Error"], failure.value.response["ResponseMetadata"]
    assert error == {"Code": "ThrottlingException", "Message": "Rate exceeded"}
    assert metadata["HTTPStatusCode"] == 400 and metadata["RequestId"]
    client("cloudtrail", region="eu-west-1").lookup_events()  # has an allowance of its own


def test_the_allowance_comes_back_at_two_calls_a_second() -> None:
    history, clock = history_of()
    history.settings.lookup_calls_per_second = 2.0

    def is_allowed() -> bool:
        try:
            page(history)
        except LookupFailure:
            return False
        return True

    assert [is_allowed() for _ in range(3)] == [True, True, False]
    clock[0] += 0.5
    assert [is_allowed() for _ in range(2)] == [True, False]
    clock[0] += 100
    assert [is_allowed() for _ in range(3)] == [True, True, False]


def test_a_late_event_is_not_shown_before_its_time() -> None:
    """T-6"""
    history, clock = history_of((START, "early", None), (START + 1, "late", START + HOUR + 60))
    assert page(history)[0] == ["early"]
    clock[0] += 61
    assert page(history)[0] == ["late", "early"]


def test_a_late_event_ahead_of_the_reader_appears_in_the_middle() -> None:
    late = START + HOUR + 10
    history, clock = history_of(
        *((START + n, f"e{n}", None) for n in range(6)), (START + 1, "late", late)
    )
    first, token = page(history, MaxResults=2)
    clock[0] += 11
    second, token = page(history, MaxResults=2, NextToken=token)
    third, token = page(history, MaxResults=2, NextToken=token)
    assert [first, second, third] == [["e5", "e4"], ["e3", "e2"], ["late", "e1"]]
    assert page(history, MaxResults=2, NextToken=token) == (["e0"], None)


def test_a_late_event_behind_the_reader_moves_no_page() -> None:
    late = START + HOUR + 10
    history, clock = history_of(
        *((START + n, f"e{n}", None) for n in range(4)), (START + 3, "late", late)
    )
    first, token = page(history, MaxResults=2)
    clock[0] += 11
    assert first == ["e3", "e2"]
    assert page(history, MaxResults=2, NextToken=token) == (["e1", "e0"], None)
    assert page(history)[0] == ["late", "e3", "e2", "e1", "e0"]


def test_events_of_one_second_are_paged_without_loss() -> None:
    history, _ = history_of(*((START, f"e{n:03}", None) for n in range(120)))
    seen, token = page(history, MaxResults=7)
    while token:
        more, token = page(history, MaxResults=7, NextToken=token)
        seen += more
    assert sorted(seen) == [f"e{n:03}" for n in range(120)]


def test_an_event_that_was_seeded_twice_comes_twice() -> None:
    """T-5"""
    history, _ = history_of((START, "twin", None), (START, "twin", None))
    first, token = page(history, MaxResults=1)
    assert (first, page(history, MaxResults=1, NextToken=token)) == (["twin"], (["twin"], None))


def test_generated_events_are_late_in_the_fraction_asked_for(unlimited: Any, client: Any) -> None:
    unlimited.generate_events(US, 1000, seed=3, late_fraction=0.05, late_seconds=9000)
    (region,) = unlimited.history()["regions"]
    assert region["events"] == 1000
    assert 20 < region["not_yet_visible"] < 90


def test_calls_arrive_on_one_connection_and_are_kept_with_key_and_parameters(
    unlimited: Any, client: Any
) -> None:
    unlimited.generate_events(US, 200)
    list(client("cloudtrail").get_paginator("lookup_events").paginate())
    calls = unlimited.calls("cloudtrail:LookupEvents", US)
    assert [call["status"] for call in calls] == [200] * 4
    assert len({call["connection"] for call in calls}) == 1
    assert {call["access_key"] for call in calls} == {unlimited.credentials()[0]}
    assert "NextToken" in calls[-1]["parameters"]
    assert unlimited.call_counts() == [
        {"operation": "cloudtrail:LookupEvents", "region": US, "status": 200, "count": 4}
    ]


def test_a_wrong_seed_is_refused_with_a_sentence(sandbox: Any) -> None:
    from sandbox import ControlError

    with pytest.raises(ControlError, match="eventTime 'yesterday' should look like"):
        sandbox.seed_events(US, [{"eventTime": "yesterday"}])
    with pytest.raises(ControlError, match="not JSON"):
        sandbox.seed_events(US, ["{"])
    with pytest.raises(ControlError, match="end should be after start"):
        sandbox.generate_events(US, 1, start=5, end=5)


def test_the_control_port_answers_unknown_paths_with_an_error(sandbox: Any) -> None:
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"{sandbox.control_url}/_sandbox/nothing")

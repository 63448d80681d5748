"""Service events against an emulator other than moto, which gives a group's messages out wrongly
and leaves the account out of the envelope."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from conftest import Collector, wait_until
from ministack_account import ACCOUNT, REGION, Events, Ministack
from s3_account import messages

from sandbox import Sandbox


@pytest.fixture
def events(ministack: Ministack) -> Events:
    return Events(ministack)


@pytest.fixture
def service(collector: Collector, ministack: Ministack) -> dict[str, Any]:
    collector.aws_url = ministack.url
    service: dict[str, Any] = {
        "regions": [REGION], "request_period_in_seconds": 1, "visibility_timeout_in_seconds": 20,
    }  # fmt: skip
    collector.input["services"] = {"service-events-all": service}
    return service


def in_order(sandbox: Sandbox) -> list[str]:
    return [record["message"] for record in sandbox.all_records()]


# E-1
@pytest.mark.usefixtures("service")
def test_events_of_a_rule_arrive_once_byte_for_byte_and_in_order(
    sandbox: Sandbox, collector: Collector, events: Events
) -> None:
    collector.start()
    sent = [body for _ in range(10) for body in events.put(30)]
    wait_until(lambda: len(in_order(sandbox)) >= len(sent), 60, "all events")
    wait_until(events.is_empty, 30, "an empty queue")
    assert collector.stop() == 0
    assert in_order(sandbox) == sent
    assert {json.loads(body)["account"] for body in sent} == {ACCOUNT}
    tags = {record["tag"] for record in sandbox.all_records()}
    assert tags == {f"cloud.aws.cloudwatch.events.{ACCOUNT}.{REGION}"}


# E-1
@pytest.mark.usefixtures("service")
def test_an_event_that_is_sent_again_is_dropped_also_after_a_restart(
    sandbox: Sandbox, collector: Collector, events: Events
) -> None:
    sent = events.put(20)
    events.send_again(sent[:10])
    assert collector.run_once() == 0
    events.send_again(sent[10:])
    assert collector.run_once() == 0
    assert in_order(sandbox) == sent
    assert events.is_empty()


# S-20
@pytest.mark.usefixtures("service")
def test_a_group_that_another_reader_has_in_hand_holds_up_itself_alone(
    sandbox: Sandbox, collector: Collector, events: Events
) -> None:
    events.rule("held", {"source": ["my.bank"]}, "held")
    held = events.put(5, source="my.bank")
    taken = events.sqs.receive_message(QueueUrl=events.url, VisibilityTimeout=600)["Messages"]
    assert [message["Body"] for message in taken] == held[:1]
    free = events.put(50)
    collector.start()
    wait_until(lambda: len(in_order(sandbox)) >= len(free), 30, "the other group")
    wait_until(lambda: events.in_hand() == 1, 30, "nothing in hand but what the other reader has")
    assert in_order(sandbox) == free
    events.sqs.change_message_visibility(
        QueueUrl=events.url, ReceiptHandle=taken[0]["ReceiptHandle"], VisibilityTimeout=0
    )
    wait_until(lambda: len(in_order(sandbox)) >= len(free) + len(held), 30, "the group")
    assert in_order(sandbox) == free + held
    assert collector.stop() == 0
    assert events.is_empty()


# D-1
def test_no_event_is_missing_after_kills_with_events_in_hand(
    sandbox: Sandbox, collector: Collector, events: Events, service: dict[str, Any]
) -> None:
    service.update(visibility_timeout_in_seconds=2)
    sent = events.put(300)
    # Receipts stay away, so that what is received stays in hand.
    sandbox.stall()
    for _ in range(3):
        collector.start()
        wait_until(lambda: events.in_hand() > 0, 30, "events in hand")
        collector.kill()
        assert events.in_hand() > 0
        wait_until(lambda: events.in_hand() == 0, 30, "that they come back")
    sandbox.stall(False)
    collector.start()
    wait_until(lambda: len(in_order(sandbox)) >= 50, 30, "some events")
    collector.kill()
    collector.start()
    wait_until(lambda: set(in_order(sandbox)) == set(sent), 60, "all events")
    wait_until(events.is_empty, 30, "an empty queue")
    assert collector.stop() == 0
    repeated = sum((messages(sandbox) - Counter(sent)).values())
    print(f"4 kills: {repeated} duplicates of {len(sent)} events")


# A person who follows the documents has no warnings.
@pytest.mark.usefixtures("service")
def test_nothing_is_said_against_a_queue_as_the_documents_have_it(
    sandbox: Sandbox, collector: Collector, events: Events
) -> None:
    sent = events.put(1)
    assert collector.run_once() == 0
    assert in_order(sandbox) == sent
    warnings = [line for line in collector.said().splitlines() if " warning " in line]
    assert [line for line in warnings if "lacks us-east-1" not in line] == []

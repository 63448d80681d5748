"""`aws-collector setup`: AWS made ready by one command, and left as it was by another."""

from __future__ import annotations

import json

import pytest
from conftest import ACCOUNT, REGIONS
from setup_account import Account
from setup_command import Setup

from sandbox import Sandbox

RULE = "devo-collector-service-events-all"
QUEUE = f"{RULE}.fifo"


def test_events_put_on_the_bus_arrive_once_after_one_command(
    sandbox: Sandbox, setup: Setup, account: Account
) -> None:
    setup.apply()
    sent = {account.put_event(region, number) for region in REGIONS for number in range(5)}
    assert setup.collector.run_once() == 0
    arrived = [json.loads(record["message"])["detail"] for record in sandbox.all_records()]
    assert sorted((one["region"], one["number"]) for one in arrived) == sorted(sent)


# E-5, E-6
def test_each_region_has_a_rule_that_alone_may_send_to_its_queue(
    setup: Setup, account: Account
) -> None:
    setup.apply()
    state = account.state()
    for region in REGIONS:
        queue = state[f"queue {QUEUE} {region}"]
        (statement,) = queue["Policy"]["Statement"]
        assert statement["Principal"] == {"Service": "events.amazonaws.com"}
        assert statement["Action"] == "sqs:SendMessage"
        rule = f"arn:aws:events:{region}:{ACCOUNT}:rule/{RULE}"
        assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": rule}}
        assert queue["SqsManagedSseEnabled"] is True  # no key that EventBridge may not use
        (target,) = state[f"rule {RULE} {region}"]["targets"]
        assert target["Arn"] == f"arn:aws:sqs:{region}:{ACCOUNT}:{QUEUE}"
        assert target["SqsParameters"] == {"MessageGroupId": "devo-collector"}


def test_a_second_apply_changes_nothing(everything: Setup, account: Account) -> None:
    said = everything.apply()
    assert "+ SQS queue" in said
    before = account.state()
    said = everything.apply()
    assert account.state() == before
    assert "to create" not in said
    assert "to change" not in said


def test_plan_shows_what_would_be_done_and_changes_nothing(
    everything: Setup, account: Account
) -> None:
    before = account.state()
    done = everything.run("plan")
    assert done.returncode == 0
    assert f"+ SQS queue {QUEUE}" in done.stdout
    assert f"+ EventBridge rule {RULE}" in done.stdout
    assert "+ VPC flow log vpc-" in done.stdout
    assert "$0.25 a GB" in done.stdout
    assert account.state() == before


def test_what_was_changed_by_hand_shows_in_the_plan_and_is_mended(
    everything: Setup, account: Account
) -> None:
    everything.apply()
    before = account.state()
    region = REGIONS[1]
    sqs, events = account.client("sqs", region), account.client("events", region)
    sqs.set_queue_attributes(
        QueueUrl=account.url(region, QUEUE), Attributes={"MessageRetentionPeriod": "60"}
    )
    events.put_rule(Name=RULE, EventPattern='{"source": ["aws.s3"]}', State="DISABLED")
    account.client("s3", region).put_bucket_notification_configuration(
        Bucket=account.bucket(region), NotificationConfiguration={}
    )
    plan = everything.run("plan").stdout
    assert "MessageRetentionPeriod: 60 -> 432000" in plan
    assert '"aws.s3"' in plan
    assert 'State: "DISABLED" -> "ENABLED"' in plan
    assert "+ S3 notification devo-collector-vpcflowlogs" in plan
    assert "2 to change" in plan
    everything.apply()
    assert account.state() == before


def test_destroy_removes_what_is_ours_and_leaves_what_is_not(
    everything: Setup, account: Account
) -> None:
    region = REGIONS[0]
    foreign = account.make_foreign(region)
    before = account.state()
    everything.apply()
    account.add_foreign_notification(region)
    done = everything.run("destroy", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    after = account.state()
    notification = after.pop(f"notification {account.bucket(region)} {region}")
    assert [one["Id"] for one in notification["QueueConfigurations"]] == ["theirs"]
    assert set(after) - set(before) == {f"bucket {account.bucket(region)} {region}"}
    for name in foreign:
        assert after[name] == before[name]
    assert "not ours" in done.stdout


def test_nothing_is_done_without_a_yes(setup: Setup, account: Account) -> None:
    before = account.state()
    for answer in ("n\n", "", "\n", "maybe\n"):
        done = setup.run("apply", answer=answer)
        assert done.returncode == 1
        assert "Make 8 changes?" in done.stderr
        assert account.state() == before
    assert setup.run("apply", answer="y\n").returncode == 0
    assert account.state() != before


# Each call of an apply in turn: refused by itself, or with all that come after it, or done and the
# process killed before it hears of it. The next apply does the rest.
@pytest.mark.parametrize("kind", ["denied once", "denied from there on", "killed"])
def test_an_apply_that_breaks_at_any_call_is_completed_by_the_next(
    sandbox: Sandbox, everything: Setup, account: Account, kind: str
) -> None:
    region = REGIONS[1]
    for service in everything.collector.input["services"].values():
        service["regions"] = [region]
    account.make_vpcs(1)
    sandbox.forget_calls()
    everything.apply()
    calls = len(sandbox.calls())
    wanted = account.state()
    assert calls > 30
    for at in range(calls):
        account.forget()
        if kind.startswith("denied"):
            count = {"count": 1} if kind == "denied once" else {}
            fault = sandbox.add_fault("denied", skip=at, **count)
            broken = everything.run("apply", "--yes")
            # What could only not be looked at for the plan is done all the same.
            allowed = (0, 1) if kind == "denied once" else (1,)
            assert broken.returncode in allowed, f"call {at}: {broken.stdout}"
        else:
            fault = sandbox.add_fault("slow", skip=at, count=1, seconds=60)
            everything.kill_when(lambda: sandbox.faults()[0]["hits"] > 0, "apply", "--yes")
        sandbox.clear_faults(fault)
        everything.apply()
        assert account.state() == wanted, f"call {at}"

"""Every event reaches Devo whatever is killed, cut or restarted."""

from __future__ import annotations

import json
import random
import time
from datetime import datetime, timezone

import pytest
from conftest import ACCOUNT, REGIONS, Collector, ids_of, iso, wait_until
from received import compare, received, stored_as_delivered

from sandbox import Sandbox


# D-1, D-3: 30 kills at random moments. What was delivered but not yet stored may come again, and
# nothing else.
def test_nothing_is_missing_after_thirty_kills(sandbox: Sandbox, collector: Collector) -> None:
    chance = random.Random(7)
    begin = time.time() - 1800
    sandbox.lookup_settings(lookup_calls_per_second=0)
    events: dict[str, float] = {}
    for region in REGIONS:
        sandbox.generate_events(region, 3_000, start=begin, end=time.time() + 60, seed=3)
        events |= {e["event_id"]: _seconds(e["time"]) for e in sandbox.events(region)}
    collector.service.update(start_time=iso(begin))
    in_flight = 0
    for _ in range(30):
        sandbox.devo_mode(slow_bytes_per_second=100_000)  # so that something is under way
        collector.start()
        time.sleep(chance.uniform(0.05, 2.5))  # the moment is what the test is about
        collector.kill()
        sandbox.devo_mode(slow_bytes_per_second=0)
        wait_until(lambda: not sandbox.devo_stats()["open_connections"], 20, "the end is noticed")
        known = set(received(sandbox))
        in_flight += len(known - stored_as_delivered(collector.folder / "state", events))
    collector.start()
    wait_until(lambda: set(events) <= set(received(sandbox)), 180, "all events")
    assert collector.stop() == 0
    missing, repeated = compare(set(events), received(sandbox))
    print(f"30 kills: {repeated} duplicates of {in_flight} records in flight")
    assert not missing
    assert in_flight > 0, "nothing was under way: the test shows nothing"
    assert repeated <= in_flight


def test_a_restart_in_order_sends_nothing_again(sandbox: Sandbox, collector: Collector) -> None:
    begin = time.time() - 600
    for region in REGIONS:
        sandbox.generate_events(region, 300, start=begin, end=time.time() - 1, seed=4)
    collector.service.update(start_time=iso(begin))
    for _ in range(3):
        collector.start()
        collector.wait_for_line("connected to", 30) if not received(sandbox) else time.sleep(1)
        assert collector.stop() == 0
    assert collector.run_once() == 0
    missing, repeated = compare(ids_of(sandbox), received(sandbox))
    assert not missing
    assert repeated == 0


# D-7: a position belongs to the data, not to the names in the configuration.
def test_renaming_service_and_output_imports_nothing_again(
    sandbox: Sandbox, collector: Collector
) -> None:
    begin = time.time() - 600
    sandbox.generate_events("us-east-1", 200, start=begin, end=time.time() - 1, seed=5)
    collector.service.update(start_time=iso(begin), regions=["us-east-1"])
    assert collector.run_once() == 0
    collector.config["outputs"] = {"another_name": collector.output}
    collector.config["inputs"] = {"another_input": collector.input}
    assert collector.run_once() == 0
    missing, repeated = compare(ids_of(sandbox), received(sandbox))
    assert not missing
    assert repeated == 0


@pytest.mark.parametrize("trouble", ["stall", "reset", "half_close", "idle_close", "restart"])
def test_nothing_is_missing_when_the_endpoint(
    sandbox: Sandbox, collector: Collector, trouble: str
) -> None:
    begin = time.time() - 900
    sandbox.lookup_settings(lookup_calls_per_second=0)
    for region in REGIONS:
        sandbox.generate_events(region, 1_000, start=begin, end=time.time() + 15, seed=6)
    collector.service.update(start_time=iso(begin))
    collector.start()
    for wanted in (100, 300, 500, 700):
        assert sandbox.wait_for_records(wanted, 60)
        if trouble == "stall":  # what its kernel acknowledged is then lost with the connection
            sandbox.stall()
            time.sleep(1.5)
            sandbox.reset_connections()
            sandbox.stall(False)
        elif trouble == "reset":
            sandbox.reset_connections()
        elif trouble == "half_close":
            sandbox.half_close()
        elif trouble == "idle_close":
            sandbox.devo_mode(idle_close_seconds=0.2)
        else:
            sandbox.restart_devo(1.0)
    expected = ids_of(sandbox)
    wait_until(lambda: expected <= set(received(sandbox)), 120, "all events")
    assert collector.stop() == 0
    missing, repeated = compare(expected, received(sandbox))
    print(f"{trouble}: {repeated} duplicates, {sandbox.devo_stats()['connections']} connections")
    assert not missing


# T-10, and section 3 of Devo's rules: the inner document byte for byte, its own time, its tag.
def test_a_record_is_the_event_itself(sandbox: Sandbox, collector: Collector) -> None:
    begin = time.time() - 600
    sandbox.generate_events("eu-west-1", 300, start=begin, end=time.time() - 1, seed=8)
    collector.service.update(start_time=iso(begin), regions=["eu-west-1"])
    assert collector.run_once() == 0
    expected = {e["event_id"]: e for e in sandbox.events("eu-west-1")}
    records = sandbox.all_records()
    assert len(records) == 300
    for record in records:
        event = expected[json.loads(record["message"])["eventID"]]
        assert record["message"] == event["document"]
        assert record["tag"] == f"cloud.aws.cloudtrail.events.{ACCOUNT}.eu-west-1"
        moment = datetime.fromtimestamp(_seconds(event["time"]), timezone.utc)
        assert record["time"].startswith(moment.strftime("%Y-%m-%d %H:%M:%S"))
        assert record["pri"] == 14


def test_one_aws_service_by_its_name_gives_its_events_alone(
    sandbox: Sandbox, collector: Collector
) -> None:
    begin = time.time() - 600
    for region in REGIONS:
        sandbox.generate_events(region, 300, start=begin, end=time.time() - 1, seed=9)
    collector.service.update(start_time=iso(begin), types=["audits"])
    collector.input["services"] = {"iam": collector.service}
    assert collector.run_once() == 0
    events = [e for region in REGIONS for e in sandbox.events(region)]
    of_iam = {
        e["event_id"] for e in events
        if json.loads(e["document"])["eventSource"] == "iam.amazonaws.com"
    }  # fmt: skip
    assert 0 < len(of_iam) < len(events)
    missing, repeated = compare(of_iam, received(sandbox))
    assert not missing
    assert repeated == 0
    assert set(received(sandbox)) == of_iam


def test_tag_filter_and_several_outputs_do_as_they_say(
    sandbox: Sandbox, collector: Collector
) -> None:
    begin = time.time() - 600
    sandbox.generate_events("us-east-1", 400, start=begin, end=time.time() - 1, seed=9)
    names = {e["event_id"]: e["name"] for e in sandbox.events("us-east-1")}
    dropped = sorted(set(names.values()))[0]
    collector.service.update(
        start_time=iso(begin), regions=["us-east-1"], drop_event_names=[dropped],
        tag="my.app.{service}.{region}.{event_name}",
    )  # fmt: skip
    collector.config["outputs"]["disk"] = {
        "type": "file", "config": {"path": str(collector.folder / "out.json")},
    }  # fmt: skip
    assert collector.run_once() == 0
    kept = {id for id, name in names.items() if name != dropped}
    assert set(received(sandbox)) == kept
    text = (collector.folder / "out.json").read_text()
    lines = [json.loads(x) for x in text.split("\n")[:-1]]
    assert {json.loads(line["message"])["eventID"] for line in lines} == kept
    for record in sandbox.all_records():
        name = json.loads(record["message"])["eventName"]
        assert record["tag"] == f"my.app.audit-events-all.us-east-1.{name}"


def _seconds(moment: str | float) -> float:
    if isinstance(moment, (int, float)):
        return float(moment)
    return datetime.fromisoformat(moment).timestamp()

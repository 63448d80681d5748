"""Many events of many log groups, and of few while the collector is killed."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator

import pytest
from conftest import REGIONS, Collector, iso
from setup_account import Account

from sandbox import Sandbox

GROUPS = 25  # in each region
EVENTS = 4_000  # of each group
LATE_SECONDS = 120


class Writer:
    """Writes events of each group, and counts what must arrive."""

    def __init__(self, account: Account) -> None:
        self._clients = {region: account.client("logs", region) for region in REGIONS}
        self.written: Counter[str] = Counter()
        self._dice = random.Random(5)

    def make(self, region: str, group: str) -> None:
        self._clients[region].create_log_group(logGroupName=group)
        for stream in ("one", "two"):
            self._clients[region].create_log_stream(logGroupName=group, logStreamName=stream)

    def delete(self, region: str, group: str) -> None:
        self._clients[region].delete_log_group(logGroupName=group)

    def write(self, region: str, group: str, count: int, start: float, end: float) -> None:
        """Several of them in one millisecond, whatever the span."""
        times = sorted(self._dice.randint(int(start * 100), int(end * 100)) * 10
                       for _ in range(count))  # fmt: skip
        texts = [f"{group} {len(self.written) + n} {'x' * 40}" for n in range(count)]
        self.written.update(texts)
        stream = self._dice.choice(("one", "two"))
        self._clients[region].put_log_events(
            logGroupName=group, logStreamName=stream,
            logEvents=[{"timestamp": t, "message": m} for t, m in zip(times, texts, strict=True)],
        )  # fmt: skip


@pytest.fixture
def writer(collector: Collector, account: Account) -> Iterator[Writer]:
    key, secret = collector.sandbox.credentials("admin")
    collector.secrets.append(secret)
    collector.input["credentials"] = {"access_key": key, "access_secret": secret}
    collector.input["services"] = {"cwl_1": {
        "regions": list(REGIONS), "log_groups": ["app/**"], "request_period_in_seconds": 2,
        "start_time": iso(time.time() - 1000), "look_back_in_seconds": LATE_SECONDS + 30,
    }}  # fmt: skip
    yield Writer(account)


def arrived(sandbox: Sandbox) -> Counter[str]:
    return Counter(record["message"] for record in sandbox.all_records())



# L-2, L-3, L-4, L-9, L-10, L-11: nothing breaks, so nothing may come twice.
def test_two_hundred_thousand_events_of_fifty_groups_arrive_exactly_once(
    sandbox: Sandbox, collector: Collector, writer: Writer
) -> None:
    now = time.time()
    for region in REGIONS:
        for n in range(GROUPS):
            writer.make(region, f"app/{region}/{n}")
            writer.write(region, f"app/{region}/{n}", EVENTS - 200, now - 950, now - 5)
    sandbox.log_settings(page_events=2_000, empty_pages=0.1)
    sandbox.add_fault("throttle", "logs:FilterLogEvents", probability=0.01, seed=1)
    collector.start()
    assert sandbox.wait_for_records(len(writer.written), 300), collector.said()[-2000:]
    for region in REGIONS:
        for n in range(GROUPS):
            seen = time.time()
            writer.write(region, f"app/{region}/{n}", 200, seen - LATE_SECONDS, seen)
        writer.make(region, f"app/{region}/new")
        writer.write(region, f"app/{region}/new", 100, time.time() - 1, time.time())
        writer.make(region, f"app/{region}/brief")
    assert sandbox.wait_for_records(len(writer.written), 300), collector.said()[-2000:]
    for region in REGIONS:
        writer.delete(region, f"app/{region}/brief")
        collector.wait_for_line(f"cwl_1 {region} app/{region}/brief: is no more in AWS", 60)
    assert collector.stop() == 0
    assert len(writer.written) > 200_000
    assert arrived(sandbox) == writer.written
    for region in REGIONS:
        times = sorted(c["time"] for c in sandbox.calls("logs:FilterLogEvents", region))
        # Five calls a second as they leave; their arrival varies with the machine's mood.
        assert all(sixth - first > 0.8 for first, sixth in zip(times, times[5:], strict=False))


# D-1, D-3, L-1: what was delivered but not yet stored may come again, and nothing else.
def test_nothing_is_missing_after_thirty_kills(
    sandbox: Sandbox, collector: Collector, writer: Writer
) -> None:
    dice = random.Random(1)
    groups = [(region, f"app/{n}") for region in REGIONS for n in range(3)]
    for region, group in groups:
        writer.make(region, group)
        writer.write(region, group, 300, time.time() - 900, time.time())
    sandbox.log_settings(page_events=50)
    for _ in range(30):
        collector.start()
        time.sleep(dice.uniform(0.05, 1.2))  # the moment of the kill is the subject
        collector.kill()
        region, group = dice.choice(groups)
        writer.write(region, group, 20, time.time() - LATE_SECONDS, time.time())
    time.sleep(1.1)  # what is of this very second is left for the next period
    assert collector.run_once(180) == 0, collector.said()[-2000:]
    found = arrived(sandbox)
    missing = writer.written - found
    assert not missing
    print(f"30 kills: {sum((found - writer.written).values())} duplicates of {sum(found.values())}")
    assert set(found) == set(writer.written)

"""A sandbox, and the collector for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from collector_process import BINARY, REGIONS, Collector, wait_until
from ministack_account import Ministack
from s3_account import ACCOUNT, S3Account
from setup_account import Account
from setup_command import Setup

from sandbox import Sandbox

__all__ = ["ACCOUNT", "BINARY", "REGIONS", "Collector", "ids_of", "iso", "wait_until"]


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with Sandbox(tmp_path / "sandbox") as sandbox:
        sandbox.wait_until_loaded()
        yield sandbox


@pytest.fixture
def ministack(tmp_path: Path) -> Iterator[Ministack]:
    folder = tmp_path / "ministack"
    folder.mkdir()
    ministack = Ministack(folder)
    yield ministack
    ministack.close()


@pytest.fixture
def collector(tmp_path: Path, sandbox: Sandbox) -> Iterator[Collector]:
    collector = Collector(tmp_path, sandbox)
    yield collector
    if collector.process is not None and collector.process.poll() is None:
        collector.kill()
    for secret in collector.secrets:
        assert secret not in collector.said(), "a secret stands in the log"


@pytest.fixture
def accounts(sandbox: Sandbox) -> list[S3Account]:
    """Both regions with a queue each for flow logs, CloudFront's logs and a trail."""
    accounts = [S3Account(sandbox, region) for region in REGIONS]
    for account in accounts:
        account.queue("flow", f"AWSLogs/{ACCOUNT}/vpcflowlogs/")
        account.queue("cf", "cf/")
        account.queue("trail", f"AWSLogs/{ACCOUNT}/CloudTrail/")
    return accounts


@pytest.fixture
def logs(collector: Collector) -> Collector:
    """A collector of the logs in these queues."""
    services: dict[str, Any] = {
        "non-cloudwatch-logs": {
            "regions": REGIONS, "vpcflowlogs_sqs_queue_name": "flow",
            "cloudfrontlogs_sqs_queue_name": "cf",
        },
        "audit-events-all": {"regions": REGIONS, "audit_sqs_queue_name": "trail"},
    }  # fmt: skip
    for service in services.values():
        service.update(request_period_in_seconds=1, visibility_timeout_in_seconds=20)
    collector.input["services"] = services
    return collector


@pytest.fixture
def account(sandbox: Sandbox) -> Account:
    return Account(sandbox)


@pytest.fixture
def setup(collector: Collector) -> Setup:
    """`aws-collector setup` for service events of both regions."""
    collector.input["services"] = {
        "service-events-all": {"regions": list(REGIONS), "request_period_in_seconds": 1},
    }
    return Setup(collector)


@pytest.fixture
def everything(setup: Setup, account: Account) -> Setup:
    """Service events, and flow logs of all VPCs."""
    account.make_vpcs(2)
    setup.collector.input["services"]["non-cloudwatch-logs"] = {
        "regions": list(REGIONS), "vpcflowlogs_vpcs": "all",
    }  # fmt: skip
    return setup


def ids_of(sandbox: Sandbox, regions: list[str] = REGIONS) -> set[str]:
    """The ids of all events that were seeded."""
    return {e["event_id"] for r in regions for e in sandbox.events(r, documents=False)}


def iso(seconds: float) -> str:
    """Epoch seconds as a configuration file has a time."""
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat()

"""One sandbox for all tests of the sandbox; each test finds it empty and well behaved."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from sandbox import Sandbox  # noqa: E402


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox(tmp_path_factory.mktemp("sandbox")) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(shared: Sandbox) -> Iterator[Sandbox]:
    yield shared
    shared.forget_events()
    shared.clear_faults()
    shared.forget_calls()
    shared.check_signatures(True)
    shared.moto_errors(False)
    shared.lookup_settings(
        lookup_calls_per_second=2.0, lookup_burst=2.0, token_seconds=3600.0,
        token_on_last_page=False, ragged_pages=False,
    )  # fmt: skip
    shared.devo_mode(
        stall=False, idle_close_seconds=0.0, reset_after_bytes=0, reset_after_bytes_always=False,
        slow_bytes_per_second=0, receive_buffer_bytes=0, listening=True,
    )  # fmt: skip
    shared.reset_connections()
    shared.forget_records()


@pytest.fixture
def unlimited(sandbox: Sandbox) -> Sandbox:
    """A sandbox whose LookupEvents is never throttled."""
    sandbox.lookup_settings(lookup_calls_per_second=0)
    return sandbox


@functools.cache
def _client(url: str, service: str, region: str, key: str, secret: str, token: str | None) -> Any:
    config = Config(retries={"total_max_attempts": 1}, parameter_validation=False, read_timeout=20)
    return boto3.client(
        service, region_name=region, endpoint_url=url, config=config, aws_access_key_id=key,
        aws_secret_access_key=secret, aws_session_token=token,
    )  # fmt: skip


@pytest.fixture
def client(shared: Sandbox) -> Callable[..., Any]:
    """client("cloudtrail", region=..., user=... or key=..., secret=..., token=...): botocore's
    client, which knows nothing of the sandbox, does not validate and does not retry."""

    def make(
        service: str,
        region: str = "us-east-1",
        user: str = "collector",
        key: str | None = None,
        secret: str | None = None,
        token: str | None = None,
    ) -> Any:
        own_key, own_secret = shared.credentials(user)
        return _client(shared.aws_url, service, region, key or own_key, secret or own_secret, token)

    return make

"""What is wrong is said in one sentence that names the thing and the remedy; nothing is lost."""

from __future__ import annotations

import resource
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Collector, ids_of, wait_until
from received import compare, received

from sandbox import Sandbox

Change = Callable[[Collector], None]


def _output(**keys: object) -> Change:
    return lambda c: c.output["config"].update(keys)


def _certificate(**names: str) -> Change:
    return lambda c: c.output["config"].update(
        {key: c.sandbox.certificates[name] for key, name in names.items()}
    )


def _unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# Found before anything runs: the exit code is that of a bad configuration.
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_certificate(key="mismatched_key"), ["mismatched.key", "does not belong", "domain.crt"]),
        (_certificate(cert="expired_cert", key="expired_key"), ["expired.crt", "expired on"]),
        (_output(cert="/nowhere/domain.crt"), ["/nowhere/domain.crt", "No such file"]),
        (_certificate(key="encrypted_key"), ["domain_encrypted.key", "passphrase"]),
        (lambda c: c.service.update(regions=["mars-1"]), ["mars-1", "region"]),
        (lambda c: c.service.update(regons=[]) or c.service.pop("regions"), ["regions"]),
    ],
    ids=["mismatched key", "expired", "missing", "no passphrase", "region", "misspelt"],
)
def test_a_fault_of_the_configuration_is_found_at_once(
    collector: Collector, change: Change, words: list[str]
) -> None:
    change(collector)
    assert collector.run_once(20) == 2
    for word in words:
        assert word in collector.said()


# Found at work: said, tried again, and mended while it runs.
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda c: _output(port=_unused_port())(c), ["Connection refused", "check address"]),
        (_output(address="no-such-host.invalid"), ["host.invalid", "cannot be resolved"]),
        (_certificate(chain="other_ca_chain"), ["other_ca_chain.crt", "get the chain anew"]),
        (
            _certificate(cert="other_ca_cert", key="other_ca_key"),
            ["other_ca.crt", "client certificate", "unknown CA"],
        ),
        (
            lambda c: _output(port=c.sandbox.devo["wrong_name_port"])(c),
            ["certificate", "verify_host_name"],
        ),
    ],
    ids=["refused", "unknown host", "other chain", "other client certificate", "wrong name"],
)
def test_an_endpoint_that_cannot_be_used_is_named_and_nothing_is_lost(
    sandbox: Sandbox, collector: Collector, change: Change, words: list[str]
) -> None:
    good = dict(collector.output["config"])
    collector.service.update(regions=["us-east-1"], start_time=_minutes_ago(10))
    sandbox.generate_events("us-east-1", 60, start=time.time() - 500, end=time.time() - 1, seed=1)
    change(collector)
    collector.start()
    wait_until(lambda: all(w in collector.said() for w in words), 40, f"{words}")
    collector.kill()
    assert not received(sandbox)
    collector.output["config"] = good
    assert collector.run_once() == 0
    assert compare(ids_of(sandbox), received(sandbox)) == (set(), 0)


@pytest.mark.parametrize(
    ("credentials", "words"),
    [
        (("AKIANOBODYKNOWSTHIS0", "x" * 40), ["sts:GetCallerIdentity", "access key"]),
        (("collector", "wrong/secret/wrong/secret/wrong/secret00"), ["signature", "secret"]),
    ],
    ids=["unknown key", "wrong secret"],
)
def test_wrong_credentials_are_told_without_being_shown(
    sandbox: Sandbox, collector: Collector, credentials: tuple[str, str], words: list[str]
) -> None:
    key = sandbox.credentials()[0] if credentials[0] == "collector" else credentials[0]
    collector.input["credentials"] = {"access_key": key, "access_secret": credentials[1]}
    collector.secrets.append(credentials[1])
    assert collector.run_once(60) == 1
    for word in words:
        assert word.lower() in collector.said().lower()


def test_a_denied_region_names_the_permission_and_does_not_stop_the_others(
    sandbox: Sandbox, collector: Collector
) -> None:
    sandbox.add_fault("denied", "cloudtrail:LookupEvents", region="eu-west-1", probability=1.0)
    for region in ("us-east-1", "eu-west-1"):
        sandbox.generate_events(region, 80, start=time.time() - 500, end=time.time() - 1, seed=2)
    collector.service.update(start_time=_minutes_ago(10))
    assert collector.run_once() == 1
    line = collector.wait_for_line("pull given up", 1)
    for word in ("eu-west-1", "cloudtrail:LookupEvents", "AccessDenied"):
        assert word in line
    assert set(received(sandbox)) == ids_of(sandbox, ["us-east-1"])
    sandbox.clear_faults()
    assert collector.run_once() == 0
    assert compare(ids_of(sandbox), received(sandbox)) == (set(), 0)


def test_a_state_file_of_garbage_is_named_and_left_alone(collector: Collector) -> None:
    state = collector.folder / "state"
    state.mkdir()
    (state / "positions.db").write_bytes(b"garbage" * 1000)
    assert collector.run_once(20) == 1
    assert str(state / "positions.db") in collector.said()
    assert "move it away" in collector.said()
    assert (state / "positions.db").read_bytes() == b"garbage" * 1000


def test_a_state_folder_that_cannot_be_written_is_named(
    collector: Collector, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    folder = tmp_path / "file" / "state"
    collector.config["globals"]["persistence"]["config"]["directory_name"] = str(folder)
    assert collector.run_once(20) == 1
    assert str(folder) in collector.said()


def test_a_second_collector_on_the_same_state_is_refused(
    sandbox: Sandbox, collector: Collector, tmp_path: Path
) -> None:
    collector.start()
    collector.wait_for_line("started")
    wait_until((tmp_path / "state" / "positions.db-wal").exists, 20, "the state is open")
    second = Collector(tmp_path, sandbox)
    second.log = tmp_path / "second.log"
    assert second.run_once(20) == 1
    assert "another aws-collector uses this state folder" in second.said()
    assert collector.stop() == 0


# The limit on the size of files is what a full disk looks like to a process.
def test_a_full_disk_holds_collecting_up_and_loses_nothing(
    sandbox: Sandbox, collector: Collector
) -> None:
    def little_room() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (96 * 1024, resource.RLIM_INFINITY))

    sandbox.lookup_settings(lookup_calls_per_second=0)
    collector.service.update(regions=["us-east-1"], start_time=_minutes_ago(10))
    sandbox.generate_events("us-east-1", 3000, start=time.time() - 500, end=time.time() - 1, seed=3)
    process = collector.start(preexec_fn=little_room)
    line = collector.wait_for_line("nothing is lost", 60)
    assert "positions.db" in line
    assert "us-east-1" in line
    # There is room again, and the same process goes on.
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
    assert sandbox.wait_for_records(3000, 120)
    assert collector.stop() == 0
    assert compare(ids_of(sandbox), received(sandbox)) == (set(), 0)


def _minutes_ago(minutes: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 60 * minutes))

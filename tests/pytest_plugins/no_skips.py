"""pytest -p no_skips: a run that skipped something, or ran nothing, has failed.

A test that is skipped proves nothing, and a suite of them would look green for ever.
"""

from __future__ import annotations

from typing import Any

import pytest


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    stats = _stats(session.config)
    if stats.get("skipped") or stats.get("xfailed") or not stats.get("passed"):
        session.exitstatus = session.exitstatus or pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    for kind in ("skipped", "xfailed"):
        for report in _stats(config).get(kind, []):
            terminalreporter.write_line(f"FAILED {report.nodeid}: {kind}, which counts as failed")


def _stats(config: pytest.Config) -> dict[str, list[Any]]:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    return {} if reporter is None else dict(reporter.stats)

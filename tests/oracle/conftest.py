"""What the tests against botocore and moto share: the tool that answers for aws-collector."""

import json
import os
import subprocess

import pytest


def pytest_addoption(parser):
    try:
        parser.addoption("--tool", default=os.environ.get("AWS_ORACLE_TOOL"),
                         help="path of aws_oracle_tool; else AWS_ORACLE_TOOL")
    except ValueError:
        pass  # another conftest.py of the run has it


class Tool:
    """aws_oracle_tool: one JSON object in, one out."""

    def __init__(self, path):
        self.path = path

    def ask(self, mode, questions, timeout=120):
        lines = "".join(json.dumps(question) + "\n" for question in questions)
        run = subprocess.run([self.path, mode], input=lines.encode(), capture_output=True,
                             timeout=timeout, check=False)
        assert run.returncode == 0, run.stderr.decode(errors="replace")
        answers = [json.loads(line) for line in run.stdout.splitlines()]
        assert len(answers) == len(questions)
        self.log = run.stderr.decode(errors="replace")
        return answers

    def ask_one(self, mode, **question):
        return self.ask(mode, [question])[0]


@pytest.fixture(scope="session")
def tool(request):
    path = request.config.getoption("--tool")
    if not path:
        pytest.fail("name aws_oracle_tool with --tool or AWS_ORACLE_TOOL")
    return Tool(path)

"""The table of AWS services: their audit and event sources are what botocore's models call them."""

import os
import re
import subprocess

import botocore.session
import pytest

# What CloudTrail calls a service is nearly always its endpoint or its signing name.
AUDIT_SOURCES_OF_THEIR_OWN = {
    "mq": "CloudTrail calls Amazon MQ amazonmq, its endpoint is mq",
    "opsworks": "the service has ended and botocore has forgotten it; old events are still there",
    "sms": "the service has ended and botocore has forgotten it; old events are still there",
}

# What EventBridge calls a service is nearly always "aws." and what CloudTrail calls it.
EVENT_SOURCES_OF_THEIR_OWN = {
    "cloudwatch": "alarms are of aws.cloudwatch, calls of aws.monitoring",
    "monitoring": "the same as cloudwatch",
    "elasticmapreduce": "clusters are of aws.emr, calls of aws.elasticmapreduce",
    "emr": "the same as elasticmapreduce",
    "macie": "findings are of aws.macie, calls of aws.macie2",
}

# A name that botocore has too, but for something else.
NAMES_OF_SOMETHING_ELSE = {
    "ebs": "botocore's ebs reads and writes snapshots; volumes belong to EC2",
}

# Rows of one service under two names: Devo's collector has the one, AWS the other.
ALIASES = {"elb": "elasticloadbalancing", "emr": "elasticmapreduce", "monitoring": "cloudwatch"}


@pytest.fixture(scope="module")
def services():
    """By name: the columns that tell AWS's services apart."""
    run = subprocess.run([os.environ["AWS_COLLECTOR"], "services"], capture_output=True, text=True,
                         timeout=60, check=True)
    head, *lines = run.stdout.splitlines()
    begins = [head.index(title) for title in ("WHAT IT IS", "EVENTS:", "AUDITS:", "METRICS")]
    ends = [*begins[1:], None]
    rows = {}
    for line in lines:
        _, event, audit, metrics = (line[a:b].strip() for a, b in zip(begins, ends))
        if audit.endswith(".amazonaws.com"):
            rows[line.split()[0]] = (event, audit.removesuffix(".amazonaws.com"), metrics.split())
    assert len(rows) > 100
    return rows


@pytest.fixture(scope="module")
def models():
    """By botocore's name of a service: what its endpoint and its signatures are called."""
    session = botocore.session.get_session()
    loader = session.get_component("data_loader")
    names = {}
    for service in session.get_available_services():
        metadata = loader.load_service_model(service, "service-2")["metadata"]
        prefix = metadata["endpointPrefix"]
        names[service] = {prefix, metadata.get("signingName", prefix)}
    return names


def test_audit_sources_are_endpoints_or_signing_names(services, models):
    known = set().union(*models.values())
    unknown = {name for name, (_, audit, _) in services.items() if audit not in known}
    assert unknown == set(AUDIT_SOURCES_OF_THEIR_OWN)


def test_a_service_that_botocore_has_under_that_name_is_the_same(services, models):
    others = {name for name, (_, audit, _) in services.items()
              if name in models and audit not in models[name]
              and name not in AUDIT_SOURCES_OF_THEIR_OWN}
    assert others == set(NAMES_OF_SOMETHING_ELSE)


def test_event_sources_are_named_as_audit_sources_are(services):
    others = {name for name, (event, audit, _) in services.items() if event != f"aws.{audit}"}
    assert others == set(EVENT_SOURCES_OF_THEIR_OWN)


def test_two_names_of_one_service_have_the_same_row(services):
    for name, other in ALIASES.items():
        assert services[name] == services[other], name


def test_namespaces_have_cloudwatchs_form_and_one_service_each(services):
    of = {}
    for name, (_, _, namespaces) in services.items():
        assert namespaces == sorted(set(namespaces)), name
        for namespace in namespaces:
            # These two are older than the rule.
            assert re.fullmatch(r"AWS(/[A-Za-z0-9-]+){1,2}|Glue|WAF", namespace), name
            of.setdefault(namespace, set()).add(ALIASES.get(name, name))
    assert {namespace: names for namespace, names in of.items() if len(names) > 1} == {}

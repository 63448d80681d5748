"""Endpoints: for every region of every partition the URL is botocore's."""

import itertools
import os
from unittest import mock

import botocore.session
import pytest
from botocore.endpoint_provider import EndpointProvider

MODELS = {"sts": "sts", "ec2": "ec2", "sqs": "sqs", "events": "events", "cloudtrail": "cloudtrail",
          "monitoring": "cloudwatch", "logs": "logs", "s3": "s3", "dynamodb": "dynamodb",
          "iam": "iam", "kms": "kms", "cloudfront": "cloudfront"}
# Names of nothing that botocore knows, but of a form that it takes.
NEW_REGIONS = ["us-north-7", "cn-south-9", "us-gov-central-1", "us-iso-north-3", "us-isob-north-1",
               "eu-isoe-east-2", "us-isof-west-3", "eusc-de-north-2", "atlantis-1"]


@pytest.fixture(scope="module")
def loader():
    return botocore.session.get_session().get_component("data_loader")


def regions_of(loader):
    """The regions one can collect from; a name such as aws-global is a stand-in, not a region."""
    for partition in loader.load_data("partitions")["partitions"]:
        for region in partition["regions"]:
            if not region.endswith("-global"):
                yield partition["id"], region


def test_every_region_and_variant_has_botocores_endpoint(tool, loader):
    partitions = loader.load_data("partitions")
    regions = [region for _, region in regions_of(loader)] + NEW_REGIONS
    public = {region for partition, region in regions_of(loader) if partition == "aws"}
    public |= {"atlantis-1", "us-north-7"}
    questions, expected = [], []
    for name, model in MODELS.items():
        rules = EndpointProvider(loader.load_service_model(model, "endpoint-rule-set-1"),
                                 partitions)
        for region, fips, dualstack in itertools.product(regions, (False, True), (False, True)):
            parameters = {"Region": region, "UseFIPS": fips, "UseDualStack": dualstack}
            if name in ("sts", "s3"):
                parameters["UseGlobalEndpoint"] = False
            try:
                endpoint = rules.resolve_endpoint(**parameters)
            except Exception as refusal:  # the rules say that there is none
                assert "does not support FIPS" in str(refusal)
                endpoint = None
            if name == "cloudfront" and region not in public:
                endpoint = None  # it is there in China too, but the collector does not call it
            if endpoint is None:
                expected.append(None)
            else:
                schemes = endpoint.properties.get("authSchemes") or [{}]
                expected.append({"url": endpoint.url,
                                 "signing_region": schemes[0].get("signingRegion", region)})
            questions.append({"service": name, "region": region, "fips": fips,
                              "dualstack": dualstack})
    assert len(questions) > 2000
    answers = tool.ask("endpoint", questions)
    for question, answer, endpoint in zip(questions, answers, expected):
        if endpoint is None:
            assert answer["kind"] == "rejected", question
        else:
            assert answer == endpoint, question


def test_the_known_regions_are_botocores(tool, loader):
    known = list(regions_of(loader))
    answers = tool.ask("regions", [{"region": region} for _, region in known])
    for (partition, region), answer in zip(known, answers):
        assert answer == {"partition": partition, "looks_like": True, "known": True,
                          "nearest": region}


# Each with what botocore makes of it: environment and config file say where the endpoint is.
URLS = {
    "nothing": ({}, ""),
    "global variable": ({"AWS_ENDPOINT_URL": "http://localhost:1"}, ""),
    "service variable": ({"AWS_ENDPOINT_URL_{service}": "http://localhost:2"}, ""),
    "both variables": ({"AWS_ENDPOINT_URL": "http://localhost:1",
                        "AWS_ENDPOINT_URL_{service}": "http://localhost:2"}, ""),
    "profile": ({}, "[default]\nendpoint_url = http://localhost:3\n"),
    "services section": ({}, "[default]\nservices = local\nendpoint_url = http://localhost:3\n"
                             "[services local]\n{section} =\n endpoint_url = http://localhost:4\n"),
    "services section of another service": (
        {}, "[default]\nservices = local\nendpoint_url = http://localhost:3\n"
            "[services local]\nlambda =\n  endpoint_url = http://localhost:4\n"),
    "variable before file": ({"AWS_ENDPOINT_URL": "http://localhost:1"},
                             "[default]\nservices = local\n"
                             "[services local]\n{section} =\n endpoint_url = http://localhost:4\n"),
    "ignored": ({"AWS_ENDPOINT_URL": "http://localhost:1",
                 "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"},
                "[default]\nendpoint_url = http://localhost:3\n"),
    "other profile": ({"AWS_PROFILE": "p"},
                      "[default]\nendpoint_url = http://localhost:3\n"
                      "[profile p]\nendpoint_url = http://localhost:5/base\n"),
}


@pytest.mark.parametrize("case", URLS)
def test_configured_endpoint_urls_count_as_for_botocore(tool, tmp_path, case):
    variables, file_text = URLS[case]
    config = tmp_path / "config"
    for name, model in MODELS.items():
        with mock.patch.dict(os.environ, {}, clear=True):
            service_id = botocore.session.get_session().get_service_model(model).service_id
        section = service_id.hyphenize().replace("-", "_")
        config.write_text(file_text.replace("{section}", section))
        environment = {key.replace("{service}", section.upper()): value
                       for key, value in variables.items()}
        environment.update(AWS_CONFIG_FILE=str(config), AWS_ACCESS_KEY_ID="a",
                           AWS_SECRET_ACCESS_KEY="b")
        with mock.patch.dict(os.environ, environment, clear=True):
            client = botocore.session.get_session().create_client(model, region_name="eu-west-1")
        answer = tool.ask_one("endpoint", service=name, region="eu-west-1",
                              environment=environment)
        assert answer["url"] == client.meta.endpoint_url.rstrip("/"), (name, environment)

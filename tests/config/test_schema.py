"""The JSON Schema and the documentation against the loader's own tables and the fixtures.

CONFIG_KEYS_TOOL names the program collector_config_tool, which prints the key of every table.
"""
import json
import os
import pathlib
import re
import subprocess

import jsonschema
import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
FIXTURES = sorted((ROOT / "tests/testdata/config").glob("*.yml"))
SCHEMA = json.loads((ROOT / "docs/aws-collector.schema.json").read_text())

# Faults that a schema cannot see: the text is no YAML at all, or two values contradict each other.
# Each is tested to be one.
NOT_STRUCTURAL = {
    "alias-that-holds-itself", "alias-without-anchor", "bracket-not-closed",
    "colon-in-a-plain-value", "credentials-with-an-empty-secret", "duplicate-keys",
    "environment-variable-is-not-expanded-twice",
    "environment-variable-is-not-set", "environment-variable-of-wrong-content",
    "every-input-is-switched-off", "every-output-is-switched-off",
    "file-has-a-control-character", "file-is-cut-off", "file-is-not-utf8",
    "inputs-share-a-position",
    "inputs-without-ids-share-a-position", "key-is-a-list", "key-is-missing", "merge-key-of-a-word",
    "nested-too-deep", "nothing-is-collected-by-this-version", "audits-from-s3-without-a-queue",
    "default-format-is-misspelt", "format-with-a-bad-pattern", "queue-twice",
    "queue-of-a-region-that-is-not-listed",
    "tab-in-indentation", "tag-without-meaning", "two-documents", "two-outputs-to-one-file",
    "log-groups-of-wrong-values", "wrong-indentation",
}


class Loader(yaml.SafeLoader):
    """YAML without dates, which JSON does not have."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def loader_keys():
    tool = os.environ.get("CONFIG_KEYS_TOOL")
    if not tool:
        pytest.fail("CONFIG_KEYS_TOOL must name the program collector_config_tool")
    out = subprocess.run([tool], capture_output=True, text=True, check=True).stdout
    return set(out.split())


def schema_keys(schema, path="", found=None):
    """Every property by its path, with `*` for a name that the user chooses."""
    found = {} if found is None else found
    if "$ref" in schema:
        schema_keys(SCHEMA["$defs"][schema["$ref"].rsplit("/", 1)[1]], path, found)
    for name, inner in schema.get("properties", {}).items():
        inner_path = f"{path}.{name}" if path else name
        if inner.get("const") is None:
            found[inner_path] = inner
        schema_keys(inner, inner_path, found)
    for inner in schema.get("patternProperties", {}).values():
        target = SCHEMA["$defs"][inner["$ref"].rsplit("/", 1)[1]] if "$ref" in inner else inner
        schema_keys(inner, f"{path}.{target['title']}", found)
    others = schema.get("additionalProperties")
    if isinstance(others, dict):
        # A service of any name that has a log_group is of the kind that patternProperties has too.
        schema_keys(others, f"{path}.cwl_*" if path.endswith(".services") else f"{path}.*", found)
    for condition in schema.get("allOf", []):
        schema_keys(condition.get("then", {}), path, found)
    if "else" in schema:
        schema_keys(schema["else"], path, found)
    return found


def without_services(keys):
    """The services themselves are names, not keys of a table."""
    return {k for k in keys if not re.fullmatch(r"inputs\.\*\.services\.[^.]+", k)}


def test_schema_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_schema_and_loader_know_the_same_keys():
    assert without_services(schema_keys(SCHEMA)) == loader_keys()


def test_every_property_is_described():
    def check(schema, path):
        for name, inner in schema.get("properties", {}).items():
            if "const" not in inner and path != "if":
                assert inner.get("description") or "$ref" in inner, f"{path}.{name}"
            check(inner, f"{path}.{name}")
        for name, inner in schema.get("patternProperties", {}).items():
            check(inner, f"{path}.{name}")

    check(SCHEMA, "")
    for name, definition in SCHEMA["$defs"].items():
        check(definition, name)


def named(ending):
    return [p for p in FIXTURES if p.name.endswith(ending)]


def faults(path):
    """What the schema finds; None when the text is no YAML document."""
    try:
        text = path.read_bytes().decode()
        # PyYAML takes no tabs between the values of a JSON file; the collector does.
        document = json.loads(text) if text.startswith("{") else yaml.load(text, Loader)
    except (yaml.YAMLError, UnicodeDecodeError):
        return None
    # PyYAML expands merge keys and aliases as the collector does.
    try:
        return [e.message for e in jsonschema.Draft202012Validator(SCHEMA).iter_errors(document)]
    except RecursionError:
        return None


@pytest.mark.parametrize("path", named(".ok.yml"), ids=lambda p: p.name)
def test_sound_files_validate(path):
    assert faults(path) == []


@pytest.mark.parametrize("path", named(".bad.yml"), ids=lambda p: p.name)
def test_bad_files_do_not(path):
    found = faults(path)
    if path.name.removesuffix(".bad.yml") in NOT_STRUCTURAL:
        assert not found, "the schema sees it: take it out of NOT_STRUCTURAL"
    else:
        assert found


def test_not_structural_names_fixtures():
    assert NOT_STRUCTURAL <= {p.name.removesuffix(".bad.yml") for p in FIXTURES}


def documented_keys(kinds):
    """From the tables of docs/configuration.md: each key by its path with its default.

    A heading's first code span is the path of the section, NAME and SERVICE in it are names.
    """
    keys = {}
    prefixes = []
    for line in (ROOT / "docs/configuration.md").read_text().splitlines():
        if line.startswith("#"):
            heading = re.search(r"`([^`]*)`", line)
            prefixes = []
            if heading:
                path = heading.group(1)
                for shown, key in (("NAME", "*"), ("cwl_N", "cwl_*"), ("sqs-N", "sqs-*")):
                    path = path.replace(shown, key)
                prefixes = [path]
                if "SERVICE" in path:
                    prefixes = [path.replace("SERVICE", kind) for kind in kinds]
                prefixes = [p + "." if p != "." else "" for p in prefixes]
        row = re.match(r"\| (`[^|]*`) \|[^|]*\|([^|]*)\|", line)
        if row:
            for key in re.findall(r"`([^`]+)`", row.group(1)):
                keys |= {prefix + key: row.group(2).strip() for prefix in prefixes}
    return keys


def documented():
    loader = loader_keys()
    kinds = {k.split(".")[3] for k in loader if k.startswith("inputs.*.services.")}
    return documented_keys(kinds)


def test_documentation_and_loader_know_the_same_keys():
    assert set(documented()) == loader_keys()


def test_documentation_and_schema_give_the_same_defaults():
    compared = 0
    properties = schema_keys(SCHEMA)
    for key, shown in documented().items():
        default = properties[key].get("default")
        if default is None:
            assert not shown.startswith("`") or key.endswith(".dir"), key
            continue
        text = default if isinstance(default, str) else json.dumps(default)
        assert shown == f"`{text}`", key
        compared += 1
    assert compared > 30


def test_the_schema_knows_the_services_that_the_collector_lists():
    out = subprocess.run(
        [os.environ["AWS_COLLECTOR"], "services"], capture_output=True, text=True, check=True
    ).stdout
    listed = [line.split()[0] for line in out.splitlines()[1:]]
    known = SCHEMA["$defs"]["input"]["properties"]["services"]
    names = list(known["properties"])
    for pattern in known["patternProperties"]:
        if found := re.fullmatch(r"\^\(([a-z0-9|-]+)\)\$", pattern):
            names += found[1].split("|")
    assert sorted(names) == sorted(name for name in listed if name != "cwl_N")

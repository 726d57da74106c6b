"""The JSON Schema is sound and says the same to another reader of schemas.

Editors and CI check rollout.yaml with `schema/rollout.schema.json` through libraries that are not ours.
"""

import copy
import json

import jsonschema

from tools import EXAMPLES, ROOT, Failed, example_names, glidepath, load

SCHEMA = ROOT / "schema" / "rollout.schema.json"


def run(report):
    schema = json.loads(SCHEMA.read_text())
    report.check("`glidepath schema` prints the file", printed_schema())
    report.check("the schema is JSON Schema 2020-12", meta(schema))
    validator = jsonschema.Draft202012Validator(schema)
    for name in example_names():
        document = load((EXAMPLES / name / "rollout.yaml").read_text())[0]
        report.check(f"{name}: the schema accepts it", [f"{'.'.join(map(str, e.absolute_path))}: {e.message[:200]}" for e in validator.iter_errors(document)])
    good = load((EXAMPLES / "image-classifier" / "rollout.yaml").read_text())[0]
    for what, spoil in WRONG.items():
        document = copy.deepcopy(good)
        spoil(document)
        report.check(f"the schema refuses {what}", [] if not validator.is_valid(document) else ["it is accepted"])


def meta(schema):
    if schema.get("$schema") != "https://json-schema.org/draft/2020-12/schema":
        return [f"$schema is {schema.get('$schema')}"]
    try:
        jsonschema.Draft202012Validator.check_schema(schema)
    except jsonschema.SchemaError as error:
        return [f"{'.'.join(map(str, error.absolute_path))}: {error.message[:200]}"]
    return []


def printed_schema():
    try:
        return [] if glidepath("schema") == SCHEMA.read_text() else ["it prints something else"]
    except Failed as error:
        return [error]


def setting(value, *path):
    def spoil(document):
        for key in path[:-1]:
            document = document[key]
        document[path[-1]] = value

    return spoil


def removing(*path):
    def spoil(document):
        for key in path[:-1]:
            document = document[key]
        del document[path[-1]]

    return spoil


WRONG = {
    "another apiVersion": setting("glidepath.dev/v2", "apiVersion"),
    "another kind": setting("Rollout", "kind"),
    "no metadata.name": removing("metadata", "name"),
    "no stable model": removing("spec", "stable"),
    "no models": setting([], "spec", "models"),
    "no steps": setting([], "spec", "steps"),
    "an unknown field at the top": setting(1, "status"),
    "an unknown field of the spec": setting(1, "spec", "step"),
    "an unknown field of a model": setting(3, "spec", "models", 0, "replica"),
    "an unknown field of a step": setting("1h", "spec", "steps", 0, "pause"),
    "an unknown runtime": setting("onnx", "spec", "models", 0, "runtime"),
    "replicas as a string": setting("3", "spec", "models", 0, "replicas"),
    "negative replicas": setting(-1, "spec", "models", 0, "replicas"),
    "a fraction of a replica": setting(1.5, "spec", "models", 0, "replicas"),
    "replicas beside an autoscaler": setting({"min": 2, "max": 4}, "spec", "models", 0, "autoscaling"),
    "a weight over 100": setting(101, "spec", "steps", 0, "weight"),
    "a negative weight": setting(-1, "spec", "steps", 0, "weight"),
    "a weight as a string": setting("30", "spec", "steps", 0, "weight"),
    "weight beside weights": setting({"resnet101": 30}, "spec", "steps", 0, "weights"),
    "a bake without a unit": setting("30", "spec", "steps", 0, "bake"),
    "a bake as a number": setting(30, "spec", "steps", 0, "bake"),
    "a port of 0": setting(0, "spec", "service", "ports", 0, "port"),
    "a port over 65535": setting(65536, "spec", "service", "ports", 0, "port"),
    "an unknown type of Service": setting("ExternalName", "spec", "service", "type"),
    "two matchers on one header": setting({"exact": "a", "prefix": "b"}, "spec", "cohorts", 0, "match", 0, "headers", "user-group"),
    "a boolean as a header's value": setting(True, "spec", "cohorts", 0, "match", 0, "headers", "user-group"),
    "a match entry without a condition": setting({}, "spec", "cohorts", 0, "match", 0),
    "a gate with two kinds": setting({"objective": "99%"}, "spec", "gates", 1, "availability"),
    "a gate without a kind": removing("spec", "gates", 0, "availability"),
    "an unknown level of a lint": lambda document: document["spec"].update(lints={"GP601": "ignore"}),
    "a second kind of router": setting("linkerd", "spec", "traffic", "provider"),
}

"""The schemas that an API server holds objects against: Kubernetes' own (strict), and upstream's for custom resources."""

import json
from functools import lru_cache
from pathlib import Path

import jsonschema
import kubernetes_validate
from referencing import Registry, Resource

from tools import ROOT, title

CRDS = ROOT / "fixtures" / "crds"
KUBERNETES = Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema"
OLDEST, NEWEST = "1.27", "1.33"
# Its version and channel, where a rollout does not say them.
GATEWAY_API = "1.4-standard"


def gateway_api(rollout):
    """The version and the channel of Gateway API whose schemas a rollout's objects are held against."""
    asked = (rollout["spec"].get("outputs") or {}).get("gatewayApi") or {}
    version, channel = GATEWAY_API.split("-")
    return f"{asked.get('version', version)}-{asked.get('channel', channel)}"


def faults(document, kubernetes, gateway=GATEWAY_API):
    """What is wrong with one object in one version of Kubernetes, with these CRDs of Gateway API."""
    for field in ("apiVersion", "kind", "metadata"):
        if field not in document:
            return [f"an object without {field}: {document}"]
    validator = _validator(document["apiVersion"], document["kind"], kubernetes, gateway)
    if validator is None:
        return [f"{title(document)}: no schema for {document['apiVersion']} {document['kind']}"]
    return [f"{title(document)}: {'.'.join(map(str, e.absolute_path)) or 'object'}: {e.message[:300]}" for e in validator.iter_errors(document)]


@lru_cache(maxsize=None)
def _validator(api_version, kind, kubernetes, gateway):
    group = api_version.rpartition("/")[0]
    if group == "gateway.networking.k8s.io":
        return _custom(CRDS / "gateway-api" / gateway, api_version, kind)
    # `networking.k8s.io` is Kubernetes' own, and what has another word before that is not.
    builtin = "." not in group or (group.endswith(".k8s.io") and not group.endswith(".networking.k8s.io"))
    return _kubernetes(api_version, kind, kubernetes) if builtin else _custom(CRDS, api_version, kind)


def _kubernetes(api_version, kind, kubernetes):
    folder = KUBERNETES / f"v{kubernetes}.0-local-strict"
    group, _, version = api_version.rpartition("/")
    name = "-".join(part for part in (kind.lower(), group.split(".")[0], version) if part)
    path = folder / f"{name}.json"
    if not path.exists():
        return None
    schema = Resource.from_contents(json.loads(path.read_text()))
    return jsonschema.Draft202012Validator(schema.contents, registry=schema @ _definitions(folder))


@lru_cache(maxsize=None)
def _definitions(folder):
    return Resource.from_contents(json.loads((folder / "_definitions.json").read_text())) @ Registry()


def _custom(folder, api_version, kind):
    path = folder / f"{api_version.replace('/', '_')}_{kind}.json"
    if not path.exists():
        return None
    schema = _closed(json.loads(path.read_text()))
    schema["properties"].update(apiVersion={"const": api_version}, kind={"const": kind}, metadata={"type": "object", "required": ["name"]})
    schema["required"] = sorted({*schema.get("required", []), "apiVersion", "kind", "metadata", "spec"})
    return jsonschema.Draft202012Validator(schema)


def _closed(schema):
    """An OpenAPI schema as a JSON Schema that refuses unknown fields, which an API server would drop silently."""
    if not isinstance(schema, dict):
        return schema
    if schema.get("x-kubernetes-int-or-string"):
        return {"type": ["integer", "string"]}
    # `allOf`, `anyOf`, `oneOf` and `not` hold only `required` and patterns in these files, so they stay open.
    closed = {key: value for key, value in schema.items() if key not in ("format", "nullable")}
    for key in ("items", "additionalProperties"):
        if key in closed:
            closed[key] = _closed(closed[key])
    if "properties" in closed:
        closed["properties"] = {key: _closed(value) for key, value in closed["properties"].items()}
        if not closed.get("x-kubernetes-preserve-unknown-fields"):
            closed.setdefault("additionalProperties", False)
    if schema.get("nullable") and "type" in closed:
        closed["type"] = [closed["type"], "null"]
    return closed

"""Negative controls: what a server must refuse, warn of, or lose. One that could not would prove nothing by its silence."""

import copy

from applied import applicable, dropped, unequal
from kubeserver import Refused

METADATA = {"name": "control", "namespace": "default"}
POD = {"metadata": {"labels": {"app": "a"}}, "spec": {"containers": [{"name": "model", "image": "model:1"}]}}
DEPLOYMENT = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": METADATA, "spec": {"selector": {"matchLabels": {"app": "a"}}, "template": POD}}
RULE = {"matches": [{"path": {"type": "PathPrefix", "value": "/"}}], "backendRefs": [{"name": "model", "port": 80}]}
HTTP_ROUTE = {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": METADATA, "spec": {"rules": [RULE]}}
VIRTUAL_SERVICE = {
    "apiVersion": "networking.istio.io/v1",
    "kind": "VirtualService",
    "metadata": METADATA,
    "spec": {"hosts": ["model"], "http": [{"route": [{"destination": {"host": "model"}, "weight": 100}]}]},
}
DESTINATION_RULE = {**VIRTUAL_SERVICE, "kind": "DestinationRule", "spec": {"host": "model", "trafficPolicy": {"connectionPool": {"tcp": {"connectTimeout": "1s"}}}}}
SOUND = (DEPLOYMENT, HTTP_ROUTE, VIRTUAL_SERVICE, DESTINATION_RULE)
# An object, where it is changed and into what, and a word of the refusal.
REFUSED = (
    (DEPLOYMENT, "spec.selektor", {}, "selektor"),
    (DEPLOYMENT, "spec.replicas", "3", "replicas"),
    (DEPLOYMENT, "spec.template.metadata.labels", {"app": "b"}, "selector"),
    (HTTP_ROUTE, "spec.rules.0.matches.0.path.value", "no-slash", "start with '/'"),
    (HTTP_ROUTE, "spec.rules.0.timeouts", {"request": "1s", "backendRequest": "2s"}, "backendRequest timeout cannot be longer than request timeout"),
    (HTTP_ROUTE, "spec.rules.0.backendRef", [], "backendRef"),
    (VIRTUAL_SERVICE, "spec.http.0.rout", [], "rout"),
    (VIRTUAL_SERVICE, "spec.http.0.route.0.weight", "100", "weight"),
    (VIRTUAL_SERVICE, "spec.http.0.timeout", "1 second", "timeout"),
    (DESTINATION_RULE, "spec.trafficPolicy.connectionPool.tcp.connectTimeout", "1us", "connectTimeout"),
)


def accepted(client):
    """The controls that fail."""
    faults = []
    for item in SOUND:
        said = refusal(client, item)
        faults += [f"a sound {item['kind']} is refused: {said}"] if said else []
    for item, where, value, word in REFUSED:
        said = refusal(client, changed(item, where, value))
        if word not in said:
            faults.append(f"{item['kind']} with {value!r} in {where}: {said or 'is accepted'}")
    return faults + unmoved(client) + unwarned(client) + undropped(client)


def unmoved(client):
    """A selector that changes under a Deployment that is there."""
    client.apply(DEPLOYMENT)
    moved = changed(changed(DEPLOYMENT, "spec.selector.matchLabels", {"app": "b"}), "spec.template.metadata.labels", {"app": "b"})
    said = refusal(client, moved)
    client.delete(DEPLOYMENT)
    return [] if "immutable" in said else [f"a selector that changes: {said or 'is accepted'}"]


def unwarned(client):
    old = changed(DEPLOYMENT, "spec.template.spec.nodeSelector", {"beta.kubernetes.io/arch": "amd64"})
    _, warnings = client.apply(old, dry=True)
    return [] if any(applicable(warning) for warning in warnings) else ["nobody warns of a label that is deprecated"]


def undropped(client):
    """A field that the server does not keep, and one that it changes."""
    stored, _ = client.apply(changed(DEPLOYMENT, "status", {"replicas": 3}), dry=True)
    faults = [] if dropped({"status": {"replicas": 3}}, stored) else ["a status that is not stored is not missed"]
    again, _ = client.apply(changed(DEPLOYMENT, "spec.replicas", 2), dry=True)
    return faults + ([] if unequal(stored, again) else ["other replicas are the same"])


def refusal(client, item):
    try:
        client.apply(item, dry=True)
    except Refused as error:
        return str(error)
    return ""


def changed(item, where, value):
    """A copy of an object with a value at a path."""
    item = copy.deepcopy(item)
    *parents, last = where.split(".")
    target = item
    for part in parents:
        target = target[int(part)] if isinstance(target, list) else target.setdefault(part, {})
    target[int(last) if isinstance(target, list) else last] = value
    return item

"""Every row of fixtures/values against the servers' own code: what a server refuses is marked so, and nothing else.

On request only: building the servers takes minutes. A row's values go where the server sees them, which `PLACES` says, in the objects
that glidepath renders of the base; the servers are programs beside this one, built by Go modules.
"""

import copy
import json
import re
import subprocess

import judges
import yaml
from tools import ROOT, Failed, build, rendered, stage_folders, stage_name

VALUES = ROOT / "fixtures" / "values"
STAGE = "weight-10"

CONTAINER = "spec.template.spec.containers[0]"
POD = "spec.template.spec"

# Where a row's key stands in an object: the key's beginning, then the kind, the name and the path. The longest beginning counts.
PLACES = {
    "kubernetes": {
        "model.env": ("Deployment", "ranker-a", f"{CONTAINER}.env"),
        "model.envFrom": ("Deployment", "ranker-a", f"{CONTAINER}.envFrom"),
        "model.ports": ("Deployment", "ranker-a", f"{CONTAINER}.ports"),
        "model.readinessProbe": ("Deployment", "ranker-a", f"{CONTAINER}.readinessProbe"),
        "model.livenessProbe": ("Deployment", "ranker-a", f"{CONTAINER}.livenessProbe"),
        "model.startupProbe": ("Deployment", "ranker-a", f"{CONTAINER}.startupProbe"),
        "model.resources": ("Deployment", "ranker-a", f"{CONTAINER}.resources"),
        "model.volumeMounts": ("Deployment", "ranker-a", f"{CONTAINER}.volumeMounts"),
        "model.containerName": ("Deployment", "ranker-a", f"{CONTAINER}.name"),
        "model.command": ("Deployment", "ranker-a", f"{CONTAINER}.command"),
        "model.args": ("Deployment", "ranker-a", f"{CONTAINER}.args"),
        "model.image": ("Deployment", "ranker-a", f"{CONTAINER}.image"),
        "model.volumes": ("Deployment", "ranker-a", f"{POD}.volumes"),
        "model.tolerations": ("Deployment", "ranker-a", f"{POD}.tolerations"),
        "model.affinity": ("Deployment", "ranker-a", f"{POD}.affinity"),
        "model.nodeSelector": ("Deployment", "ranker-a", f"{POD}.nodeSelector"),
        "model.imagePullSecrets": ("Deployment", "ranker-a", f"{POD}.imagePullSecrets"),
        "model.securityContext": ("Deployment", "ranker-a", f"{POD}.securityContext"),
        "model.serviceAccountName": ("Deployment", "ranker-a", f"{POD}.serviceAccountName"),
        "model.terminationGracePeriodSeconds": ("Deployment", "ranker-a", f"{POD}.terminationGracePeriodSeconds"),
        "model.podAnnotations": ("Deployment", "ranker-a", "spec.template.metadata.annotations"),
        "model.podLabels": ("Deployment", "ranker-a", "spec.template.metadata.labels"),
        "model.imagePullPolicy": ("Deployment", "ranker-a", f"{CONTAINER}.imagePullPolicy"),
        "model.lifecycle": ("Deployment", "ranker-a", f"{CONTAINER}.lifecycle"),
        "model.containerSecurityContext": ("Deployment", "ranker-a", f"{CONTAINER}.securityContext"),
        "model.initContainers": ("Deployment", "ranker-a", f"{POD}.initContainers"),
        "model.sidecars": ("Deployment", "ranker-a", f"{POD}.initContainers"),
        "model.containers": ("Deployment", "ranker-a", f"{POD}.containers"),
        "model.topologySpreadConstraints": ("Deployment", "ranker-a", f"{POD}.topologySpreadConstraints"),
        "model.resourceClaims": ("Deployment", "ranker-a", f"{POD}.resourceClaims"),
        "model.priorityClassName": ("Deployment", "ranker-a", f"{POD}.priorityClassName"),
        "model.runtimeClassName": ("Deployment", "ranker-a", f"{POD}.runtimeClassName"),
        "model.schedulerName": ("Deployment", "ranker-a", f"{POD}.schedulerName"),
        "model.shareProcessNamespace": ("Deployment", "ranker-a", f"{POD}.shareProcessNamespace"),
        "model.dnsPolicy": ("Deployment", "ranker-a", f"{POD}.dnsPolicy"),
        "model.dnsConfig": ("Deployment", "ranker-a", f"{POD}.dnsConfig"),
        "model.minReadySeconds": ("Deployment", "ranker-a", "spec.minReadySeconds"),
        "model.progressDeadlineSeconds": ("Deployment", "ranker-a", "spec.progressDeadlineSeconds"),
        "model.workloadName": ("Deployment", "ranker-a", "metadata.name"),
        "model.replicas": ("Deployment", "ranker-a", "spec.replicas"),
        "model.rollingUpdate": ("Deployment", "ranker-a", "spec.strategy.rollingUpdate"),
        "model.autoscaling.metrics": ("HorizontalPodAutoscaler", "ranker-b", "spec.metrics"),
        "model.autoscaling.min": ("HorizontalPodAutoscaler", "ranker-b", "spec.minReplicas"),
        "model.autoscaling.max": ("HorizontalPodAutoscaler", "ranker-b", "spec.maxReplicas"),
        "model.autoscaling.behavior": ("HorizontalPodAutoscaler", "ranker-b", "spec.behavior"),
        "model.disruptionBudget": ("PodDisruptionBudget", "ranker-b", "spec"),
        "model.serviceAccount.name": ("ServiceAccount", "ranker-b", "metadata.name"),
        "model.serviceAccount.annotations": ("ServiceAccount", "ranker-b", "metadata.annotations"),
        "metadata.name": ("Service", "ranker", "metadata.name"),
        "metadata.labels": ("Service", "ranker", "metadata.labels"),
        "service": ("Service", "ranker", "spec"),
        "service.labels": ("Service", "ranker", "metadata.labels"),
        "service.annotations": ("Service", "ranker", "metadata.annotations"),
        "metadata.annotations": ("Service", "ranker", "metadata.annotations"),
        "service.name": ("Service", "ranker", "metadata.name"),
        "namespace.labels": ("Namespace", "search", "metadata.labels"),
    },
    "istio": {
        "route": ("VirtualService", "ranker", "spec.http[0]"),
        "traffic.policy": ("DestinationRule", "ranker", "spec.trafficPolicy"),
        "model.trafficPolicy": ("DestinationRule", "ranker", "spec.subsets[0].trafficPolicy"),
        "traffic.hosts": ("VirtualService", "ranker", "spec.hosts"),
        "traffic.gateways": ("VirtualService", "ranker", "spec.gateways"),
        "traffic.gateway.name": ("Gateway", "ranker-gateway", "metadata.name"),
        "traffic.gateway.servers": ("Gateway", "ranker-gateway", "spec.servers"),
        # Says for which release glidepath judges; the server is one release.
        "outputs": None,
    },
}

# The servers' programs, each `validate` of a module beside this file.
SERVERS = ("istio", "kubernetes")
# Istio's CRDs, in its module.
CRDS = "manifests/charts/base/files/crd-all.gen.yaml"


def run(report):
    base = yaml.safe_load((VALUES / "base.yaml").read_text())
    with rendered(base) as deploy:
        stage = next(folder for folder in stage_folders(deploy) if stage_name(folder) == STAGE)
        objects = {(item["kind"], item["metadata"]["name"]): item for item in build(stage)}
    for server in sorted(path.name for path in VALUES.iterdir() if path.is_dir()):
        if server not in SERVERS:
            report.check(f"{server}: there is a program", [f"none of {SERVERS} is {server}"])
            continue
        judge = program(server)
        for path in sorted((VALUES / server).glob("*.yaml")):
            rows = yaml.safe_load(path.read_text())
            report.check(f"{server}/{path.stem}: the server says of {len(rows)} rows what they say", differing(judge, objects, server, rows))


def differing(judge, objects, server, rows):
    """The rows of which the server says something else."""
    faults, documents, owners = [], [], []
    for number, row in enumerate(rows):
        try:
            changed = place(objects, PLACES[server], row)
        except Failed as error:
            faults.append(f"{json.dumps(row)}: {error}")
            continue
        documents += changed
        owners += [number] * len(changed)
    said = {number: [] for number in range(len(rows))}
    for number, answer in zip(owners, ask(judge, documents), strict=True):
        said[number] += answer["errors"]
    for number, row in enumerate(rows):
        refused = row.get("refused")
        if refused is None and said[number]:
            faults.append(f"{json.dumps(row)}: the server refuses it: {said[number][0]}")
        if refused is not None and not any(refused in error for error in said[number]):
            faults.append(f"{json.dumps(row)}: the server says {said[number][:1] or 'nothing'}")
    return faults


def place(objects, places, row):
    """The objects that a row changes, with its values in them."""
    changed = {}
    for key, path, value in leaves(places, {key: value for key, value in row.items() if key not in ("at", "refused")}):
        if key not in places:
            raise Failed(f"`PLACES` has no place for {'.'.join(path)}")
        if places[key] is None:
            continue
        kind, name, where = places[key]
        if key == "traffic.gateway.servers":
            value = servers(value, objects, row)
        elif key == "traffic.hosts" and takes_hosts(row["traffic"]):
            gateway = changed.setdefault(("Gateway", "ranker-gateway"), copy.deepcopy(objects["Gateway", "ranker-gateway"]))
            gateway["spec"]["servers"][0]["hosts"] = value
        elif key == "model.containers":
            # The one that serves comes first.
            pod = changed.get((kind, name), objects[kind, name])["spec"]["template"]["spec"]
            value = [*pod["containers"], *value]
        elif key == "model.sidecars":
            value = [{**sidecar, "restartPolicy": sidecar.get("restartPolicy", "Always")} for sidecar in value]
        target = changed.setdefault((kind, name), copy.deepcopy(objects[kind, name]))
        if key == "model.lifecycle" and "preStop" in value:
            # It stands in the place of glidepath's own.
            put(target, [*re.findall(r"[^.\[\]]+", where)], {"preStop": None})
        put(target, [*re.findall(r"[^.\[\]]+", where)], value)
    return list(changed.values())


def takes_hosts(traffic):
    """Whether the Gateway is still written, and its one server takes the hosts of the routes."""
    gateway = traffic.get("gateway", {})
    return gateway is not None and "servers" not in gateway


def servers(given, objects, row):
    """A Gateway's servers as glidepath writes them."""
    hosts = row["traffic"].get("hosts", objects["VirtualService", "ranker"]["spec"]["hosts"])
    written = []
    for server in given:
        secret = server.get("credentialName")
        protocol = server.get("protocol", "HTTPS" if secret else "HTTP")
        port = {"name": f"{protocol.lower()}-{server['port']}", "number": server["port"], "protocol": protocol}
        tls = {"tls": {"mode": "SIMPLE", "credentialName": secret}} if secret else {}
        written.append({"hosts": server.get("hosts", hosts), "port": port, **tls})
    return written


def leaves(places, value, path=()):
    """The parts of a row that have places of their own, each with the longest one; what a row takes away is no part."""
    key = ".".join(path)
    if any(other.startswith(f"{key}.") if key else True for other in places) and isinstance(value, dict):
        rest = {}
        for name, inner in value.items():
            below = ".".join((*path, name))
            if any(other == below or other.startswith(f"{below}.") for other in places) or key not in places:
                yield from leaves(places, inner, (*path, name))
            else:
                rest[name] = inner
        if rest:
            yield key, path, rest
    elif value is not None:
        yield key, path, value


def put(target, where, value):
    """Merges a value into the part of an object that a path names."""
    for part in where[:-1]:
        target = target[int(part)] if isinstance(target, list) else target.setdefault(part, {})
    last = where[-1]
    if isinstance(target, list):
        target[int(last)] = merged(target[int(last)], value)
    else:
        target[last] = merged(target.get(last), value)


def merged(target, patch):
    """RFC 7386."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


def ask(judge, documents):
    stream = "\n---\n".join(json.dumps(document) for document in documents)
    done = subprocess.run(judge, input=stream, capture_output=True, text=True)
    if done.returncode:
        raise Failed(f"{judge[0].name} ended with {done.returncode}: {done.stderr[-1000:]}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def program(server):
    """The command that judges objects as a server does."""
    crds = [judges.module_folder(server, "istio.io/istio/pkg/config/validation") / CRDS] if server == "istio" else []
    return [judges.program(server, "validate"), *crds]

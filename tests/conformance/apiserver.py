"""Every stage in order and back, applied to a real kube-apiserver of the oldest and of the newest release that can be had.

On request only: the two servers take some ten minutes each to build. They have the CustomResourceDefinitions of everything that
glidepath emits, so that the validation rules of upstream judge too, and of Gateway API those that the rollout says it runs on.
"""

import contextlib
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

import crds
import kubeserver
import refusals
import schemas
from applied import Cluster, applicable, shown, sorted_for_applying
from kubeserver import MANAGER, Refused
from tools import EXAMPLES, Failed, build, load, rendered, rollouts, stage_folders

# Of glidepath's oldest release, the last whose parts all have a checksum that the Go checksum database knows; the newest of all.
RELEASES = ("1.27", "1.37")


class Rollout:
    """What a rollout emits: its stages in order, each with its objects, and what Argo CD reads."""

    def __init__(self, name, spec):
        self.name = name
        text = spec.read_text()
        # A case about a newer field says since when there is one.
        self.releases = RELEASES[-1:] if "\n# kubernetes: " in text else RELEASES
        self.gateway_api = tuple(schemas.gateway_api(load(text)[0]).split("-"))
        with rendered(spec) as deploy:
            self.stages = [(folder.name, sorted_for_applying(build(folder))) for folder in stage_folders(deploy)]
            self.argocd = sorted_for_applying(build(deploy / "argocd")) if (deploy / "argocd").is_dir() else []

    def objects(self):
        return [item for _, objects in self.stages for item in objects]


def run(report):
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda one: attempt(Rollout, *one), rollouts().items()))
    report.check("every rollout renders and builds", [one for one in found if isinstance(one, Failed)])
    found = [one for one in found if isinstance(one, Rollout)]
    for release in RELEASES:
        began = time.monotonic()
        with kubeserver.started(release) as client:
            client.install(crds.upstream())
            print(f"  Kubernetes {release} is up after {time.monotonic() - began:.0f} s", flush=True)
            judge(report, release, client, [one for one in found if release in one.releases])
        print(f"  Kubernetes {release}: {client.requests} requests in {time.monotonic() - began:.0f} s", flush=True)


def judge(report, release, client, found):
    wanted = sorted({one.gateway_api for one in found})
    for at in crds.channels():
        definitions = crds.gateway_api(*at)
        title = f"Kubernetes {release} with Gateway API {at[0]} {at[1]}"
        try:
            client.install(definitions)
        except Refused as error:
            report.check(f"{title}: its definitions are taken", [error])
            continue
        if at in wanted:
            report.check(f"{title}: what must be refused is refused", refusals.accepted(client))
            for rollout in (one for one in found if one.gateway_api == at):
                report.check(f"{title}: {rollout.name}: {len(rollout.stages)} stages in order and back", walked(client, rollout))
        routes = written_for(*at)
        report.check(f"{title}: {len(routes)} different routes and Gateways are taken", untaken(client, routes))
        client.remove(definitions)


@lru_cache(maxsize=None)
def written_for(version, channel):
    """Every different object of Gateway API that glidepath writes where a rollout says that it runs on this version and channel."""

    def elsewhere(document):
        document["spec"].setdefault("outputs", {})["gatewayApi"] = {"version": version, "channel": channel}

    found = {}
    for spec in rollouts().values():
        if "provider: gateway-api" not in spec.read_text():
            continue
        # One that needs more than this version has is refused, as it must be.
        with contextlib.suppress(Failed), rendered(spec, elsewhere) as deploy:
            for path in sorted(deploy.glob("stages/**/*.yaml")):
                found |= {str(item): item for item in load(path.read_text()) if item["apiVersion"].startswith("gateway.networking.k8s.io/")}
    return list(found.values())


def walked(client, rollout):
    """What goes wrong while a rollout moves through its stages, and back through all of them."""
    cluster = Cluster(client)
    try:
        cluster.make_room(rollout.objects() + rollout.argocd)
        first = rollout.stages[0][1]
        for name, objects in rollout.stages:
            cluster.move(name, objects)
            # Whoever aborts goes back to the first stage from any.
            cluster.try_out(f"{name} aborted", first)
        if (EXAMPLES / rollout.name).is_dir():
            cluster.faults += differing(client, rollout.stages[-1][1])
        for name, objects in reversed(rollout.stages[:-1]):
            cluster.move(name, objects)
        if rollout.argocd:
            cluster.move("argocd", rollout.argocd)
    finally:
        cluster.clear()
    return cluster.faults


def differing(client, objects):
    """What `kubectl diff` finds between objects and the server, which has them; and that it finds a change."""
    faults = [f"kubectl diff: {line}" for line in diff(client, objects).splitlines()]
    changed = [{**item, "metadata": {**item["metadata"], "labels": {"changed": "yes"}}} for item in objects[:1]]
    return faults + ([] if "changed: " in diff(client, changed) else ["kubectl diff finds no change where there is one"])


def diff(client, objects):
    command = ["kubectl", f"--kubeconfig={client.kubeconfig}", f"--cache-dir={client.kubeconfig.parent / 'discovered'}"]
    command += ["diff", "--server-side", f"--field-manager={MANAGER}", "--filename=-"]
    stream = shown({"apiVersion": "v1", "kind": "List", "items": objects})
    done = subprocess.run(command, input=stream, capture_output=True, text=True)
    if done.returncode > 1:
        raise Failed(f"kubectl diff ended with {done.returncode}: {done.stderr[-500:]}")
    return done.stdout


def untaken(client, items):
    """What the server says against objects of Gateway API, which it does not keep."""
    faults = [] if items else ["there are none"]
    for item in items:
        try:
            _, warnings = client.apply({**item, "metadata": {**item["metadata"], "namespace": "default"}}, dry=True)
            faults += [f"{item['kind']}/{item['metadata']['name']}: {warning}" for warning in warnings if applicable(warning)]
        except Refused as error:
            faults.append(error)
    return faults


def attempt(make, name, spec):
    try:
        return make(name, spec)
    except Failed as error:
        return Failed(f"{name}: {error}")

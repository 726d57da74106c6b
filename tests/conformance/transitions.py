"""No request can be lost between two neighbouring stages, read from the emitted objects alone.

Istio and Kubernetes apply objects in any order, so while a stage becomes the next one, a proxy may hold the routes of
either and the subsets of either. A model that either stage routes to must therefore be running, with its subset, in both.
Nothing here knows how glidepath plans, or what a rollout.yaml says but for what somebody else scales.
"""

import yaml
from routing import short, tables
from tools import Failed, build, rendered, rollouts, stage_folders, title


def run(report):
    report.check("a tree that breaks before it makes is found", unsafe_changes_pass())
    for name, spec in rollouts().items():
        try:
            document = yaml.safe_load(spec.read_text())
            elsewhere, foreign, leaves = scaled_elsewhere(document), foreign_services(document), refuses(document)
            with rendered(spec) as deploy:
                stages = [Stage(folder.name, build(folder), elsewhere, foreign, leaves) for folder in stage_folders(deploy)]
        except Failed as error:
            report.check(f"{name}: renders and builds", [error])
            continue
        for stage in stages:
            report.check(f"{name}/{stage.name}: its objects agree with each other", stage.faults)
        for before, after in zip(stages, stages[1:]):
            report.check(f"{name}: {before.name} to {after.name} makes before it breaks", change(before, after))
        # Only a stage that adopts routes nothing, and nothing goes back to it.
        first = next(at for at, stage in enumerate(stages) if not stage.adopts)
        baseline = stages[first]
        for at, stage in enumerate(stages):
            if exposes(stage, baseline) and baseline.routed <= stage.running:
                report.check(f"{name}/{stage.name}: an earlier stage takes the traffic back at once", stuck(stage, stages[first:at], baseline))
        if not ends_as_it_began(document):
            report.check(f"{name}: the first stage and the last serve different models", [] if baseline.routed != stages[-1].routed else ["nothing was rolled out"])


def scaled_elsewhere(spec):
    """The names of the Deployments whose replicas somebody else writes."""
    name, models = spec["metadata"]["name"], spec["spec"]["models"]
    return {model.get("workloadName", f"{name}-{model['name']}") for model in models if model.get("replicas") == "external"}


def foreign_services(spec):
    """The Services that somebody else writes, by name: `None` for a backend, of which nothing is known, else its spec."""
    name, spec = spec["metadata"]["name"], spec["spec"]
    service = spec.get("service", {})
    backends = [m["backend"] for m in spec["models"] if "backend" in m]
    foreign = {one["name"]: None for backend in backends for one in backend.values() if "name" in one and not one.get("create")}
    if service.get("create") is False and "selector" in service:
        foreign[service.get("name", name)] = {"selector": service["selector"], "ports": service["ports"]}
    return foreign


def refuses(spec):
    """Whether a rollout has no route for what its own routes do not take."""
    routes = spec["spec"].get("traffic", {}).get("routes", [])
    return bool(routes and routes[-1].get("match"))


def ends_as_it_began(spec):
    """Whether a strategy may end with stable alone: copies that nothing follows, or a test that stable has won."""
    strategy = spec["spec"].get("strategy", {})
    shadow = "shadow" in strategy and "then" not in strategy["shadow"]
    return shadow or strategy.get("abTest", {}).get("winner") == spec["spec"]["stable"]


def pool(spec):
    """An inference pool as the Service that it is like. Servers of several ranks listen on more ports than the first, which is declared."""
    return {"selector": spec["selector"]["matchLabels"], "ports": [{"port": port["number"]} for port in spec["targetPorts"][:1]]}


class Stage:
    """What the objects of one stage do to requests.

    `running`: (host, subset) pairs with pods; `routed`: those that requests or copies of requests go to.
    """

    def __init__(self, name, objects, elsewhere=frozenset(), foreign=None, refuses=False):
        self.name = name
        self.adopts = name == "00-adopt"
        self.elsewhere = elsewhere
        self.faults = []
        self.objects = objects
        foreign = foreign or {}
        self.backends = {name for name, known in foreign.items() if known is None}
        self.services = {name: known for name, known in foreign.items() if known is not None}
        self.services |= {o["metadata"]["name"]: o["spec"] for o in self.of("Service")}
        self.services |= {o["metadata"]["name"]: pool(o["spec"]) for o in self.of("InferencePool")}
        kinds = ("Deployment", "StatefulSet")
        self.workloads = {o["metadata"]["name"]: o["spec"] for kind in kinds for o in self.of(kind)}
        self.subsets = {}
        self.running = set()
        self.routed = set()
        self._services()
        self._subsets()
        self._routes(refuses)
        self._references()

    def of(self, kind):
        return [o for o in self.objects if o["kind"] == kind]

    def fault(self, what):
        self.faults.append(what)

    def pods(self, selector):
        """The Deployments whose pods carry all these labels."""
        return {name: spec for name, spec in self.workloads.items() if selector.items() <= spec["template"]["metadata"]["labels"].items()}

    def _services(self):
        for name, service in self.services.items():
            # One in front of backends alone has no pods of its own.
            if not service.get("selector"):
                continue
            pods = self.pods(service["selector"])
            if not pods:
                self.fault(f"Service/{name} selects no pods")
            if any(spec.get("replicas", 1) > 0 for spec in pods.values()):
                self.running.add((name, None))
            for port in service["ports"]:
                target = port.get("targetPort", port["port"])
                for workload, spec in pods.items():
                    containers = [p for c in spec["template"]["spec"]["containers"] for p in c.get("ports", [])]
                    if not any(target in (p.get("name"), p["containerPort"]) for p in containers):
                        self.fault(f"Service/{name}: port {target} is none of Deployment/{workload}")
        for name, spec in self.workloads.items():
            labels = spec["template"]["metadata"]["labels"]
            if not spec["selector"]["matchLabels"].items() <= labels.items():
                self.fault(f"Deployment/{name} does not select its own pods")
            others = [other for other in self.pods(spec["selector"]["matchLabels"]) if other != name]
            if others:
                self.fault(f"Deployment/{name} also selects the pods of {others}")

    def _subsets(self):
        for rule in self.of("DestinationRule"):
            host = short(rule["spec"]["host"])
            if host not in self.services:
                self.fault(f"{title(rule)} is for {host}, which is no Service here")
                continue
            for subset in rule["spec"].get("subsets", []):
                key = (host, subset["name"])
                if key in self.subsets:
                    self.fault(f"the subset {key} is there twice")
                self.subsets[key] = subset["labels"]
                pods = self.pods({**self.services[host]["selector"], **subset["labels"]})
                if len(pods) != 1:
                    self.fault(f"the subset {key} selects {len(pods)} Deployments")
                if any(spec.get("replicas", 1) > 0 for spec in pods.values()):
                    self.running.add(key)

    def _routes(self, refuses):
        found = tables(self.objects, refuses)
        if bool(found) == self.adopts:
            self.fault("routes in a stage that adopts" if self.adopts else "no routes")
        for table in found:
            self.faults += table.faults
            for rule, targets in table.rules:
                for target in targets:
                    self._target(f"{table.name}/{rule}", target)

    def _target(self, where, target):
        self.routed.add(target.key)
        if target.host in self.backends:
            self.running.add(target.key)
            return
        service = self.services.get(target.host)
        if service is None:
            self.fault(f"{where} leads to {target.host}, which is no Service here")
        elif target.port is not None and target.port not in [port["port"] for port in service["ports"]]:
            self.fault(f"{where} leads to port {target.port}, which {target.host} does not have")
        elif target.key not in self.running:
            self.fault(f"{where} leads to {target.subset or target.host}, which has no subset or no pods")

    def _references(self):
        configs = {o["metadata"]["name"]: o.get("data", {}) for o in self.of("ConfigMap")}
        for name, spec in self.workloads.items():
            for config in used_configs(spec):
                if config not in configs:
                    self.fault(f"Deployment/{name} needs ConfigMap/{config}, which is not here")
        scaled = {o["spec"]["scaleTargetRef"]["name"] for kind in ("HorizontalPodAutoscaler", "ScaledObject") for o in self.of(kind)}
        for name in scaled - self.workloads.keys():
            self.fault(f"an autoscaler scales {name}, which is not here")
        for name in scaled & self.workloads.keys():
            if "replicas" in self.workloads[name]:
                self.fault(f"Deployment/{name} sets the replicas that an autoscaler sets too")
        for name in self.workloads.keys() - scaled - self.elsewhere:
            if "replicas" not in self.workloads[name]:
                self.fault(f"Deployment/{name} has neither replicas nor an autoscaler")
        for budget in self.of("PodDisruptionBudget"):
            if not self.pods(budget["spec"]["selector"]["matchLabels"]):
                self.fault(f"{title(budget)} protects no pods")


def change(before, after):
    """What a request could run into while `before` becomes `after`."""
    faults = []
    for key in sorted(before.routed | after.routed):
        if key[0] in before.backends:
            continue
        for stage in (before, after):
            if key not in stage.running:
                source = "routed" if key in stage.routed else f"routed in {(after if stage is before else before).name}"
                faults.append(f"{key[1] or key[0]} is {source}, but has no subset or no pods in {stage.name}")
        if before.subsets.get(key) != after.subsets.get(key):
            faults.append(f"the subset {key[1]} selects other pods from {after.name} on")
    for name, service in before.services.items():
        if not service.get("selector") or (name not in after.services and (name, None) not in before.routed and not any(host == name for host, _ in before.subsets)):
            continue
        then = after.services.get(name, {"selector": {}})
        if then.get("ports") != service["ports"]:
            faults.append(f"Service/{name} changes its ports")
        # By the name of a subset the pods have to stay; by the Service alone, whichever pods are found have to be there.
        has_subsets = any(host == name for stage in (before, after) for host, _ in stage.subsets)
        found = [stage.pods(selector) for stage in (before, after) for selector in (service["selector"], then["selector"])]
        if any(not pods for pods in found) or (has_subsets and any(pods.keys() != other.keys() for pods, other in (found[:2], found[2:]))):
            faults.append(f"Service/{name} finds other pods from {after.name} on")
    for name, spec in before.workloads.items():
        if name in after.workloads and after.workloads[name]["selector"] != spec["selector"]:
            faults.append(f"Deployment/{name} changes its selector, which cannot be changed")
    return faults


def exposes(stage, first):
    """Whether a model gets requests here that got none in the first stage."""
    return not stage.routed <= first.routed


def stuck(stage, earlier, first):
    """Empty where one of the earlier stages serves the old models and can follow on `stage` directly."""
    safe = [other for other in earlier if not exposes(other, first) and not change(stage, other)]
    return [] if safe else ["each earlier stage drops pods or a subset that still gets requests here"]


def used_configs(spec):
    pod = spec["template"]["spec"]
    for container in pod["containers"]:
        yield from (source["configMapRef"]["name"] for source in container.get("envFrom", []) if "configMapRef" in source)
    yield from (volume["configMap"]["name"] for volume in pod.get("volumes", []) if "configMap" in volume)


def unsafe_changes_pass():
    """Trees that must be found wanting; the ones that are not are the faults."""
    alone, both = ["a"], ["a", "b"]
    sound = [simple(alone, {"a": 100}), simple(both, {"a": 100}), simple(both, {"b": 100}), simple(["b"], {"b": 100})]
    faults = [f"a sound tree: {fault}" for s in sound for fault in s.faults]
    faults += [f"a sound tree: {fault}" for pair in zip(sound, sound[1:]) for fault in change(*pair)]
    baseline, deployed, moved, retired = sound
    unsafe = {
        "traffic in the stage that deploys": change(baseline, moved),
        "traffic and pods gone at once": change(deployed, retired),
        "a subset removed with its last traffic": change(deployed, simple(both, {"b": 100}, subsets=["b"])),
        "a route to a subset that is not there": simple(both, {"b": 100}, subsets=["a"]).faults,
        "no pods": simple(both, {"b": 100}, replicas=0).faults,
        "weights that sum to 90": simple(both, {"a": 90}).faults,
        "no way back": stuck(moved, [baseline], baseline),
    }
    by_services = [by_service(alone, {"a": 100}), by_service(both, {"a": 100}), by_service(both, {"a": 1, "b": 9}), by_service(["b"], {"b": 100})]
    faults += [f"a sound tree: {fault}" for s in by_services for fault in s.faults]
    faults += [f"a sound tree: {fault}" for pair in zip(by_services, by_services[1:3]) for fault in change(*pair)]
    everything = {"path": {"type": "PathPrefix", "value": "/"}}
    unsafe |= {
        "a Service that comes with its traffic": change(by_services[0], by_services[2]),
        "a Service that goes with its traffic": change(by_services[2], by_services[3]),
        "a route to a Service that is not there": by_service(alone, {"b": 100}).faults,
        "a route without a rule for everything": by_service(alone, {"a": 1}, matches=[{**everything, "method": "GET"}]).faults,
        "129 matches": by_service(alone, {"a": 1}, matches=[everything] * 129).faults,
        "a Service selector without pods": change(by_services[1], by_service(both, {"a": 100}, app="other")),
    }
    return faults + [f"{what} is accepted" for what, found in unsafe.items() if not found]


def item(kind, name, spec):
    return {"kind": kind, "metadata": {"name": name}, "spec": spec}


def workload(model, replicas=2):
    labels = {"app": "m", "version": model}
    pod = {"metadata": {"labels": labels}, "spec": {"containers": [{"ports": [{"containerPort": 80}]}]}}
    return item("Deployment", model, {"replicas": replicas, "selector": {"matchLabels": labels}, "template": pod})


def by_service(models, weights, matches=(), app="m"):
    """A stage as small as it can be, by Gateway API: each model is a Service."""
    services = [item("Service", f"m-{model}", {"selector": {"app": app, "version": model}, "ports": [{"port": 80}]}) for model in models]
    backends = [{"name": f"m-{model}", "port": 80, "weight": weight} for model, weight in weights.items()]
    route = {"parentRefs": [{"name": "g"}], "rules": [{"matches": list(matches), "backendRefs": backends}]}
    return Stage("+".join(models), [*services, item("HTTPRoute", "m", route), *map(workload, models)])


def simple(models, weights, subsets=None, replicas=2):
    """A stage as small as it can be."""
    rules = [{"name": model, "labels": {"version": model}} for model in (models if subsets is None else subsets)]
    route = [{"destination": {"host": "m", "subset": model}, "weight": weight} for model, weight in weights.items()]
    return Stage(
        "+".join(models),
        [
            item("Service", "m", {"selector": {"app": "m"}, "ports": [{"port": 80}]}),
            item("DestinationRule", "m", {"host": "m", "subsets": rules}),
            item("VirtualService", "m", {"hosts": ["m"], "http": [{"route": route}]}),
            *(workload(model, replicas) for model in models),
        ],
    )

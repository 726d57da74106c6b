"""No request can be lost between two neighbouring stages, read from the emitted objects alone.

Istio and Kubernetes apply objects in any order, so while a stage becomes the next one, a proxy may hold the routes of
either and the subsets of either. A model that either stage routes to must therefore be running, with its subset, in both.
Nothing here knows how glidepath plans, or what a rollout.yaml says but for what somebody else scales.
"""

import yaml
from tools import Failed, build, rendered, rollouts, stage_folders, title


def run(report):
    report.check("a tree that breaks before it makes is found", unsafe_changes_pass())
    for name, spec in rollouts().items():
        try:
            document = yaml.safe_load(spec.read_text())
            elsewhere, foreign = scaled_elsewhere(document), foreign_services(document)
            with rendered(spec) as deploy:
                stages = [Stage(folder.name, build(folder), elsewhere, foreign) for folder in stage_folders(deploy)]
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
        report.check(f"{name}: the first stage and the last serve different models", [] if baseline.routed != stages[-1].routed else ["nothing was rolled out"])


def scaled_elsewhere(spec):
    """The names of the Deployments whose replicas somebody else writes."""
    name, models = spec["metadata"]["name"], spec["spec"]["models"]
    return {model.get("workloadName", f"{name}-{model['name']}") for model in models if model.get("replicas") == "external"}


def foreign_services(spec):
    """The Services that somebody else writes, by name: `None` for a backend, of which nothing is known, else its spec."""
    name, spec = spec["metadata"]["name"], spec["spec"]
    service = spec.get("service", {})
    foreign = {m["backend"]["service"]["name"]: None for m in spec["models"] if "backend" in m}
    if service.get("create") is False and "selector" in service:
        foreign[service.get("name", name)] = {"selector": service["selector"], "ports": service["ports"]}
    return foreign


class Stage:
    """What the objects of one stage do to requests.

    `running`: (host, subset) pairs with pods; `routed`: those that requests or copies of requests go to.
    """

    def __init__(self, name, objects, elsewhere=frozenset(), foreign=None):
        self.name = name
        self.adopts = name == "00-adopt"
        self.elsewhere = elsewhere
        self.faults = []
        self.objects = objects
        foreign = foreign or {}
        self.backends = {name for name, known in foreign.items() if known is None}
        self.services = {name: known for name, known in foreign.items() if known is not None}
        self.services |= {o["metadata"]["name"]: o["spec"] for o in self.of("Service")}
        kinds = ("Deployment", "StatefulSet")
        self.workloads = {o["metadata"]["name"]: o["spec"] for kind in kinds for o in self.of(kind)}
        self.subsets = {}
        self.running = set()
        self.routed = set()
        self._services()
        self._subsets()
        self._routes()
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

    def _routes(self):
        if bool(self.of("VirtualService")) == self.adopts:
            self.fault("a VirtualService in a stage that adopts" if self.adopts else "no VirtualService")
        gateways = {o["metadata"]["name"] for o in self.of("Gateway")}
        for service in self.of("VirtualService"):
            name, spec = title(service), service["spec"]
            for gateway in spec.get("gateways", []):
                if gateways and gateway not in gateways | {"mesh"}:
                    self.fault(f"{name} is bound to {gateway}, which is no Gateway here")
            routes = spec.get("http", [])
            if not routes or routes[-1].get("match"):
                self.fault(f"{name} has no route for what nothing else matches")
            if any(not route.get("match") for route in routes[:-1]):
                self.fault(f"{name} has routes behind one that takes everything")
            for route in routes:
                self._route(f"{name}/{route.get('name')}", route)

    def _route(self, where, route):
        weights = [target.get("weight", 100 if len(route["route"]) == 1 else 0) for target in route["route"]]
        if sum(weights) not in (100, 1_000, 10_000):
            self.fault(f"{where}: the weights sum to {sum(weights)}")
        targets = [target["destination"] for target, weight in zip(route["route"], weights) if weight > 0]
        targets += [mirror["destination"] for mirror in route.get("mirrors", [])]
        targets += [route["mirror"]] if "mirror" in route else []
        for target in targets:
            key = (short(target["host"]), target.get("subset"))
            if key[0] in self.backends:
                self.running.add(key)
                self.routed.add(key)
                continue
            service = self.services.get(key[0])
            if service is None:
                self.fault(f"{where} leads to {target['host']}, which is no Service here")
            elif "port" in target and target["port"]["number"] not in [port["port"] for port in service["ports"]]:
                self.fault(f"{where} leads to port {target['port']['number']}, which {key[0]} does not have")
            elif key not in self.running:
                self.fault(f"{where} leads to {key[1]}, which has no subset or no pods")
            self.routed.add(key)
        for match in route.get("match", []):
            for header in match.get("headers", {}):
                if header != header.lower():
                    self.fault(f"{where}: Envoy sees no header {header}, only {header.lower()}")

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
                faults.append(f"{key[1]} is {source}, but has no subset or no pods in {stage.name}")
        if before.subsets.get(key) != after.subsets.get(key):
            faults.append(f"the subset {key[1]} selects other pods from {after.name} on")
    for name, service in before.services.items():
        if not service.get("selector") or (name not in after.services and (name, None) not in before.routed and not any(host == name for host, _ in before.subsets)):
            continue
        then = after.services.get(name, {"selector": {}})
        if then.get("ports") != service["ports"]:
            faults.append(f"Service/{name} changes its ports")
        if any(stage.pods(service["selector"]).keys() != stage.pods(then["selector"]).keys() for stage in (before, after)):
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


def short(host):
    return host.split(".")[0]


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
    return faults + [f"{what} is accepted" for what, found in unsafe.items() if not found]


def simple(models, weights, subsets=None, replicas=2):
    """A stage as small as it can be."""

    def item(kind, name, spec):
        return {"kind": kind, "metadata": {"name": name}, "spec": spec}

    def workload(model):
        labels = {"app": "m", "version": model}
        pod = {"metadata": {"labels": labels}, "spec": {"containers": [{"ports": [{"containerPort": 80}]}]}}
        return item("Deployment", model, {"replicas": replicas, "selector": {"matchLabels": labels}, "template": pod})

    rules = [{"name": model, "labels": {"version": model}} for model in (models if subsets is None else subsets)]
    route = [{"destination": {"host": "m", "subset": model}, "weight": weight} for model, weight in weights.items()]
    return Stage(
        "+".join(models),
        [
            item("Service", "m", {"selector": {"app": "m"}, "ports": [{"port": 80}]}),
            item("DestinationRule", "m", {"host": "m", "subsets": rules}),
            item("VirtualService", "m", {"hosts": ["m"], "http": [{"route": route}]}),
            *map(workload, models),
        ],
    )

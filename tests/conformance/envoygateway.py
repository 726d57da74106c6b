"""Envoy Gateway's own translator takes every route of Gateway API, and its tables send requests where `trace` says.

Every stage of every rollout by Gateway API, of examples, cases and random ones, with what stands around them: a GatewayClass,
Gateways, and Services that others own. What Envoy Gateway does not have is replaced by what the rules mean alike: a route of a
Service (GAMMA) hangs on a Gateway of its own, an inference pool is a Service, and listeners speak HTTP, for nobody has the keys.
"""

import copy
import json
import random
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor

import envoy_routes
from envoy_requests import requests
from envoygateway_rollouts import random_rollouts
from judges import program
from tools import GLIDEPATH, Failed, execute, glidepath, load, rollouts, scratch

API = "gateway.networking.k8s.io"
CONTROLLER = "gateway.envoyproxy.io/gatewayclass-controller"
RANDOM, EACH, LEAST = 100, 8, 5_000


def run(report):
    report.check("the reader of Envoy's tables reads a table that is known", envoy_routes.faults())
    chance = random.Random(16)
    asked, stages = 0, []
    with Translator() as translator, scratch() as folder:
        for name, spec in by_gateway_api(folder, chance):
            try:
                told, count = rollout(translator, name, spec, chance)
            except Failed as error:
                report.check(f"{name}: renders and builds", [error])
                continue
            asked += count
            stages += told
            report.check(f"{name}: Envoy Gateway takes {len(told)} stages and answers {count} requests as they say", [f for one in told for f in one.faults()])
    report.check(f"{asked} requests were answered in {len(stages)} stages", [] if asked >= LEAST else [f"{LEAST} are wanted"])
    for what, change in CONTROLS.items():
        found, tried = control(stages, change)
        report.check(f"{what} is found in {found} of {tried} stages", [] if found and found * 10 >= tried * 8 else ["too few"])
    report.check("routes that are no routes are refused", refused())


def by_gateway_api(folder, chance):
    """The rollouts that Gateway API routes, by name."""
    is_ours = lambda document: document["spec"].get("traffic", {}).get("provider") == "gateway-api"
    known = {name: spec for name, spec in rollouts().items() if is_ours(load(spec.read_text())[0])}
    return list(known.items()) + random_rollouts(RANDOM, folder, chance)


def rollout(translator, name, spec, chance):
    """The stages of a rollout, as Envoy has them, and how many requests were tried on them."""
    document = load(spec.read_text())[0]
    # The group `stages` holds this against what kustomize builds.
    printed = lambda stage: load(glidepath("render", "--stdout", "--stage", stage, spec))
    names = [stage["stage"] for stage in json.loads(glidepath("trace", spec, "--format", "json"))["stages"]]
    with ThreadPoolExecutor(4) as pool:
        objects = list(pool.map(printed, (stage.split("-", 1)[1] for stage in names)))
    stages = [Stage(f"{name}/{stage}", built, document, translator) for stage, built in zip(names, objects)]
    routes = {route.key: route for stage in stages for route in stage.routes}
    for route in routes.values():
        rules = [rule for stage in stages for other in stage.routes if other.key == route.key for rule in other.rules]
        wanted = requests(route.kind, route.hostnames, rules, EACH, chance)
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda request: traced(spec, route, request), wanted))
        for request, answer in zip(wanted, answers):
            for stage, said in zip(stages, answer):
                stage.tried.append((route.key, request, said))
    return stages, sum(len(stage.tried) for stage in stages)


def traced(spec, route, request):
    """What `trace` says of a request, by stage."""
    command = [GLIDEPATH, "trace", spec, "--format", "json", "--path", request.path, "--method", request.method]
    command += [f"--header={name}={value}" for name, value in request.headers.items()]
    command += [f"--query={part}" for part in request.query.split("&") if part]
    command += ["--via", "mesh", "--port", str(route.port)] if route.is_mesh else ["--via", "gateway", "--host", request.host]
    return json.loads(execute(command))["stages"]


class Route:
    """One HTTPRoute or GRPCRoute of a stage."""

    def __init__(self, body):
        self.body, self.kind = body, body["kind"]
        spec = body["spec"]
        self.parent = spec["parentRefs"][0]
        self.is_mesh = self.parent["kind"] == "Service"
        self.port = self.parent.get("port")
        self.key = body["metadata"]["name"]
        self.hostnames = spec.get("hostnames", [])
        self.rules = spec["rules"]
        self.namespace = body["metadata"].get("namespace", "default")

    def listener(self):
        """The Gateway that carries it, as (namespace, name, listener)."""
        if self.is_mesh:
            return (self.namespace, f"mesh-{self.port}", "http")
        return (self.parent.get("namespace", self.namespace), self.parent["name"], self.parent.get("sectionName", "http"))


class Stage:
    """One stage, as Envoy Gateway translates it. `tried`: requests of its routes, with what `trace` says."""

    def __init__(self, name, objects, document, translator):
        self.name, self.tried = name, []
        self.routes = [Route(o) for o in objects if o["kind"] in ("HTTPRoute", "GRPCRoute")]
        self.models = models(document, objects)
        self.weights = weights(document, name.split("/")[-1].split("-", 1)[1])
        asked, self.addresses = surroundings(objects, self.routes)
        self.said = translator.ask(asked)
        self.endpoints = {one["cluster_name"]: one.get("endpoints", []) for one in self.said["endpoints"] or []}
        self.tables = {table["name"]: table for table in self.said["tables"] or []}

    def faults(self):
        faults = [f"{self.name}: {fault}" for fault in refusals(self.said, len(self.routes))]
        return faults or [f"{self.name}: {fault}" for key, request, said in self.tried for fault in self.held(key, request, said)]

    def held(self, key, request, said):
        """How Envoy's answer and that of `trace` differ."""
        route = next((route for route in self.routes if route.key == key), None)
        if route is None:
            return []
        table = self.tables["/".join(route.listener())] if "/".join(route.listener()) in self.tables else only(self.tables, route)
        found = envoy_routes.answer(table, request)
        if found is None or not found.shares:
            return [] if not said.get("models") else [f"{request} finds no route, and {said['route']} is said to take it"]
        if not said.get("models"):
            return [f"{request} goes to {found.name}, and nobody is said to take it"]
        # Only newer CRDs have names for rules; without one, the shares and the path are all that is known.
        names = (named(found), said["route"]) if named(found) else ()
        rule, wanted = [next(rule for rule in route.rules if rule.get("name") == name) for name in names] or ({}, {})
        path, host = envoy_routes.rewritten(found, request)
        want = {model: share / 100 for model, share in said["models"].items() if share}
        mirror = said["mirror"]
        pairs = [
            ("the rule", effect(rule), effect(wanted)),
            ("the shares", self.shares(found.shares), want),
            ("the path", path, said["path"]),
            ("the host", host if host != request.host else None, said["host"]),
            ("the copies", self.copies(found), {mirror["to"]: mirror["percent"] / 100} if mirror else {}),
        ]
        pairs += of_rule(found, rule) if named(found) else []
        if self.weights and named(found) and not named(found).startswith("cohort-"):
            pairs.append(("the weights of the rollout", self.shares(found.shares), self.weights))
        return [f"{what} of {request} is {got}, and {wanted} is said" for what, got, wanted in pairs if not alike(got, wanted)]

    def shares(self, clusters):
        """The share of each model: a cluster of Envoy Gateway is a rule, and its weights are those of its localities."""
        shares = {}
        for cluster, share in clusters.items():
            places = self.endpoints[cluster]
            total = sum(place.get("load_balancing_weight", 1) for place in places)
            for place in places:
                for one in place["lb_endpoints"]:
                    address = one["endpoint"]["address"]["socket_address"]["address"]
                    model = self.models[self.addresses[address]]
                    shares[model] = shares.get(model, 0) + share * place.get("load_balancing_weight", 1) / total
        return shares

    def copies(self, found):
        return {model: share * part for cluster, share in found.mirrors for model, part in self.shares({cluster: 1}).items()}


def effect(rule):
    """What a rule does, whatever it matches: where a prefix is replaced, one rule is written for each match."""
    return {key: value for key, value in rule.items() if key not in ("name", "matches")}


def only(tables, route):
    """The table of a Gateway that the stage writes, by its first listener."""
    begin = "/".join(route.listener()[:2]) + "/"
    return next(table for name, table in sorted(tables.items()) if name.startswith(begin))


def named(found):
    resources = found.route.get("metadata", {}).get("filter_metadata", {}).get("envoy-gateway", {}).get("resources", [{}])
    return resources[0].get("sectionName")


def of_rule(found, rule):
    """What Envoy does to requests and answers, and what the rule says."""
    pairs = []
    for direction in ("request", "response"):
        filters = [one[f"{direction}HeaderModifier"] for one in rule.get("filters", []) if f"{direction}HeaderModifier" in one]
        want = {"set": {}, "add": {}, "remove": set()}
        for one in filters:
            for kind in ("set", "add"):
                want[kind] |= {header["name"].lower(): header["value"] for header in one.get(kind, [])}
            want["remove"] |= {name.lower() for name in one.get("remove", [])}
        pairs.append((f"the {direction} headers", envoy_routes.changes(found, direction), want))
    action, timeouts = found.route["route"], rule.get("timeouts", {})
    if "request" in timeouts and "backendRequest" not in timeouts:
        pairs.append(("the timeout", action.get("timeout"), timeouts["request"]))
    if "retry" in rule:
        pairs.append(("the retries", action.get("retry_policy", {}).get("num_retries"), rule["retry"].get("attempts")))
    return pairs


def alike(got, want):
    if isinstance(got, dict) and isinstance(want, dict):
        return got.keys() == want.keys() and all(alike(got[key], want[key]) for key in got)
    if isinstance(got, str) and isinstance(want, str) and None not in (seconds(got), seconds(want)):
        return abs(seconds(got) - seconds(want)) < 1e-9
    return abs(got - want) < 1e-9 if isinstance(got, float) and isinstance(want, float) else got == want


def seconds(text):
    """A duration of Envoy's or of Gateway API's, or None."""
    parts = re.findall(r"([0-9.]+)(ms|h|m|s)", text)
    is_all = parts and "".join(map("".join, parts)) == text
    return sum(float(number) * {"h": 3600, "m": 60, "s": 1, "ms": 0.001}[unit] for number, unit in parts) if is_all else None


def models(document, objects):
    """The model of each Service."""
    name, found = document["metadata"]["name"], {}
    service = document["spec"].get("service", {}).get("name", name)
    for model in document["spec"]["models"]:
        backends = [one["name"] for one in model.get("backend", {}).values() if isinstance(one, dict) and "name" in one]
        for one in backends or [f"{service}-{model['name']}"]:
            found[one] = model["name"]
    return found


def weights(document, stage):
    """What a step says of two models' weights, where its stage is named after them."""
    names, stable = [model["name"] for model in document["spec"]["models"]], document["spec"]["stable"]
    for step in document["spec"].get("steps", []):
        if len(names) == 2 and isinstance(step.get("weight"), int) and step.get("name", f"weight-{step['weight']}") == stage and "sticky" not in document["spec"].get("traffic", {}):
            other = next(name for name in names if name != stable)
            return {model: share / 100 for model, share in ((other, step["weight"]), (stable, 100 - step["weight"])) if share}
    return None


def surroundings(objects, routes):
    """What Envoy Gateway is given for a stage, and the name of the Service at each address."""
    found = [copy.deepcopy(o) for o in objects if o["kind"] in ("Service", "ReferenceGrant", "Gateway", "HTTPRoute", "GRPCRoute")]
    found.append({"apiVersion": f"{API}/v1", "kind": "GatewayClass", "metadata": {"name": "judge"}, "spec": {"controllerName": CONTROLLER}})
    known = {(o["metadata"].get("namespace", "default"), o["metadata"]["name"]) for o in found if o["kind"] == "Gateway"}
    services = {(o["metadata"].get("namespace", "default"), o["metadata"]["name"]) for o in found if o["kind"] == "Service"}
    listener = lambda name, port: {"name": name, "port": port, "protocol": "HTTP", "allowedRoutes": {"namespaces": {"from": "All"}}}
    gateway = lambda namespace, name, listeners: {"apiVersion": f"{API}/v1", "kind": "Gateway", "metadata": {"name": name, "namespace": namespace}, "spec": {"listeners": listeners}}
    wanted, grants = {}, set()
    for body in [o for o in found if o["kind"] in ("HTTPRoute", "GRPCRoute")]:
        route, own = Route(body), body["metadata"].get("namespace", "default")
        if route.is_mesh:
            wanted[own, f"mesh-{route.port}"] = [listener("http", 80)]
            body["spec"]["parentRefs"] = [{"group": API, "kind": "Gateway", "name": f"mesh-{route.port}"}]
        else:
            for at, parent in enumerate(body["spec"]["parentRefs"]):
                key = (parent.get("namespace", own), parent["name"])
                if key not in known:
                    wanted.setdefault(key, []).append(listener(parent.get("sectionName", "http"), parent.get("port", 80 + at)))
        for to in targets(body):
            if to.get("kind") == "InferencePool":
                to |= {"group": "", "kind": "Service", "port": to.get("port", 8000)}
            key = (to.get("namespace", own), to["name"])
            if key not in services:
                services.add(key)
                found.append({"apiVersion": "v1", "kind": "Service", "metadata": dict(zip(("namespace", "name"), key)), "spec": {"ports": [{"port": to["port"], "name": "http"}]}})
            if key[0] != own:
                grants.add((body["kind"], own, key[0]))
    found += [gateway(*key, listeners) for key, listeners in wanted.items()]
    for at, (kind, own, there) in enumerate(sorted(grants)):
        spec = {"from": [{"group": API, "kind": kind, "namespace": own}], "to": [{"group": "", "kind": "Service"}]}
        found.append({"apiVersion": f"{API}/v1beta1", "kind": "ReferenceGrant", "metadata": {"name": f"judge-{at}", "namespace": there}, "spec": spec})
    addresses = {}
    for one in found:
        if one["kind"] == "Gateway":
            one["spec"]["gatewayClassName"] = "judge"
            for own in one["spec"]["listeners"]:
                own.pop("tls", None)
                own["protocol"] = "HTTP"
        elif one["kind"] == "Service":
            one["spec"]["clusterIP"] = f"10.1.{len(addresses) // 250}.{len(addresses) % 250 + 1}"
            addresses[one["spec"]["clusterIP"]] = one["metadata"]["name"]
    return found, addresses


def targets(body):
    """Every reference of a route to a backend, copies included."""
    for rule in body["spec"]["rules"]:
        yield from rule.get("backendRefs", [])
        yield from (one["requestMirror"]["backendRef"] for one in rule.get("filters", []) if "requestMirror" in one)


def refusals(said, count):
    """What Envoy Gateway does not take."""
    if said.get("error"):
        return [said["error"]]
    routes = said["routes"] or []
    faults = [] if len(routes) == count else [f"{count} routes became {len(routes)}"]
    for route in routes:
        parents = route["status"]["parents"]
        faults += [] if parents else [f"{route['kind']}/{route['name']} has no parent"]
        for one in (condition for parent in parents for condition in parent["conditions"]):
            if one["status"] != "True":
                faults.append(f"{route['kind']}/{route['name']}: {one['type']} is {one['status']}: {one['message']}")
        if any({"Accepted", "ResolvedRefs"} - {one["type"] for one in parent["conditions"]} for parent in parents):
            faults.append(f"{route['kind']}/{route['name']} is not said to be accepted")
    return faults


class Translator:
    """Envoy Gateway's translator, one process for all stages."""

    def __enter__(self):
        self.process = subprocess.Popen([program("envoygateway", "translate")], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(10)

    def ask(self, objects):
        self.process.stdin.write(json.dumps({"objects": objects}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise Failed("Envoy Gateway's translator ended")
        return json.loads(line)


def reversed_order(stage):
    for host in hosts(stage):
        host["routes"].reverse()
    return any(len(host["routes"]) > 1 and not same(host["routes"]) for host in hosts(stage))


def same(routes):
    return len({json.dumps(route.get("route"), sort_keys=True) for route in routes}) == 1


def dropped_rule(stage):
    """Without the last route of each host, which takes everything else."""
    for host in hosts(stage):
        host["routes"].pop()
    return True


def changed_weight(stage):
    changed = False
    for places in stage.endpoints.values():
        if len(places) > 1:
            places[0]["load_balancing_weight"] = places[0].get("load_balancing_weight", 1) + 1
            changed = True
    return changed


def hosts(stage):
    return [host for table in stage.tables.values() for host in table.get("virtual_hosts", [])]


CONTROLS = {"a table in another order": reversed_order, "a table without its last rule": dropped_rule, "a weight that is one more": changed_weight}


def control(stages, change):
    """In how many stages a change is found, of those that it changes."""
    found = tried = 0
    for stage in stages:
        broken = copy.copy(stage)
        broken.tables, broken.endpoints = copy.deepcopy(stage.tables), copy.deepcopy(stage.endpoints)
        if change(broken):
            tried += 1
            found += any(broken.held(*one) for one in broken.tried)
    return found, tried


def refused():
    """Routes with one fault each; those that nobody complains about are the faults."""
    rule = {"matches": [{"path": {"type": "PathPrefix", "value": "/v1"}}], "backendRefs": [{"name": "m", "port": 80}]}
    route = {"apiVersion": f"{API}/v1", "kind": "HTTPRoute", "metadata": {"name": "m", "namespace": "a"}, "spec": {"parentRefs": [{"kind": "Gateway", "name": "g"}], "rules": [rule]}}
    broken = {
        "a try that is longer than the request": {"timeouts": {"request": "1s", "backendRequest": "2s"}},
        "a path that is none": {"matches": [{"path": {"type": "PathPrefix", "value": "/%zz"}}]},
        "a field that nobody knows": {"timeout": "1s"},
        "a regex that RE2 refuses": {"matches": [{"path": {"type": "RegularExpression", "value": "/(?=a)"}}]},
    }
    faults = []
    with Translator() as translator:
        for what, change in {"a sound route": {}, **broken}.items():
            body = copy.deepcopy(route)
            body["spec"]["rules"][0] |= change
            said = refusals(translator.ask(surroundings([body], [])[0]), 1)
            if bool(said) == (not change):
                faults.append(f"{what}: {said or 'it is accepted'}")
    return faults

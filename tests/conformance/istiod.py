"""Every stage in istiod itself: what it tells gateways and sidecars is what the rollout says, and nowhere on a move a request is lost."""

import copy
import itertools
import json
import os
import re
import subprocess

import envoy_routes
from envoy_routes import Request
from judged import rollouts
from judges import program
from routing import GATEWAY_API
from surroundings import State

# Inference pools are off by default.
FEATURES = {"ENABLE_GATEWAY_API_INFERENCE_EXTENSION": "true"}
CLAIMS = "envoy.filters.http.jwt_authn"
# What one process of istiod is asked.
MOST_ASKED = 100
# Mixes of the objects of two stages on each way from one to the other.
MOST_MIXES = 64 if os.environ.get("GLIDEPATH_THOROUGH") else 8
ROUTED = ("VirtualService", "DestinationRule", "Service", "Gateway", "Deployment", "StatefulSet", "InferencePool", "ReferenceGrant", *GATEWAY_API)


class Discovery:
    """istiod, which answers what it tells the proxies of a state."""

    def __init__(self):
        self.program = program("istio", "discover")
        self.process = None
        self.asked = 0

    def ask(self, state):
        # What a server of a state leaves behind is not freed before its process ends.
        if self.asked % MOST_ASKED == 0:
            self._end()
            self.process = subprocess.Popen([self.program], env=os.environ | FEATURES, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.asked += 1
        self.process.stdin.write(json.dumps(state.question()) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"tests/conformance: istiod ended with {self.process.wait()}")
        return json.loads(line)

    def _end(self):
        if self.process is not None:
            self.process.stdin.close()
            self.process.kill()
            self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._end()


def run(report):
    report.check("Envoy's documented answers are given", envoy_routes.faults())
    with Discovery() as istiod:
        report.check("what is not so is found", controls(istiod))
        requests = 0
        for file in ("project", "Istio", "GatewayApi"):
            for rollout in rollouts(file):
                faults, asked = [], 0
                for stage in rollout["stages"]:
                    found, count = stage_faults(istiod, stage, rollout["router"])
                    faults += [f"{stage['name']}: {fault}" for fault in found]
                    asked += count
                requests += asked
                report.check(f"{rollout['router']} {rollout['name']}: istiod sends {asked} requests in {len(rollout['stages'])} stages as said", faults)
        report.check(f"{requests} requests were held against `trace`", [] if requests >= 20_000 else ["too few"])
        mixes = istiod.asked
        for rollout in moved():
            report.check(f"{rollout['router']} {rollout['name']}: on no move a request is lost", lost(istiod, rollout))
        print(f"  {mixes} states of stages, {istiod.asked - mixes} half-applied ones, {requests} requests")


def stage_faults(istiod, stage, router):
    """What istiod does otherwise than said with the requests of a stage, and how many were asked."""
    state = State(stage["objects"], stage["ports"])
    asked = [(one, proxies_of(state, one["request"])) for one in stage["asked"]]
    told = istiod.ask(state)
    faults = list(told["errors"])
    if faults:
        return faults, 0
    faults += attributes(stage["objects"], told) if router == "Istio" else []
    for one, proxies in asked:
        for proxy in proxies:
            try:
                found = differing(one, told["proxies"][proxy], state, router)
            except envoy_routes.Unknown as error:
                found = [str(error)]
            faults += [f"{proxy}: {fault}: {json.dumps(one['request'])}" for fault in found]
    return faults, sum(len(proxies) for _, proxies in asked)


def proxies_of(state, request):
    if request["via"] == "gateway":
        return state.gateways
    return [state.caller(request["sourceLabels"], request["sourceNamespace"])]


def envoys(request):
    """A request as Envoy's filters hand it to the router."""
    query = "&".join(f"{name}={value}" for name, value in request["query"].items())
    claims = {}
    for path, values in request["claims"]:
        inner = claims
        for key in path[:-1]:
            inner = inner.setdefault(key, {})
        if values:
            inner[path[-1]] = values
    return Request(request["host"] or "", request["path"], request["method"], request["headers"], query, {CLAIMS: {"payload": claims, **claims}})


def table(told, request):
    """The one table of a proxy that knows the request's host; a gateway answers for no other."""
    by_port = [t for t in told["routes"] if request["via"] == "gateway" or t["name"] == str(request["port"])]
    known = [t for t in by_port if (host := envoy_routes.virtual_host(t, request["host"])) and host["name"] not in ("allow_any", f"blackhole:{request['port']}") and not host.get("require_tls", "NONE") == "ALL"]
    return known[0] if known else None


def differing(one, told, state, router):
    """What a proxy does otherwise than `trace` says."""
    request, said = one["request"], one["answer"]
    known = table(told, request)
    found = known and envoy_routes.answer(known, envoys(request))
    if found and "direct_response" in found.route and found.route["direct_response"]["status"] == 404:
        found = None
    if said == "no route":
        return [f"{found.name} takes what no route should"] if found else []
    if found is None:
        return [f"nothing takes it, and {said if isinstance(said, str) else said['route']} should"]
    if said == "unrouted":
        plain = all("||" in cluster for cluster in found.shares)
        return [] if plain and len(found.shares) == 1 else [f"{found.name} takes what goes to the Service"]
    faults = []
    if router == "Istio" and found.name != said["route"]:
        faults.append(f"{found.name} takes it, not {said['route']}")
    shares = called(found.shares.items())
    want = {completed(to, state): share for to, share in said["shares"]}
    if shares.keys() != want.keys() or any(abs(shares[to] - share) > 1e-9 for to, share in want.items()):
        faults.append(f"the shares are {shares}, not {want}")
    mirrors = called(found.mirrors)
    mirror = {completed(said["mirror"][0], state): said["mirror"][1]} if said["mirror"] else {}
    if mirrors.keys() != mirror.keys() or any(abs(mirrors[to] - share) > 2e-6 for to, share in mirror.items()):
        faults.append(f"the copies are {mirrors}, not {mirror}")
    path, host = envoy_routes.rewritten(found, envoys(request))
    if path != said["path"] and not (router == "GatewayApi" and joins_without_a_slash(found.route)):
        faults.append(f"the server sees {path}, not {said['path']}")
    if said["host"] and host != said["host"]:
        faults.append(f"the server is asked for {host}, not {said['host']}")
    return faults + unserved(found, told, state)


def called(clusters):
    """Shares by what `trace` calls a destination: a subset, or a host with its port."""
    shares = {}
    for cluster, share in clusters:
        if "|" not in cluster:
            shares[cluster] = share
            continue
        _, port, subset, host = cluster.split("|")
        pool = re.match(r"(.+)-ip-[0-9a-f]{8}\.([^.]+)\.svc\.", host)
        name = f"InferencePool/{pool[2]}/{pool[1]}" if pool else subset or f"{host}:{port}"
        shares[name] = shares.get(name, 0) + share
    return shares


def joins_without_a_slash(route):
    """Istio's own fault, of which GP626 warns: below Gateway API's prefix `/` it takes the slash off the new path and adds none."""
    return route["match"].get("prefix") == "/" and not route["route"].get("prefix_rewrite", "/").endswith("/")


def completed(to, state):
    """A Service that has no namespace is one of the rollout's."""
    return re.sub(r"^([^.:/]+):(\d+)$", rf"\1.{state.namespace}.svc.cluster.local:\2", to)


def unserved(found, told, state):
    """The destinations of a route that are not there: no cluster, no endpoint, or endpoints of two workloads under one subset."""
    faults = []
    known = {cluster["name"] for cluster in told["clusters"]}
    for cluster in [*found.shares, *(cluster for cluster, _ in found.mirrors)]:
        if cluster not in known:
            faults.append(f"there is no cluster {cluster}")
            continue
        owners = {state.pods.get(end.rsplit(":", 1)[0]) for end in told["endpoints"].get(cluster, [])}
        if not owners:
            faults.append(f"{cluster} has no endpoint")
        if cluster.split("|")[2] and len(owners) > 1:
            faults.append(f"{cluster} has the pods of {sorted(map(str, owners))}")
    return faults


def attributes(objects, told):
    """What istiod makes otherwise of the timeouts, retries, headers and CORS of the VirtualServices' routes."""
    faults = []
    wanted = {route["name"]: route for o in objects if o["kind"] == "VirtualService" for route in o["spec"].get("http", []) if "name" in route}
    seen = set()
    for proxy in told["proxies"].values():
        for host in (host for table in proxy["routes"] for host in table.get("virtual_hosts", [])):
            for route in host.get("routes", []):
                want = wanted.get(route.get("name"))
                if want is None or not is_of_a_rollout(route):
                    continue
                key = json.dumps(route, sort_keys=True)
                if key not in seen:
                    seen.add(key)
                    faults += [f"{route['name']}: {fault}" for fault in attribute_faults(want, route)]
    return faults


def is_of_a_rollout(route):
    """Whether a routing object says a route: istiod makes others, for each Service by its own name and for what nobody knows."""
    return "route" in route and "/virtual-service/" in route.get("metadata", {}).get("filter_metadata", {}).get("istio", {}).get("config", "")


def attribute_faults(want, route):
    action = route["route"]
    pairs = [("timeout", seconds(want.get("timeout", "0s")), seconds(action.get("timeout", "0s")))]
    retries, policy = want.get("retries", {}), action.get("retry_policy", {})
    attempts = retries.get("attempts", 2)
    pairs.append(("attempts", attempts, policy.get("num_retries", 0)))
    if attempts and "perTryTimeout" in retries:
        pairs.append(("perTryTimeout", seconds(retries["perTryTimeout"]), seconds(policy.get("per_try_timeout", "0s"))))
    if attempts and "retryOn" in retries:
        words = {word for word in retries["retryOn"].split(",") if not word.isdigit()}
        codes = {int(word) for word in retries["retryOn"].split(",") if word.isdigit()}
        pairs.append(("retryOn", words, set(policy["retry_on"].split(",")) - ({"retriable-status-codes"} if codes else set())))
        pairs.append(("retriable codes", codes, set(policy.get("retriable_status_codes", []))))
    for direction in ("request", "response"):
        asked = want.get("headers", {}).get(direction, {})
        made = envoy_routes.changes(envoy_routes.Answer({}, [], "", route, {}), direction)
        for kind in ("set", "add"):
            pairs.append((f"{direction} headers {kind}", {name.lower(): value for name, value in asked.get(kind, {}).items()}, made[kind]))
        pairs.append((f"{direction} headers removed", {name.lower() for name in asked.get("remove", [])}, made["remove"]))
    cors = route.get("typed_per_filter_config", {}).get("envoy.filters.http.cors")
    pairs.append(("CORS", "corsPolicy" in want, cors is not None))
    if cors and "corsPolicy" in want:
        policy = want["corsPolicy"]
        origins = [o.get("exact") or o.get("prefix") or o.get("regex") for o in policy.get("allowOrigins", [])]
        pairs.append(("origins", origins, [o.get("exact") or o.get("prefix") or o["safe_regex"]["regex"] for o in cors.get("allow_origin_string_match", [])]))
        pairs.append(("methods", ",".join(policy.get("allowMethods", [])), cors.get("allow_methods", "")))
        pairs.append(("allowed headers", ",".join(policy.get("allowHeaders", [])), cors.get("allow_headers", "")))
        pairs.append(("credentials", policy.get("allowCredentials", False), cors.get("allow_credentials", False)))
    return [f"{what} is {got}, not {asked}" for what, asked, got in pairs if asked != got]


def seconds(text):
    units = {"h": 3600, "m": 60, "s": 1, "ms": 0.001}
    parts = re.findall(r"([0-9.]+)(ms|h|m|s)", text)
    return round(sum(float(number) * units[unit] for number, unit in parts), 6)


def moved():
    """The rollouts whose moves are tried: the project's own, and some of the random ones."""
    yield from rollouts("project")
    for file in ("Istio", "GatewayApi"):
        yield from rollouts(file)[:20]


def lost(istiod, rollout):
    """Where a proxy has nowhere to send a request, half-way between neighbouring stages, there or back."""
    stages = rollout["stages"]
    if len(stages) > 12:
        stages = stages[:6] + stages[-6:]
    ways = [pair for before, after in itertools.pairwise(stages) for pair in ((before, after), (after, before))]
    faults = []
    for before, after in ways:
        # A stage that only adopts routes nothing, and nothing goes back to it.
        if "00-adopt" in (before["name"], after["name"]):
            continue
        for mix in mixes(before["objects"], after["objects"]):
            faults += [f"{before['name']} to {after['name']}, with {mix.said}: {fault}" for fault in dead_ends(istiod, mix.objects, before["ports"])]
    return faults


class Mix:
    """Some objects of one stage and the rest of another."""

    def __init__(self, objects, said):
        self.objects = objects
        self.said = said


def mixes(before, after):
    """States between two, in which each object that differs is the old or the new one: all of them, or as many as are tried."""
    key = lambda o: (o["apiVersion"], o["kind"], o["metadata"].get("namespace"), o["metadata"]["name"])
    old, new = ({key(o): o for o in objects} for objects in (before, after))
    same = [o for name, o in old.items() if new.get(name) == o or o["kind"] not in ROUTED]
    changed = sorted({name for name in old.keys() | new.keys() if old.get(name) != new.get(name) and name[1] in ROUTED}, key=str)
    choices = list(itertools.product((0, 1), repeat=len(changed)))[1:-1] if len(changed) < 9 else [tuple(int(at == one) for at in range(len(changed))) for one in range(len(changed))]
    step = max(1, len(choices) // MOST_MIXES)
    for chosen in choices[::step]:
        kept = [(new if is_new else old).get(name) for name, is_new in zip(changed, chosen)]
        said = ", ".join(f"{name[1]}/{name[3]}" for name, is_new in zip(changed, chosen) if is_new)
        yield Mix(same + [o for o in kept if o is not None], f"only {said} of the new")


def dead_ends(istiod, objects, ports):
    """The routes of this rollout that lead where nobody answers."""
    state = State(objects, ports)
    state.caller({}, None)
    told = istiod.ask(state)
    faults = list(told["errors"])
    for name, proxy in told["proxies"].items():
        for host in (host for table in proxy["routes"] for host in table.get("virtual_hosts", [])):
            for route in host.get("routes", []):
                if not is_of_a_rollout(route):
                    continue
                faults += [f"{name}: {fault}" for fault in unserved(envoy_routes.of_route(route, host), proxy, state)]
    return sorted(set(faults))


def controls(istiod):
    """Changes of a stage that must be found; the ones that are not are the faults."""
    example = next(rollout for rollout in rollouts("project") if rollout["name"] == "image-classifier")
    stages = example["stages"]
    split = next(stage for stage in reversed(stages) if len(virtual_service(stage)["http"][-1]["route"]) > 1 and len(virtual_service(stage)["http"]) > 1)

    def after(change):
        stage = copy.deepcopy(split)
        change(stage, virtual_service(stage)["http"])
        return stage_faults(istiod, stage, "Istio")[0]

    def weights(_, routes):
        routes[-1]["route"][0]["weight"] -= 1
        routes[-1]["route"][1]["weight"] += 1

    def subsets(stage, _):
        next(o for o in stage["objects"] if o["kind"] == "DestinationRule")["spec"]["subsets"].pop()

    def pods(stage, routes):
        gone = routes[-1]["route"][0]["destination"]["subset"]
        stage["objects"] = [o for o in stage["objects"] if o["kind"] != "Deployment" or gone not in o["metadata"]["name"]]

    unsound = {
        "another share": after(weights),
        "another order": after(lambda _, routes: routes.reverse()),
        "a subset that is gone": after(subsets),
        "pods that are gone": after(pods),
        "a rewrite": after(lambda _, routes: [route.update(rewrite={"uri": "/elsewhere"}) for route in routes]),
        "a weight that Istio refuses": after(lambda _, routes: routes[-1]["route"][0].update(weight=-1)),
        "a route that is gone": after(lambda _, routes: routes.pop(0)),
        "a move that leaves a stage out": lost(istiod, {"stages": [stages[0], stages[-1]]}),
        "another timeout": attribute_faults({"timeout": "3s"}, {"route": {"timeout": "4s", "retry_policy": {"num_retries": 2}}}),
    }
    sound = stage_faults(istiod, split, "Istio")[0] + lost(istiod, {"stages": stages[:2]})
    return [f"a sound stage: {fault}" for fault in sound] + [f"{what} is not found" for what, found in unsound.items() if not found]


def virtual_service(stage):
    return next(o["spec"] for o in stage["objects"] if o["kind"] == "VirtualService")

"""Random rollouts by Gateway API."""

import json
import subprocess

from tools import GLIDEPATH, Failed

PATHS = ["/v1", "/v1/models", "/v1/models/a", "/v2", "/infer"]
PATTERNS = ["beta|gold", "b.*", "[a-f]{2}[0-9]*", "v[0-9]+\\.[0-9]"]


def random_rollouts(count, folder, chance):
    """So many rollouts that compile, by name; what has no order in Gateway API is refused, and another one is drawn."""
    found, drawn = [], 0
    while len(found) < count:
        drawn += 1
        if drawn > count * 4:
            raise Failed(f"of {drawn} random rollouts only {len(found)} compile")
        spec = folder / f"random-{drawn}" / "rollout.yaml"
        spec.parent.mkdir()
        spec.write_text(json.dumps(document(chance)))
        done = subprocess.run([GLIDEPATH, "validate", "--message-format", "json", spec], capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if done.returncode == 0:
            found.append((spec.parent.name, spec))
        elif not any(code in done.stdout + done.stderr for code in REFUSALS):
            raise Failed(f"a random rollout is refused: {done.stderr[:1500]}{done.stdout[:500]}")
    return found


# An order that cannot be kept, too many rules, and cohorts that meet or repeat each other.
REFUSALS = ("GP225", "GP226", "GP202", "GP205", "GP209", "GP211")


def document(chance):
    names = ["m0", "m1", "m2"][: chance.choice([2, 2, 3])]
    ports = [{"name": "http", "containerPort": 8080}]
    probe = {"httpGet": {"path": "/healthz", "port": "http"}}
    model = {"runtime": "custom", "replicas": 2, "ports": ports, "readinessProbe": probe, "resources": {"requests": {"memory": "1Gi"}}}
    cohorts = [{"name": f"c{at}", "match": [entry(chance) for _ in range(chance.choice([1, 1, 2]))]} for at in range(chance.randrange(4))]
    traffic = {"provider": "gateway-api", "hosts": ["a.example.com", "*.b.example.com"], "parentRefs": [{"name": "public", "namespace": "gateways"}], "routes": routes(chance)}
    if len(names) == 2 and chance.random() < 0.3:
        traffic |= {"implementation": "envoy-gateway", "sticky": chance.choice([{"cookie": "bucket"}, {"header": "x-user"}])}
    if chance.random() < 0.3:
        traffic["mesh"] = True
    spec = {
        "models": [{"name": name, "image": f"registry.example/{name}:1", **model} for name in names],
        "stable": "m0",
        "outputs": {"gatewayApi": {"channel": "experimental", "version": "1.5"}},
        "policy": {"maxIncrease": 100},
        "traffic": traffic,
        "cohorts": cohorts,
        "steps": steps(chance, names, cohorts),
    }
    return {"apiVersion": "glidepath.dev/v1alpha1", "kind": "ModelRollout", "metadata": {"name": "r", "namespace": "ml"}, "spec": spec}


def routes(chance):
    made = []
    for at in range(chance.randrange(3)):
        route = {"name": f"b{at}", "match": [{"uri": {"prefix": path}} if chance.random() < 0.7 else {"uri": path, "method": "POST"} for path in chance.sample(PATHS, chance.choice([1, 1, 2]))]}
        if chance.random() < 0.4:
            route["rewrite"] = chance.choice([{"uri": "/"}, {"uri": "/new"}, {"authority": "inner.example.com"}])
        made.append(route | extras(chance))
    return [*made, {"name": "rest"} | extras(chance)]


def extras(chance):
    more = {}
    if chance.random() < 0.4:
        more["timeout"] = chance.choice(["1s", "250ms", "1m30s"])
    if chance.random() < 0.3:
        more["headers"] = {"request": {"set": {"x-set": "a"}, "remove": ["x-gone"]}, "response": {"add": {"x-added": "b"}}}
    if chance.random() < 0.2:
        more["retries"] = {"attempts": 2, "retryOn": "503"}
    return more


def entry(chance):
    """What one entry of a cohort asks for."""
    condition = lambda: chance.choice([chance.choice(["beta", "gold", "b1"]), {"prefix": "b"}, {"regex": chance.choice(PATTERNS)}, {"present": True}])
    asked = {}
    if chance.random() < 0.7:
        asked["headers"] = {chance.choice(["x-group", "x-tier"]): condition()}
    if chance.random() < 0.3:
        asked["queryParams"] = {"model": condition()}
    if chance.random() < 0.3:
        asked["uri"] = {"prefix": chance.choice(PATHS)}
    if chance.random() < 0.2:
        asked["method"] = "POST"
    return asked or {"headers": {"x-group": condition()}}


def steps(chance, names, cohorts):
    made = [{"name": f"pin-{cohort['name']}", "bake": "1h", "gates": [], "cohorts": {cohort["name"]: chance.choice(names[1:])}} for cohort in cohorts]
    for weight in sorted(chance.sample(range(1, 100), 2)):
        step = {"bake": "1h", "gates": [], "weights": {names[1]: weight}}
        if len(names) == 2:
            step = {"bake": "1h", "gates": [], "weight": weight}
        elif weight < 80:
            step["weights"][names[2]] = 7
        made.append(step)
    if chance.random() < 0.3:
        made.insert(0, {"name": "copies", "bake": "1h", "gates": [], "mirror": {"to": names[1], "percent": chance.choice([10, 12.5, 100])}})
        made[1] = {**made[1], "mirror": None}
    last = {"bake": "1h", "gates": [], "weights": {names[1]: 100}, "cohorts": {cohort["name"]: None for cohort in cohorts}}
    return [*made, last if cohorts else {key: value for key, value in last.items() if key != "cohorts"}]

"""Where requests go, read from the emitted objects of each router, in words that both share."""

from dataclasses import dataclass, field

from tools import title

GATEWAY_API = ("HTTPRoute", "GRPCRoute")
MOST_RULES, MOST_OF_RULE, MOST_MATCHES = 16, 64, 128


@dataclass
class Target:
    """A destination: a part of a Service, or a Service or a pool of its own."""

    host: str
    subset: str | None
    port: int | None

    @property
    def key(self):
        return (self.host, self.subset)


@dataclass
class Table:
    """One routing object: its rules by name, each with the targets that get requests or copies, and what is wrong with it."""

    name: str
    rules: list = field(default_factory=list)
    faults: list = field(default_factory=list)

    def fault(self, what):
        self.faults.append(f"{self.name} {what}")


def tables(objects, refuses):
    """The routing objects; where a rollout refuses what no route takes, or leaves it to others, none need take everything."""
    gateways = {o["metadata"]["name"] for o in objects if o["kind"] == "Gateway"}
    found = [_virtual_service(o, gateways, refuses) for o in objects if o["kind"] == "VirtualService"]
    services = {o["metadata"]["name"] for o in objects if o["kind"] == "Service"}
    return found + [_route(o, gateways, services, refuses) for o in objects if o["kind"] in GATEWAY_API]


def short(host):
    return host.split(".")[0]


def _virtual_service(service, gateways, refuses):
    table, spec = Table(title(service)), service["spec"]
    for gateway in spec.get("gateways", []):
        if gateways and gateway not in gateways | {"mesh"}:
            table.fault(f"is bound to {gateway}, which is no Gateway here")
    routes = spec.get("http", [])
    catches = [_takes_all(route.get("match", [])) for route in routes]
    if not routes or not (catches[-1] or refuses):
        table.fault("has no route for what nothing else matches")
    if any(catches[:-1]):
        table.fault("has routes behind one that takes everything")
    for route in routes:
        weights = [target.get("weight", 100 if len(route["route"]) == 1 else 0) for target in route["route"]]
        if sum(weights) not in (100, 1_000, 10_000):
            table.fault(f"{route.get('name')}: the weights sum to {sum(weights)}")
        targets = [target["destination"] for target, weight in zip(route["route"], weights) if weight > 0]
        targets += [mirror["destination"] for mirror in route.get("mirrors", [])]
        targets += [route["mirror"]] if "mirror" in route else []
        for header in (name for match in route.get("match", []) for name in match.get("headers", {})):
            if header != header.lower():
                table.fault(f"{route.get('name')}: Envoy sees no header {header}, only {header.lower()}")
        table.rules.append((route.get("name"), [Target(short(t["host"]), t.get("subset"), t.get("port", {}).get("number")) for t in targets]))
    return table


def _takes_all(matches):
    def asks_nothing(match):
        uri = match.get("uri", {})
        return not match.keys() - {"name", "uri"} and (not uri or uri.get("prefix") == "/" or uri.get("regex") == ".*")

    return not matches or any(map(asks_nothing, matches))


def _route(route, gateways, services, refuses):
    table, spec = Table(title(route)), route["spec"]
    parents = spec["parentRefs"]
    for name in (parent["name"] for parent in parents if parent.get("kind") == "Service"):
        if name not in services:
            table.fault(f"hangs on {name}, which is no Service here")
    if gateways and all(parent.get("kind") != "Service" and parent["name"] not in gateways for parent in parents):
        table.fault(f"hangs on none of the Gateways {sorted(gateways)}")
    rules = spec["rules"]
    sizes = [len(rule.get("matches", [])) for rule in rules]
    if len(rules) > MOST_RULES or max(sizes) > MOST_OF_RULE or sum(sizes) > MOST_MATCHES:
        table.fault(f"has {len(rules)} rules of {sizes} matches")
    if not (refuses or any(_is_every_request(rule) for rule in rules)):
        table.fault("has no rule for what nothing else matches")
    names = [rule["name"] for rule in rules if "name" in rule]
    if len(names) != len(set(names)):
        table.fault(f"has two rules of one name: {names}")
    for index, rule in enumerate(rules):
        copied = [f["requestMirror"]["backendRef"] for f in rule.get("filters", []) if f["type"] == "RequestMirror"]
        backends = [backend for backend in rule["backendRefs"] if backend.get("weight", 1) > 0]
        if not backends:
            table.fault(f"sends requests nowhere by its rule {index}")
        replaced = [f for f in rule.get("filters", []) if f["type"] == "URLRewrite" and f["urlRewrite"].get("path", {}).get("type") == "ReplacePrefixMatch"]
        if replaced and [match["path"]["type"] for match in rule["matches"]] != ["PathPrefix"]:
            table.fault(f"replaces a prefix by its rule {index}, which has not one match of one")
        targets = [Target(backend["name"], None, backend.get("port") if backend.get("kind", "Service") == "Service" else None) for backend in backends + copied]
        table.rules.append((rule.get("name", f"rules[{index}]"), targets))
    return table


def _is_every_request(rule):
    matches = rule.get("matches", [])
    return not matches or {"path": {"type": "PathPrefix", "value": "/"}} in matches

"""Answers requests by Envoy's route tables: the first route of the virtual host that matches, as Envoy's documentation of
`envoy.config.route.v3.RouteConfiguration` says. Tables are protojson with the field names of the .proto files.

A field that counts and that nobody taught this file is an error: an answer that leaves out a condition would be worth nothing.
"""

import re
from dataclasses import dataclass, field


@dataclass
class Request:
    """One request; `host` may have a port, `headers` have names in lower case, and `metadata` is what filters before the
    router learned of it, by filter."""

    host: str = ""
    path: str = "/"
    method: str = "GET"
    headers: dict = field(default_factory=dict)
    query: str = ""
    metadata: dict = field(default_factory=dict)

    def header(self, name):
        """A header's value, or None."""
        pseudo = {":path": self.path + (f"?{self.query}" if self.query else ""), ":method": self.method, ":authority": self.host, ":scheme": "http"}
        return pseudo[name] if name in pseudo else self.headers.get(name)


@dataclass
class Answer:
    """Who serves a request: the share of each cluster, the copies, the route's name, and the route as it is in the table."""

    shares: dict
    mirrors: list
    name: str
    route: dict
    host: dict


class Unknown(Exception):
    """The table says something that this file cannot read."""


def answer(route_configuration, request):
    """The answer of a table to a request; None where no route takes it."""
    host = virtual_host(route_configuration, request.host)
    for route in (host or {}).get("routes", []):
        if matches(route["match"], request):
            return of_route(route, host)
    return None


def of_route(route, host):
    """The answer to whatever a route of a virtual host takes."""
    return Answer(_shares(route), _mirrors(route, host), route.get("name", ""), route, host)


def virtual_host(route_configuration, authority):
    """The virtual host of an authority: by its whole name, by the longest end, by the longest beginning, or `*`."""
    authority = authority.lower()
    if route_configuration.get("ignore_port_in_host_matching"):
        authority = re.sub(r":\d+$", "", authority)
    best, found = (-1, 0), None
    for host in route_configuration.get("virtual_hosts", []):
        for domain in map(str.lower, host["domains"]):
            if domain == "*":
                rank = (0, 0)
            elif domain.startswith("*"):
                rank = (2, len(domain)) if authority.endswith(domain[1:]) and len(authority) >= len(domain) else (-1, 0)
            elif domain.endswith("*"):
                rank = (1, len(domain)) if authority.startswith(domain[:-1]) and len(authority) >= len(domain) else (-1, 0)
            else:
                rank = (3, 0) if authority == domain else (-1, 0)
            if rank > best:
                best, found = rank, host
    return found


def matches(match, request):
    """Whether a `RouteMatch` takes a request."""
    _known(match, PATHS.keys() | {"case_sensitive", "headers", "query_parameters", "dynamic_metadata", "runtime_fraction", "grpc"})
    share = match.get("runtime_fraction", {}).get("default_value")
    if share and _fraction(share) < 1:
        raise Unknown("a route that takes some requests only")
    folds = match.get("case_sensitive") is False
    wanted = [(kind, match[kind]) for kind in PATHS if kind in match]
    if len(wanted) != 1:
        raise Unknown(f"a route with {len(wanted)} paths")
    (kind, want), path = wanted[0], request.path
    if folds and kind != "safe_regex":
        want, path = want.lower(), path.lower()
    if not PATHS[kind](want, path):
        return False
    if "grpc" in match and not re.match(r"application/grpc(\+|$)", request.header("content-type") or ""):
        return False
    query = _query(request.query)
    return (
        all(_header(one, request) for one in match.get("headers", []))
        and all(_parameter(one, query) for one in match.get("query_parameters", []))
        and all(_metadata(one, request) for one in match.get("dynamic_metadata", []))
    )


def regex(pattern, value):
    """Whether RE2 takes the whole value; of what Python reads otherwise nothing is in the tables."""
    if re.search(r"\[\[:|\\[pPzQECK]|\(\?[a-zA-Z]*U", pattern):
        raise Unknown(f"Python reads the expression {pattern} in another way")
    return re.fullmatch(pattern, value, re.ASCII) is not None


def _expression(of):
    _known(of, {"regex", "google_re2"})
    return of["regex"]


PATHS = {
    "prefix": lambda want, path: path.startswith(want),
    "path": lambda want, path: path == want,
    "path_separated_prefix": lambda want, path: path == want or path.startswith(f"{want}/"),
    "safe_regex": lambda want, path: regex(_expression(want), path),
}


def _header(want, request):
    value = request.header(want["name"].lower())
    inverts = want.get("invert_match", False)
    if "present_match" in want:
        return ((value is not None) == want["present_match"]) != inverts
    if value is None:
        # Not even a condition that is turned around holds for a header that is not there.
        if not want.get("treat_missing_header_as_empty"):
            return False
        value = ""
    rest = {key: inner for key, inner in want.items() if key not in ("name", "invert_match", "treat_missing_header_as_empty")}
    if "range_match" in rest:
        _known(rest, {"range_match"})
        low, high = (int(rest["range_match"].get(end, 0)) for end in ("start", "end"))
        return (re.fullmatch(r"[+-]?\d+", value) is not None and low <= int(value) < high) != inverts
    old = {"exact_match": "exact", "safe_regex_match": "safe_regex", "prefix_match": "prefix", "suffix_match": "suffix", "contains_match": "contains"}
    text = rest.pop("string_match", None) or {old[key]: inner for key, inner in rest.items() if key in old}
    _known(rest, old.keys())
    return (_string(text, value) if text else True) != inverts


def _string(want, value):
    """A `StringMatcher`."""
    kinds = {
        "exact": lambda text: value == text,
        "prefix": lambda text: value.startswith(text),
        "suffix": lambda text: value.endswith(text),
        "contains": lambda text: text in value,
    }
    if "safe_regex" in want:
        _known(want, {"safe_regex"})
        return regex(_expression(want["safe_regex"]), value)
    _known(want, kinds.keys() | {"ignore_case"})
    (kind, text), = ((kind, want[kind]) for kind in kinds if kind in want)
    if want.get("ignore_case"):
        value, text = value.lower(), text.lower()
    return kinds[kind](text)


def _parameter(want, query):
    _known(want, {"name", "string_match", "present_match"})
    value = query.get(want["name"])
    if "present_match" in want:
        return (value is not None) == want["present_match"]
    return value is not None and ("string_match" not in want or _string(want["string_match"], value))


def _query(text):
    """The parameters, as they are written; of several of one name the first counts."""
    found = {}
    for part in filter(None, text.split("&")):
        name, _, value = part.partition("=")
        found.setdefault(name, value)
    return found


def _metadata(want, request):
    _known(want, {"filter", "path", "value", "invert"})
    value = request.metadata.get(want["filter"])
    for step in want["path"]:
        value = value.get(step["key"]) if isinstance(value, dict) else None
    return _value(want["value"], value) != want.get("invert", False)


def _value(want, value):
    """A `ValueMatcher`."""
    _known(want, {"string_match", "present_match", "list_match", "or_match"})
    if "or_match" in want:
        return any(_value(one, value) for one in want["or_match"]["value_matchers"])
    if "present_match" in want:
        return (value is not None) == want["present_match"]
    if "list_match" in want:
        return isinstance(value, list) and any(_value(want["list_match"]["one_of"], one) for one in value)
    return isinstance(value, str) and _string(want["string_match"], value)


def _shares(route):
    if "route" not in route:
        _known(route, route.keys() & {"direct_response", "redirect"} | ANYWHERE)
        return {}
    action = route["route"]
    if "cluster" in action:
        return {action["cluster"]: 1.0}
    if "weighted_clusters" not in action:
        raise Unknown(f"a route to {sorted(action)}")
    clusters = action["weighted_clusters"]["clusters"]
    total = sum(one.get("weight", 0) for one in clusters)
    shares = {}
    for one in clusters:
        if one.get("weight", 0):
            shares[one["name"]] = shares.get(one["name"], 0) + one["weight"] / total
    return shares


def _mirrors(route, host):
    policies = route.get("route", {}).get("request_mirror_policies") or host.get("request_mirror_policies", [])
    shares = ((one["cluster"], one.get("runtime_fraction", {}).get("default_value")) for one in policies)
    return [(cluster, 1.0 if share is None else _fraction(share)) for cluster, share in shares]


def _fraction(share):
    return share.get("numerator", 0) / {"HUNDRED": 100, "TEN_THOUSAND": 10_000, "MILLION": 1_000_000}[share.get("denominator", "HUNDRED")]


def rewritten(found, request):
    """The path and the authority that the server sees."""
    action = found.route.get("route", {})
    path, authority = request.path, action.get("host_rewrite_literal", request.host)
    if "prefix_rewrite" in action:
        match = found.route["match"]
        # What the route matched is replaced; of an expression, everything.
        matched = match.get("prefix", match.get("path_separated_prefix", path))
        path = action["prefix_rewrite"] + path[len(matched) :]
    if "regex_rewrite" in action:
        rule = action["regex_rewrite"]
        pattern = _expression(rule["pattern"])
        path = re.sub(pattern, rule.get("substitution", "").replace("\\0", "\\g<0>"), path, flags=re.ASCII)
    return path, authority


def changes(found, direction):
    """The header changes of a route on the way of the `request` or of the `response`: what is set, what is added, what goes."""
    made = {"set": {}, "add": {}, "remove": set()}
    for level in (found.route, found.host):
        for one in level.get(f"{direction}_headers_to_add", []):
            _known(one, {"header", "append", "append_action", "keep_empty_value"})
            action = one.get("append_action", "OVERWRITE_IF_EXISTS_OR_ADD" if one.get("append") is False else "APPEND_IF_EXISTS_OR_ADD")
            kind = {"APPEND_IF_EXISTS_OR_ADD": "add", "OVERWRITE_IF_EXISTS_OR_ADD": "set"}[action]
            made[kind][one["header"]["key"].lower()] = one["header"].get("value", "")
        made["remove"] |= {name.lower() for name in level.get(f"{direction}_headers_to_remove", [])}
    return made


ANYWHERE = {"name", "match", "metadata", "decorator", "typed_per_filter_config", "request_headers_to_add", "request_headers_to_remove"}
ANYWHERE |= {"response_headers_to_add", "response_headers_to_remove", "stat_prefix"}


def _known(of, names):
    unknown = of.keys() - names
    if unknown:
        raise Unknown(f"the table says {', '.join(sorted(unknown))} in {of}")


def faults():
    """A table whose answers are known, by Envoy's documentation; what is answered otherwise are the faults."""
    to = lambda name, **match: {"name": name, "match": match or {"prefix": "/"}, "route": {"cluster": name}}
    exact = lambda name, value, **more: {"name": name, "string_match": {"exact": value}, **more}
    routes = [
        to("exact", path="/a"),
        to("below", path_separated_prefix="/b"),
        to("regex", safe_regex={"regex": "/c[0-9]+"}),
        to("folded", prefix="/D", case_sensitive=False),
        to("not", prefix="/e", headers=[exact("x", "1", invert_match=True)]),
        to("empty", prefix="/e", headers=[exact("y", "", treat_missing_header_as_empty=True, invert_match=True)]),
        to("absent", prefix="/e", headers=[{"name": "x", "present_match": False}]),
        to("query", prefix="/", query_parameters=[exact("q", "1")]),
        to("claim", prefix="/", dynamic_metadata=[{"filter": "jwt", "path": [{"key": "sub"}], "value": {"string_match": {"exact": "me"}}}]),
        {"name": "split", "match": {"prefix": "/"}, "route": {"weighted_clusters": {"clusters": [{"name": "a", "weight": 1}, {"name": "b", "weight": 3}, {"name": "c"}]}}},
    ]
    other = lambda name, *domains: {"name": name, "domains": list(domains), "routes": [to(name)]}
    table = {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": routes}, other("end", "*.x"), other("longer", "*.y.x"), other("whole", "a.y.x"), other("begins", "a.*")]}
    cases = [
        ("exact", {"path": "/a"}), ("split", {"path": "/a/"}), ("below", {"path": "/b/c"}), ("below", {"path": "/b"}), ("split", {"path": "/bc"}),
        ("regex", {"path": "/c12"}), ("split", {"path": "/c12/"}), ("folded", {"path": "/dX"}), ("not", {"path": "/e", "headers": {"x": "2"}}),
        ("absent", {"path": "/e"}), ("empty", {"path": "/e", "headers": {"x": "1", "y": "z"}}), ("split", {"path": "/e", "headers": {"x": "1"}}),
        ("query", {"query": "q=1&q=2"}), ("split", {"query": "q=2&q=1"}), ("claim", {"metadata": {"jwt": {"sub": "me"}}}),
        ("end", {"host": "b.x"}), ("longer", {"host": "b.Y.x"}), ("whole", {"host": "a.y.x"}), ("begins", {"host": "a.b"}), ("split", {"host": ".x"}),
    ]  # fmt: skip
    said = [(want, given, answer(table, Request(**given)).name) for want, given in cases]
    wrong = [f"{given} is for {want}, and {name} takes it" for want, given, name in said if name != want]
    shares = answer(table, Request()).shares
    return wrong + ([] if shares == {"a": 0.25, "b": 0.75} else [f"the shares are {shares}"])

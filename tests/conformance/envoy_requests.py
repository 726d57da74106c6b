"""Random requests near the matches of Gateway API's rules: what they ask for, a part of it, and near misses."""

import re
from re import _parser as parser

from envoy_routes import Request

METHODS = ["GET", "POST", "PUT"]
HEADERS = {"x-client": ["app", "web"], "x-user": ["0aF3-x", "fff9", "nobody"], "cookie": ["a=b", "bucket=7fe-1; c=d"]}
# What every client of gRPC sends.
CALL = {"content-type": "application/grpc"}


def requests(kind, hostnames, rules, count, chance):
    """So many requests for a route of this kind with these rules."""
    matches = [match for rule in rules for match in rule.get("matches") or [{}]]
    hosts = [host.replace("*", "a") for host in hostnames] or ["any.example"]
    return [one(kind, hosts, chance.choice(matches), chance.choice(matches), chance) for _ in range(count)]


def one(kind, hosts, match, other, chance):
    near = chance.random() < 0.4
    host = "near.miss.example" if chance.random() < 0.03 else chance.choice(hosts)
    headers, query = {}, {}
    if chance.random() < 0.3:
        name = chance.choice(list(HEADERS))
        headers[name] = chance.choice(HEADERS[name])
    # What two rules ask for together is where their order counts.
    for part in (other, match) if chance.random() < 0.5 else (match,):
        for field, into in (("headers", headers), ("queryParams", query)):
            for asked in part.get(field, []):
                if not near or chance.random() < 0.7:
                    into[asked["name"].lower() if field == "headers" else asked["name"]] = value(asked, chance)
    query = {name: text for name, text in query.items() if re.fullmatch(r"[\w.-]+", text)}
    headers = {name: text for name, text in headers.items() if text and text.isascii() and text.isprintable() and text.strip() == text}
    if kind == "GRPCRoute":
        return Request(host, called(match, chance), "POST", CALL | headers)
    path = value(match.get("path", {"value": "/"}), chance)
    if match.get("path", {}).get("type") == "PathPrefix" and chance.random() < 0.5:
        path = path.rstrip("/") + chance.choice(["/", "/x", "/x/y", "x" if path != "/" else "/x"])
    elif near and chance.random() < 0.5:
        path = chance.choice([path[:-1] or "/", path + "x", "/"])
    method = match.get("method", chance.choice(METHODS))
    return Request(host, path, chance.choice(METHODS) if near and chance.random() < 0.3 else method, headers, "&".join(f"{name}={text}" for name, text in query.items()))


def called(match, chance):
    method = match.get("method", {})
    return f"/{method.get('service', 'a.B')}/{method.get('method', chance.choice(['C', 'D']))}"


def value(condition, chance):
    """A text that a condition takes."""
    if condition.get("type") == "RegularExpression":
        return sample(parser.parse(condition["value"]), chance)
    return condition["value"]


def sample(tree, chance):
    """A text that an expression takes; repeats are short, and any character is a plain one."""
    return "".join(of(str(kind), argument, chance) for kind, argument in tree)


def of(kind, argument, chance):
    match kind:
        case "LITERAL":
            return chr(argument)
        case "ANY":
            return chance.choice("ab0-")
        case "IN":
            return chance.choice([c for c in map(chr, range(33, 127)) if within(argument, c)])
        case "MAX_REPEAT" | "MIN_REPEAT":
            low, high, inner = argument
            return "".join(sample(inner, chance) for _ in range(chance.randint(low, min(high, low + 2))))
        case "SUBPATTERN":
            return sample(argument[-1], chance)
        case "BRANCH":
            return sample(chance.choice(argument[1]), chance)
        case "AT":
            return ""
    raise ValueError(f"no text is known for {kind}")


def within(members, c):
    """Whether a class of characters has one."""
    found, turns = False, False
    for kind, argument in members:
        match str(kind):
            case "NEGATE":
                turns = True
            case "LITERAL":
                found |= ord(c) == argument
            case "RANGE":
                found |= argument[0] <= ord(c) <= argument[1]
            case "CATEGORY":
                found |= {"CATEGORY_DIGIT": c.isdigit(), "CATEGORY_WORD": c.isalnum() or c == "_", "CATEGORY_SPACE": False}[str(argument)]
    return found != turns

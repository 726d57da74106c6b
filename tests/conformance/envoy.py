"""Envoy itself, with the tables that istiod makes of each stage: real requests, counted where they arrive."""

import math
import time
import uuid
from collections import Counter

import envoy_routes
from envoy_server import Envoy, raw
from istiod import Discovery, called, completed, envoys, joins_without_a_slash, proxies_of, table
from judged import rollouts
from surroundings import State
from tools import example_names, scratch

# A count is wrong where chance alone would be as far off less often than this.
CHANCE = 1e-4
# For each split and each share of copies of the examples; and of what `tests/judged` asks of all rollouts, at least.
REQUESTS = 20_000
TRACED = 5_000
# Random rollouts of each router.
RANDOM = 40
TABLES = 120
USERS = 4_000
METHODS = {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"}
STICKY = ("ab-test-three-models", "sticky-users-keep-their-version")


def run(report):
    report.check("the chances are the binomial distribution's", chances_are_known())
    with Discovery() as istiod:
        tried = [*rollouts("project"), *rollouts("Istio")[:RANDOM], *rollouts("GatewayApi")[:RANDOM]]
        fronts = [front for rollout in tried for front in fronts_of(istiod, rollout)]
        asked = 0
        for number, part in enumerate(parts(fronts)):
            faults, count = traced(part)
            asked += count
            report.check(f"tables {number * TABLES} to {number * TABLES + len(part)}: Envoy answers {count} requests as `trace`", faults)
        report.check(f"{asked} requests were held against `trace`", [] if asked >= TRACED else ["too few"])
        for example in example_names():
            for name, faults in shares([front for front in fronts if front.rollout == example]):
                report.check(f"{example}: {name}", faults)
        for name in STICKY:
            rollout = next(rollout for rollout in rollouts("project") if rollout["name"] == name)
            report.check(f"{name}: users stay, and move as the weights do", users(fronts_of(istiod, rollout)))


def parts(fronts):
    return [fronts[at : at + TABLES] for at in range(0, len(fronts), TABLES)]


class Front:
    """The table of one proxy in one stage, and what it is asked."""

    def __init__(self, rollout, state, stage, proxy, table, asked):
        self.rollout = rollout["name"]
        self.router = rollout["router"]
        self.state = state
        self.stage = stage
        self.proxy = proxy
        self.table = table
        self.asked = asked


def fronts_of(istiod, rollout):
    fronts = []
    for stage in rollout["stages"]:
        state = State(stage["objects"], stage["ports"])
        asked = [(proxy, one) for one in stage["asked"] for proxy in proxies_of(state, one["request"])]
        told = istiod.ask(state)["proxies"]
        tables = {}
        for proxy, one in asked:
            found = table(told[proxy], one["request"])
            # Nobody here verifies tokens, and Envoy hangs up on a method that is none.
            is_asked = one["request"]["method"] in METHODS and not (one["request"]["claims"] and "dynamic_metadata" in str(found))
            if found is not None and one["answer"] != "unrouted" and is_asked:
                tables.setdefault((proxy, found["name"]), (found, []))[1].append(one)
        fronts += [Front(rollout, state, stage["name"], proxy, found, asked) for (proxy, _), (found, asked) in tables.items()]
    return fronts


def sent(request, more=None):
    query = "&".join(f"{name}={value}" for name, value in request["query"].items())
    return raw(request["method"], request["path"] + (f"?{query}" if query else ""), request["host"], request["headers"] | (more or {}))


def traced(fronts):
    """Where Envoy answers otherwise than `trace`, and how many requests it was asked."""
    faults, count = [], 0
    with scratch() as folder, Envoy(folder, [front.table for front in fronts]) as envoy:
        for number, front in enumerate(fronts):
            answers = envoy.ask(number, [sent(one["request"]) for one in front.asked])
            count += len(answers)
            for one, got in zip(front.asked, answers):
                faults += [f"{front.rollout} {front.stage} {front.proxy}: {fault}: {one['request']}" for fault in otherwise(front, one, got)]
    return faults, count


def otherwise(front, one, got):
    said = one["answer"]
    cluster = got.get("x-cluster", [None])[0]
    if said == "no route":
        return [] if got[":status"] == ["404"] and cluster is None else [f"{cluster} answers {got[':status']}, and no route should take it"]
    if cluster is None:
        return [f"Envoy answers {got[':status']}, and {said['route']} should take it"]
    (name,) = called([(cluster, 1)])
    want = [completed(to, front.state) for to, _ in said["shares"]]
    faults = [] if name in want else [f"{name} answers, not one of {want}"]
    path = got["x-path"][0].partition("?")[0]
    found = envoy_routes.answer(front.table, envoys(one["request"]))
    if path != said["path"] and not (front.router == "GatewayApi" and found and joins_without_a_slash(found.route)):
        faults.append(f"the server sees {path}, not {said['path']}")
    if said["host"] and got["x-host"] != [said["host"]]:
        faults.append(f"the server is asked for {got['x-host']}, not {said['host']}")
    return faults


def shares(fronts):
    """For each split that requests meet, and each share of copies, what Envoy counts otherwise."""
    asked = {}
    for front in fronts:
        for one in front.asked:
            said = one["answer"]
            if said != "no route" and (len(said["shares"]) > 1 or said["mirror"]):
                asked.setdefault((front.stage, said["route"], str(said["shares"]), str(said["mirror"])), (front, one))
    if not asked:
        return
    tables = [front.table for front, _ in asked.values()]
    with scratch() as folder, Envoy(folder, tables) as envoy:
        for number, (front, one) in enumerate(asked.values()):
            yield f"{front.stage} by {one['answer']['route']}: {REQUESTS} requests arrive as said", uncounted(envoy, number, one)


def uncounted(envoy, number, one):
    """The shares that are off, twice: chance alone is that far off once in a hundred million times."""
    said = one["answer"]
    faults = []
    for _ in range(2):
        before = Counter(envoy.arrived())
        answers = envoy.ask(number, [sent(one["request"])] * REQUESTS)
        served = Counter(got.get("x-cluster", ["nobody"])[0] for got in answers)
        # Copies are on their way for a moment longer.
        total = copies(envoy, before, served, said["mirror"])
        got = Counter()
        for cluster, count in served.items():
            got[next(iter(called([(cluster, 1)]))) if "|" in cluster else cluster] += count
        faults = [f"{name} answers {got[name]} times of {REQUESTS}, not by {share:.2%}" for name, share in [*said["shares"], ("nobody", 0.0)] if unlikely(got[name], REQUESTS, share)]
        faults += [f"{name} answers, which should not" for name in got.keys() - dict(said["shares"]).keys() - {"nobody"}]
        want = dict([said["mirror"]]) if said["mirror"] else {}
        faults += [f"{name} gets {total.get(name, 0)} copies of {REQUESTS}, not {share:.2%}" for name, share in want.items() if unlikely(total.get(name, 0), REQUESTS, share)]
        faults += [f"{name} gets {count} copies, and should get none" for name, count in total.items() if name not in want and count]
        if not faults:
            return []
    return faults


def copies(envoy, before, served, mirror):

    wanted = mirror[1] * REQUESTS if mirror else 0
    for _ in range(20):
        extra = Counter(envoy.arrived()) - before - served
        if sum(extra.values()) >= wanted:
            break
        time.sleep(0.05)
    total = Counter()
    for cluster, count in extra.items():
        total[next(iter(called([(cluster, 1)])))] += count
    return total


def unlikely(count, of, share):
    """Whether so few or so many of `of` are as rare as `CHANCE` where each is one with the chance `share`."""
    if share in (0.0, 1.0):
        return count != round(of * share)
    return 2 * min(tail(count, of, share), tail(of - count, of, 1 - share)) < CHANCE


def tail(count, of, share):
    """The chance of `count` or fewer, by the terms of the binomial distribution."""
    log = lambda k: math.lgamma(of + 1) - math.lgamma(k + 1) - math.lgamma(of - k + 1) + k * math.log(share) + (of - k) * math.log1p(-share)
    return math.fsum(math.exp(log(k)) for k in range(count + 1))


def chances_are_known():
    """Values of the binomial distribution that can be had by hand."""
    known = [(0, 10, 0.5, 2**-10), (5, 10, 0.5, 638 / 1024), (1, 3, 0.1, 0.972), (2, 2, 0.3, 1.0)]
    return [f"{count} of {of} at {share}: {tail(count, of, share)}" for count, of, share, want in known if abs(tail(count, of, share) - want) > 1e-9]


def users(fronts):
    """New users are shared by weight, stay where they are while the weights do, and no more of them move than the weights."""
    plain = []
    for front in fronts:
        one = next((one for one in front.asked if isinstance(one["answer"], dict) and not one["request"]["headers"].keys() & {"cookie"}), None)
        if one is not None and not any(front.stage == other.stage for other, _ in plain):
            plain.append((front, one))
    faults, cookies, before = [], {}, None
    with scratch() as folder, Envoy(folder, [front.table for front, _ in plain]) as envoy:
        for number, (front, one) in enumerate(plain):
            ask = lambda more: [got for got in envoy.ask(number, [sent(one["request"], each) for each in more])]
            if cookies:
                first = where(ask([{"cookie": cookie} for cookie in cookies]))
                again = where(ask([{"cookie": cookie} for cookie in cookies]))
                faults += [f"{front.stage}: {sum(a != b for a, b in zip(first, again))} users move while nothing changes"] if first != again else []
                moved = sum(a != b for a, b in zip(cookies.values(), first))
                now, old = Counter(first), Counter(cookies.values())
                most = sum(max(0, now[name] - old[name]) for name in now)
                # Whoever moves, moves to a model that grows.
                faults += [f"{front.stage}: {moved} users move, and {most} would do"] if moved > most else []
                cookies = dict(zip(cookies, first))
            fresh = ask([{"x-request-id": str(uuid.uuid4())} for _ in range(USERS)])
            new = {}
            for got in fresh:
                if "set-cookie" in got:
                    new[got["set-cookie"][0].split(";")[0]] = got["x-cluster"][0]
            if new:
                shares_now = Counter(where(fresh))
                back = where(ask([{"cookie": cookie} for cookie in new]))
                faults += [f"{front.stage}: {sum(a != b for a, b in zip(back, new.values()))} of {len(new)} new users do not stay"] if back != list(new.values()) else []
                cookies = cookies or new
                before = shares_now
    if before is None:
        faults.append("no user gets a cookie")
    return faults


def where(answers):
    return [got.get("x-cluster", ["nobody"])[0] for got in answers]

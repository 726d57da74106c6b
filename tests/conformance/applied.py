"""What a cluster holds of a rollout: server-side apply of its stages, and what was lost on the way."""

import json
import re
from decimal import Decimal

from kubeserver import Refused
from tools import identity, title

# What a server may warn of, with the reason why glidepath emits it nevertheless.
ALLOWED = {}
# What only the server writes, or draws anew when an object is made again.
SERVERS_OWN = ("creationTimestamp", "generation", "managedFields", "resourceVersion", "uid")
DRAWN = ("clusterIP", "clusterIPs", "healthCheckNodePort")
# The namespaces that every cluster has.
SYSTEMS = {"default", "kube-node-lease", "kube-public", "kube-system"}
FACTORS = {"n": Decimal("1e-9"), "u": Decimal("1e-6"), "m": Decimal("1e-3"), "": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15, "E": 10**18}
FACTORS |= {f"{letter}i": 1024**power for power, letter in enumerate("KMGTPE", 1)}


class Cluster:
    """A server with one rollout in it."""

    def __init__(self, client):
        self.client = client
        self.faults = []
        self.held = {}
        self.rooms = []
        self.seen = {}

    def make_room(self, objects):
        """Makes the namespaces that the objects are in, but those that are among the objects."""
        own = {item["metadata"]["name"] for item in objects if item["kind"] == "Namespace"}
        wanted = {item["metadata"].get("namespace", "default") for item in objects}
        for name in sorted(wanted - own - SYSTEMS):
            room = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
            self.client.apply(room)
            self.rooms.append(room)

    def try_out(self, stage, objects):
        """Asks whether objects could be applied, those that are there as they should be aside."""
        for item in self.new(objects):
            self.apply(stage, item, dry=True)

    def move(self, stage, objects):
        """Applies a stage, first without effect, and then takes away what it no longer has."""
        taken = []
        for item in self.new(objects):
            if self.apply(stage, item, dry=True) is None:
                continue
            # What lives in a namespace cannot even be tried without it.
            if item["kind"] == "Namespace":
                self.keep(stage, item)
            else:
                taken.append(item)
        for item in taken:
            self.keep(stage, item)
        for key in self.held.keys() - {identity(item) for item in objects}:
            self.client.delete(self.held.pop(key)[0])
        now = {"/".join(key[1:]): lasting(stored) for key, (_, stored) in self.held.items()}
        before = self.seen.setdefault(stage, now)
        self.faults += [f"{stage}, reached again: {where}" for where in unequal(before, now)]

    def new(self, objects):
        """The objects that are not there as they should be: to apply the same twice changes nothing."""
        return [item for item in objects if self.held.get(identity(item), (None,))[0] != item]

    def keep(self, stage, item):
        stored = self.apply(stage, item)
        if stored is not None:
            self.held[identity(item)] = (item, stored)

    def apply(self, stage, item, dry=False):
        """What the server stores of an object, or would; nothing where it refuses."""
        where = f"{stage}: {title(item)}"
        try:
            stored, warnings = self.client.apply(item, dry)
        except Refused as error:
            self.faults.append(f"{where}: refused: {error}")
            return None
        self.faults += [f"{where}: warned: {warning}" for warning in warnings if applicable(warning)]
        self.faults += [f"{where}{lost}" for lost in dropped(item, stored)]
        return stored

    def clear(self):
        """Leaves nothing behind."""
        spaces = [item for item, _ in self.held.values() if item["kind"] == "Namespace"]
        for item, _ in self.held.values():
            if item["kind"] != "Namespace":
                self.client.delete(item)
        for item in spaces + self.rooms:
            self.client.delete(item)


def sorted_for_applying(objects):
    """Namespaces first, as every applier has it."""
    return sorted(objects, key=lambda item: item["kind"] != "Namespace")


def applicable(warning):
    """Whether a warning has no reason to be allowed."""
    return not any(re.search(pattern, warning) for pattern in ALLOWED)


def dropped(applied, stored, where=""):
    """The fields of an object that are not stored as they were applied."""
    if isinstance(applied, dict) and isinstance(stored, dict):
        lost = [f"{where}.{key} is not stored" for key in applied.keys() - stored.keys() if applied[key] != []]
        return lost + [fault for key in applied.keys() & stored.keys() for fault in dropped(applied[key], stored[key], f"{where}.{key}")]
    if isinstance(applied, list) and isinstance(stored, list) and len(applied) == len(stored):
        return [fault for at, (a, b) in enumerate(zip(applied, stored)) for fault in dropped(a, b, f"{where}[{at}]")]
    return [] if same(applied, stored) else [f"{where}: {shown(applied)} is stored as {shown(stored)}"]


def same(one, other):
    """Whether two values are one: a server writes `1000m` as `1`, and an empty list as none."""
    if (type(one) is type(other) and one == other) or (one == [] and other is None):
        return True
    numbers = [quantity(value) for value in (one, other)]
    return None not in numbers and numbers[0] == numbers[1]


def quantity(value):
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    found = re.fullmatch(r"([0-9.]+(?:[eE][0-9]+)?)([A-Za-z]*)", str(value))
    return Decimal(found[1]) * FACTORS[found[2]] if found and found[2] in FACTORS else None


def lasting(stored):
    """An object without what only the server writes."""
    body = {key: value for key, value in stored.items() if key not in ("metadata", "status")}
    if stored["kind"] == "Service":
        ports = [{key: value for key, value in port.items() if key != "nodePort"} for port in stored["spec"].get("ports", [])]
        body["spec"] = {key: value for key, value in stored["spec"].items() if key not in DRAWN} | {"ports": ports}
    return body | {"metadata": {key: value for key, value in stored["metadata"].items() if key not in SERVERS_OWN}}


def unequal(one, other, where=""):
    """Where two values differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        faults = [f"{where}.{key} is only there {'before' if key in one else 'after'}" for key in one.keys() ^ other.keys()]
        return faults + [fault for key in one.keys() & other.keys() for fault in unequal(one[key], other[key], f"{where}.{key}")]
    return [] if one == other else [f"{where} was {shown(one)} and is {shown(other)}"]


def shown(value):
    """A value as text."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)

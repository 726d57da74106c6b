"""Strings come back as they were written, through kustomize and through PyYAML (YAML 1.1).

Each string is put into every place where a rollout takes free text, rendered, and read back by both readers. The rollout is
written as JSON, so nothing is lost on the way in.
"""

import re

from tools import Failed, build, load, rendered, stage_folders

# From the issue trackers of YAML libraries and of Kubernetes: what one reader or another takes for something else.
PLAIN = """
on off yes no y n On OFF Yes NO Y N true false True FALSE null Null NULL ~ nil none
1e3 1E3 1e+3 -1e-3 .5 5. 1. +1 -1 -0 0 00 012 08 0o7 0o17 0b1 0x1F 0xdeadbeef 1_000 1,000 1.2.3 .inf -.inf +.INF .nan .NaN inf nan
1:30 12:30 12:30:45 190:20:30 2024-01-01 2024-01-01T00:00:00Z 2001-12-14t21:59:43.10-05:00
= << ! !x !!str & &a * *a % @ ` " ' \\ | > |- >+ - -- --- ... ? : , [ ] { } # #c [] {} [a] {a} "" ''
a:b a# a#b a: a, :a ?a -a {{x}} {{.Values.x}} ${X} $(X) $$ $ \\n \\x00 \\" "a" 'a' a"b a'b
""".split()
SPACED = [
    "a: b",
    "- x",
    "? x",
    "a #c",
    "# c",
    "key: |",
    "key: >-",
    "--- a",
    "%YAML 1.1",
    "'a' b",
    '"a" b',
    "a: 'b",
    "[a, b]",
    "{a: b}",
    "a\tb",
    "é ü 模型 🚀",
    "\u00a0",
    "a\ufffdb",
    "e\u0301",
    "x" * 200,
]
# No request's header has blanks around its value, so no condition on one may have them.
EDGES = [" a", "a ", "  ", " ", "\ta", "a\t", "\t", "word " * 40, " " + "long words and blanks " * 12 + "end"]
LINES = ["a\nb", "a\n", "\na", "a\n\n", "\n", "a\n  b\n c", "  a\nb", "a \nb ", "- a\n- b", "a: b\nc: d\n", "---\na", "# a\nb", "\ta\nb", "a\n\n\nb\n"]
# Kustomize refuses or changes these, whoever quotes them: they must not get as far. The complaint has to name the place.
CONTROL = ["a\x00b", "a\x07b", "a\x1bb", "a\rb", "a\x7fb", "a\x85b", "a\x9fb"]
# Nobody sees them, or they turn what others see.
UNSEEN = ["a\u2028b", "a\u2029b", "\ufeffa", "a\u200bb", "a\u202eb"]

NAME = "example.com/text"  # of the annotation; the header and the variable have names of their own


def run(report):
    report.check("a string that a reader takes for a boolean is noticed", [] if wrong("on", "a reader", load("- on")[0]) else ["`on` passes as true"])
    for text in dict.fromkeys(["", *PLAIN, *SPACED]):
        report.check(f"{show(text)} comes back", round_trip(text, PLACES))
    for text in EDGES:
        report.check(f"{show(text)} comes back", round_trip(text, [place for place in PLACES if place is not CohortHeader]))
        report.check(f"{show(text)} is refused in a cohort's header", accepted(text, CohortHeader))
    for text in LINES:
        report.check(f"{show(text)} comes back", round_trip(text, [place for place in PLACES if place not in ONE_LINE]))
        report.check(f"{show(text)} is refused in a header", [fault for place in ONE_LINE for fault in accepted(text, place)])
    for text in [*CONTROL, *UNSEEN]:
        report.check(f"{show(text)} is refused", [fault for place in PLACES for fault in accepted(text, place)])


def round_trip(text, places):
    document = rollout()
    for place in places:
        place.put(document, text)
    faults = []
    try:
        with rendered(document) as deploy:
            folder = stage_folders(deploy)[-1]
            files = [item for path in sorted(folder.glob("*.yaml")) for item in load(path.read_text())]
            for reader, objects in (("kustomize", build(folder)), ("PyYAML", files)):
                for place in places:
                    faults += wrong(place.want(text), f"{reader}, {place.__doc__}", place.take(objects))
    except Failed as error:
        return [error]
    return faults


def wrong(want, where, found):
    """The values that are not the one string, by type too."""
    if not found:
        return [f"{where}: nothing found"]
    return [f"{where}: {value!r} instead of {want!r}" for value in found if type(value) is not str or value != want]


def accepted(text, place):
    document = rollout()
    place.put(document, text)
    try:
        with rendered(document):
            return [f"{place.__doc__}: accepted"]
    except Failed as error:
        where = re.search(r"^ *--> .*rollout\.yaml:\d+:\d+$", str(error), re.MULTILINE)
        return [] if where and "ended with 1 " in str(error) else [f"{place.__doc__}: {error}"]


class CohortHeader:
    """the value of a cohort's header"""

    @staticmethod
    def put(document, text):
        document["spec"]["cohorts"][0]["match"] = [{"headers": {"x-text": {"exact": text}}}]

    @staticmethod
    def take(objects):
        routes = [route for item in kind(objects, "VirtualService") for route in item["spec"]["http"]]
        return [match["headers"]["x-text"]["exact"] for route in routes for match in route.get("match", []) if "headers" in match]

    want = staticmethod(lambda text: text)


class ResponseHeader:
    """a response header"""

    @staticmethod
    def put(document, text):
        document["spec"]["traffic"]["routes"] = [{"name": "all", "headers": {"response": {"set": {"x-text": text}}}}]

    @staticmethod
    def take(objects):
        routes = [route for item in kind(objects, "VirtualService") for route in item["spec"]["http"]]
        return [route["headers"]["response"]["set"]["x-text"] for route in routes]

    # Envoy reads header values as format strings, in which %% is a percent sign.
    want = staticmethod(lambda text: text.replace("%", "%%"))


class ConfigData:
    """the data of a ConfigMap (the model's uri)"""

    @staticmethod
    def put(document, text):
        for model in document["spec"]["models"]:
            # Only a container of the team's own takes any address.
            model.update(runtime="custom", ports=[{"name": "http", "containerPort": 8080}])
            model["model"]["uri"] = text

    @staticmethod
    def take(objects):
        return [item["data"]["MODEL_PATH"] for item in kind(objects, "ConfigMap")]

    want = staticmethod(lambda text: text)


class Environment:
    """an environment variable"""

    @staticmethod
    def put(document, text):
        for model in document["spec"]["models"]:
            model["env"] = [{"name": "TEXT", "value": text}]

    @staticmethod
    def take(objects):
        return [entry["value"] for pod in pods(objects) for entry in pod["spec"]["containers"][0]["env"] if entry["name"] == "TEXT"]

    want = staticmethod(lambda text: text)


class Annotation:
    """an annotation of the pods"""

    @staticmethod
    def put(document, text):
        for model in document["spec"]["models"]:
            model["podAnnotations"] = {NAME: text}

    @staticmethod
    def take(objects):
        return [pod["metadata"]["annotations"][NAME] for pod in pods(objects)]

    want = staticmethod(lambda text: text)


PLACES = [CohortHeader, ResponseHeader, ConfigData, Environment, Annotation]
# A header has no line breaks; Envoy refuses a whole configuration that sets one.
ONE_LINE = [CohortHeader, ResponseHeader]


def kind(objects, name):
    return [item for item in objects if item["kind"] == name]


def pods(objects):
    return [item["spec"]["template"] for item in kind(objects, "Deployment")]


def show(text):
    shown = repr(text)
    return shown if len(shown) <= 60 else f"{shown[:50]}… ({len(text)} characters)"


def rollout():
    """A rollout whose last stage still runs both models and pins the cohort."""

    def model(name):
        return {
            "name": name,
            "runtime": "tensorflow-serving",
            "image": "tensorflow/serving:2.8.0",
            "model": {"name": "m", "uri": "gs://models/m"},
            "replicas": 2,
            "resources": {"requests": {"memory": "1Gi"}},
        }

    return {
        "apiVersion": "glidepath.dev/v1alpha1",
        "kind": "ModelRollout",
        "metadata": {"name": "text", "namespace": "text"},
        "spec": {
            "models": [model("a"), model("b")],
            "stable": "a",
            "traffic": {},
            "cohorts": [{"name": "some", "match": [{"headers": {"x-text": "text"}}]}],
            "gates": [{"name": "availability", "availability": {"objective": "99.5%"}}],
            "steps": [{"cohorts": {"some": "b"}, "bake": "1h", "gates": ["availability"]}],
            "retire": "never",
        },
    }

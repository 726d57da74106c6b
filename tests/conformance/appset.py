"""What Argo CD's own generators make of the ApplicationSets, and whether its own projects allow what every rollout brings.

On request only: building Argo CD's code takes about ten minutes.
"""

import json
import shutil
import subprocess

import argo
import schemas
import yaml
from tools import EXAMPLES, ROOT, Failed, build, load, rendered, rollouts, scratch, stage_folders, title

MONOREPO = ROOT / "fixtures" / "cases" / "argo-cd-deploys-a-monorepo" / "rollout.yaml"
FLEET = EXAMPLES / "blue-green" / "rollout.yaml"
# Two trees that `teams/*/*` is about, one below it, and one beside it.
TREES = ("teams/search/ranker", "teams/vision/classifier", "teams/vision/classifier/old/copy", "archive/search/ranker")
CLUSTERS = [
    {"name": "Prod_Canary", "server": "https://canary.example", "labels": {"env": "prod", "wave": "canary"}},
    {"name": "prod-eu", "server": "https://eu.example", "labels": {"env": "prod", "wave": "eu"}},
    {"name": "prod-us", "server": "https://us.example", "labels": {"env": "prod", "wave": "us"}},
    {"name": "dev", "server": "https://dev.example", "labels": {"env": "dev"}},
]
CLUSTER_SCOPED = ("ClusterRole", "ClusterRoleBinding", "Namespace")


def run(report):
    with Argo() as judge:
        for name, spec in rollouts().items():
            if (load(spec.read_text())[0]["spec"].get("outputs") or {}).get("argocd"):
                report.check(f"{name}: the project allows every object of every stage", projects(judge, spec))
        report.check("a project that lacks a kind, a namespace or a repository is found", blind(judge))
        for globbing in (False, True):
            title = "globs of paths" if globbing else "git's pathspecs"
            report.check(f"the set over a monorepo makes an Application of every tree, by {title}", monorepo(judge, globbing))
        report.check("the set over clusters makes an Application of every one in its waves", fleet(judge))
        report.check("the set over every cluster takes Argo CD's own", fleet(judge, everywhere))
        report.check("waves over every cluster make no Application, which GP139 is about", unselected(judge))
        report.check("a field that a generator does not give is an error", missing(judge))


class Argo:
    """The program, for as long as a `with` lasts."""

    def __enter__(self):
        self.process = subprocess.Popen([argo.program("appset")], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(10)

    def ask(self, **request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise Failed("the program around Argo CD's generators ended")
        return json.loads(line)


def written(deploy):
    """Argo CD's own objects by kind."""
    return {item["kind"]: item for item in build(deploy / "argocd")}


def asked(objects):
    """A request about the objects that Argo CD reads, without a project of their own the one that allows everything."""
    everything = {"group": "*", "kind": "*"}
    allowed = {"sourceRepos": ["*"], "destinations": [{"server": "*", "namespace": "*"}], "clusterResourceWhitelist": [everything]}
    project = objects.get("AppProject") or {"metadata": {"name": "default", "namespace": "argocd"}, "spec": allowed}
    return {"project": project, "applications": [objects[kind] for kind in ("Application",) if kind in objects]}


def projects(judge, spec):
    with rendered(spec) as deploy:
        request = asked(written(deploy)) | {"kinds": kinds(deploy)}
    said = judge.ask(**request)
    return said["denied"] + [said["error"]] * bool(said["error"])


def kinds(deploy):
    """The kinds of all stages."""
    found = {(item["apiVersion"].rpartition("/")[0], item["kind"]) for folder in stage_folders(deploy) for item in build(folder)}
    return [{"group": group, "kind": kind, "namespaced": kind not in CLUSTER_SCOPED} for group, kind in sorted(found)]


def blind(judge):
    """Projects that forbid something; the ones that Argo CD lets through are the faults."""
    with rendered(EXAMPLES / "image-classifier" / "rollout.yaml") as deploy:
        request = asked(written(deploy)) | {"kinds": kinds(deploy)}
    faults = []
    for field, value in (("namespaceResourceWhitelist", [{"group": "", "kind": "Service"}]), ("destinations", []), ("sourceRepos", ["https://else.example"])):
        project = request["project"]
        narrow = {**project, "spec": {**project["spec"], field: value}}
        faults += [] if judge.ask(**{**request, "project": narrow})["denied"] else [f"{field}: {value} allows everything"]
    return faults


def monorepo(judge, globbing):
    """What comes of a real git repository with trees in it, for the set that glidepath writes and the one among the examples."""
    faults = []
    with scratch() as repository, rendered(MONOREPO) as deploy:
        objects = written(deploy)
        for tree in TREES:
            spec = MONOREPO if "ranker" in tree else EXAMPLES / "image-classifier" / "rollout.yaml"
            with rendered(spec) as own:
                shutil.copytree(own, repository / tree / "deploy")
        for command in (["init", "--quiet"], ["add", "."]):
            subprocess.run(["git", "-C", str(repository), *command], check=True)
        by_hand = yaml.safe_load((EXAMPLES / "argocd" / "application-set.yaml").read_text())
        for written_set, project in ((objects["ApplicationSet"], objects["AppProject"]), (by_hand, asked({})["project"])):
            request = {"applicationSet": written_set, "project": project, "repository": str(repository), "newGlobbing": globbing}
            faults += made(judge.ask(**request), repository, globbing)
    return faults


def made(said, repository, globbing):
    """What is wrong with the Applications of a monorepo."""
    faults = said["denied"] + [said["error"]] * bool(said["error"])
    # To git a `*` is also a slash, unless Argo CD is told otherwise.
    wanted = {f"{tree}/deploy/current": tree for tree in TREES[: 2 if globbing else 3]}
    got = {one["spec"]["source"]["path"]: one for one in said["applications"] or []}
    faults += [f"no Application for {path}" for path in wanted.keys() - got.keys()]
    faults += [f"an Application for {path}" for path in got.keys() - wanted.keys()]
    for path in wanted.keys() & got.keys():
        lock = json.loads((repository / wanted[path] / "deploy" / "plan.json").read_text())
        faults += differing(got[path], lock["rollout"], lock["namespace"])
        if not build(repository / path):
            faults.append(f"{path} builds nothing")
    return faults


def differing(application, name, namespace):
    faults = schemas.faults(clean(application), schemas.NEWEST)
    if application["metadata"]["name"] != name:
        faults.append(f"{title(application)} is not {name}")
    if application["spec"]["destination"].get("namespace") != namespace:
        faults.append(f"{name} goes to {application['spec']['destination']}, not {namespace}")
    return faults


def clean(application):
    """An Application as it is sent, without the status that a Go structure always has."""
    sent = {key: value for key, value in application.items() if key != "status"}
    return {**sent, "apiVersion": "argoproj.io/v1alpha1", "kind": "Application"}


def everywhere(document):
    document["spec"]["outputs"]["argocd"]["applicationSet"]["clusters"] = {}


def fleet(judge, change=None):
    """What comes of clusters with labels, each of which must be in one wave."""
    with rendered(FLEET, change) as deploy:
        objects = written(deploy)
    said = judge.ask(applicationSet=objects["ApplicationSet"], project=objects["AppProject"], clusters=CLUSTERS)
    faults = said["denied"] + [said["error"]] * bool(said["error"])
    wanted = [one["server"] for one in CLUSTERS if change or one["labels"]["env"] == "prod"] + (["https://kubernetes.default.svc"] if change else [])
    got = said["applications"] or []
    names = [one["metadata"]["name"] for one in got]
    faults += [f"the name {name} is there twice" for name in set(names) if names.count(name) > 1]
    if sorted(one["spec"]["destination"]["server"] for one in got) != sorted(wanted):
        faults.append(f"the Applications are for {[one['spec']['destination'] for one in got]}")
    for one in got:
        faults += schemas.faults(clean(one), schemas.NEWEST) + unwaved(one, objects["ApplicationSet"])
    return faults


def unselected(judge):
    """What glidepath refuses: with no label to select by, Argo CD's own cluster has none to read a wave from either."""
    with rendered(FLEET) as deploy:
        objects = written(deploy)
    objects["ApplicationSet"]["spec"]["generators"] = [{"clusters": {}}]
    said = judge.ask(applicationSet=objects["ApplicationSet"], project=objects["AppProject"], clusters=CLUSTERS[:3])
    return [] if "metadata" in said["error"] else [f"Argo CD makes {len(said['applications'] or [])} Applications"]


def unwaved(application, of):
    """Whether no step or more than one of a set selects an Application: without one, Argo CD never syncs it."""
    steps = of["spec"].get("strategy", {}).get("rollingSync", {}).get("steps", [])
    labels = application["metadata"]["labels"]
    found = [step for step in steps if all(labels.get(rule["key"]) in rule["values"] for rule in step["matchExpressions"])]
    return [] if not steps or len(found) == 1 else [f"{title(application)} is in {len(found)} waves"]


def missing(judge):
    """A set that asks for what no lock has."""
    with rendered(MONOREPO) as deploy, scratch() as repository:
        objects = written(deploy)
        shutil.copytree(deploy, repository / TREES[0] / "deploy")
        for command in (["init", "--quiet"], ["add", "."]):
            subprocess.run(["git", "-C", str(repository), *command], check=True)
        text = json.dumps(objects["ApplicationSet"]).replace("{{ .namespace }}", "{{ .namespaze }}")
        said = judge.ask(applicationSet=json.loads(text), project=objects["AppProject"], repository=str(repository))
    return [] if said["error"] else ["it is an empty string"]

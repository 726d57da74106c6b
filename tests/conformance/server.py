"""The plugin in Argo CD's real plugin server, asked by Argo CD's own client.

Not one of the groups that run by default: building the server takes longer than all of them together.
"""

import json
import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import argo
import yaml
from stages import deep, differences
from tools import EXAMPLES, GLIDEPATH, Failed, build, example_names, rendered, scratch, stage_folders, stage_name

SECRET = "hunter2-hunter2"


def run(report):
    program = argo.program("plugin-server")
    with scratch() as folder, Server(program, folder) as server:
        for name in example_names():
            spec = EXAMPLES / name / "rollout.yaml"
            with rendered(spec) as deploy:
                shutil.copytree(deploy, repository(folder / name, spec, "rollouts/a b") / "deploy")
                for stage in stage_folders(deploy):
                    got = server.generate(folder / name, "rollouts/a b", {"stage": stage_name(stage)})
                    faults = got.faults or differences(build(stage), got.objects)
                    report.check(f"{name}/{stage.name}: Argo CD gets what kustomize builds", faults)
                report.check(f"{name}: without parameters Argo CD gets the live stage", live(server, folder / name, deploy))
                report.check(f"{name}: Argo CD shows the parameters", announced(server, folder / name))
        example = folder / "image-classifier"
        report.check("an unknown stage is one clear error", refused(server, example, {"stage": "nonsense"}, "nonsense"))
        report.check("an unknown parameter is one clear error", refused(server, example, {"sage": "split"}, "sage"))
        report.check("a link out of the repository is refused", escaping(server, folder / "escaping"))
        report.check("eight at once get the same bytes", together(program, example))
        report.check("a deadline of 200 ms is kept", server.generate(example, "rollouts/a b", {"stage": "split"}, deadline=200).faults)


def repository(folder, spec, application):
    """A checked-out repository with a rollout in it, beside what a real one has."""
    (folder / application).mkdir(parents=True)
    (folder / ".git").mkdir()
    (folder / ".git" / "config").write_text(f"[http]\n\textraheader = {SECRET}\n")
    (folder / "README.md").write_text("Not ours.\n")
    shutil.copy(spec, folder / application / "rollout.yaml")
    return folder / application


def live(server, folder, deploy):
    pointer = yaml.safe_load((deploy / "current" / "kustomization.yaml").read_text())["resources"][0]
    want = build((deploy / "current" / pointer).resolve())
    faults = []
    # Argo CD's three spellings of "no parameters".
    for parameters in (None, "null", "[]"):
        got = server.generate(folder, "rollouts/a b", parameters)
        faults += got.faults or differences(want, got.objects)
    return faults


def announced(server, folder):
    done = subprocess.run([GLIDEPATH, "cmp", "parameters"], cwd=folder / "rollouts/a b", capture_output=True, text=True, stdin=subprocess.DEVNULL)
    want = {item["name"]: item.get("string", "") for item in json.loads(done.stdout)}
    got = server.ask(ask="parameters", **server.place(folder, "rollouts/a b"))
    if got["error"]:
        return [got["error"]]
    faults = [] if want else ["there are no parameters"]
    return faults + deep(want, {item["name"]: item.get("string", "") for item in got["parameters"]}, "parameters")


def refused(server, folder, parameters, word):
    got = server.generate(folder, "rollouts/a b", parameters)
    error = "".join(got.faults)
    faults = [] if error else ["it is accepted"]
    faults += [] if word in error else [f"{word} is not named: {error}"]
    return faults + [f"the error tells {secret}: {error}" for secret in (SECRET, "_cmp_server", str(folder)) if secret in error]


def escaping(server, folder):
    application = repository(folder, EXAMPLES / "image-classifier" / "rollout.yaml", "app")
    (application / "rollout.yaml").unlink()
    (application / "rollout.yaml").symlink_to("/etc/passwd")
    got = server.generate(folder, "app", {"stage": "split"})
    faults = [] if got.faults else ["it is accepted"]
    return faults + (["/etc/passwd is read"] if "root:" in "".join(got.faults) else [])


def together(program, repository_folder):
    def one(number):
        with scratch() as folder, Server(program, folder) as server:
            return server.generate(repository_folder, "rollouts/a b", {"stage": "split"})

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(one, range(8)))
    faults = [fault for answer in answers for fault in answer.faults]
    return faults or ([] if len({tuple(answer.lines) for answer in answers}) == 1 else ["they differ"])


class Answer:
    def __init__(self, answer):
        self.faults = [answer["error"]] if answer["error"] else []
        self.lines = answer["manifests"] or []
        self.objects = [json.loads(line) for line in self.lines]
        if not self.faults and not self.lines:
            self.faults = ["nothing came, and Argo CD would prune everything"]


class Server:
    """The server and its client, in a folder of their own."""

    def __init__(self, program, folder):
        self.folder = folder / "server"
        for part in ("plugin", "sock", "work"):
            (self.folder / part).mkdir(parents=True)
        shipped = yaml.safe_load((EXAMPLES / "argocd/plugin/config-map.yaml").read_text())["data"]["plugin.yaml"]
        plugin = shipped.replace("/usr/local/bin/glidepath", str(Path(GLIDEPATH).resolve()))
        (self.folder / "plugin" / "plugin.yaml").write_text(plugin)
        self.program = program

    def __enter__(self):
        environment = {
            "PATH": os.environ["PATH"],
            "ARGOCD_PLUGINSOCKFILEPATH": str(self.folder / "sock"),
            "ARGOCD_CMP_WORKDIR": str(self.folder / "work"),
            "ARGOCD_CMP_SERVER_LOGLEVEL": "error",
        }
        self.process = subprocess.Popen(
            [self.program, self.folder / "plugin"], env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(10)

    @staticmethod
    def place(folder, application):
        # As `argocd-repo-server --plugin-tar-exclude .git` would.
        return {"repository": str(folder), "application": str(folder / application), "excluded": [".git"], "deadline": 20_000}

    def ask(self, **request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise Failed("Argo CD's plugin server ended")
        return json.loads(line)

    def generate(self, folder, application, parameters, deadline=20_000):
        environment = ["ARGOCD_APP_NAME=team-a_classifier", f"ARGOCD_ENV_TOKEN={SECRET}"]
        if isinstance(parameters, dict):
            parameters = json.dumps([{"name": name, "string": value} for name, value in parameters.items()])
        if parameters is not None:
            environment.append(f"ARGOCD_APP_PARAMETERS={parameters}")
        place = {**self.place(folder, application), "deadline": deadline}
        return Answer(self.ask(ask="generate", environment=environment, **place))

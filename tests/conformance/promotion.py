"""A whole rollout walked by `promote`: after every move, kustomize builds of `deploy/current` exactly the stage that git names.

Also: every stage's way back, and the commits of `series` against what kustomize builds.
"""

import os
import shutil
import subprocess

from tools import EXAMPLES, Failed, GLIDEPATH, build, example_names, glidepath, identity, load, scratch, stage_folders, stage_name

BEGIN = 1_577_836_800  # 2020-01-01: every bake from then on is over
DAY = 86_400


def run(report):
    for name in example_names():
        try:
            walk(report, name)
        except Failed as error:
            report.check(f"{name}: is walked by promote", [error])


class Repository:
    """A repository with one rollout; each commit is a day later than the one before."""

    def __init__(self, root, name):
        self.root, self.time = root, BEGIN
        shutil.copytree(EXAMPLES / name, root, ignore=shutil.ignore_patterns("deploy"), dirs_exist_ok=True)
        glidepath("render", root / "rollout.yaml")
        self.git("init", "--quiet")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "begin")

    def execute(self, *command):
        who = {f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER")
               for what, value in (("NAME", "Ada"), ("EMAIL", "ada@example.com"), ("DATE", f"@{self.time} +0000"))}
        done = subprocess.run([str(part) for part in command], cwd=self.root, env={**os.environ, **who}, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            raise Failed(f"{command[1:]} ended with {done.returncode} and said: {done.stderr.strip()}")
        return done.stdout

    def git(self, *arguments):
        return self.execute("git", *arguments)

    def glidepath(self, *arguments):
        self.time += DAY
        return self.execute(GLIDEPATH, *arguments)

    def current(self):
        return by_identity(build.__wrapped__(self.root / "deploy/current"))


def by_identity(objects):
    return sorted(objects, key=identity)


def walk(report, name):
    with scratch() as root:
        repository = Repository(root, name)
        repository.glidepath("series", ".", "--branch", "series")
        rollout = load((root / "rollout.yaml").read_text())[0]["metadata"]["name"]
        built = {folder.name: by_identity(build.__wrapped__(folder)) for folder in stage_folders(root / "deploy")}
        for index, (folder, want) in enumerate(built.items()):
            if index:
                repository.glidepath("promote", ".", "--force", "--reason", "a test")
            faults = [] if repository.current() == want else ["kustomize builds something else"]
            if repository.git("status", "--porcelain"):
                faults.append("the work tree is not clean")
            report.check(f"{name}: promote builds {folder}", faults)
            tag = f"{rollout}/{folder.split('-', 1)[1]}:{rollout}/manifest.yaml"
            series = by_identity(load(repository.git("show", tag)))
            report.check(f"{name}: the series has {folder}", [] if series == want else ["its manifests differ"])
            back(report, name, repository, folder, built)


def back(report, name, repository, folder, built):
    here = repository.git("rev-parse", "HEAD").strip()
    status = load(repository.glidepath("status", ".", "--format", "json"))[0]
    if not status["rollback"]:
        return
    repository.glidepath("rollback", ".")
    target = status["rollback"]["folder"]
    faults = [] if repository.current() == built[target] else ["kustomize builds something else"]
    report.check(f"{name}: {folder} goes back to {stage_name(repository.root / target)}", faults)
    repository.git("reset", "--quiet", "--hard", here)

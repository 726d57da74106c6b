"""The outside world: glidepath as a program, kustomize, PyYAML."""

import contextlib
import json
import os
import shlex
import shutil
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
GLIDEPATH = os.environ["GLIDEPATH_BIN"]
KUSTOMIZE = shlex.split(os.environ["CONFORMANCE_KUSTOMIZE"])


class Failed(Exception):
    """A program ended with an error; the text is what it said."""


def execute(command, accept=(0,)):
    """Runs a program and returns what it printed."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, stdin=subprocess.DEVNULL, cwd=ROOT)
    if done.returncode not in accept:
        said = (done.stderr.strip() or done.stdout.strip() or "nothing")[:1500]
        raise Failed(f"`{Path(str(command[0])).name} {' '.join(map(str, command[1:]))}` ended with {done.returncode} and said: {said}")
    return done.stdout


def glidepath(*arguments):
    return execute([GLIDEPATH, *arguments])


@lru_cache(maxsize=None)
def build(folder):
    """The objects that kustomize makes of a folder."""
    return load(execute([*KUSTOMIZE, folder]), Kubernetes)


def load(text, loader=yaml.SafeLoader):
    """The objects of a YAML stream, as a YAML 1.1 reader takes them."""
    return [document for document in yaml.load_all(text, loader) if document is not None]


class Kubernetes(yaml.SafeLoader):
    """Reads what kustomize prints as Kubernetes does: kustomize leaves the values `=` and `<<` unquoted, which go-yaml takes for
    strings and PyYAML for an error. Only for kustomize's own output; what glidepath writes has to pass PyYAML as it is."""


for tag in ("value", "merge"):
    Kubernetes.add_constructor(f"tag:yaml.org,2002:{tag}", yaml.SafeLoader.construct_yaml_str)


def example_names():
    """Every folder of examples/ with a rollout.yaml; a missing folder is a fault, not a pass."""
    names = sorted(path.parent.name for path in EXAMPLES.glob("*/rollout.yaml"))
    if not names:
        raise SystemExit(f"tests/conformance: no examples in {EXAMPLES}")
    return names


def rollouts():
    """Every rollout of the project that compiles, by name: the examples, and the cases of fixtures/ that are not refused."""
    cases = sorted(path.parent for path in (ROOT / "fixtures" / "cases").glob("*/tree.txt"))
    if not cases:
        raise SystemExit(f"tests/conformance: no case that compiles in {ROOT / 'fixtures'}")
    return {name: EXAMPLES / name / "rollout.yaml" for name in example_names()} | {case.name: case / "rollout.yaml" for case in cases}


def stage_folders(deploy):
    """The folders of the stages, in order."""
    folders = sorted(path for path in (deploy / "stages").iterdir() if path.is_dir())
    if len(folders) < 2:
        raise Failed(f"{deploy} has fewer than two stages")
    return folders


def stage_name(folder):
    """`03-weight-10` is the stage `weight-10`."""
    return folder.name.split("-", 1)[1]


@contextlib.contextmanager
def scratch():
    with tempfile.TemporaryDirectory(prefix="glidepath-conformance-") as folder:
        yield Path(folder)


@contextlib.contextmanager
def rendered(spec, change=None):
    """The `deploy` folder that glidepath writes for a copy of `spec` (a path, or the document itself)."""
    with scratch() as folder:
        target = folder / "rollout.yaml"
        if isinstance(spec, Path):
            # With the files that it names.
            shutil.copytree(spec.parent, folder, ignore=shutil.ignore_patterns("deploy", "tree.txt"), dirs_exist_ok=True)
            document = load(spec.read_text())[0]
        else:
            document = spec
        if change is not None or not isinstance(spec, Path):
            if change is not None:
                change(document)
            # JSON is YAML, and leaves no doubt about what is a string.
            target.write_text(json.dumps(document, ensure_ascii=True, indent=1))
        glidepath("render", target)
        yield folder / "deploy"


def identity(document):
    metadata = document["metadata"]
    return (document["apiVersion"], document["kind"], metadata.get("namespace", ""), metadata["name"])


def title(document):
    return f"{document.get('kind')}/{document.get('metadata', {}).get('name')}"

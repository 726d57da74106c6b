"""What model servers are told, against the servers' own packages of PyPI: arguments, settings and properties.

On request only: it downloads the packages. `fixtures/servers` is held against their parsers, and every container of a case that
compiles against the list (`tests/servers.rs`) and here against the settings.
"""

import ast
import importlib
import importlib.util
import os
import subprocess
import sys
import types
import zipfile
from pathlib import Path

import yaml
from tools import ROOT

CACHE = Path(os.environ.get("GLIDEPATH_CONFORMANCE_CACHE", ROOT / ".cache" / "conformance")) / "servers"
LISTS = ROOT / "fixtures" / "servers"
# What is downloaded without what it needs in turn; MLServer's settings need the last three.
PACKAGES = ["torchserve==0.12.0", "sglang==0.5.23", "mlserver==1.7.1"]
SETTINGS = ["pydantic==2.11.7", "pydantic-settings==2.10.1", "python-dotenv==1.1.1"]


def run(report):
    folder = packages()
    report.check("torchserve: the list is what its parser knows", different("torchserve", torchserve(folder)))
    report.check("torchserve: every property is one that it reads", properties(folder))
    report.check("sglang: the list is what its parser knows", different("sglang", sglang(folder)))
    report.check("mlserver: `start` takes one folder", starts(folder))
    report.check("mlserver: it reads its settings from the variables that it is given", settings(folder))


def packages():
    """The folder with the packages, which is filled once for each set of versions."""
    folder = CACHE / "-".join(name.replace("==", "-") for name in PACKAGES)
    if not (folder / ".ready").exists():
        pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "download", "--no-deps", "--dest", folder, *PACKAGES], check=True)
        subprocess.run([*pip, "install", "--target", folder, *SETTINGS], check=True)
        for wheel in folder.glob("*.whl"):
            with zipfile.ZipFile(wheel) as archive:
                wanted = [name for name in archive.namelist() if name.endswith((".py", "model-server.jar"))]
                archive.extractall(folder, wanted)
            wheel.unlink()
        (folder / ".ready").touch()
    return folder


def listed(name):
    return {line for line in (LISTS / f"{name}.txt").read_text().splitlines() if not line.startswith("#")}


def different(name, known):
    missing, strange = sorted(known - listed(name)), sorted(listed(name) - known)
    faults = [f"fixtures/servers/{name}.txt lacks {', '.join(missing)}"] if missing else []
    return faults + ([f"fixtures/servers/{name}.txt has {', '.join(strange)}, which it does not know"] if strange else [])


def torchserve(folder):
    """The long options of its own parser."""
    spec = importlib.util.spec_from_file_location("arg_parser", folder / "ts" / "arg_parser.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    parser = module.ArgParser.ts_parser()
    for container in containers("torchserve"):
        parser.parse_args(container["args"])
    return {option for action in parser._actions for option in action.option_strings if option.startswith("--")}


def properties(folder):
    """The keys of config.properties that no class of its frontend names."""
    with zipfile.ZipFile(folder / "ts" / "frontend" / "model-server.jar") as jar:
        reader = jar.read("org/pytorch/serve/util/ConfigManager.class")
    keys = {line.split("=")[0] for text in files("config.properties") for line in text.splitlines()}
    return [f"it reads no `{key}`" for key in sorted(keys) if key.encode() not in reader] or ([] if keys else ["no case has any"])


def sglang(folder):
    """The options that it makes of the fields of its arguments; the package itself needs a GPU's libraries to be imported."""
    options = set()
    for path in (folder / "sglang" / "srt" / "arg_groups" / "fields").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.AnnAssign) and isinstance(node.annotation, ast.Subscript) and ast.unparse(node.annotation.value) == "A":
                options |= option_names(node)
    return options


def option_names(field):
    names = [f"--{field.target.id.replace('_', '-')}"]
    for part in ast.walk(field.annotation):
        if isinstance(part, ast.keyword) and part.arg == "no_cli":
            return set()
        if isinstance(part, ast.keyword) and part.arg == "cli_name" and isinstance(part.value, ast.Constant):
            names[0] = part.value.value
        if isinstance(part, ast.keyword) and part.arg == "aliases" and isinstance(part.value, ast.List):
            names += [name.value for name in part.value.elts]
    return set(names)


def starts(folder):
    tree = ast.parse((folder / "mlserver" / "cli" / "main.py").read_text())
    start = next(node for node in ast.walk(tree) if isinstance(node, ast.AsyncFunctionDef) and node.name == "start")
    decorated = [ast.unparse(decorator) for decorator in start.decorator_list]
    faults = [] if any("argument('folder', nargs=1)" in text for text in decorated) else [f"`start` is {decorated}"]
    for container in containers("mlserver"):
        if container["command"] != ["mlserver", "start"] or len(container["args"]) != 1:
            faults.append(f"it is started by {container['command']} {container['args']}")
    return faults


def settings(folder):
    """Reads the variables of every container with MLServer's own settings."""
    sys.path.insert(0, str(folder))
    # Its `__init__` imports the whole server.
    package = types.ModuleType("mlserver")
    package.__path__ = [str(folder / "mlserver")]
    sys.modules["mlserver"] = package
    module = importlib.import_module("mlserver.settings")
    faults = []
    for container in containers("mlserver"):
        given = {var["name"]: var["value"] for var in container["env"] if "value" in var}
        given.setdefault("MLSERVER_MODEL_IMPLEMENTATION", "mlserver.MLModel")
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        before = dict(os.environ)
        os.environ.update(given)
        try:
            server, model, parameters = module.Settings(), module.ModelSettings(), module.ModelParameters()
        finally:
            os.environ.clear()
            os.environ.update(before)
        path = container["readinessProbe"]["httpGet"]["path"]
        version = f"/versions/{parameters.version}" if parameters.version else ""
        for what, got, wanted in [
            ("http_port", server.http_port, ports["http"]),
            ("grpc_port", server.grpc_port, ports["grpc"]),
            ("metrics_port", server.metrics_port, ports["metrics"]),
            ("uri", parameters.uri, container["args"][0]),
            ("the probe's path", path, f"/v2/models/{model.name}{version}/ready"),
        ]:
            if got != wanted:
                faults.append(f"{what} is {got!r}, and must be {wanted!r}")
    return faults


def sections(part):
    """The manifests of every case that compiles, whose path has the part."""
    for case in sorted((ROOT / "fixtures" / "cases").glob("*/tree.txt")):
        for section in case.read_text().split("--- # ")[1:]:
            path, _, text = section.partition("\n")
            if part in path:
                yield yaml.safe_load(text)


def containers(name):
    found = [
        container
        for manifest in sections("/deployment-")
        for container in manifest["spec"]["template"]["spec"]["containers"]
        if container["name"] == name
    ]
    if not found:
        raise SystemExit(f"tests/conformance: no case has a container {name}")
    return found


def files(name):
    """A file of this name, from every ConfigMap that holds it."""
    return [manifest["data"][name] for manifest in sections("/configmap-") if name in manifest.get("data", {})]

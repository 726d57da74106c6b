"""Programs around Argo CD's own code, built inside a copy of its module: it replaces dependencies, which only a main module may."""

import json
import shutil
from pathlib import Path

import judges
from tools import scratch

MODULE = "github.com/argoproj/argo-cd/v3"
VERSION = "v3.1.0"


def program(name):
    """The program in the folder `argocd/<name>`, built where it is missing."""
    source = judges.HERE / "argocd" / name / "main.go"
    binary = judges.CACHE / "bin" / f"argocd-{VERSION}" / name
    if binary.exists() and binary.stat().st_mtime > source.stat().st_mtime:
        return binary
    print(f"  building argocd/{name} around Argo CD {VERSION}, which takes about ten minutes the first time", flush=True)
    with scratch() as folder:
        module = json.loads(judges.go("mod", "download", "-json", f"{MODULE}@{VERSION}", folder=folder))["Dir"]
        copy = folder / "argo-cd"
        # The module cache is read-only, and so would its copy be.
        shutil.copytree(module, copy, copy_function=shutil.copyfile, ignore=shutil.ignore_patterns("ui", "docs", "manifests"))
        for path in (copy, copy / "cmd"):
            Path(path).chmod(0o755)
        (copy / "cmd" / name).mkdir()
        shutil.copy(source, copy / "cmd" / name / "main.go")
        binary.parent.mkdir(parents=True, exist_ok=True)
        judges.go("build", "-trimpath", "-o", binary, f"./cmd/{name}", folder=copy)
    return binary

"""Programs around the servers' own code: Go modules beside this file, pinned by their go.sum, built once for what they are made of."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from tools import ROOT

HERE = Path(__file__).resolve().parent
CACHE = Path(os.environ.get("GLIDEPATH_CONFORMANCE_CACHE", ROOT / ".cache" / "conformance"))


def program(module, command, *flags):
    """The program `command` of the module in the folder `module`, built where it is missing; with a slash, a program of a module that
    it requires."""
    folder = HERE / module
    binary = CACHE / "bin" / f"{module}-{Path(command).name}-{fingerprint(folder, command)}"
    if not binary.exists():
        print(f"  building {module}/{command} from its module, which takes minutes the first time", flush=True)
        binary.parent.mkdir(parents=True, exist_ok=True)
        unfinished = binary.with_suffix(".unfinished")
        go("build", "-trimpath", *flags, "-o", unfinished, command if "/" in command else f"./{command}", folder=folder)
        unfinished.rename(binary)
    return binary


def fingerprint(folder, command):
    """Of all that decides what the program is."""
    digest = hashlib.sha256(go("version", folder=folder).encode())
    for path in [folder / "go.mod", folder / "go.sum", *sorted((folder / command).glob("*.go"))]:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def module_folder(module, package):
    """Where the files are of the module of a package that `module` imports. Asked for by the package, for a module proxy may have the
    files of a version and not say when it was made, which `go mod download` wants to know."""
    return Path(go("list", "-f", "{{.Module.Dir}}", package, folder=HERE / module).strip())


def go(*arguments, folder):
    if not shutil.which("go"):
        raise SystemExit("tests/conformance: go is missing: install Go 1.26 or later")
    # Two packages at a time: the largest take a gigabyte each. Nothing here needs C, nor may a go.mod change by being built.
    environment = os.environ | {"CGO_ENABLED": "0", "GOFLAGS": "-p=2 -mod=readonly"}
    done = subprocess.run(["go", *map(str, arguments)], cwd=folder, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise SystemExit(f"tests/conformance: go {arguments[0]} ended with {done.returncode}: {done.stderr[-1500:]}")
    return done.stdout

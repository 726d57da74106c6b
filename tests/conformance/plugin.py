"""The Argo CD plugin prints what kustomize builds; what Argo CD and an admin apply is valid; the static binary runs alone.

The contract itself (tar, environment, deadline, stdout, errors) is emulated in tests/cmp, and held against the real server by
the group `server`.
"""

import json
import os
import struct
import subprocess
from pathlib import Path

import schemas
import yaml
from stages import deep, differences, empty
from tools import EXAMPLES, GLIDEPATH, ROOT, Failed, build, example_names, load, rendered, scratch, stage_folders, stage_name

ARGO_CD = EXAMPLES / "argocd"
USER = 999


def run(report):
    for name in example_names():
        spec = EXAMPLES / name / "rollout.yaml"
        try:
            with rendered(spec) as deploy:
                for folder in stage_folders(deploy):
                    faults = differences(build(folder), printed(spec.parent, stage_name(folder)))
                    report.check(f"{name}/{folder.name}: the plugin prints what kustomize builds", faults)
        except Failed as error:
            report.check(f"{name}: renders and builds", [error])
    for path in applied():
        report.check(f"{path.relative_to(EXAMPLES)} is valid", attempt_faults(lambda: invalid(path)))
    report.check("the schema refuses a broken Application", broken_applications_pass())
    report.check("examples/argocd/application-set.yaml is what outputs.argocd writes", attempt_faults(monorepo))
    report.check("the patched repo server is valid", attempt_faults(patched))
    report.check("plugin.yaml has the fields that Argo CD reads", attempt_faults(plugin_file))
    report.check(f"the static binary runs as user {USER} in an empty read-only root", attempt_faults(from_scratch))


def printed(folder, stage):
    """The objects that `cmp generate` prints in a folder, as Argo CD would run it."""
    environment = {"ARGOCD_APP_PARAMETERS": json.dumps([{"name": "stage", "string": stage}])}
    done = subprocess.run([GLIDEPATH, "cmp", "generate"], cwd=folder, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise Failed(f"cmp generate ended with {done.returncode}: {done.stderr}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def applied():
    """Every file that an admin applies, or that Argo CD reads."""
    found = sorted([*ARGO_CD.glob("*.yaml"), ARGO_CD / "plugin/config-map.yaml", *EXAMPLES.glob("*/deploy/argocd/a*.yaml")])
    if len(found) < 8:
        raise SystemExit(f"tests/conformance: only {len(found)} files for Argo CD in {EXAMPLES}")
    return found


def invalid(path):
    documents = load(path.read_text())
    faults = [fault for document in documents for fault in schemas.faults(document, schemas.NEWEST)]
    faults += [f"{path.name} ignores differences" for document in documents if "ignoreDifferences" in json.dumps(document)]
    return faults or empty(documents)


def broken_applications_pass():
    sound = load((ARGO_CD / "application-kustomize.yaml").read_text())[0]
    broken = {
        "an unknown sync policy": {**sound, "spec": {**sound["spec"], "syncPolicy": {"automatic": {}}}},
        "an Application without destination": {**sound, "spec": {key: value for key, value in sound["spec"].items() if key != "destination"}},
    }
    return [f"{what} is accepted" for what, item in broken.items() if not schemas.faults(item, schemas.NEWEST)]


def monorepo():
    """The hand-written ApplicationSet against the one that the compiler writes, names and labels aside."""

    def ask(document):
        rollouts = {"folders": ["teams/*/*"]}
        document["spec"]["outputs"] = {"argocd": {"repoURL": "https://git.example/models.git", "path": ".", "project": "default", "applicationSet": {"rollouts": rollouts}}}

    with rendered(EXAMPLES / "istio-canary" / "rollout.yaml", ask) as deploy:
        want = load((deploy / "argocd" / "application-set.yaml").read_text())[0]["spec"]
    del want["template"]["metadata"]["labels"]
    got = load((ARGO_CD / "application-set.yaml").read_text())[0]["spec"]
    return deep(want, got, "spec")


def patched():
    """The patch merged into a repo server with the names that Argo CD's manifests have."""
    patch = load((ARGO_CD / "plugin/repo-server-patch.yaml").read_text())[0]
    labels = {"app.kubernetes.io/name": "argocd-repo-server"}
    server = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "argocd-repo-server", "namespace": "argocd"},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "containers": [{"name": "argocd-repo-server", "image": "quay.io/argoproj/argocd:v3.1.0"}],
                    "volumes": [{"name": "var-files", "emptyDir": {}}, {"name": "plugins", "emptyDir": {}}],
                },
            },
        },
    }
    with scratch() as folder:
        (folder / "server.yaml").write_text(json.dumps(server))
        (folder / "patch.yaml").write_text(json.dumps(patch))
        (folder / "kustomization.yaml").write_text(json.dumps({"resources": ["server.yaml"], "patches": [{"path": "patch.yaml"}]}))
        merged = build(folder)[0]
    faults = [fault for version in (schemas.OLDEST, schemas.NEWEST) for fault in schemas.faults(merged, version)]
    pod = merged["spec"]["template"]["spec"]
    sidecar = next(item for item in pod["containers"] if item["name"] == "glidepath")
    volumes = {item["name"] for item in pod["volumes"]}
    faults += [f"no volume {mount['name']}" for mount in sidecar["volumeMounts"] if mount["name"] not in volumes]
    context = sidecar["securityContext"]
    hardened = {"runAsNonRoot": True, "runAsUser": USER, "readOnlyRootFilesystem": True, "allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "seccompProfile": {"type": "RuntimeDefault"}}
    faults += deep(hardened, context, "securityContext")
    return faults + ([] if {"cpu", "memory"} <= sidecar["resources"]["limits"].keys() else ["no limits"])


def plugin_file():
    """Argo CD reads the file loosely and would drop a misspelt key without a word."""
    text = load((ARGO_CD / "plugin/config-map.yaml").read_text())[0]["data"]["plugin.yaml"]
    plugin = yaml.safe_load(text)
    program = "/usr/local/bin/glidepath"
    want = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "ConfigManagementPlugin",
        "metadata": {"name": "glidepath"},
        "spec": {
            "generate": {"command": [program, "cmp", "generate"]},
            "parameters": {"dynamic": {"command": [program, "cmp", "parameters"]}},
        },
    }
    return deep(want, plugin, "plugin.yaml")


def from_scratch():
    """What `FROM scratch` gives the sidecar: the binary, a folder, no library, nothing writable, no privileges."""
    binary = static_binary()
    faults = [] if is_static(binary) else [f"{binary} asks for a loader"]
    with scratch() as folder:
        spec = EXAMPLES / "image-classifier" / "rollout.yaml"
        # The mount lives and dies with the namespace.
        script = """
            set -e
            mount -t tmpfs -o mode=0755 none "$1"
            mkdir -p "$1/usr/local/bin" "$1/app"
            cp "$2" "$1/usr/local/bin/glidepath"
            cp "$3" "$1/app/rollout.yaml"
            mount -o remount,ro "$1"
            exec chroot "$1" /usr/local/bin/glidepath cmp generate --file app/rollout.yaml
        """
        # chroot is still root's; setpriv drops the user, every capability and the way back.
        script = script.replace("exec chroot", f"exec setpriv --no-new-privs chroot --userspec={USER}:{USER} --groups=")
        parameters = f"ARGOCD_APP_PARAMETERS={json.dumps([{'name': 'stage', 'string': 'split'}])}"
        # Only root may make a root for another user.
        as_root = ["sudo", "--non-interactive"] if os.geteuid() else []
        command = [*as_root, "env", "--ignore-environment", f"PATH={os.environ['PATH']}", parameters, "unshare", "--mount", "--net", "sh", "-c", script, "sh", folder, binary, spec]
        try:
            done = subprocess.run([str(part) for part in command], capture_output=True, text=True, stdin=subprocess.DEVNULL)
        except FileNotFoundError as error:
            return faults + [f"{error.filename} is missing (util-linux)"]
    if done.returncode or done.stderr:
        return faults + [f"ended with {done.returncode} and said: {done.stderr.strip()}"]
    return faults + differences(printed(spec.parent, "split"), [json.loads(line) for line in done.stdout.splitlines()])


def static_binary():
    """GLIDEPATH_STATIC, or one built by the script that the Dockerfile uses, without the optimiser's patience."""
    if given := os.environ.get("GLIDEPATH_STATIC"):
        return Path(given).resolve()
    quick = {"CARGO_PROFILE_RELEASE_LTO": "off", "CARGO_PROFILE_RELEASE_CODEGEN_UNITS": "16", "CARGO_PROFILE_RELEASE_OPT_LEVEL": "0"}
    target = ROOT / ".cache" / "conformance" / "static"
    done = subprocess.run([ROOT / ".cargo" / "static"], env={**os.environ, **quick, "CARGO_TARGET_DIR": str(target)}, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise Failed(f".cargo/static ended with {done.returncode}: {done.stderr[-1500:]}")
    return Path(done.stdout.strip())


def is_static(binary):
    """Whether an ELF file names no interpreter (program header of type 3)."""
    data = binary.read_bytes()
    if data[:5] != b"\x7fELF\x02":
        return False
    offset, size, count = struct.unpack_from("<Q", data, 32)[0], *struct.unpack_from("<HH", data, 54)
    return all(struct.unpack_from("<I", data, offset + i * size)[0] != 3 for i in range(count))


def attempt_faults(action):
    try:
        return action()
    except Failed as error:
        return [error]

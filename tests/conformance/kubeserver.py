"""A kube-apiserver with its etcd, for as long as a `with` lasts, and a client that says what the server answered."""

import contextlib
import http.client
import json
import os
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import time
from pathlib import Path
from urllib.parse import urlencode

import judges
from tools import Failed, scratch

# As Argo CD calls itself where it applies.
MANAGER = "argocd-controller"
# Seconds.
PATIENCE = 180


def program(release):
    """The kube-apiserver of a release, `1.27`, that says its own version: without, it is v0.0.0 and still serves what was removed."""
    module = f"kubernetes-{release}"
    version = judges.go("list", "-m", "-f", "{{.Version}}", "k8s.io/kubernetes", folder=judges.HERE / module).strip()
    major, minor = release.split(".")
    said = {"gitVersion": version, "gitMajor": major, "gitMinor": minor}
    flags = " ".join(f"-X k8s.io/component-base/version.{name}={value}" for name, value in said.items())
    return judges.program(module, "k8s.io/kubernetes/cmd/kube-apiserver", f"-ldflags={flags}")


@contextlib.contextmanager
def started(release):
    """A client of a new server with an empty etcd."""
    server = program(release)
    if not shutil.which("etcd"):
        raise SystemExit("tests/conformance: etcd is missing; on Debian: apt-get install etcd-server")
    with scratch() as folder, contextlib.ExitStack() as running:
        store, peers, port = (free_port() for _ in range(3))
        store, peers = (f"http://127.0.0.1:{number}" for number in (store, peers))
        listening = [f"--listen-client-urls={store}", f"--advertise-client-urls={store}", f"--listen-peer-urls={peers}"]
        listening += [f"--initial-advertise-peer-urls={peers}", f"--initial-cluster=default={peers}"]
        running.enter_context(process(["etcd", f"--data-dir={memory(folder, running) / 'etcd'}", *listening], folder / "etcd.log"))
        token = secrets.token_hex(16)
        (folder / "tokens.csv").write_text(f"{token},admin,admin,system:masters\n")
        certificates = folder / "certificates"
        # The server writes the key of its own certificate first, which does for the tokens of service accounts.
        key = certificates / "apiserver.key"
        command = [server, f"--etcd-servers={store}", f"--secure-port={port}", "--bind-address=127.0.0.1", f"--cert-dir={certificates}"]
        command += [f"--service-account-key-file={key}", f"--service-account-signing-key-file={key}", "--service-account-issuer=https://kubernetes"]
        command += [f"--token-auth-file={folder / 'tokens.csv'}", "--authorization-mode=RBAC", "--service-cluster-ip-range=10.0.0.0/16"]
        log = folder / "apiserver.log"
        apiserver = running.enter_context(process(command, log))
        yield Client(port, token, folder).ready(apiserver, log)


@contextlib.contextmanager
def process(command, log):
    """A process that ends with the `with`."""
    with log.open("wb") as out:
        running = subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL, stdout=out, stderr=out)
    try:
        yield running
    finally:
        running.send_signal(signal.SIGTERM)
        try:
            running.wait(20)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()


def memory(folder, running):
    """A folder in memory where there is one: etcd waits for the disk at each write."""
    shared = Path("/dev/shm")
    if not os.access(shared, os.W_OK):
        return folder
    own = shared / folder.name
    own.mkdir()
    running.callback(shutil.rmtree, own)
    return own


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Refused(Exception):
    """The server said no; the text is its reason."""


class Client:
    """Speaks to one server on one connection."""

    def __init__(self, port, token, folder):
        # Its certificate is its own, on this machine's loopback.
        insecure = ssl._create_unverified_context()
        self.connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=60, context=insecure)
        self.headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        self.resources = {}
        self.requests = 0
        self.kubeconfig = folder / "kubeconfig"
        cluster = {"server": f"https://127.0.0.1:{port}", "insecure-skip-tls-verify": True}
        config = {"apiVersion": "v1", "kind": "Config", "current-context": "it", "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}]}
        config |= {"clusters": [{"name": "it", "cluster": cluster}], "users": [{"name": "it", "user": {"token": token}}]}
        self.kubeconfig.write_text(json.dumps(config))

    def ready(self, apiserver, log):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and apiserver.poll() is None:
            with contextlib.suppress(OSError, http.client.HTTPException, Refused):
                self.ask("GET", "/readyz")
                return self
            self.connection.close()
            time.sleep(0.3)
        raise Failed(f"kube-apiserver is not ready: {log.read_text(errors='replace')[-1500:]}")

    def ask(self, method, path, body=None, kind="application/json", **query):
        """What the server answers, and what it warns of."""
        if query:
            path += "?" + urlencode(query)
        self.requests += 1
        text = None if body is None else json.dumps(body)
        self.connection.request(method, path, text, self.headers | {"Content-Type": kind})
        answer = self.connection.getresponse()
        said = answer.read()
        if answer.status >= 400:
            raise Refused(message(said))
        warnings = [value.split(" ", 2)[2].strip('"') for value in answer.headers.get_all("Warning", [])]
        return json.loads(said) if said[:1] == b"{" else {}, warnings

    def apply(self, item, dry=False):
        """Server-side apply; unknown fields are refused, and so are fields of another manager."""
        query = {"fieldManager": MANAGER, "fieldValidation": "Strict"} | ({"dryRun": "All"} if dry else {})
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return self.ask("PATCH", self.path(item), item, "application/apply-patch+yaml", **query)
            except Refused as error:
                # The server may still remember the namespace of the same name that was deleted a moment ago.
                if "because it is being terminated" not in str(error) or time.monotonic() > deadline:
                    raise
            time.sleep(0.1)

    def get(self, item):
        return self.ask("GET", self.path(item))[0]

    def delete(self, item):
        """As a pruning applier does."""
        self.ask("DELETE", self.path(item), {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Background"})
        if item["kind"] == "Namespace":
            # The controller manager ends a namespace, and there is none.
            name = item["metadata"]["name"]
            self.ask("PUT", f"{self.path(item)}/finalize", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}, "spec": {"finalizers": []}})

    def path(self, item):
        group = item["apiVersion"]
        resource = self.served(group).get(item["kind"])
        if resource is None:
            raise Refused(f"no kind {item['kind']} in {group}")
        prefix = f"/apis/{group}" if "/" in group else f"/api/{group}"
        space = f"/namespaces/{item['metadata'].get('namespace', 'default')}" if resource["namespaced"] else ""
        return f"{prefix}{space}/{resource['name']}/{item['metadata']['name']}"

    def served(self, group):
        """The resources of a group's version by kind."""
        if group not in self.resources:
            found, _ = self.ask("GET", f"/apis/{group}" if "/" in group else f"/api/{group}")
            self.resources[group] = {one["kind"]: one for one in found["resources"] if "/" not in one["name"]}
        return self.resources[group]

    def install(self, definitions):
        """Creates CustomResourceDefinitions and waits until they are served."""
        for crd in definitions:
            self.ask("POST", CRDS, crd)
        for crd in definitions:
            self.until(crd, established)
        self.resources.clear()

    def remove(self, definitions):
        for crd in definitions:
            self.ask("DELETE", f"{CRDS}/{crd['metadata']['name']}")
        for crd in definitions:
            self.until(crd, lambda now: now is None)
        self.resources.clear()

    def until(self, crd, holds):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                now = self.ask("GET", f"{CRDS}/{crd['metadata']['name']}")[0]
            except Refused:
                now = None
            if holds(now):
                return
            time.sleep(0.1)
        raise Failed(f"the server does not settle on {crd['metadata']['name']}")


def established(crd):
    conditions = ((crd or {}).get("status") or {}).get("conditions") or []
    return any(one["type"] == "Established" and one["status"] == "True" for one in conditions)


CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


def message(said):
    try:
        return json.loads(said)["message"]
    except (ValueError, KeyError, TypeError):
        return said.decode(errors="replace")

"""A real Envoy with tables that somebody else made: a listener for each table, and one behind each cluster that says whose it is.

All of them are sockets of one folder, and nothing leaves this machine.
"""

import json
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

MANAGER = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
FILTERS = {
    "envoy.filters.http.cors": "type.googleapis.com/envoy.extensions.filters.http.cors.v3.Cors",
    "envoy.filters.http.router": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router",
}
# Answers have no body, so this ends each of them.
END = b"\r\n\r\n"
BATCH = 100


class Envoy:
    """Envoy with a listener for each of the tables, by their place in the list."""

    def __init__(self, folder, tables):
        self.folder = folder
        self.names = sorted({name for table in tables for name in clusters(table)})
        config = folder / "envoy.json"
        config.write_text(json.dumps(self._config(tables)))
        program = Path(sys.executable).with_name("envoy")
        if not program.exists():
            raise SystemExit("tests/conformance: envoy is missing from the virtual environment; remove it and run again")
        log = (folder / "log").open("w")
        # Every Envoy of a machine has an id, by which it shares memory with its successor.
        own = str(folder.stat().st_ino % 2**31)
        self.process = subprocess.Popen([program, "-c", config, "--concurrency", "1", "--base-id", own, "-l", "error"], stdout=log, stderr=log)
        self.connections = {}
        self._wait()

    def _wait(self):
        for _ in range(600):
            if self.process.poll() is not None:
                break
            try:
                if b"LIVE" in self._exchange("admin", b"GET /ready HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"):
                    return
            except OSError:
                pass
            time.sleep(0.1)
        raise SystemExit(f"tests/conformance: Envoy does not start: {(self.folder / 'log').read_text()[:3000]}")

    def _exchange(self, name, request):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(10)
            connection.connect(str(self.folder / name))
            connection.sendall(request)
            return b"".join(iter(lambda: connection.recv(1 << 16), b""))

    def _config(self, tables):
        return {
            "admin": {"address": self._at("admin")},
            "static_resources": {
                "listeners": [self._listener(f"f{number}", allowed(table)) for number, table in enumerate(tables)]
                + [self._listener(f"b{number}", says(name)) for number, name in enumerate(self.names)],
                "clusters": [
                    {
                        "name": name,
                        "type": "STATIC",
                        "connect_timeout": "5s",
                        "circuit_breakers": {"thresholds": [{"max_connections": 4096, "max_pending_requests": 65536, "max_requests": 65536, "max_retries": 1024}]},
                        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [{"endpoint": {"address": self._at(f"b{number}")}}]}]},
                    }
                    for number, name in enumerate(self.names)
                ],
            },
        }

    def _at(self, name):
        return {"pipe": {"path": str(self.folder / name)}}

    def _listener(self, name, table):
        filters = [{"name": filter, "typed_config": {"@type": kind}} for filter, kind in FILTERS.items()]
        manager = {
            "@type": MANAGER,
            "stat_prefix": name,
            "route_config": table,
            "http_filters": filters,
            "normalize_path": True,
            # The ids of requests are those that the judge sends.
            "preserve_external_request_id": True,
            "always_set_request_id_in_response": False,
        }
        return {"name": name, "address": self._at(name), "filter_chains": [{"filters": [{"name": "http", "typed_config": manager}]}]}

    def ask(self, number, requests):
        """The answers of a table to requests, each as the names and values of its headers; all are sent at once."""
        answers = []
        for at in range(0, len(requests), BATCH):
            answers += self._ask(number, requests[at : at + BATCH])
        return answers

    def _ask(self, number, requests):
        answers = []
        while len(answers) < len(requests):
            got = self._exchanged(number, requests[len(answers) :])
            if not got:
                raise SystemExit(f"tests/conformance: Envoy does not answer {requests[len(answers)]}")
            answers += got
        return answers

    def _exchanged(self, number, requests):
        """The answers that come before Envoy hangs up, as it may after an answer of its own."""
        connection = self.connections.get(number)
        if connection is None:
            connection = self.connections[number] = socket.socket(socket.AF_UNIX)
            connection.settimeout(30)
            connection.connect(str(self.folder / f"f{number}"))
        read = b""
        try:
            connection.sendall(b"".join(requests))
            while read.count(END) < len(requests) and (more := connection.recv(1 << 18)):
                read += more
        except OSError:
            pass
        if read.count(END) < len(requests):
            self.connections.pop(number).close()
        return [headers(answer) for answer in read.split(END)[: min(len(requests), read.count(END))]]

    def arrived(self):
        """How many requests each cluster has got, copies too."""
        text = self._exchange("admin", b"GET /stats?filter=downstream_rq_total HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").decode()
        counts = dict(re.findall(r"^http\.(b\d+)\.downstream_rq_total: (\d+)", text, re.M))
        return {name: int(counts[f"b{number}"]) for number, name in enumerate(self.names)}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for connection in self.connections.values():
            connection.close()
        self.process.kill()
        self.process.wait()


def clusters(table):
    """The clusters that a table names."""
    text = json.dumps(table)
    return set(re.findall(r'"cluster": "([^"]+)"', text)) | {one["name"] for one in weighted(table)}


def weighted(table):
    routes = (route for host in table.get("virtual_hosts", []) for route in host.get("routes", []))
    return (one for route in routes for one in route.get("route", {}).get("weighted_clusters", {}).get("clusters", []))


def allowed(table):
    """A table without the settings of filters that only Istio's own builds have."""
    table = json.loads(json.dumps(table))
    for host in table.get("virtual_hosts", []):
        for part in [host, *host.get("routes", [])]:
            settings = part.pop("typed_per_filter_config", {})
            kept = {name: value for name, value in settings.items() if name in FILTERS}
            if kept:
                part["typed_per_filter_config"] = kept
    return table


def says(name):
    """The table of a server that says whose it is, and what it was asked."""
    told = {"x-cluster": name, "x-path": "%REQ(:PATH)%", "x-host": "%REQ(:AUTHORITY)%"}
    add = [{"header": {"key": key, "value": value}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"} for key, value in told.items()]
    return {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [{"match": {"prefix": "/"}, "direct_response": {"status": 200}}], "response_headers_to_add": add}]}


def headers(answer):
    """The status as `:status`, and each header; of several of one name, all."""
    lines = answer.decode("latin-1").split("\r\n")
    found = {":status": [lines[0].split(" ")[1]]}
    for line in lines[1:]:
        name, _, value = line.partition(": ")
        found.setdefault(name.lower(), []).append(value)
    return found


def raw(method, path, host, sent):
    """The bytes of a request."""
    lines = [f"{method} {path} HTTP/1.1", f"host: {host}", *(f"{name}: {value}" for name, value in sent.items())]
    # Without it a POST is taken for one that goes on.
    lines += [] if method in ("GET", "HEAD") else ["content-length: 0"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

"""What surrounds the objects of a stage in a cluster: pods of its workloads and their endpoints, what it only refers to, and callers."""

import base64
import copy
import hashlib
import json
import subprocess
from functools import lru_cache

from routing import GATEWAY_API

MESH = "mesh"
ROUTED_BY_ISTIO = ("VirtualService", "DestinationRule", "ServiceEntry")
WORKLOADS = ("Deployment", "StatefulSet")
# Istio takes the class that its own controller names.
CONTROLLER = "istio.io/gateway-controller"
# What the gateways of other people are selected by, where a rollout only names them.
INGRESS = {"istio": "ingressgateway"}
PODS = 2


def is_istios(item):
    return item["apiVersion"].startswith("networking.istio.io/")


def namespace(objects):
    """Where a rollout lives: `default` where no object says it."""
    return next((o["metadata"]["namespace"] for o in objects if o["kind"] in ("Service", *ROUTED_BY_ISTIO, *GATEWAY_API) and o["metadata"].get("namespace")), "default")


class State:
    """A cluster with the objects of a stage: what istiod and its analyzers are given.

    `ports`: those of the rollout's Service, which may be somebody else's to write.
    `pods`: for each address, the workload that it belongs to.
    """

    def __init__(self, objects, ports=()):
        self.ports = list(ports)
        self.namespace = namespace(objects)
        self.objects = [self._settled(item) for item in copy.deepcopy(objects)]
        self.pods = {}
        self.added = [thing("v1", "Namespace", name, None, {}) for name in sorted({o["metadata"]["namespace"] for o in self.objects if o["metadata"].get("namespace")})]
        self.objects = [o for o in self.objects if o["kind"] != "Namespace"]
        self.proxies = []
        self._pods = []
        for item in self.objects:
            if item["kind"] in WORKLOADS:
                self._start(item)
        self.added += [shadow(pool) for pool in self._of("InferencePool")]
        self._refer()
        for number, service in enumerate(self._of("Service")):
            if service["spec"].get("clusterIP") != "None" and service["spec"].get("type") != "ExternalName":
                service["spec"].setdefault("clusterIP", f"10.96.{number // 250}.{number % 250 + 1}")
            self._find(service)
        self._gateways()

    def _settled(self, item):
        if item["kind"] not in ("Namespace", "GatewayClass", "PersistentVolume"):
            item["metadata"].setdefault("namespace", self.namespace)
        return item

    def _of(self, *kinds):
        return [o for o in [*self.objects, *self.added] if o["kind"] in kinds]

    def _start(self, item):
        """The ready pods of a workload; one that somebody else scales runs."""
        name = item["metadata"]["name"]
        template = item["spec"]["template"]
        for number in range(min(item["spec"].get("replicas", PODS), PODS)):
            self._pod(f"{name}-{number}", item["metadata"]["namespace"], template["metadata"].get("labels", {}), template["spec"], name)

    def _pod(self, name, where, labels, spec, owner):
        address = f"10.0.{len(self.pods) // 250}.{len(self.pods) % 250 + 1}"
        self.pods[address] = owner
        pod = thing("v1", "Pod", name, where, {"spec": {"containers": spec["containers"], "nodeName": "node"}})
        pod["metadata"]["labels"] = labels
        ready = [{"type": kind, "status": "True"} for kind in ("Ready", "PodScheduled", "Initialized", "ContainersReady")]
        pod["status"] = {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}], "conditions": ready}
        self._pods.append(pod)
        self.added.append(pod)
        return address

    def _refer(self):
        """The Services of others that routes lead to, each with pods of its own."""
        known = {(o["metadata"]["namespace"], o["metadata"]["name"]) for o in self._of("Service")}
        for host, port in sorted(self._destinations(), key=str):
            name, _, rest = host.partition(".")
            where = rest.split(".")[0] if rest else self.namespace
            if (where, name) in known:
                continue
            known.add((where, name))
            ports = self.ports or [{"name": "http", "port": port or 80}]
            # A Service that is there already finds the pods that the rollout adopts.
            pods = [pod for pod in self._pods if pod["metadata"]["namespace"] == where]
            rules = [o for o in self._of("DestinationRule") if o["spec"]["host"].split(".")[0] == name and o["spec"].get("subsets")]
            if rules and pods:
                shared = dict(set.intersection(*(set(pod["metadata"]["labels"].items()) for pod in pods)))
                self.added.append(thing("v1", "Service", name, where, {"spec": {"selector": shared, "ports": ports}}))
                continue
            self.added.append(thing("v1", "Service", name, where, {"spec": {"selector": {"of": name}, "ports": ports}}))
            for number in range(PODS):
                self._pod(f"{name}-{number}", where, {"of": name}, {"containers": [{"name": "model", "image": "i", "ports": [{"containerPort": port or 80}]}]}, name)

    def _destinations(self):
        found = set()
        for item in self._of("VirtualService"):
            for route in item["spec"].get("http", []):
                targets = [t["destination"] for t in route.get("route", []) + route.get("mirrors", [])] + ([route["mirror"]] if "mirror" in route else [])
                found |= {(t["host"], t.get("port", {}).get("number")) for t in targets}
        for item in self._of(*GATEWAY_API):
            where = item["metadata"]["namespace"]
            for rule in item["spec"]["rules"]:
                copied = [f["requestMirror"]["backendRef"] for f in rule.get("filters", []) if f["type"] == "RequestMirror"]
                for backend in rule["backendRefs"] + copied:
                    if backend.get("kind", "Service") == "Service":
                        found.add((f"{backend['name']}.{backend.get('namespace', where)}", backend.get("port")))
        for item in self._of("InferencePool"):
            picker = item["spec"]["endpointPickerRef"]
            found.add((f"{picker['name']}.{item['metadata']['namespace']}", picker["port"]["number"]))
        return found

    def _find(self, service):
        """The EndpointSlices of a Service, one for each set of numbers that its ports have in its pods."""
        selector = service["spec"].get("selector")
        name, where = service["metadata"]["name"], service["metadata"]["namespace"]
        pods = [pod for pod in self._pods if selector and pod["metadata"]["namespace"] == where and selector.items() <= pod["metadata"]["labels"].items()]
        slices = {}
        for pod in pods:
            numbers = tuple(number_of(port, pod) for port in service["spec"]["ports"])
            slices.setdefault(numbers, []).append(pod)
        for at, (numbers, pods) in enumerate(slices.items()):
            ports = [{"name": p.get("name", ""), "port": number, "protocol": "TCP"} | ({"appProtocol": p["appProtocol"]} if "appProtocol" in p else {}) for p, number in zip(service["spec"]["ports"], numbers) if number]
            ends = [{"addresses": [pod["status"]["podIP"]], "conditions": {"ready": True}, "targetRef": {"kind": "Pod", "name": pod["metadata"]["name"], "namespace": where}} for pod in pods]
            found = thing("discovery.k8s.io/v1", "EndpointSlice", f"{name}-{at}", where, {"addressType": "IPv4", "endpoints": ends, "ports": ports})
            found["metadata"]["labels"] = {"kubernetes.io/service-name": name}
            self.added.append(found)

    def _gateways(self):
        """The gateways that a rollout writes or only names, and a proxy for each."""
        own = {(o["metadata"]["namespace"], o["metadata"]["name"]): o for o in self._of("Gateway")}
        classes = set()
        for name, where, istios in sorted(self._named()):
            gateway = own.get((where, name))
            if gateway is None:
                gateway = istios_gateway(name, where) if istios else gateway_api_gateway(name, where, self._listeners(name, where))
                self.added.append(gateway)
            self._certify(gateway, istios)
            if istios:
                address = self._pod(f"{name}-proxy", where, gateway["spec"]["selector"], PROXY, "gateway")
            else:
                classes.add(gateway["spec"]["gatewayClassName"])
                labels = {"gateway.networking.k8s.io/gateway-name": name}
                address = self._pod(f"{name}-proxy", where, labels, PROXY, "gateway")
                ports = [{"name": f"http-{number}", "port": number} for number in sorted({one["port"] for one in gateway["spec"]["listeners"]})]
                service = thing("v1", "Service", f"{name}-{gateway['spec']['gatewayClassName']}", where, {"spec": {"selector": labels, "ports": ports, "clusterIP": f"10.97.0.{len(self.proxies) + 1}"}})
                self.added.append(service)
                self._find(service)
            labels = next(pod for pod in self._pods if pod["status"]["podIP"] == address)["metadata"]["labels"]
            self.proxies.append(proxy(f"{name}-proxy", "router", where, address, labels))
        self.added += [thing("gateway.networking.k8s.io/v1", "GatewayClass", name, None, {"spec": {"controllerName": CONTROLLER}}) for name in sorted(classes)]

    def _listeners(self, name, where):
        """The ports and the sections of a gateway that routes name."""
        parents = ((parent, item) for item in self._of(*GATEWAY_API) for parent in item["spec"]["parentRefs"])
        named = {(p.get("port"), p.get("sectionName")) for p, item in parents if p["name"] == name and p.get("namespace", item["metadata"]["namespace"]) == where}
        return sorted(((port or 80, section or f"p{port or 80}") for port, section in named), key=str)

    def _certify(self, gateway, istios):
        """The certificates that a gateway names."""
        servers = gateway["spec"]["servers"] if istios else gateway["spec"]["listeners"]
        for tls in (server.get("tls", {}) for server in servers):
            names = [*([tls["credentialName"]] if "credentialName" in tls else []), *(one["name"] for one in tls.get("certificateRefs", []))]
            self.added += [thing("v1", "Secret", name, gateway["metadata"]["namespace"], {"type": "kubernetes.io/tls", "data": certificate()}) for name in names]

    def _named(self):
        found = set()
        for item in self._of("VirtualService"):
            for name in item["spec"].get("gateways", []):
                if name != MESH:
                    where, _, own = name.rpartition("/")
                    found.add((own, where or item["metadata"]["namespace"], True))
        for item in self._of(*GATEWAY_API):
            for parent in item["spec"]["parentRefs"]:
                if parent.get("kind", "Gateway") == "Gateway":
                    found.add((parent["name"], parent.get("namespace", item["metadata"]["namespace"]), False))
        return found | {(o["metadata"]["name"], o["metadata"]["namespace"], is_istios(o)) for o in self._of("Gateway")}

    def caller(self, labels, where):
        """The name of a sidecar with these labels in a namespace."""
        where = where or self.namespace
        name = f"caller-{len(self.proxies)}"
        known = next((p for p in self.proxies if p["type"] == "sidecar" and p["namespace"] == where and p["labels"] == labels), None)
        if known is None:
            known = proxy(name, "sidecar", where, f"10.9.0.{len(self.proxies) + 1}", labels)
            self.proxies.append(known)
        return known["name"]

    @property
    def gateways(self):
        return [p["name"] for p in self.proxies if p["type"] == "router"]

    def question(self):
        """What `istio/discover` reads."""
        of_kubernetes = ("Service", "Namespace", "Secret", "Pod", "EndpointSlice", "GatewayClass", "Gateway", "InferencePool", "ReferenceGrant", *GATEWAY_API)
        everything = [*self.objects, *self.added]
        of_istio = [o for o in everything if is_istios(o)]
        rest = [o for o in everything if not is_istios(o) and o["kind"] in of_kubernetes]
        return {"kubernetes": documents(rest), "istio": documents(of_istio), "proxies": self.proxies}

    def text(self):
        """What `istio/analyze` reads."""
        return documents([*self.objects, *self.added])


PROXY = {"containers": [{"name": "istio-proxy", "image": "i", "ports": [{"containerPort": 80}]}]}


def documents(objects):
    return "\n---\n".join(map(json.dumps, objects))


def thing(version, kind, name, where, rest):
    metadata = {"name": name} | ({"namespace": where} if where else {})
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **rest}


def proxy(name, kind, where, address, labels):
    return {"name": name, "type": kind, "namespace": where, "address": address, "labels": labels, "version": "1.31.0"}


def shadow(pool):
    """The Service that istiod's own controller writes for a pool, by which it knows its pods and its picker."""
    name, picker = pool["metadata"]["name"], pool["spec"]["endpointPickerRef"]
    ports = [{"name": f"http-{at}", "port": 54321 + at, "targetPort": port["number"]} for at, port in enumerate(pool["spec"]["targetPorts"])]
    spec = {"clusterIP": "None", "selector": pool["spec"]["selector"]["matchLabels"], "ports": ports}
    service = thing("v1", "Service", f"{name[:51]}-ip-{hashlib.sha256(name.encode()).hexdigest()[:8]}", pool["metadata"]["namespace"], {"spec": spec})
    service["metadata"]["labels"] = {
        "istio.io/inferencepool-name": name,
        "istio.io/inferencepool-extension-service": picker["name"],
        "istio.io/inferencepool-extension-port": str(picker["port"]["number"]),
        "istio.io/inferencepool-extension-failure-mode": picker.get("failureMode", "FailClose"),
        "internal.istio.io/service-semantics": "inferencepool",
    }
    return service


def istios_gateway(name, where):
    server = {"port": {"number": 80, "name": "http", "protocol": "HTTP"}, "hosts": ["*"]}
    return thing("networking.istio.io/v1", "Gateway", name, where, {"spec": {"selector": INGRESS, "servers": [server]}})


def gateway_api_gateway(name, where, listeners):
    listeners = [{"name": section, "port": port, "protocol": "HTTP", "allowedRoutes": {"namespaces": {"from": "All"}}} for port, section in listeners]
    return thing("gateway.networking.k8s.io/v1", "Gateway", name, where, {"spec": {"gatewayClassName": "istio", "listeners": listeners}})


@lru_cache(maxsize=None)
def certificate():
    """A key and a certificate for it, as a Secret holds them."""
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=gateway", "-days", "2", "-keyout", "-", "-out", "-"]
    made = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    key, end, rest = made.partition("-----END PRIVATE KEY-----\n")
    return {"tls.key": encoded(key + end), "tls.crt": encoded(rest)}


def encoded(text):
    return base64.b64encode(text.encode()).decode()


def number_of(port, pod):
    """The number that a port of a Service has in a pod, where it has one."""
    target = port.get("targetPort", port["port"])
    if isinstance(target, int):
        return target
    named = (p for c in pod["spec"]["containers"] for p in c.get("ports", []) if p.get("name") == target)
    return next((p["containerPort"] for p in named), None)

"""The CustomResourceDefinitions of upstream, each file out of the module of its project, pinned by the module's own hash."""

import json
from functools import lru_cache
from pathlib import Path

import judges
import yaml
from tools import scratch

GATEWAY_API = "sigs.k8s.io/gateway-api"
# By module and version, what the go command says of its files.
SUMS = {
    (GATEWAY_API, "v1.2.0"): "h1:LrToiFwtqKTKZcZtoQPTuo3FxhrrhTgzQG0Te+YGSo8=",
    (GATEWAY_API, "v1.3.0"): "h1:q6okN+/UKDATola4JY7zXzx40WO4VISk7i9DIfOvr9M=",
    (GATEWAY_API, "v1.4.0"): "h1:ZwlNM6zOHq0h3WUX2gfByPs2yAEsy/EenYJB78jpQfQ=",
    (GATEWAY_API, "v1.5.0"): "h1:duoo14Ky/fJXpjpmyMISE2RTBGnfCg8zICfTYLTnBJA=",
    (GATEWAY_API, "v1.6.0"): "h1:735YBRj5NXFrOGX0GoSjwzUIzbz8kiEOfADsqHFmHgE=",
    ("sigs.k8s.io/gateway-api-inference-extension", "v1.5.0"): "h1:w9Awt60cmI1vM7Y6N81h8wDCBP0WkmxpdI7GKY0v070=",
    ("github.com/argoproj/argo-cd/v3", "v3.2.0"): "h1:m2eGAV+nXQGgzZbH5SyJD5laaPW27mzWXBrgisUHY/0=",
    ("github.com/kedacore/keda/v2", "v2.21.0"): "h1:R6z2HZvstK4RLUMxroNACzBj74xGxt3kG59b5Xc+Xps=",
    ("github.com/kserve/kserve", "v0.15.2"): "h1:uph7Umk331fvBMrHHpTJNDt6+lf3IAuyiskaQw8wIAk=",
    ("istio.io/istio", "v0.0.0-20260827124520-eed52ebb66ad"): "h1:ui9TJjRMAV/hb5ehQaZDq7IUGxuQP6dra9lapT/VjHI=",
}
# Where the definitions of the kinds are that glidepath emits, Gateway API's aside.
FILES = {
    "github.com/argoproj/argo-cd/v3": "manifests/crds/*-crd.yaml",
    "github.com/kedacore/keda/v2": "config/crd/bases/keda.sh_scaledobjects.yaml",
    "github.com/kserve/kserve": "config/crd/full/serving.kserve.io_inferenceservices.yaml",
    "istio.io/istio": "manifests/charts/base/files/crd-all.gen.yaml",
    "sigs.k8s.io/gateway-api-inference-extension": "config/crd/bases/inference.networking.k8s.io_*.yaml",
}
# Of Gateway API, the kinds that glidepath emits.
KINDS = ("gateways", "grpcroutes", "httproutes", "referencegrants")


def upstream():
    """The definitions of everything but Gateway API."""
    return [crd for module, version in SUMS if module in FILES for crd in read(folder(module, version).glob(FILES[module]))]


def gateway_api(version, channel):
    """The definitions of a version of Gateway API, `1.4`, in a channel."""
    at = folder(GATEWAY_API, f"v{version}.0") / "config" / "crd" / channel
    return read(at / f"gateway.networking.k8s.io_{kind}.yaml" for kind in KINDS)


def channels():
    """Every version of Gateway API that there is, with each channel."""
    versions = [version.removeprefix("v").removesuffix(".0") for module, version in SUMS if module == GATEWAY_API]
    return [(version, channel) for version in versions for channel in ("standard", "experimental")]


def read(paths):
    found = [crd for path in paths for crd in yaml.load_all(path.read_text(), yaml.CSafeLoader) if crd]
    if not found:
        raise SystemExit("tests/conformance: a module has no definitions where they were")
    return found


@lru_cache(maxsize=None)
def folder(module, version):
    """Where the files of a module are."""
    with scratch() as empty:
        said = json.loads(judges.go("mod", "download", "-json", f"{module}@{version}", folder=empty))
    if said["Sum"] != SUMS[module, version]:
        raise SystemExit(f"tests/conformance: {module} {version} is {said['Sum']}, not what it was")
    return Path(said["Dir"])

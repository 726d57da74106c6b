"""Every stage of every example and of every case that compiles builds, is valid, and is what `render --stdout` prints.

Also: the committed tree of an example is what `rollout.yaml` compiles to, the pointer `current` builds the first stage's objects, and the
older versions of Istio's API are as valid as the newest.
"""

import schemas
from tools import EXAMPLES, Failed, build, example_names, glidepath, identity, load, rendered, rollouts, stage_folders, stage_name

OLDER_ISTIO = ("networking.istio.io/v1beta1", "networking.istio.io/v1alpha3")


def versions(spec):
    """The versions whose schemas a rollout is held against: a case about a newer field says since when there is one."""
    since_newest = f"# kubernetes: {schemas.NEWEST}\n" in spec.read_text()
    return (schemas.NEWEST,) if since_newest else (schemas.OLDEST, schemas.NEWEST)


def run(report):
    report.check("the schemas refuse broken objects", broken_objects_pass())
    for name in example_names():
        spec = EXAMPLES / name / "rollout.yaml"
        report.check(f"{name}: the committed tree is current", attempt(lambda: glidepath("render", "--check", spec)))
    for name, spec in rollouts().items():
        try:
            with rendered(spec) as deploy:
                every_stage(report, name, spec, deploy)
        except Failed as error:
            report.check(f"{name}: renders and builds", [error])
    for version in OLDER_ISTIO:
        report.check(f"image-classifier as {version} is valid", older_istio(version))


def every_stage(report, name, spec, deploy):
    folders = stage_folders(deploy)
    gateway = schemas.gateway_api(load(spec.read_text())[0])
    for folder in folders:
        objects = build(folder)
        for version in versions(spec):
            faults = [fault for item in objects for fault in schemas.faults(item, version, gateway)]
            report.check(f"{name}/{folder.name}: {len(objects)} objects are valid in Kubernetes {version}", faults or empty(objects))
        printed = load(glidepath("render", "--stdout", "--stage", stage_name(folder), spec))
        report.check(f"{name}/{folder.name}: --stdout prints what kustomize builds", differences(objects, printed))
    current = build(deploy / "current")
    report.check(f"{name}/current: points at {folders[0].name}", differences(build(folders[0]), current) or empty(current))


def older_istio(version):
    def older(document):
        document["spec"].setdefault("outputs", {})["istioApiVersion"] = version

    faults, seen = [], set()
    try:
        with rendered(EXAMPLES / "image-classifier" / "rollout.yaml", older) as deploy:
            for folder in stage_folders(deploy):
                for item in build(folder):
                    seen.add(item["apiVersion"])
                    faults += schemas.faults(item, schemas.OLDEST)
    except Failed as error:
        return [error]
    if {api for api in seen if "istio" in api} != {version}:
        faults.append(f"the objects are of {sorted(seen)}")
    return faults


def differences(want, got):
    """How two sets of objects differ, order aside."""
    faults = []
    for side, items in (("built", want), ("printed", got)):
        keys = [identity(item) for item in items]
        faults += [f"{key} is {side} twice" for key in sorted(set(keys)) if keys.count(key) > 1]
    want, got = ({identity(item): item for item in items} for items in (want, got))
    faults += [f"{key} is missing" for key in want.keys() - got.keys()]
    faults += [f"{key} is not expected" for key in got.keys() - want.keys()]
    for key in sorted(want.keys() & got.keys()):
        faults += deep(want[key], got[key], "/".join(filter(None, key[1:])))
    return faults


def deep(want, got, where):
    """Where two values differ; types count, so that `"1"` is not `1` and `1` is not `true`."""
    if type(want) is not type(got):
        return [f"{where}: {want!r} became {got!r}"]
    if isinstance(want, dict):
        faults = [f"{where}.{key}: only on one side" for key in want.keys() ^ got.keys()]
        return faults + [fault for key in want.keys() & got.keys() for fault in deep(want[key], got[key], f"{where}.{key}")]
    if isinstance(want, list) and len(want) == len(got):
        return [fault for i, (a, b) in enumerate(zip(want, got)) for fault in deep(a, b, f"{where}[{i}]")]
    return [] if want == got else [f"{where}: {want!r} became {got!r}"]


def broken_objects_pass():
    """Objects that must be refused; the ones that are not are the faults. A check that cannot fail is worth nothing."""
    route = {"destination": {"host": "m", "subset": "a"}, "weight": 100}
    virtual_service = {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": {"name": "m"},
        "spec": {"hosts": ["m"], "http": [{"route": [route]}]},
    }
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "m"}, "spec": {"ports": [{"port": 80}]}}
    backend = {"name": "a", "port": 80, "weight": 1}
    http_route = {**virtual_service, "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "spec": {"rules": [{"backendRefs": [backend]}]}}
    sound = (virtual_service, service, http_route)
    faults = [f"a sound object is refused: {fault}" for item in sound for fault in schemas.faults(item, schemas.NEWEST)]
    broken = {
        "an unknown field of a route": {**virtual_service, "spec": {"hosts": ["m"], "http": [{"rout": [route]}]}},
        "a weight that is a string": {**virtual_service, "spec": {"http": [{"route": [{**route, "weight": "100"}]}]}},
        "a VirtualService without spec": {key: value for key, value in virtual_service.items() if key != "spec"},
        "a weight of Gateway API that is a string": {**http_route, "spec": {"rules": [{"backendRefs": [{**backend, "weight": "1"}]}]}},
        "retries in the standard channel": {**http_route, "spec": {"rules": [{"backendRefs": [backend], "retry": {"attempts": 1}}]}},
        "an unknown field of a Service": {**service, "spec": {"ports": [{"port": 80}], "selektor": {}}},
        "a port that is a string": {**service, "spec": {"ports": [{"port": "80"}]}},
        "a kind that nobody knows": {**service, "kind": "Servic"},
        "an annotation that is a boolean": {**service, "metadata": {"name": "m", "annotations": {"a": True}}},
    }
    return faults + [f"{what} is accepted" for what, item in broken.items() if not schemas.faults(item, schemas.NEWEST)]


def attempt(action):
    try:
        action()
    except Failed as error:
        return [error]
    return []


def empty(objects):
    return [] if objects else ["no objects at all"]

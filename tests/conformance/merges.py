"""Deployments with random pod templates merged into them, against the schemas of old and new versions of Kubernetes.

`tests/templates.rs` writes them, a stream for each version whose fields the templates have.
"""

import os
from pathlib import Path

import schemas
from tools import load

# The versions whose schemas hold a stream, by the version that its fields are of.
HOLDING = {"1.27": ("1.27", "1.33", "1.37"), "1.33": ("1.33", "1.37")}
LEAST = 200


def run(report):
    streams = {version: Path(os.environ["CONFORMANCE_EMITTED"], f"{version}.yaml").read_text() for version in HOLDING}
    for of, text in streams.items():
        print(f"  fields of {of}: {text.splitlines()[0].lstrip('# ')} compile")
        objects = load(text)
        for version in HOLDING[of]:
            faults = [fault for item in objects for fault in schemas.faults(item, version)]
            if len(objects) < LEAST:
                faults.append(f"{len(objects)} are too few")
            report.check(f"{len(objects)} Deployments with fields of {of} are valid in Kubernetes {version}", faults)
    # A check that cannot fail is worth nothing.
    refused = [item for item in load(streams["1.33"]) if schemas.faults(item, "1.27")]
    report.check(f"1.27 does not know a field of {len(refused)} of the newer ones", [] if refused else ["it knows them all"])

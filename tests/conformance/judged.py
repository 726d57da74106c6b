"""The rollouts that `tests/judged` wrote: the objects of each stage, and what `trace` says becomes of requests there."""

import json
import os
from functools import lru_cache
from pathlib import Path

FILES = {"project": "project.jsonl", "Istio": "istio.jsonl", "GatewayApi": "gateway-api.jsonl"}


@lru_cache(maxsize=None)
def rollouts(file):
    """The rollouts of a file: the project's own, or the random ones of a router."""
    path = Path(os.environ["CONFORMANCE_EMITTED"]) / "judged" / FILES[file]
    found = [json.loads(line) for line in path.read_text().splitlines()]
    if len(found) < 100:
        raise SystemExit(f"tests/conformance: {path} has {len(found)} rollouts")
    for rollout in found:
        for stage in rollout["stages"]:
            stage["ports"] = rollout["ports"]
    return found

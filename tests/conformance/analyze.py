"""`istioctl analyze` says nothing of any stage, with its surroundings, that is not meant."""

import json
import subprocess

from judged import rollouts
from judges import program
from surroundings import State

# What it may say, by its code and a part of its words, and why.
MEANT = []


def run(report):
    process = subprocess.Popen([program("istio", "analyze")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def said(state):
        process.stdin.write(json.dumps(state) + "\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline())

    report.check("what it should complain of, it does", controls(said))
    used, seen = set(), 0
    for rollout in rollouts("project"):
        faults = []
        for stage in rollout["stages"]:
            seen += 1
            for message in said(State(stage["objects"], stage["ports"]).text()):
                meant = next((number for number, (code, part, _) in enumerate(MEANT) if code == message["code"] and part in message["message"]), None)
                used.add(meant)
                if meant is None:
                    faults.append(f"{stage['name']}: {message['level']} {message['code']} ({message['name']}): {message['message']}")
        report.check(f"{rollout['name']}: nothing is said of {len(rollout['stages'])} stages", faults)
    report.check("everything that is allowed is said somewhere", [MEANT[number] for number in range(len(MEANT)) if number not in used])
    process.stdin.close()
    process.wait()
    print(f"  {seen} stages")


def controls(said):
    """Stages that it must complain of; the ones that it does not are the faults."""
    example = next(rollout for rollout in rollouts("project") if rollout["name"] == "image-classifier")
    objects = example["stages"][-1]["objects"]
    without = lambda kind: State([o for o in objects if o["kind"] != kind]).text()
    broken = {"a subset that is not there": without("DestinationRule"), "a VirtualService that is no YAML of its kind": without("VirtualService").replace('"http"', '"htpp"')}
    return [f"{what} is not found" for what, state in broken.items() if not [m for m in said(state) if m["level"] == "Error"]]

"""`istioctl analyze` says nothing of any stage, with its surroundings, that is not meant."""

import copy
import json
import subprocess

from judged import rollouts
from judges import program
from surroundings import State

# What it may say, by its code and a part of its words, and why.
MEANT = [
    ("IST0131", 'rule "rest.copied" match #1 is not used', "the entries of a mirror are joined with each base route, and here an earlier one takes all that the entry asks for"),
]


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
    twice = copy.deepcopy(objects)
    twice += [{**o, "metadata": {**o["metadata"], "name": "another"}} for o in objects if o["kind"] == "VirtualService"]
    broken = {"a subset that is not there": without("DestinationRule"), "two lists of routes for one host": State(twice).text()}
    return [f"{what} is not found" for what, state in broken.items() if not [m for m in said(state) if m["level"] == "Error"]]

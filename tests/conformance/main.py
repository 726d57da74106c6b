"""Runs the groups of checks and counts. Started by `run`, which finds the tools."""

import sys
import time

import action
import analyze
import apiserver
import appset
import envoy
import envoygateway
import istiod
import language
import merges
import plugin
import promotion
import server
import servers
import stages
import strings
import transitions
import values
from report import Report

GROUPS = {
    "action": action,
    "language": language,
    "merges": merges,
    "plugin": plugin,
    "promotion": promotion,
    "stages": stages,
    "strings": strings,
    "transitions": transitions,
}
ON_REQUEST = {
    "analyze": analyze,
    "apiserver": apiserver,
    "appset": appset,
    "envoy": envoy,
    "envoygateway": envoygateway,
    "istiod": istiod,
    "server": server,
    "servers": servers,
    "values": values,
}


def main():
    names = sys.argv[1:] or list(GROUPS)
    groups = GROUPS | ON_REQUEST
    unknown = [name for name in names if name not in groups]
    if unknown:
        sys.exit(f"tests/conformance: unknown group {', '.join(unknown)}; there are {', '.join(groups)}")
    report = Report()
    for name in names:
        print(f"\n{name}: {groups[name].__doc__.splitlines()[0]}")
        began = time.monotonic()
        groups[name].run(report)
        print(f"  ({time.monotonic() - began:.1f} s)")
    print(f"\n{report.passed} passed, {report.failed} failed")
    return 1 if report.failed or not report.passed else 0


if __name__ == "__main__":
    sys.exit(main())

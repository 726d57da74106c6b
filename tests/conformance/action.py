"""The GitHub Action: its files by the linters, its requests by GitHub's own description, its pull request as GitHub draws it."""

import html
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import yaml

from tools import ROOT, Failed, execute, scratch

HERE = Path(__file__).resolve().parent
CACHE = Path(os.environ.get("GLIDEPATH_CONFORMANCE_CACHE", ROOT / ".cache" / "conformance"))
PYTHON_TOOLS = ["zizmor==1.32.0", "check-jsonschema==0.39.0", "cmarkgfm==2025.10.22"]
FILES = [ROOT / "action.yml", *sorted((ROOT / "examples" / "workflows").glob("*.yml"))]
# Everything that the Action asks GitHub for.
PATHS = [
    "/user",
    "/repos/{owner}/{repo}",
    "/repos/{owner}/{repo}/pulls",
    "/repos/{owner}/{repo}/pulls/{pull_number}",
    "/repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers",
    "/repos/{owner}/{repo}/issues/{issue_number}/labels",
    "/repos/{owner}/{repo}/issues/{issue_number}/assignees",
    "/repos/{owner}/{repo}/issues/{issue_number}/comments",
    "/repos/{owner}/{repo}/issues/comments/{comment_id}",
    "/repos/{owner}/{repo}/statuses/{sha}",
    "/repos/{owner}/{repo}/commits/{commit_sha}/pulls",
    "/repos/{owner}/{repo}/commits/{ref}/statuses",
    "/repos/{owner}/{repo}/collaborators/{username}/permission",
    "/repos/{owner}/{repo}/activity",
]
CHROMIUM = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
            "--disable-background-networking", "--disable-component-update", "--hide-scrollbars", "--force-device-scale-factor=1"]
WIDTH, FOLD = 1012, 1000


def run(report):
    tools = python_tools()
    modules = npm_tools()
    for path in FILES:
        lint(report, tools, path)
    with scratch() as folder:
        exchanges, example = record(folder)
        requests(report, modules, exchanges, folder)
        picture(report, tools, modules, example, folder)


def python_tools():
    """The folder with the programs."""
    venv = CACHE / "action-venv"
    ready = venv / ("ready-" + "-".join(PYTHON_TOOLS).replace("/", "_"))
    if not ready.exists():
        shutil.rmtree(venv, ignore_errors=True)
        execute([sys.executable, "-m", "venv", venv])
        execute([venv / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PYTHON_TOOLS])
        ready.touch()
    return venv / "bin"


def npm_tools():
    """The folder with the packages."""
    folder, wanted = CACHE / "npm", (HERE / "package.json").read_text()
    ready = folder / "ready.json"
    if not ready.exists() or ready.read_text() != wanted:
        if not shutil.which("npm"):
            raise Failed("npm is missing; on Debian: apt-get install npm")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text(wanted)
        execute(["npm", "install", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund", "--silent"])
        ready.write_text(wanted)
    return folder / "node_modules"


def faults_of(command):
    try:
        execute(command)
    except Failed as failed:
        return [failed]
    return []


def lint(report, tools, path):
    name = path.relative_to(ROOT)
    kind = "actions" if path.name == "action.yml" else "workflows"
    report.check(f"zizmor has nothing to say about {name}", faults_of([tools / "zizmor", "--offline", "--persona", "pedantic", "--quiet", path]))
    report.check(f"{name} keeps to its schema", faults_of([tools / "check-jsonschema", "--builtin-schema", f"vendor.github-{kind}", path]))
    document = yaml.safe_load(path.read_text())
    steps = document["runs"]["steps"] if kind == "actions" else [step for job in document["jobs"].values() for step in job["steps"]]
    for step in steps:
        if "run" not in step:
            continue
        with scratch() as folder:
            script = folder / "step.sh"
            script.write_text("#!/usr/bin/env bash\nset -eo pipefail\n" + step["run"])
            report.check(f"shellcheck has nothing to say about {name}", faults_of(["shellcheck", "--severity", "style", script]))
        report.check(f"{name} puts no expression into its script", ["${{ in a script"] if "${{" in step["run"] else [])


def record(folder):
    """Every request that the tests of the Action make, with its answer."""
    target = folder / "exchanges"
    target.mkdir()
    environment = {**os.environ, "GLIDEPATH_ACTION_EXCHANGES": str(target)}
    done = subprocess.run(["cargo", "test", "--locked", "--quiet", "--test", "all", "action::"], cwd=ROOT, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise Failed(f"`cargo test --test all action::` ended with {done.returncode}: {done.stdout[-1500:]}")
    exchanges = {path.stem: json.loads(path.read_text()) for path in sorted(target.glob("*.json"))}
    example = exchanges.pop("example", None)
    if example is None or not exchanges:
        raise Failed("the tests left no exchanges, or no example")
    return exchanges, example


def subset(modules):
    """GitHub's description of what is asked for; all of it takes Prism much longer to read."""
    whole = json.loads((modules / "@octokit" / "openapi" / "generated" / "api.github.com.deref.json").read_text())
    missing = [path for path in PATHS if path not in whole["paths"]]
    if missing:
        raise Failed(f"GitHub's description has no {', '.join(missing)}")
    paths = {path: whole["paths"][path] for path in PATHS}
    for path in paths.values():
        for operation in path.values():
            # The fake's answers are shorter than GitHub's, and are not what is looked at.
            operation["responses"] = {"default": {"description": "anything"}}
    return {"openapi": whole["openapi"], "info": whole["info"], "paths": paths}


class Upstream(BaseHTTPRequestHandler):
    """Answers what the fake has answered."""

    answer = (200, None)

    def reply(self):
        self.rfile.read(int(self.headers.get("content-length") or 0))
        status, value = Upstream.answer
        body = json.dumps(value).encode()
        self.send_response(status or 500)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PATCH = reply

    def log_message(self, *_):
        pass


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def requests(report, modules, exchanges, folder):
    spec = folder / "openapi.json"
    spec.write_text(json.dumps(subset(modules)))
    upstream = ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    threading.Thread(target=upstream.serve_forever, daemon=True).start()
    port = free_port()
    log = open(folder / "prism.log", "w")
    prism = subprocess.Popen([modules / ".bin" / "prism", "proxy", "--host", "127.0.0.1", "--port", str(port), str(spec), f"http://127.0.0.1:{upstream.server_port}"],
                             stdout=log, stderr=subprocess.STDOUT)
    try:
        wait_for(port, prism)
        # Prism must be able to say no, or its yes is worth nothing.
        bad = {"method": "POST", "path": "/repos/a/b/pulls", "query": "", "body": {"title": "no head and no base"}, "status": 201, "answer": {}}
        report.check("Prism finds a request that GitHub would refuse", [] if violations(port, bad) else ["it found nothing"])
        seen, faults = set(), []
        for test, log_of_test in exchanges.items():
            for exchange in log_of_test:
                if exchange["path"].endswith("/graphql"):
                    continue
                seen.add(f"{exchange['method']} {re.sub(r'[0-9a-f]{40}|[0-9]+', 'N', exchange['path'])}")
                faults += [f"{test}: {exchange['method']} {exchange['path']}: {fault}" for fault in violations(port, exchange)]
        total = sum(map(len, exchanges.values()))
        report.check(f"each of {total} requests, of {len(seen)} kinds, is one that GitHub describes", faults)
        report.check("the requests are of at least nine kinds", [] if len(seen) >= 9 else sorted(seen))
    finally:
        prism.terminate()
        prism.wait()
        upstream.shutdown()


def wait_for(port, process):
    for _ in range(300):
        if process.poll() is not None:
            break
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise Failed("prism does not start")


def violations(port, exchange):
    """What is wrong with a request."""
    Upstream.answer = (exchange["status"], exchange["answer"])
    url = f"http://127.0.0.1:{port}{exchange['path']}" + (f"?{exchange['query']}" if exchange["query"] else "")
    data = None if exchange["body"] is None else json.dumps(exchange["body"]).encode()
    request = urllib.request.Request(url, data=data, method=exchange["method"],
                                     headers={"content-type": "application/json", "accept": "application/vnd.github+json", "authorization": "Bearer x", "user-agent": "x"})
    try:
        headers = urllib.request.urlopen(request).headers
    except urllib.error.HTTPError as error:
        headers = error.headers
        said = error.read().decode()
        if "stoplight" in said:
            return [said[:300]]
    found = json.loads(headers.get("sl-violations") or "[]")
    return [f"{'.'.join(map(str, one['location']))}: {one['message']}" for one in found if one["location"][0] == "request"]


PAGE = """<!doctype html><meta charset="utf-8"><style>{css}
body {{ margin: 0; padding: 24px; background: #fff }} .box {{ border: 1px solid #d1d9e0; border-radius: 6px }}
.box > header {{ background: #f6f8fa; border-bottom: 1px solid #d1d9e0; padding: 8px 16px; font: 14px sans-serif; color: #59636e }}
h1.title {{ font: 400 26px sans-serif; margin: 0 0 16px }} article {{ padding: 16px }} pre.mermaid {{ background: none; text-align: center }}
</style><h1 class="title">{title}</h1><div class="box"><header><b>github-actions</b> bot</header><article class="markdown-body">{body}</article></div>
<script src="{mermaid}"></script><script>
mermaid.initialize({{ startOnLoad: false }});
mermaid.run({{ querySelector: "pre.mermaid" }}).then(() => {{
  const top = [...document.querySelectorAll("table:first-of-type tr")].map(row => [row.innerText, row.getBoundingClientRect().bottom]);
  const facts = {{ top, charts: document.querySelectorAll("pre.mermaid svg").length, wide: document.documentElement.scrollWidth,
                   handlers: document.querySelectorAll("article [onerror], article img, article script").length }};
  document.body.setAttribute("data-facts", JSON.stringify(facts));
}}).catch(error => document.body.setAttribute("data-facts", JSON.stringify({{ error: String(error) }})));
</script>"""


def picture(report, tools, modules, pull, folder):
    """Draws one pull request as GitHub does: its own Markdown library, its stylesheet, mermaid, a browser."""
    source = folder / "body.md"
    source.write_text(pull["body"])
    program = "import cmarkgfm, sys; from cmarkgfm.cmark import Options as O; print(cmarkgfm.github_flavored_markdown_to_html(open(sys.argv[1]).read(), O.CMARK_OPT_UNSAFE))"
    body = execute([tools / "python", "-c", program, source])
    body = re.sub(r'<pre(?: lang="mermaid")?><code(?: class="language-mermaid")?>(?=%%\{init|xychart)(.*?)</code></pre>', r'<pre class="mermaid">\1</pre>', body, flags=re.S)
    page = folder / "page.html"
    css = (modules / "github-markdown-css" / "github-markdown-light.css").read_text()
    page.write_text(PAGE.format(css=css, title=html.escape(pull["title"]), body=body, mermaid=(modules / "mermaid" / "dist" / "mermaid.min.js").as_uri()))
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if not browser:
        raise Failed("chromium is missing; on Debian: apt-get install chromium")
    shot = Path(os.environ.get("GLIDEPATH_CONFORMANCE_PICTURE", folder / "pull-request.png"))
    common = [browser, *CHROMIUM, f"--user-data-dir={folder / 'profile'}", f"--window-size={WIDTH},1660", "--virtual-time-budget=20000", "--allow-file-access-from-files"]
    document = execute([*common, "--dump-dom", page.as_uri()])
    execute([*common, f"--screenshot={shot}", page.as_uri()])
    found = re.search(r'data-facts="([^"]*)"', document)
    facts = json.loads(html.unescape(found.group(1))) if found else {"error": "mermaid has not finished"}
    if "error" in facts:
        report.check("the chart is drawn", [facts["error"]])
        return
    rows = [text for text, bottom in facts["top"] if bottom < FOLD]
    order = [word for text in rows for word in ("Traffic", "Evidence", "Cluster", "Way back") if text.startswith(word)]
    report.check("traffic, evidence, cluster and way back are told in this order, in sight without scrolling", [] if order == ["Traffic", "Evidence", "Cluster", "Way back"] else rows)
    report.check("the chart is drawn", [] if facts["charts"] == 1 else [facts])
    report.check("nothing is wider than the page", [] if facts["wide"] <= WIDTH else [facts["wide"]])
    report.check("nothing from the rollout is HTML", [] if facts["handlers"] == 0 else [facts["handlers"]])

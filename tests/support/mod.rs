//! What the tests share: places, programs and what they did, repositories, servers.

pub(crate) mod git;
pub(crate) mod http;
mod place;
mod run;
pub(crate) mod socket;
pub(crate) mod telemetry;

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

pub(crate) use place::{Place, files_below};
pub(crate) use run::Run;

pub(crate) const ROOT: &str = env!("CARGO_MANIFEST_DIR");
pub(crate) const GLIDEPATH: &str = env!("CARGO_BIN_EXE_glidepath");

/// A rollout of two models that need nothing, for tests of gates; `rest` is what else its spec holds.
pub(crate) fn two_versions(name: &str, namespace: &str, rest: &str) -> String {
    format!(
        "apiVersion: glidepath.dev/v1alpha1
kind: ModelRollout
metadata: {{name: {name}, namespace: {namespace}}}
spec:
  models:
    - {{name: v1, runtime: custom, image: 'i:1', ports: [{{name: http, containerPort: 80}}]}}
    - {{name: v2, runtime: custom, image: 'i:2', ports: [{{name: http, containerPort: 80}}]}}
  stable: v1
{rest}"
    )
}

/// A rollout without any complaint, for tests that are about something else.
pub(crate) const GOOD: &str = "\
apiVersion: glidepath.dev/v1alpha1
kind: ModelRollout
metadata: {name: ranker, namespace: search}
spec:
  models:
    - name: a
      runtime: custom
      image: registry.example/ranker:1.4
      replicas: 2
      ports: [{name: http, containerPort: 8080}]
      readinessProbe: {httpGet: {path: /healthz, port: http}}
      resources: {requests: {memory: 2Gi}}
    - name: b
      runtime: custom
      image: registry.example/ranker:1.5
      replicas: 2
      ports: [{name: http, containerPort: 8080}]
      readinessProbe: {httpGet: {path: /healthz, port: http}}
      resources: {requests: {memory: 2Gi}}
  stable: a
  cohorts:
    - name: testers
      match: [{headers: {x-canary: v2}}]
  gates:
    - {name: availability, availability: {objective: 99.5%}}
  steps:
    - {name: testers, cohorts: {testers: b}, bake: 30m, gates: [availability]}
    - {weight: 10, bake: 1h, gates: [availability]}
    - {weight: 50, bake: 1h, gates: [availability]}
    - {weight: 100, bake: 1h, gates: [availability]}
";

/// An empty folder below cargo's scratch space: it stays, to be looked at after a failure.
pub(crate) fn scratch(group: &str, name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join(group)
        .join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).expect("the folder of the last run");
    }
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// How often something is tried: often enough for every change, and as often as is claimed where `GLIDEPATH_THOROUGH=1` asks
/// for it, as `tests/conformance/run kills` does.
pub(crate) fn rounds(few: usize, claimed: usize) -> usize {
    let thorough = std::env::var_os("GLIDEPATH_THOROUGH").is_some_and(|value| value == "1");
    if thorough { claimed } else { few }
}

/// A port that nobody listens on: found free, and free again.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("a free port")
        .port()
}

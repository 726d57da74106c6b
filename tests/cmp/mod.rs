//! The Argo CD plugin against an emulation of Argo CD: every promise of the contract, and every repository that is out to
//! break it. `tests/conformance` holds the same objects against kustomize.

#![allow(
    clippy::format_push_string,
    clippy::format_collect,
    reason = "documents are put together for reading, not for speed"
)]

mod contract;
mod emulator;
mod hostile;
mod same;

use std::fs;
use std::path::Path;

use crate::support::Place;
use emulator::{Request, Response, SECRET};

/// The folder of the examples.
fn examples() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/examples"))
}

/// The spec of an example.
fn spec(example: &str) -> String {
    fs::read_to_string(examples().join(example).join("rollout.yaml")).expect("an example")
}

/// A repository with these files.
fn repository(files: &[(&str, &str)]) -> Place {
    let place = Place::new();
    for (path, text) in files {
        place.write(path, text);
    }
    place
}

/// The pointer at a stage's folder.
fn pointer(folder: &str) -> String {
    format!(
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n- ../stages/{folder}\n"
    )
}

/// `[{"name": "stage", "string": …}]`
fn stage(name: &str) -> String {
    serde_json::json!([{"name": "stage", "string": name}]).to_string()
}

/// The weights of the last route, which tell the stages of an example apart.
fn weights(response: &Response) -> Vec<u64> {
    let objects = response.manifests.as_ref().expect("objects");
    let service = objects
        .iter()
        .find(|object| object["kind"] == "VirtualService")
        .expect("routes");
    let routes = service["spec"]["http"].as_array().expect("a list");
    let last = routes.last().expect("a default route")["route"]
        .as_array()
        .expect("a list");
    last.iter().filter_map(|to| to["weight"].as_u64()).collect()
}

/// An error as the contract wants it: nothing on stdout, a short first line, and nothing that is nobody's business.
fn refused(response: &Response, first: &str) {
    let why = response.manifests.as_ref().expect_err("it must be refused");
    assert_eq!(response.stdout, "", "{why}");
    let line = response.stderr.lines().next().unwrap_or_default();
    assert!(line.contains(first), "{line:?} does not say {first:?}");
    assert!(line.chars().count() <= 401, "{line}");
    discreet(response);
}

/// No escape sequence, no path of the sandbox, no secret.
fn discreet(response: &Response) {
    let sandbox = response.sandbox.to_string_lossy().into_owned();
    let temporary = std::env::temp_dir().to_string_lossy().into_owned();
    for text in [&response.stdout, &response.stderr] {
        for forbidden in [
            "\u{1b}",
            SECRET,
            &sandbox,
            "_cmp_server",
            &format!("{temporary}/"),
        ] {
            assert!(!text.contains(forbidden), "{forbidden:?} in {text}");
        }
    }
}

/// The request for an example's spec, alone in a repository.
fn ask(repository: &Place, parameters: Option<&str>) -> Response {
    Request {
        parameters,
        ..Request::of(repository.root())
    }
    .send()
}

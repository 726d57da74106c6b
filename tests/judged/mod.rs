//! Rollouts for judges that are not glidepath: the objects of every stage, and what `trace` says becomes of requests there.
//! `tests/conformance/run istiod` asks Istio and Envoy the same.

mod wishes;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use glidepath::compile::{Compiled, Environment, FileError, Files, compile};
use glidepath::objects::Object;
use glidepath::text::Source;
use glidepath::trace::{Outcome, Request, Served, trace};
use glidepath::units::RouterName;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::properties::rollout::{Rollout, Tape};
use crate::support::ROOT;
use wishes::Wishes;

/// Random rollouts of each router, and requests in each of their stages.
const ROLLOUTS: usize = 100;
const REQUESTS: usize = 24;

/// What lies beside a rollout of the project, whose files are trusted.
struct Folder(PathBuf);

impl Files for Folder {
    fn read(&self, path: &str) -> Result<Option<Source>, FileError> {
        let text = fs::read_to_string(self.0.join(path)).ok();
        Ok(text.map(|text| Source::new(path, text)))
    }

    fn list(&self, path: &str) -> Result<Option<Vec<String>>, FileError> {
        let Ok(entries) = fs::read_dir(self.0.join(path)) else {
            return Ok(None);
        };
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let mut names: Vec<String> = names.collect();
        names.sort();
        Ok(Some(names))
    }
}

/// Every example, and every case that compiles, with its name.
fn of_the_project() -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    for (folder, sign) in [("examples", "rollout.yaml"), ("fixtures/cases", "tree.txt")] {
        let below = fs::read_dir(Path::new(ROOT).join(folder)).expect("a folder of the project");
        for entry in below {
            let path = entry.expect("an entry").path();
            if path.join(sign).exists() {
                let name = path.file_name().expect("a name").to_string_lossy();
                found.push((name.into_owned(), path));
            }
        }
    }
    found.sort();
    assert!(found.len() > 100, "{} rollouts", found.len());
    found
}

/// A random number of so many.
fn numbers(count: usize, runner: &mut TestRunner) -> Vec<u16> {
    let strategy = prop::collection::vec(any::<u16>(), count);
    strategy.new_tree(runner).expect("numbers").current()
}

fn document(request: &Request) -> Value {
    let claims = request.claims.iter();
    let claims = claims.map(|(path, values)| json!([path.names(), values]));
    json!({
        "via": request.via.name(), "port": request.port, "host": request.host, "method": request.method, "path": request.path,
        "headers": request.headers, "query": request.query, "claims": claims.collect::<Value>(),
        "sourceLabels": request.source_labels, "sourceNamespace": request.source_namespace,
    })
}

fn answer(outcome: Outcome) -> Value {
    match outcome {
        Outcome::NoRoute => json!("no route"),
        Outcome::Unrouted => json!("unrouted"),
        Outcome::Routed(Served {
            object,
            route,
            shares,
            mirror,
            path,
            host,
            missing,
            kind: _,
        }) => json!({
            "object": object, "route": route, "shares": shares, "mirror": mirror, "path": path, "host": host, "missing": missing,
        }),
    }
}

/// A rollout with its stages, and a number of requests in each with what becomes of them.
fn judged(
    name: &str,
    router: RouterName,
    compiled: &Compiled,
    mut ask: impl FnMut(&[Arc<Object>]) -> Vec<Request>,
) -> Value {
    let stages = compiled.plan.stage_ids().map(|at| {
        let objects = compiled.objects(at);
        let requests = ask(&objects);
        // What nobody can send is no question.
        let asked = requests.iter().filter_map(|request| {
            let outcome = trace(router, &objects, request).ok()?;
            Some(json!({"request": document(request), "answer": answer(outcome)}))
        });
        let asked: Value = asked.collect();
        let bodies: Value = objects.iter().map(|object| object.body.clone()).collect();
        json!({"name": compiled.plan.numbered(at), "objects": bodies, "asked": asked})
    });
    let ports = compiled.plan.service.ports.iter();
    let ports = ports.map(|port| json!({"name": port.name, "port": port.number}));
    let ports: Value = ports.collect();
    json!({"name": name, "router": format!("{router:?}"), "ports": ports, "stages": stages.collect::<Value>()})
}

fn written(file: &str, rollouts: impl Iterator<Item = Value>) {
    let folder = std::env::var("GLIDEPATH_EMITTED").expect("GLIDEPATH_EMITTED: a folder");
    let folder = Path::new(&folder).join("judged");
    fs::create_dir_all(&folder).expect("a folder");
    let file = fs::File::create(folder.join(file)).expect("a file");
    let mut file = std::io::BufWriter::new(file);
    for rollout in rollouts {
        writeln!(file, "{rollout}").expect("written");
    }
    file.flush().expect("written");
}

#[test]
#[ignore = "writes for another program, which `tests/conformance/run` starts"]
fn the_projects_rollouts_are_written() {
    let mut runner = TestRunner::deterministic();
    let rollouts = of_the_project().into_iter().map(|(name, folder)| {
        let text = fs::read_to_string(folder.join("rollout.yaml")).expect("a rollout");
        let source = Source::new("rollout.yaml", text);
        let compiled = compile(&source, &Folder(folder), &Environment::default());
        let compiled = compiled.unwrap_or_else(|report| panic!("{name}: {report:?}"));
        let router = compiled.plan.traffic.router.name();
        let ports = compiled.plan.service.ports.iter();
        let ports = ports.filter(|port| port.wire.is_routed());
        let ports: Vec<u16> = ports.map(|port| port.number).collect();
        judged(&name, router, &compiled, |objects| {
            let wishes = Wishes::of(objects, compiled.plan.traffic.router.has_gateway(), &ports);
            let numbers = numbers(REQUESTS * 40, &mut runner);
            let mut tape = Tape::new(&numbers);
            (0..REQUESTS)
                .map(|_| wishes.request(&mut tape, &mut runner))
                .collect()
        })
    });
    written("project.jsonl", rollouts);
}

fn random(file: &str, router: RouterName) {
    let mut runner = TestRunner::deterministic();
    let mut left = ROLLOUTS;
    let rollouts = std::iter::from_fn(|| {
        while left > 0 {
            let of_rollout = numbers(400, &mut runner);
            let rollout = Rollout::random_for(router, &mut Tape::new(&of_rollout));
            // Cohorts may cover each other.
            let Ok(compiled) = crate::properties::compiled(&rollout.document()) else {
                continue;
            };
            left -= 1;
            let name = format!("random {}", ROLLOUTS - left);
            return Some(judged(&name, router, &compiled, |_| {
                let numbers = numbers(REQUESTS * 40, &mut runner);
                let mut tape = Tape::new(&numbers);
                (0..REQUESTS).map(|_| rollout.request(&mut tape)).collect()
            }));
        }
        None
    });
    written(file, rollouts);
}

#[test]
#[ignore = "writes for another program, which `tests/conformance/run` starts"]
fn random_rollouts_of_istio_are_written() {
    random("istio.jsonl", RouterName::Istio);
}

#[test]
#[ignore = "writes for another program, which `tests/conformance/run` starts"]
fn random_rollouts_of_gateway_api_are_written() {
    random("gateway-api.jsonl", RouterName::GatewayApi);
}

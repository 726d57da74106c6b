//! `glidepath trace`

use std::collections::BTreeMap;
use std::fmt::Write as _;

use clap::{Args, ValueEnum};
use serde_json::{Number, Value, json};

use crate::plan::{Plan, Unmatched};
use crate::promotion::stages;
use crate::trace::{Outcome, Request, Served, Via, trace};
use crate::units::{ClaimPath, DnsLabel, Percent, names};

use super::inputs::OnePath;
use super::output::Output;
use super::table::columns;
use super::{Exit, Failure};

/// Show which model serves a request in every stage, and with what probability
///
/// It reads the routes that render would write, as their router does: Istio takes the first that matches, Gateway API the most specific.
#[derive(Debug, Args)]
pub(super) struct TraceArgs {
    #[command(flatten)]
    path: OnePath,
    /// A header of the request; may be given more than once
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    header: Vec<(String, String)>,
    /// The host that the caller asks for; default: the first of `traffic.hosts` without `*`, in the mesh the Service's
    #[arg(long, value_name = "HOST")]
    host: Option<String>,
    /// A claim of the caller's token, such as `group=beta`; more than once for a list
    #[arg(long, value_name = "NAME=VALUE", value_parser = claim)]
    claim: Vec<(ClaimPath, String)>,
    /// The path, with or without a query
    #[arg(long = "path", value_name = "PATH", default_value = "/")]
    request_path: String,
    /// The method
    #[arg(long, default_value = "GET")]
    method: String,
    /// A query parameter; may be given more than once
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    query: Vec<(String, String)>,
    /// A cookie; may be given more than once
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    cookie: Vec<(String, String)>,
    /// A label of the calling pod; may be given more than once
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    source_label: Vec<(String, String)>,
    /// The namespace of the calling pod
    #[arg(long, value_name = "NAMESPACE")]
    source_namespace: Option<String>,
    /// How the request comes in; default: through the gateway where there is one
    #[arg(long, value_enum)]
    via: Option<ViaChoice>,
    /// The Service port that the caller uses; default: `traffic.port`
    #[arg(long, value_name = "NUMBER")]
    port: Option<u16>,
    /// Only this stage
    #[arg(long, value_name = "NAME")]
    stage: Option<String>,
    /// How the answer is written
    #[arg(long, value_enum, default_value_t = TraceFormat::Text)]
    format: TraceFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ViaChoice {
    /// Through a gateway
    Gateway,
    /// From a pod in the mesh
    Mesh,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum TraceFormat {
    /// A table
    Text,
    /// One JSON object
    Json,
}

/// `name=value`; a value may hold more of `=`.
fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("`name=value` is expected".to_owned()),
    }
}

fn claim(text: &str) -> Result<(ClaimPath, String), String> {
    let (name, value) = pair(text)?;
    Ok((ClaimPath::parse(&name)?, value))
}

pub(super) fn run(args: &TraceArgs, output: &mut Output<'_>) -> Result<Exit, Failure> {
    let input = args.path.compile(output)?;
    let plan = &input.compiled.plan;
    let request = request(args, plan)?;
    let router = plan.traffic.router.name();
    let stages = match &args.stage {
        Some(name) => vec![stages::in_plan(plan, name)?],
        None => plan.stage_ids().collect(),
    };
    let answers = stages
        .into_iter()
        .map(|stage| {
            trace(router, &input.compiled.objects(stage), &request)
                .map(|outcome| (plan.numbered(stage), called(plan, outcome)))
                .map_err(|why| Failure::new(Exit::Wrong, why))
        })
        .collect::<Result<Vec<_>, _>>()?;
    match args.format {
        TraceFormat::Text => output.result(table(plan, &request, &answers))?,
        TraceFormat::Json => {
            let stages: Vec<Value> = answers
                .iter()
                .map(|(stage, outcome)| answer(stage, outcome, is_left(plan, &request)))
                .collect();
            let body = json!({
                "version": 1,
                "rollout": plan.name.as_str(),
                "request": {
                    "via": request.via.name(),
                    "port": request.port,
                    "host": request.host,
                    "method": request.method,
                    "path": request.path,
                    "headers": request.headers,
                    "query": request.query,
                    "claims": claims(&request),
                    "sourceLabels": request.source_labels,
                    "sourceNamespace": request.source_namespace,
                },
                "stages": stages,
            });
            output.json(&body)?;
        }
    }
    output.finish(Exit::Done)
}

fn claims(request: &Request) -> BTreeMap<String, &Vec<String>> {
    let claims = request.claims.iter();
    claims
        .map(|(path, values)| (path.to_string(), values))
        .collect()
}

/// The outcome with backends called by their models' names.
fn called(plan: &Plan, outcome: Outcome) -> Outcome {
    let Outcome::Routed(mut served) = outcome else {
        return outcome;
    };
    // What somebody else runs is not among the objects, and is no less there.
    served.missing.retain(|name| {
        let behind = plan.model_behind(name);
        behind.is_none_or(|model| model.backend.is_none() && model.pool.is_none())
    });
    let shares = served.shares.iter_mut().chain(&mut served.mirror);
    for name in shares.map(|(name, _)| name).chain(&mut served.missing) {
        if let Some(model) = plan.model_behind(name) {
            *name = model.name.to_string();
        }
    }
    Outcome::Routed(served)
}

fn request(args: &TraceArgs, plan: &Plan) -> Result<Request, Failure> {
    let traffic = &plan.traffic;
    let has_gateway = traffic.router.has_gateway();
    if matches!(args.via, Some(ViaChoice::Gateway)) && !has_gateway {
        return Err(Failure::new(
            Exit::Usage,
            format!("the rollout `{}` has no gateway", plan.name),
        )
        .help("leave `--via gateway` out"));
    }
    // Only a caller in the mesh has labels and a namespace.
    let has_source = !args.source_label.is_empty() || args.source_namespace.is_some();
    let via = match args.via {
        Some(ViaChoice::Mesh) => Via::Mesh,
        None if !has_gateway || has_source => Via::Mesh,
        Some(ViaChoice::Gateway) | None => Via::Gateway,
    };
    let ports = &plan.service.ports;
    let port = args.port.unwrap_or(ports[traffic.port].number);
    if ports.iter().all(|known| known.number != port) {
        let known: Vec<String> = ports.iter().map(|port| port.number.to_string()).collect();
        return Err(
            Failure::new(Exit::Usage, format!("the Service has no port {port}"))
                .help(format!("use {}", known.join(" or "))),
        );
    }
    let (path, asked) = args
        .request_path
        .split_once('?')
        .unwrap_or((&args.request_path, ""));
    let asked = asked
        .split('&')
        .filter(|part| !part.is_empty())
        .map(|part| part.split_once('=').unwrap_or((part, "")))
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut headers: BTreeMap<String, String> = args
        .header
        .iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), value.clone()))
        .collect();
    // RFC 6265, section 4.2.1.
    let cookies: Vec<String> = headers
        .remove("cookie")
        .into_iter()
        .chain(
            args.cookie
                .iter()
                .map(|(name, value)| format!("{name}={value}")),
        )
        .collect();
    if !cookies.is_empty() {
        headers.insert("cookie".to_owned(), cookies.join("; "));
    }
    let named = headers.remove("host");
    let host = args
        .host
        .clone()
        .or(named)
        .or_else(|| usual_host(plan, via));
    let mut claims: BTreeMap<ClaimPath, Vec<String>> = BTreeMap::new();
    for (path, value) in &args.claim {
        claims.entry(path.clone()).or_default().push(value.clone());
    }
    Ok(Request {
        via,
        port,
        host,
        claims,
        method: args.method.clone(),
        path: path.to_owned(),
        headers,
        // Envoy reads the first of a parameter that is there twice.
        query: asked.chain(args.query.iter().cloned()).rev().collect(),
        source_labels: args.source_label.iter().cloned().collect(),
        source_namespace: args.source_namespace.clone(),
    })
}

/// The host of a request that nobody says anything of.
fn usual_host(plan: &Plan, via: Via) -> Option<String> {
    let mut hosts = plan.traffic.hosts.iter();
    match via {
        Via::Gateway => hosts.find(|host| !host.contains('*')).cloned(),
        Via::Mesh => {
            let namespace = plan.namespace.as_ref().map(DnsLabel::as_str);
            Some(names::service_host(&plan.service.name, namespace))
        }
    }
}

fn answer(stage: &str, outcome: &Outcome, is_left: bool) -> Value {
    match outcome {
        Outcome::Routed(served) => {
            let models: BTreeMap<&str, Number> = served
                .shares
                .iter()
                .map(|(model, share)| (model.as_str(), percent(*share).to_number()))
                .collect();
            let mirror = served
                .mirror
                .as_ref()
                .map(|(to, share)| json!({"to": to, "percent": percent(*share).to_number()}));
            json!({"stage": stage, "outcome": "routed", served.kind: served.object,
                   "route": served.route, "path": served.path, "host": served.host, "models": models, "mirror": mirror, "missing": served.missing})
        }
        Outcome::NoRoute if is_left => json!({"stage": stage, "outcome": "left"}),
        Outcome::NoRoute => json!({"stage": stage, "outcome": "noRoute"}),
        Outcome::Unrouted => json!({"stage": stage, "outcome": "unrouted"}),
    }
}

/// Whether requests that no route takes are left to others.
fn is_left(plan: &Plan, request: &Request) -> bool {
    plan.traffic.unmatched == Unmatched::Left && request.via == Via::Gateway
}

/// Whether somebody else's object hands the request over.
fn is_handed_over(plan: &Plan, request: &Request) -> bool {
    plan.traffic.router.is_delegate() && request.via == Via::Gateway
}

fn table(plan: &Plan, request: &Request, answers: &[(String, Outcome)]) -> String {
    let mut text = format!(
        "{} {} via {}",
        request.method,
        request.path,
        request.via.name()
    );
    if request.via == Via::Mesh {
        write!(text, " to port {}", request.port).expect("writing to a string cannot fail");
    }
    let is_handed_over = is_handed_over(plan, request);
    if is_handed_over {
        text.push_str(", as whoever delegates hands it over");
    }
    text.push_str("\n\n");
    let unmatched = match (is_left(plan, request), is_handed_over) {
        (false, _) => "no route matches: 404",
        (true, false) => "no route matches: left to the routes of others on the host",
        (true, true) => "no route matches: left to the next route of who delegates",
    };
    let rows = answers.iter().map(|(stage, outcome)| {
        let (route, by) = match outcome {
            Outcome::Routed(served) => (served.route.clone(), words(served, &request.path)),
            Outcome::NoRoute => ("–".to_owned(), unmatched.to_owned()),
            Outcome::Unrouted => (
                "–".to_owned(),
                "no route applies: the Service spreads it over the pods of every model".to_owned(),
            ),
        };
        [stage.clone(), route, by]
    });
    text.push_str(&columns(["STAGE", "ROUTE", "SERVED BY"], rows));
    text
}

fn words(served: &Served, path: &str) -> String {
    let shares = served
        .shares
        .iter()
        .map(|(model, share)| format!("{model} {} %", percent(*share)));
    let mirror = served
        .mirror
        .iter()
        .map(|(to, share)| format!("copy to {to} {} %", percent(*share)));
    let missing = served
        .missing
        .iter()
        .map(|subset| format!("an error for {subset}: its subset or Service is not there"));
    let rewritten = (served.path != path).then(|| format!("path {}", served.path));
    let host = served.host.iter().map(|host| format!("host {host}"));
    shares
        .chain(mirror)
        .chain(rewritten)
        .chain(host)
        .chain(missing)
        .collect::<Vec<_>>()
        .join(", ")
}

/// A probability in percent; routes have two decimals at most.
fn percent(share: f64) -> Percent {
    Percent::parse((share * 10_000.0).round() / 100.0).unwrap_or_default()
}

//! Where the gates ask: names, labels, headers and how to prove who asks.

use std::collections::{BTreeMap, BTreeSet};

use crate::diag::words::suggestion;
use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::plan::{Auth, MetricSource, SourceId};
use crate::spec::{self, Document, Prometheus};
use crate::units::Duration;

const TIMEOUT: Duration = Duration::from_seconds(30);
/// What signatures for Amazon Managed Service for Prometheus are for.
const AWS_SERVICE: &str = "aps";
/// What prints the token of a Google account.
const GOOGLE: [&str; 3] = ["gcloud", "auth", "print-access-token"];
/// What prints the token of an Azure account, for an Azure Monitor workspace.
const AZURE: [&str; 9] = [
    "az",
    "account",
    "get-access-token",
    "--resource",
    "https://prometheus.monitor.azure.com",
    "--query",
    "accessToken",
    "-o",
    "tsv",
];

/// The labels that glidepath's own selectors give values to. A second value for one of them selects nothing.
const OWN_LABELS: [&str; 10] = [
    "destination_service_name",
    "destination_service_namespace",
    "destination_workload",
    "destination_workload_namespace",
    "grpc_response_status",
    "le",
    "namespace",
    "pod",
    "reporter",
    "response_code",
];

/// Headers that frame a request, or say who sent it: HTTP's own (RFC 9110), and those that proxies believe.
const RESERVED: [&str; 22] = [
    "accept",
    "accept-encoding",
    "authentication",
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "cookie",
    "cookie2",
    "expect",
    "forwarded",
    "host",
    "keep-alive",
    "range",
    "set-cookie",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "x-real-ip",
];
/// How the names of further such headers begin.
const RESERVED_PREFIXES: [&str; 10] = [
    "proxy-",
    "sec-",
    "x-amz-",
    "x-auth-",
    "x-forwarded-",
    "x-http-method",
    "x-method-",
    "x-original-",
    "x-remote-",
    "x-webauth-",
];
/// What the names of headers with a secret hold.
const SECRET_WORDS: [&str; 9] = [
    "apikey",
    "api-key",
    "authorization",
    "credential",
    "jwt",
    "passw",
    "secret",
    "session",
    "token",
];

/// The sources of a document, the default one first, and what their names lead to.
pub(super) struct Sources {
    pub(super) all: Vec<MetricSource>,
}

impl Sources {
    pub(super) fn resolve(document: &Document, report: &mut Report) -> Self {
        let at = Route::root().key("spec").key("metrics");
        let metrics = document.spec.metrics.as_ref();
        let mut all = vec![
            match metrics.and_then(|metrics| metrics.prometheus.as_ref()) {
                Some(given) => source(MetricSource::DEFAULT, given, &at.key("prometheus"), report),
                None => MetricSource {
                    name: MetricSource::DEFAULT.to_owned(),
                    url: None,
                    timeout: TIMEOUT,
                    labels: BTreeMap::new(),
                    headers: BTreeMap::new(),
                    auth: None,
                },
            },
        ];
        for (name, given) in metrics.into_iter().flat_map(|metrics| &metrics.sources) {
            let at = at.key("sources").key(name);
            if name == MetricSource::DEFAULT {
                let message = format!("`{name}` is the name of `metrics.prometheus`");
                report.push(
                    Diagnostic::new(Code::GP105, Place::key(at.clone()), message)
                        .help("give the source another name"),
                );
            }
            all.push(source(
                name,
                &given.prometheus,
                &at.key("prometheus"),
                report,
            ));
        }
        Self { all }
    }

    /// The source that a gate names, or a complaint at `at`.
    pub(super) fn named(&self, name: &str, at: Route, report: &mut Report) -> Option<SourceId> {
        let found = self.all.iter().position(|source| source.name == name);
        if found.is_none() {
            let unknown = format!("unknown source `{name}`");
            let found = Diagnostic::new(Code::GP530, Place::value(at), unknown);
            let known = self.all.iter().map(|source| source.name.as_str());
            report.push(if self.all.len() == 1 {
                found.help("declare it below `spec.metrics.sources`")
            } else {
                found.maybe_help(suggestion(name, known))
            });
        }
        found.map(SourceId)
    }
}

fn source(name: &str, given: &Prometheus, at: &Route, report: &mut Report) -> MetricSource {
    check_labels(given, &at.key("labels"), report);
    check_headers(given, &at.key("headers"), report);
    let timeout = given.timeout.as_ref().and_then(|text| text.parse().ok());
    let auth = given.auth.as_ref();
    MetricSource {
        name: name.to_owned(),
        url: Some(given.url.clone()),
        timeout: timeout.unwrap_or(TIMEOUT),
        labels: given.labels.clone(),
        headers: given.headers.clone(),
        auth: auth.map(|auth| resolve_auth(auth, &at.key("auth"), report)),
    }
}

fn resolve_auth(given: &spec::Auth, at: &Route, report: &mut Report) -> Auth {
    let command = |words: &[&str]| words.iter().map(ToString::to_string).collect();
    match given {
        spec::Auth::Sigv4(sigv4) => Auth::Sigv4 {
            region: sigv4.region.clone(),
            service: sigv4
                .service
                .clone()
                .unwrap_or_else(|| AWS_SERVICE.to_owned()),
        },
        spec::Auth::TokenCommand(words) => {
            let program = words.first().map_or("", String::as_str);
            if program.contains('/') && !program.starts_with('/') {
                let place = Place::value(at.key("tokenCommand").index(0));
                let message = format!(
                    "the program `{program}` is a file of the repository, which a pull request can change"
                );
                report.push(
                    Diagnostic::new(Code::GP533, place, message)
                        .help("name a program of the machine, by its name or its whole path"),
                );
            }
            Auth::TokenCommand(words.clone())
        }
        spec::Auth::Google(_) => Auth::TokenCommand(command(&GOOGLE)),
        spec::Auth::Azure(_) => Auth::TokenCommand(command(&AZURE)),
    }
}

fn check_labels(given: &Prometheus, at: &Route, report: &mut Report) {
    for name in given.labels.keys() {
        let why = if name.starts_with("__") {
            "is Prometheus's own"
        } else if OWN_LABELS.contains(&name.as_str()) {
            "has a value in glidepath's own selectors"
        } else {
            continue;
        };
        let place = Place::key(at.key(name));
        report.push(
            Diagnostic::new(Code::GP531, place, format!("the label `{name}` {why}"))
                .help("use a label that tells servers or clusters apart, such as `cluster`"),
        );
    }
}

fn check_headers(given: &Prometheus, at: &Route, report: &mut Report) {
    let mut known = BTreeSet::new();
    for name in given.headers.keys() {
        let lower = name.to_ascii_lowercase();
        let has = |words: &[&str], test: fn(&str, &str) -> bool| {
            words.iter().any(|word| test(&lower, word))
        };
        let (why, help) = if has(&SECRET_WORDS, |name, word| name.contains(word)) {
            (
                "carries a secret, which does not belong into a file",
                "hand it over in the environment, such as GLIDEPATH_PROMETHEUS_TOKEN",
            )
        } else if RESERVED.contains(&lower.as_str())
            || has(&RESERVED_PREFIXES, |name, word| name.starts_with(word))
        {
            (
                "is one that the request itself sets, or that says who asks",
                "leave it out",
            )
        } else if known.insert(lower.clone()) {
            continue;
        } else {
            (
                "is there twice: the case of letters does not matter",
                "leave one of them out",
            )
        };
        let place = Place::key(at.key(name));
        let message = format!("the header `{name}` {why}");
        report.push(Diagnostic::new(Code::GP532, place, message).help(help));
    }
}

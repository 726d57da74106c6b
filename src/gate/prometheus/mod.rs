//! In: questions, an address, credentials from the environment or files. Out: answers, or why there is none.
//! Small on purpose: one form is posted, one JSON body read, both bounded in time and size.
//! Never follows a redirect, and never shows a credential.

mod settings;

use std::io::Read as _;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::error::Category;
use ureq::http::StatusCode;
use ureq::http::header::{AUTHORIZATION, HeaderMap, RETRY_AFTER};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body};

pub use settings::{Credentials, Settings};

use super::answer::{Answer, Fault, Reply, Source, said};
use super::query::{Query, When};

/// The largest answer that is read, after decompression.
const MOST_BYTES: u64 = 32 << 20;
/// What tenants of Mimir, Cortex and Loki are told apart by.
const ORG_HEADER: &str = "X-Scope-OrgID";

/// How the TLS library begins what it says of a certificate that it does not accept.
const CERTIFICATE: &str = "invalid peer certificate: ";

/// A Prometheus server, or what speaks its API. It has until its deadline for all questions together.
pub struct Prometheus {
    agent: Agent,
    settings: Settings,
    authorization: Option<String>,
    ends: Instant,
}

/// How one attempt ended.
enum Attempt {
    /// No further one would help.
    Done(Result<Answer, Fault>),
    /// Another one may, after as long as the server asks for.
    Again(Fault, Option<Duration>),
}

impl Prometheus {
    /// A client whose deadline begins now; fails where that is beyond all clocks, or the CA file holds no certificate.
    pub fn new(settings: Settings) -> Result<Self, String> {
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("glidepath/", env!("CARGO_PKG_VERSION")));
        if let Some(pem) = &settings.ca {
            let found = parse_pem(pem).filter_map(|item| match item {
                Ok(PemItem::Certificate(found)) => Some(found),
                Ok(_) | Err(_) => None,
            });
            let found: Vec<Certificate<'static>> = found.collect();
            if found.is_empty() {
                return Err("the CA file holds no certificate in PEM".to_owned());
            }
            let roots = RootCerts::new_with_certs(&found);
            config = config.tls_config(TlsConfig::builder().root_certs(roots).build());
        }
        Ok(Self {
            agent: config.build().new_agent(),
            authorization: settings.credentials.header(),
            ends: Instant::now()
                .checked_add(settings.deadline)
                .ok_or("the deadline is further away than a clock can tell")?,
            settings,
        })
    }

    fn left(&self) -> Duration {
        self.ends.saturating_duration_since(Instant::now())
    }

    fn attempt(&self, path: &str, form: &[(&str, String)]) -> Attempt {
        let left = self.left();
        if left.is_zero() {
            return Attempt::Done(Err(self.too_late()));
        }
        let url = format!("{}{path}", self.settings.url.trim_end_matches('/'));
        let mut request = self
            .agent
            .post(&url)
            .config()
            .timeout_global(Some(self.settings.timeout.min(left)))
            .build();
        if let Some(value) = &self.authorization {
            request = request.header(AUTHORIZATION, value);
        }
        if let Some(tenant) = &self.settings.org_id {
            request = request.header(ORG_HEADER, tenant);
        }
        let form = form.iter().map(|(key, value)| (*key, value.as_str()));
        let response = match request.send_form(form) {
            Ok(response) => response,
            Err(error) => return unreachable(&error),
        };
        let (parts, body) = response.into_parts();
        match parts.status {
            StatusCode::OK => read(body),
            status => refused(status, &parts.headers, body),
        }
    }

    fn too_late(&self) -> Fault {
        Fault::Telemetry(format!(
            "the deadline of {} s has passed",
            self.settings.deadline.as_secs()
        ))
    }
}

impl Source for Prometheus {
    /// Asks, and asks again where that may help: three times, after 1, 2 and 4 seconds or as long as the server asks for.
    fn ask(&self, query: &Query) -> Result<Answer, Fault> {
        let mut form = vec![
            ("query", query.promql.clone()),
            // Thanos would otherwise leave out what it cannot reach.
            ("partial_response", "false".to_owned()),
        ];
        let path = match query.when {
            When::At(time) => {
                form.push(("time", time.seconds().to_string()));
                "/api/v1/query"
            }
            When::Over { start, end, step } => {
                form.push(("start", start.seconds().to_string()));
                form.push(("end", end.seconds().to_string()));
                form.push(("step", step.to_string()));
                "/api/v1/query_range"
            }
        };
        let mut waits = self.settings.backoff.iter();
        loop {
            let (fault, asked_for) = match self.attempt(path, &form) {
                Attempt::Done(result) => return result,
                Attempt::Again(fault, asked_for) => (fault, asked_for),
            };
            let Some(wait) = waits.next() else {
                return Err(fault);
            };
            let wait = asked_for.map_or(*wait, |asked| asked.max(*wait));
            if wait >= self.left() {
                // Waiting would only end at the deadline; the reason is worth more than that.
                return Err(fault);
            }
            thread::sleep(wait);
        }
    }
}

/// Why no answer came, and whether another attempt may bring one.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the library's errors are many, and may become more"
)]
fn unreachable(error: &ureq::Error) -> Attempt {
    let why = match error {
        ureq::Error::Timeout(_) => "it did not answer in time".to_owned(),
        ureq::Error::ConnectionFailed => "the connection failed".to_owned(),
        ureq::Error::HostNotFound => "its host is not found".to_owned(),
        other => {
            let text = other.to_string();
            let end = text.find(" (os error").unwrap_or(text.len());
            let text = text[..end].trim_start_matches("io: ");
            if let Some(refusal) = text.strip_prefix(CERTIFICATE) {
                return Attempt::Done(Err(Fault::Telemetry(distrust(refusal))));
            }
            text.to_lowercase()
        }
    };
    Attempt::Again(
        Fault::Telemetry(format!("Prometheus is unreachable: {why}")),
        None,
    )
}

/// What the TLS library says of a certificate, for people.
fn distrust(refusal: &str) -> String {
    // A signature by another authority of the same name is bad.
    if refusal.contains("UnknownIssuer") || refusal.contains("BadSignature") {
        return "Prometheus's certificate is not trusted: no authority that is known has signed it; GLIDEPATH_PROMETHEUS_CA_FILE names \
                the authorities to trust"
            .to_owned();
    }
    if refusal.contains("not valid for name") || refusal.contains("NotValidForName") {
        return "Prometheus's certificate is for another name than that of the address".to_owned();
    }
    format!("Prometheus's certificate is not trusted: {refusal}")
}

/// Reads an answer of status 200, at most [`MOST_BYTES`] of it.
fn read(body: Body) -> Attempt {
    let text = match bytes(body) {
        Ok(text) => text,
        Err(attempt) => return attempt,
    };
    let telemetry = |message: String| Attempt::Done(Err(Fault::Telemetry(message)));
    let cannot = |why: &str| telemetry(said(&format!("Prometheus's answer cannot be read: {why}")));
    let reply: Reply = match serde_json::from_slice(&text) {
        Ok(reply) => reply,
        Err(error) => {
            return match error.classify() {
                Category::Eof => {
                    let fault = Fault::Telemetry("Prometheus's answer is cut off".to_owned());
                    Attempt::Again(fault, None)
                }
                Category::Data => cannot(&error.to_string()),
                Category::Syntax | Category::Io => {
                    telemetry("Prometheus's answer is no JSON".to_owned())
                }
            };
        }
    };
    drop(text);
    if reply.status != "success" {
        return Attempt::Done(Err(question(reply.error.as_deref())));
    }
    match reply.answer() {
        Ok(answer) => Attempt::Done(Ok(answer)),
        Err(why) => cannot(&why),
    }
}

fn bytes(body: Body) -> Result<Vec<u8>, Attempt> {
    let too_large = || {
        Attempt::Done(Err(Fault::Telemetry(format!(
            "Prometheus's answer is larger than {} MiB; with many series, `counts: estimated` asks for less",
            MOST_BYTES >> 20
        ))))
    };
    if body
        .content_length()
        .is_some_and(|length| length > MOST_BYTES)
    {
        return Err(too_large());
    }
    let mut text = Vec::new();
    let found = body
        .into_reader()
        .take(MOST_BYTES + 1)
        .read_to_end(&mut text);
    if let Err(error) = found {
        let fault = Fault::Telemetry(format!(
            "Prometheus's answer broke off: {}",
            error.to_string().to_lowercase()
        ));
        return Err(Attempt::Again(fault, None));
    }
    if text.len() as u64 > MOST_BYTES {
        return Err(too_large());
    }
    Ok(text)
}

/// What a status other than 200 means.
fn refused(status: StatusCode, headers: &HeaderMap, body: Body) -> Attempt {
    let code = status.as_u16();
    let telemetry = |message: String| Attempt::Done(Err(Fault::Telemetry(message)));
    match code {
        429 | 500..=599 => {
            let wait = headers
                .get(RETRY_AFTER)
                .and_then(|value| value.to_str().ok());
            let wait = wait.and_then(|seconds| seconds.trim().parse().ok());
            let fault = Fault::Telemetry(format!("Prometheus answers with status {code}"));
            Attempt::Again(fault, wait.map(Duration::from_secs))
        }
        400 | 422 => {
            let text = bytes(body).unwrap_or_default();
            let reply: Option<Reply> = serde_json::from_slice(&text).ok();
            let why = reply.as_ref().and_then(|reply| reply.error.as_deref());
            Attempt::Done(Err(question(why)))
        }
        401 | 403 => telemetry(format!(
            "Prometheus refuses the credentials (status {code}); they come from GLIDEPATH_PROMETHEUS_TOKEN and its like"
        )),
        300..=399 => telemetry(format!(
            "Prometheus redirects (status {code}), which is not followed; name the address that it leads to"
        )),
        404 => telemetry("there is no Prometheus API at this address (status 404)".to_owned()),
        _ => telemetry(format!("Prometheus answers with status {code}")),
    }
}

/// A question that the server does not take.
fn question(why: Option<&str>) -> Fault {
    let why = why.unwrap_or("it does not say why");
    Fault::Question(said(&format!("Prometheus does not take the query: {why}")))
}

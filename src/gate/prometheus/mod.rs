//! In: questions, an address, credentials from the environment or files. Out: answers, or why there is none.
//! Small on purpose: one form is posted, one JSON body read, both bounded in time and size.
//! Never follows a redirect, and never shows a credential.

mod settings;

use serde_json::error::Category;

use crate::http::{
    self, Cause, Client, Deadline, Distrust, Limits, MOST_BYTES, Roots, Unanswered, Unread, Wait,
    persist,
};

pub use settings::{Credentials, Settings};

use super::answer::{Answer, Fault, Reply, Source, said};
use super::query::{Query, When};

/// What tenants of Mimir, Cortex and Loki are told apart by.
const ORG_HEADER: &str = "X-Scope-OrgID";

type Attempt = http::Attempt<Answer, Fault>;

/// A Prometheus server, or what speaks its API. It has until its deadline for all questions together.
pub struct Prometheus {
    client: Client,
    settings: Settings,
    authorization: Option<String>,
    deadline: Deadline,
}

impl Prometheus {
    /// A client whose deadline begins now; fails where that is beyond all clocks, or the CA file holds no certificate.
    pub fn new(settings: Settings) -> Result<Self, String> {
        let roots = match &settings.ca {
            Some(pem) => Some(Roots::read(pem).ok_or("the CA file holds no certificate in PEM")?),
            None => None,
        };
        let deadline = Deadline::after(settings.deadline);
        if deadline.is_beyond_clocks() {
            return Err("the deadline is further away than a clock can tell".to_owned());
        }
        Ok(Self {
            client: Client::new(Limits {
                roots,
                ..Limits::default()
            }),
            authorization: settings.credentials.header(),
            deadline,
            settings,
        })
    }

    fn attempt(&self, path: &str, form: &[(&str, String)]) -> Attempt {
        let left = self.deadline.left();
        if left.is_zero() {
            return Attempt::Done(Err(self.too_late()));
        }
        let url = format!("{}{path}", self.settings.url.trim_end_matches('/'));
        let mut headers = Vec::new();
        if let Some(value) = &self.authorization {
            headers.push(("authorization", value.as_str()));
        }
        if let Some(tenant) = &self.settings.org_id {
            headers.push((ORG_HEADER, tenant.as_str()));
        }
        let time = self.settings.timeout.min(left);
        match self.client.post_form(&url, &headers, form, time) {
            Ok(answer) if answer.status == 200 => read(answer),
            Ok(answer) => refused(answer),
            Err(error) => unreachable(&error),
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
        persist(self.settings.backoff, self.deadline, || {
            self.attempt(path, &form)
        })
    }
}

/// Why no answer came, and whether another attempt may bring one.
fn unreachable(error: &Unanswered) -> Attempt {
    match error.cause() {
        Cause::Distrust(why) => Attempt::Done(Err(Fault::Telemetry(distrust(&why)))),
        Cause::Other(why) => {
            let fault = Fault::Telemetry(format!("Prometheus is unreachable: {why}"));
            Attempt::Again(fault, Wait::Pause)
        }
    }
}

/// What is wrong with the certificate, for people.
fn distrust(why: &Distrust) -> String {
    match why {
        Distrust::Authority => {
            "Prometheus's certificate is not trusted: no authority that is known has signed it; GLIDEPATH_PROMETHEUS_CA_FILE names \
             the authorities to trust"
                .to_owned()
        }
        Distrust::Name => {
            "Prometheus's certificate is for another name than that of the address".to_owned()
        }
        Distrust::Other(refusal) => format!("Prometheus's certificate is not trusted: {refusal}"),
    }
}

/// Reads an answer of status 200.
fn read(mut answer: http::Answer) -> Attempt {
    let text = match bytes(&mut answer) {
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
                    Attempt::Again(fault, Wait::Pause)
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

fn bytes(answer: &mut http::Answer) -> Result<Vec<u8>, Attempt> {
    answer.bytes().map_err(|unread| match unread {
        Unread::TooLarge => Attempt::Done(Err(Fault::Telemetry(format!(
            "Prometheus's answer is larger than {} MiB; with many series, `counts: estimated` asks for less",
            MOST_BYTES >> 20
        )))),
        Unread::Broken(_) => {
            let why = unread.reason().to_lowercase();
            let fault = Fault::Telemetry(format!("Prometheus's answer broke off: {why}"));
            Attempt::Again(fault, Wait::Pause)
        }
    })
}

/// What a status other than 200 means.
fn refused(mut answer: http::Answer) -> Attempt {
    let code = answer.status;
    let telemetry = |message: String| Attempt::Done(Err(Fault::Telemetry(message)));
    match code {
        429 | 500..=599 => {
            let fault = Fault::Telemetry(format!("Prometheus answers with status {code}"));
            Attempt::Again(fault, Wait::asked(answer.retry_after()))
        }
        400 | 422 => {
            let text = bytes(&mut answer).unwrap_or_default();
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

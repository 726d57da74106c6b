//! In: questions, addresses, credentials from the environment, files or a command. Out: answers, or why there is none.
//! Small on purpose: one form is posted, one JSON body read, both bounded in time and size.
//! Never follows a redirect, never shows a credential, and never sends one to a host that only the spec names.

mod credentials;
mod environment;
mod hosts;
mod servers;
mod settings;
mod sigv4;
mod token_command;

use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::SystemTime;

use serde_json::error::Category;

use crate::http::{
    self, Cause, Client, Deadline, Distrust, Identity, Limits, MOST_BYTES, Roots, Unanswered,
    Unread, Wait, form, persist,
};

pub use credentials::{Credentials, Misuse};
pub use servers::Servers;
pub use settings::{IdentityFiles, Settings};

use super::answer::{Answer, Fault, Reply, Source, said};
use super::query::{Query, When};
use credentials::{basic, bearer};

type Attempt = http::Attempt<Answer, Fault>;

/// A Prometheus server, or what speaks its API. It has until its deadline for all questions together.
pub struct Prometheus {
    client: Client,
    settings: Settings,
    /// What a token command has printed, once it was needed.
    token: OnceLock<Result<String, String>>,
    deadline: Deadline,
    clock_offset: OnceLock<i64>,
}

impl Prometheus {
    /// A client whose deadline begins now; fails where that is beyond all clocks, or where a file holds no certificate.
    pub fn new(settings: Settings) -> Result<Self, String> {
        let deadline = Deadline::after(settings.deadline);
        if deadline.is_beyond_clocks() {
            return Err("the deadline is further away than a clock can tell".to_owned());
        }
        Self::until(settings, deadline)
    }

    /// A client that shares its deadline with others.
    fn until(settings: Settings, deadline: Deadline) -> Result<Self, String> {
        let roots = match &settings.ca {
            Some(pem) => Some(Roots::read(pem).ok_or("the CA file holds no certificate in PEM")?),
            None => None,
        };
        let read = |files: &IdentityFiles| Identity::read(&files.certificates, &files.key);
        let identity = settings.identity.as_ref().map(read).transpose();
        let identity = identity.map_err(|why| {
            let file = settings.variables().name("CLIENT_CERT_FILE");
            format!("what {file} leads to cannot be used: {why}")
        })?;
        Ok(Self {
            client: Client::new(Limits {
                roots,
                identity,
                ..Limits::default()
            }),
            token: OnceLock::new(),
            deadline,
            clock_offset: OnceLock::new(),
            settings,
        })
    }

    fn attempt(&self, path: &str, body: &str) -> Attempt {
        let left = self.deadline.left();
        if left.is_zero() {
            return Attempt::Done(Err(self.too_late()));
        }
        let url = format!("{}{path}", self.settings.url.trim_end_matches('/'));
        let mut headers = vec![("content-type", "application/x-www-form-urlencoded")];
        headers.extend(self.settings.plain_headers());
        let proof = match self.proof(&url, &headers, body) {
            Ok(proof) => proof,
            Err(why) => {
                return Attempt::Done(Err(Fault::Telemetry(format!(
                    "nobody can be asked without credentials: {why}"
                ))));
            }
        };
        headers.extend(
            proof
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str())),
        );
        // A token command may have taken its time.
        let time = self.settings.timeout.min(self.deadline.left());
        if time.is_zero() {
            return Attempt::Done(Err(self.too_late()));
        }
        match self.client.post(&url, &headers, body, time) {
            Ok(answer) if answer.status == 200 => {
                if let Some(offset) = answer.date().and_then(ahead) {
                    self.clock_offset.get_or_init(|| offset);
                }
                let found = read(answer);
                if self.deadline.left().is_zero() {
                    return Attempt::Done(Err(self.too_late()));
                }
                found
            }
            Ok(answer) => self.refused(answer),
            Err(error) => self.unreachable(&error),
        }
    }

    /// The headers that prove who asks: of a signature, each request its own.
    fn proof(
        &self,
        url: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Vec<(String, String)>, String> {
        let authorization = match &self.settings.credentials {
            Credentials::None => return Ok(Vec::new()),
            Credentials::Sigv4(signature) => {
                return signature.headers(url, headers, body, SystemTime::now());
            }
            Credentials::Bearer(token) => bearer(token),
            Credentials::Basic(name, password) => basic(name, password),
            Credentials::Command(command) => {
                let token = self
                    .token
                    .get_or_init(|| command.token(self.deadline.left()));
                bearer(&token.clone()?)
            }
        };
        Ok(vec![("authorization".to_owned(), authorization)])
    }

    fn too_late(&self) -> Fault {
        Fault::Telemetry(format!(
            "the deadline of {} s has passed",
            self.settings.deadline.as_secs()
        ))
    }

    /// Why no answer came, and whether another attempt may bring one.
    fn unreachable(&self, error: &Unanswered) -> Attempt {
        match error.cause() {
            Cause::Distrust(why) => Attempt::Done(Err(Fault::Telemetry(self.distrust(&why)))),
            Cause::Unidentified => Attempt::Done(Err(Fault::Telemetry(format!(
                "Prometheus asks for a certificate of whoever asks, and does not accept this one; {} and {} name it and its key",
                self.settings.variables().name("CLIENT_CERT_FILE"),
                self.settings.variables().name("CLIENT_KEY_FILE"),
            )))),
            Cause::Other(why) => {
                let fault = Fault::Telemetry(format!("Prometheus is unreachable: {why}"));
                Attempt::Again(fault, Wait::Pause)
            }
        }
    }

    /// What is wrong with the certificate, for people.
    fn distrust(&self, why: &Distrust) -> String {
        match why {
            Distrust::Authority => format!(
                "Prometheus's certificate is not trusted: no authority that is known has signed it; {} names the authorities to trust",
                self.settings.variables().name("CA_FILE")
            ),
            Distrust::Name => {
                "Prometheus's certificate is for another name than that of the address".to_owned()
            }
            Distrust::Other(refusal) => {
                format!("Prometheus's certificate is not trusted: {refusal}")
            }
        }
    }

    /// What a status other than 200 means.
    fn refused(&self, mut answer: http::Answer) -> Attempt {
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
            401 | 403 => {
                let variables = self.settings.variables();
                let origin = self.settings.credentials.origin(&variables);
                telemetry(format!(
                    "Prometheus refuses the credentials (status {code}); they come from {}",
                    origin.unwrap_or_else(|| format!("{} and its like", variables.name("TOKEN")))
                ))
            }
            300..=399 => telemetry(format!(
                "Prometheus redirects (status {code}), which is not followed; name the address that it leads to"
            )),
            404 => telemetry("there is no Prometheus API at this address (status 404)".to_owned()),
            _ => telemetry(format!("Prometheus answers with status {code}")),
        }
    }
}

impl Source for Prometheus {
    /// Asks, and asks again where that may help: three times, after 1, 2 and 4 seconds or as long as the server asks for.
    fn ask(&self, query: &Query) -> Result<Answer, Fault> {
        let mut fields = vec![
            ("query", query.promql.clone()),
            // Thanos would otherwise leave out what it cannot reach.
            ("partial_response", "false".to_owned()),
        ];
        let path = match query.when {
            When::At(time) => {
                fields.push(("time", time.seconds().to_string()));
                "/api/v1/query"
            }
            When::Over { start, end, step } => {
                fields.push(("start", start.seconds().to_string()));
                fields.push(("end", end.seconds().to_string()));
                fields.push(("step", step.to_string()));
                "/api/v1/query_range"
            }
        };
        let body = form(&fields);
        persist(self.settings.backoff, self.deadline, || {
            self.attempt(path, &body)
        })
    }

    fn clock_offset(&self, _: &str) -> Option<i64> {
        self.clock_offset.get().copied()
    }
}

/// How many seconds a time, in seconds since 1970, is ahead of this machine's clock.
fn ahead(date: i64) -> Option<i64> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let now: i64 = now.ok()?.as_secs().try_into().ok()?;
    Some(date - now)
}

/// Only one large answer at a time is in memory as text.
static LARGE: Mutex<()> = Mutex::new(());

/// An answer of fewer bytes is small.
const SMALL: u64 = 1 << 20;

/// Reads an answer of status 200.
fn read(mut answer: http::Answer) -> Attempt {
    let is_small = answer.length().is_some_and(|length| length <= SMALL);
    let _one_at_a_time = (!is_small).then(|| LARGE.lock().unwrap_or_else(PoisonError::into_inner));
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

/// A question that the server does not take.
fn question(why: Option<&str>) -> Fault {
    let why = why.unwrap_or("it does not say why");
    Fault::Question(said(&format!("Prometheus does not take the query: {why}")))
}

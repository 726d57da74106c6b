//! Asks an address: one GET, without credentials, bounded in time and size, and only of a host that the environment names.

use std::time::Duration;

use crate::http::{
    self, Address, Cause, Client, Deadline, Distrust, Limits, Roots, Unread, Wait, persist,
};

use super::{Document, Fault, Part, said};

/// The largest answer that is read, in bytes after decompression.
const MOST_BYTES: u64 = 1 << 20;

type Attempt = http::Attempt<Document, Fault>;

/// Who may be asked, and for how long.
#[derive(Clone, Debug, Default)]
pub struct WebSettings {
    /// What GLIDEPATH_WEB_HOSTS names: hosts, each with a port where it is not that of `https`, separated by commas.
    pub hosts: String,
    /// Certificates in PEM to trust in place of the usual ones.
    pub ca: Option<Vec<u8>>,
    /// The most time for all addresses together.
    pub deadline: Duration,
}

/// Asks addresses. It has until its deadline for all of them together.
pub(in crate::gate) struct Web {
    client: Client,
    hosts: String,
    deadline: Deadline,
}

impl Web {
    /// The most time for one answer.
    const TIMEOUT: Duration = Duration::from_secs(30);
    /// How long to wait before each further attempt.
    const PAUSES: [Duration; 3] = [
        Duration::from_secs(1),
        Duration::from_secs(2),
        Duration::from_secs(4),
    ];

    /// A client whose deadline begins now; fails where that is beyond all clocks, or the CA file holds no certificate.
    pub(in crate::gate) fn new(settings: WebSettings) -> Result<Self, String> {
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
            hosts: settings.hosts,
            deadline,
        })
    }

    /// Asks an address, and asks again where that may help: three times, after 1, 2 and 4 seconds or as long as the server asks for.
    pub(in crate::gate) fn ask(&self, url: &str, part: &Part) -> Result<Document, Fault> {
        self.allows(url)?;
        persist(Self::PAUSES, self.deadline, || self.attempt(url, part))
    }

    /// Whether an address may be asked.
    fn allows(&self, url: &str) -> Result<(), Fault> {
        let wrong = |why: String| Err(Fault::Question(why));
        let Some(address) = Address::read(url) else {
            return wrong(said(&format!("`{url}` is no address that can be asked")));
        };
        if !address.is_https && !address.is_here() {
            return wrong(said(&format!("`{url}` is asked by https alone")));
        }
        if !address.is_in(&self.hosts) {
            let (host, port) = (&address.host, address.port);
            let named = if address.is_https && port == 443 {
                host.clone()
            } else {
                format!("{host}:{port}")
            };
            return wrong(format!(
                "`{named}` is not asked: GLIDEPATH_WEB_HOSTS has to name it"
            ));
        }
        Ok(())
    }

    fn attempt(&self, url: &str, part: &Part) -> Attempt {
        let done = |why: String| Attempt::Done(Err(Fault::Telemetry(said(&why))));
        let again = |why: String, wait: Wait| Attempt::Again(Fault::Telemetry(said(&why)), wait);
        let left = self.deadline.left();
        if left.is_zero() {
            return done("the deadline for all answers has passed".to_owned());
        }
        let mut answer = match self.client.get(url, Self::TIMEOUT.min(left)) {
            Ok(answer) => answer,
            Err(unanswered) => {
                return match unanswered.cause() {
                    Cause::Distrust(why) => done(format!("`{url}` {}", distrust(&why))),
                    Cause::Unidentified => done(format!(
                        "`{url}` asks for a certificate of whoever asks, and there is none"
                    )),
                    Cause::Other(why) => {
                        again(format!("`{url}` is unreachable: {why}"), Wait::Pause)
                    }
                };
            }
        };
        match answer.status {
            200..=299 => {}
            code @ (429 | 500..=599) => {
                let wait = Wait::asked(answer.retry_after());
                return again(format!("`{url}` answers with status {code}"), wait);
            }
            code @ 300..=399 => {
                return done(format!(
                    "`{url}` redirects (status {code}), which is not followed; name the address that it leads to"
                ));
            }
            code => return done(format!("`{url}` answers with status {code}")),
        }
        let bytes = match answer.bytes_up_to(MOST_BYTES) {
            Ok(bytes) => bytes,
            Err(Unread::TooLarge) => {
                return done(format!(
                    "`{url}` answers with more than {} MiB",
                    MOST_BYTES >> 20
                ));
            }
            Err(unread @ Unread::Broken(_)) => {
                let why = unread.reason().to_lowercase();
                return again(
                    format!("the answer of `{url}` broke off: {why}"),
                    Wait::Pause,
                );
            }
        };
        let read = Document::read(url.to_owned(), Some(answer.status), &bytes, part);
        Attempt::Done(read.map_err(|why| {
            Fault::Question(said(&format!(
                "the answer of `{url}` cannot be read: {why}"
            )))
        }))
    }
}

/// What is wrong with the certificate, for people.
fn distrust(why: &Distrust) -> String {
    match why {
        Distrust::Authority => {
            "has a certificate that no authority that is known has signed; GLIDEPATH_WEB_CA_FILE names the authorities to trust".to_owned()
        }
        Distrust::Name => "has a certificate for another name".to_owned(),
        Distrust::Other(refusal) => format!("has a certificate that is not trusted: {refusal}"),
    }
}

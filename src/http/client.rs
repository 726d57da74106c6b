//! One request.

use std::time::Duration;

use ureq::http::{Method, Request};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, RequestExt as _};

use super::{Answer, Unanswered};

const USER_AGENT: &str = concat!("glidepath/", env!("CARGO_PKG_VERSION"));

/// What a client bears with, and asks for.
#[derive(Default)]
pub struct Limits {
    /// The longest that a connection may take.
    pub connect: Option<Duration>,
    /// The longest that a request may take with its answer.
    pub whole: Option<Duration>,
    /// The media type of answers; any where there is none.
    pub accept: Option<&'static str>,
    /// The authorities to trust in place of the usual ones.
    pub roots: Option<Roots>,
}

/// Authorities whose signature makes a server's certificate trusted.
pub struct Roots(RootCerts);

impl Roots {
    /// The certificates of a PEM file; none where it holds none.
    pub fn read(pem: &[u8]) -> Option<Self> {
        let found = parse_pem(pem).filter_map(|item| match item {
            Ok(PemItem::Certificate(found)) => Some(found),
            Ok(_) | Err(_) => None,
        });
        let found: Vec<Certificate<'static>> = found.collect();
        (!found.is_empty()).then(|| Self(RootCerts::new_with_certs(&found)))
    }
}

/// Sends requests; connections are kept between them.
#[derive(Clone, Debug)]
pub struct Client(Agent);

impl Client {
    /// A client that gives every status back as an answer.
    pub fn new(limits: Limits) -> Self {
        // A redirection would carry the request, and maybe its credentials, to somebody else.
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_connect(limits.connect)
            .timeout_global(limits.whole)
            .user_agent(USER_AGENT);
        if let Some(accept) = limits.accept {
            config = config.accept(accept);
        }
        if let Some(Roots(roots)) = limits.roots {
            config = config.tls_config(TlsConfig::builder().root_certs(roots).build());
        }
        Self(config.build().new_agent())
    }

    /// Sends a request, with a JSON text where there is one.
    pub fn send(
        &self,
        method: &Method,
        url: &str,
        headers: &[(&str, &str)],
        json: Option<String>,
    ) -> Result<Answer, Unanswered> {
        let mut request = Request::builder().method(method.clone()).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = match json {
            Some(json) => {
                let request = request.header("content-type", "application/json");
                request.body(json)?.with_agent(&self.0).run()?
            }
            None => request.body(())?.with_agent(&self.0).run()?,
        };
        Ok(Answer::new(answer))
    }

    /// Asks for what is at an address; the answer has to come within `whole`.
    pub fn get(&self, url: &str, whole: Duration) -> Result<Answer, Unanswered> {
        let request = self.0.get(url).config().timeout_global(Some(whole));
        Ok(Answer::new(request.build().call()?))
    }

    /// Posts a form; the answer has to come within `whole`.
    pub fn post_form(
        &self,
        url: &str,
        headers: &[(&str, &str)],
        form: &[(&str, String)],
        whole: Duration,
    ) -> Result<Answer, Unanswered> {
        let request = self.0.post(url).config().timeout_global(Some(whole));
        let mut request = request.build();
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let form = form.iter().map(|(key, value)| (*key, value.as_str()));
        Ok(Answer::new(request.send_form(form)?))
    }
}

//! One request.

use std::time::Duration;

use ureq::http::{Method, Request};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, RequestExt as _};

use super::{Answer, Identity, Unanswered};

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
    /// Who the client is, where a server asks.
    pub identity: Option<Identity>,
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
        let mut tls = TlsConfig::builder();
        if let Some(Roots(roots)) = limits.roots {
            tls = tls.root_certs(roots);
        }
        let identity = limits.identity.map(|Identity(identity)| identity);
        config = config.tls_config(tls.client_cert(identity).build());
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

    /// Posts a body as it is; the answer has to come within `whole`.
    pub fn post(
        &self,
        url: &str,
        headers: &[(&str, &str)],
        body: &str,
        whole: Duration,
    ) -> Result<Answer, Unanswered> {
        let request = self.0.post(url).config().timeout_global(Some(whole));
        let mut request = request.build();
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Ok(Answer::new(request.send(body)?))
    }
}

/// Fields as `application/x-www-form-urlencoded`.
pub fn form(fields: &[(&str, String)]) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(fields).finish()
}

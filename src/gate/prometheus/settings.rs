//! Where a source is and who asks: what the spec says, and what only the environment may say.

use std::fmt;
use std::time::Duration;

use crate::http::Address;
use crate::plan::MetricSource;

use super::credentials::{Credentials, Misuse};
use super::environment::Variables;
use super::hosts::Hosts;

/// What tenants of Mimir, Cortex and Loki are told apart by.
const ORG_HEADER: &str = "X-Scope-OrgID";

/// How a server is asked.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The source's name.
    pub name: String,
    /// The server's base address, without credentials.
    pub url: String,
    /// The most time for one query.
    pub timeout: Duration,
    /// The most time for all queries together.
    pub deadline: Duration,
    /// The credentials of who asks.
    pub credentials: Credentials,
    /// The certificate of who asks.
    pub identity: Option<IdentityFiles>,
    /// Certificates in PEM to trust in place of the usual ones.
    pub ca: Option<Vec<u8>>,
    /// The tenant, for servers that have several.
    pub org_id: Option<String>,
    /// Further headers of every question.
    pub headers: Vec<(String, String)>,
    /// How long to wait before each further attempt.
    pub backoff: [Duration; 3],
}

/// A certificate of the client's and its key, each in PEM. The key is never shown.
#[derive(Clone)]
pub struct IdentityFiles {
    /// The certificate, with those that vouch for it.
    pub certificates: Vec<u8>,
    /// The private key.
    pub key: Vec<u8>,
}

impl fmt::Debug for IdentityFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a certificate and its key")
    }
}

impl Settings {
    /// The usual settings of the default source, without credentials.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            name: MetricSource::DEFAULT.to_owned(),
            url: url.into(),
            timeout: Duration::from_secs(30),
            deadline: Duration::from_secs(120),
            credentials: Credentials::None,
            identity: None,
            ca: None,
            org_id: None,
            headers: Vec::new(),
            backoff: [1, 2, 4].map(Duration::from_secs),
        }
    }

    /// How a source of a plan is asked. Its address is `given`, which names the server of the default source, else what the
    /// environment says, else what the spec says. Credentials are of the environment, and go only where the environment says.
    pub fn of(source: &MetricSource, given: Option<&str>) -> Result<Self, Misuse> {
        let variables = Variables::of(&source.name);
        let given = given.filter(|_| source.is_default());
        let (by, url) = address(source, given, &variables)?;
        let address = check(&by, &url, &variables)?;
        let settings = Self {
            name: source.name.clone(),
            timeout: Duration::from_secs(source.timeout.seconds().max(1)),
            credentials: Credentials::read(&variables, source.auth.as_ref())?,
            identity: identity(&variables)?,
            ca: variables.file("CA_FILE")?,
            org_id: variables.text("ORG_ID"),
            headers: source.headers.clone().into_iter().collect(),
            ..Self::new(url)
        };
        if let Some(what) = settings.secret() {
            let default = Variables::of(MetricSource::DEFAULT).text("URL");
            Hosts::of_environment()?
                .and(given)
                .and(default.as_deref())
                .and(variables.text("URL").as_deref())
                .check(&address, &what)?;
        }
        Ok(settings)
    }

    /// Whether it is known where a source is.
    pub fn are_known(source: &MetricSource) -> bool {
        source.url.is_some() || Variables::of(&source.name).text("URL").is_some()
    }

    /// The variables of the source.
    pub(super) fn variables(&self) -> Variables {
        Variables::of(&self.name)
    }

    /// What of it is not for everybody, by the name of where it comes from.
    fn secret(&self) -> Option<String> {
        let named = |is_set: bool, ending: &str| is_set.then(|| self.variables().name(ending));
        self.credentials
            .origin(&self.variables())
            .or_else(|| named(self.identity.is_some(), "CLIENT_CERT_FILE"))
            .or_else(|| named(self.org_id.is_some(), "ORG_ID"))
    }

    /// The headers of every question but those that prove who asks; the environment's tenant stands in place of the spec's.
    pub(super) fn plain_headers(&self) -> Vec<(&str, &str)> {
        let own = self.headers.iter();
        let own = own.map(|(name, value)| (name.as_str(), value.as_str()));
        let is_replaced =
            |name: &str| self.org_id.is_some() && name.eq_ignore_ascii_case(ORG_HEADER);
        let mut headers: Vec<(&str, &str)> = own.filter(|(name, _)| !is_replaced(name)).collect();
        headers.extend(self.org_id.as_deref().map(|tenant| (ORG_HEADER, tenant)));
        headers
    }
}

/// The address of a source, and who says it.
fn address(
    source: &MetricSource,
    given: Option<&str>,
    variables: &Variables,
) -> Result<(String, String), Misuse> {
    let field = if source.is_default() {
        "spec.metrics.prometheus.url".to_owned()
    } else {
        format!("spec.metrics.sources.{}.prometheus.url", source.name)
    };
    let variable = variables.name("URL");
    let known = given
        .map(|url| ("--prometheus-url".to_owned(), url.to_owned()))
        .or_else(|| Some((variable.clone(), variables.text("URL")?)))
        .or_else(|| Some((field.clone(), source.url.clone()?)));
    known.ok_or_else(|| Misuse {
        message: "it is not known where Prometheus is".to_owned(),
        help: Some(format!(
            "name it with `--prometheus-url`, {variable} or `{field}`"
        )),
    })
}

/// The server of an address. An address with credentials or a query holds a secret, and logs are read by many: none is ever quoted.
fn check(by: &str, url: &str, variables: &Variables) -> Result<Address, Misuse> {
    if url.contains('@') {
        return Err(Misuse {
            message: format!("the address in `{by}` holds credentials"),
            help: Some(format!(
                "hand them over as {} and {}",
                variables.name("USERNAME"),
                variables.name("PASSWORD")
            )),
        });
    }
    let is_plain = !url.contains(|c: char| matches!(c, '?' | '#' | ' ') || c.is_control());
    Address::read(url)
        .filter(|_| is_plain)
        .ok_or_else(|| Misuse {
            message: format!("`{by}` is no address of a server"),
            help: Some(format!(
                "write it as `https://prometheus.example`, without a query; a token goes into {}",
                variables.name("TOKEN")
            )),
        })
}

/// The files of a certificate and its key.
fn identity(variables: &Variables) -> Result<Option<IdentityFiles>, Misuse> {
    let [certificates, key] =
        ["CLIENT_CERT_FILE", "CLIENT_KEY_FILE"].map(|one| variables.file(one));
    match (certificates?, key?) {
        (Some(certificates), Some(key)) => Ok(Some(IdentityFiles { certificates, key })),
        (None, None) => Ok(None),
        (certificates, _) => {
            let (has, lacks) = if certificates.is_some() {
                ("CLIENT_CERT_FILE", "CLIENT_KEY_FILE")
            } else {
                ("CLIENT_KEY_FILE", "CLIENT_CERT_FILE")
            };
            let (has, lacks) = (variables.name(has), variables.name(lacks));
            Err(
                format!("{has} is set without {lacks}; a certificate and its key belong together")
                    .into(),
            )
        }
    }
}

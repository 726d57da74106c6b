//! Where credentials may go: to a host that the environment names, and only so that nobody on the way can read them. A spec
//! comes by pull request, and names no such host.

use crate::http::Address;

use super::credentials::Misuse;
use super::environment::variable;

/// Lists the hosts that may see credentials, beside those of the addresses that the environment names.
const HOSTS: &str = "GLIDEPATH_PROMETHEUS_HOSTS";

/// The hosts that may see credentials.
#[derive(Clone, Debug, Default)]
pub(super) struct Hosts(Vec<Host>);

/// A host, and the one port of it that is meant, or all.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Host {
    name: String,
    port: Option<u16>,
}

impl Hosts {
    /// Those that the environment lists.
    pub(super) fn of_environment() -> Result<Self, Misuse> {
        variable(HOSTS).map_or_else(|| Ok(Self::default()), |list| Self::read(&list))
    }

    /// Those of a list such as `prometheus.example, mimir.example:8443, [::1]:9090`.
    fn read(list: &str) -> Result<Self, Misuse> {
        let entries = list.split(',').map(str::trim);
        let hosts = entries.filter(|entry| !entry.is_empty()).map(|entry| {
            Host::read(entry).ok_or_else(|| Misuse {
                message: format!("{HOSTS} has an entry that is no host"),
                help: Some(
                    "list hosts with commas between, each with its port where only that is meant: `prometheus.example, mimir.example:8443`"
                        .to_owned(),
                ),
            })
        });
        hosts.collect::<Result<_, _>>().map(Self)
    }

    /// With the server of an address that the environment, or whoever runs the command, names: its host and port, and no other.
    pub(super) fn and(mut self, url: Option<&str>) -> Self {
        self.0.extend(url.and_then(Address::read).map(|found| Host {
            name: found.host,
            port: Some(found.port),
        }));
        self
    }

    /// Whether `what`, such as the name of a variable, may be sent to an address.
    pub(super) fn check(&self, address: &Address, what: &str) -> Result<(), Misuse> {
        let (host, port) = (&address.host, address.port);
        if !address.is_https && !address.is_here() {
            return Err(Misuse {
                message: format!(
                    "the credentials of {what} would go to `{host}` where everybody on the way can read them"
                ),
                help: Some("ask by `https://`, or without credentials".to_owned()),
            });
        }
        let is_named =
            |known: &Host| known.name == *host && known.port.is_none_or(|own| own == port);
        if self.0.iter().any(is_named) {
            return Ok(());
        }
        Err(Misuse {
            message: format!(
                "the credentials of {what} would go to `{host}`, port {port}, which the environment does not name"
            ),
            help: Some(format!(
                "list it in {HOSTS} where it may have them; a file in the repository cannot say so"
            )),
        })
    }
}

impl Host {
    fn read(entry: &str) -> Option<Self> {
        let is_plain =
            |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
        if !entry.chars().all(is_plain) {
            return None;
        }
        let found = Address::read(&format!("https://{entry}"))?;
        let has_port = entry.rsplit(']').next()?.contains(':');
        Some(Self {
            name: found.host,
            port: has_port.then_some(found.port),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(list: &str, url: &str) -> bool {
        let hosts = Hosts::read(list).expect("hosts");
        let address = Address::read(url).expect("an address");
        hosts.check(&address, "X").is_ok()
    }

    #[test]
    fn credentials_go_to_hosts_that_are_listed_and_to_no_others() {
        let list = "Prom.example, mimir.example:8443 ,[::1]:9090,localhost";
        for url in [
            "https://prom.example",
            "https://PROM.example:444/a",
            "https://mimir.example:8443",
            "http://[::1]:9090",
            "http://localhost:1",
        ] {
            assert!(allows(list, url), "{url}");
        }
        for url in [
            "http://prom.example",
            "https://prom.example.evil.example",
            "https://evil.example/prom.example",
            "https://evilprom.example",
            "https://a.prom.example",
            "https://prom.example.",
            "https://mimir.example",
            "http://mimir.example:8443",
            "http://[::1]:9091",
            "http://127.0.0.1:9090",
        ] {
            assert!(!allows(list, url), "{url}");
        }
        assert!(!allows("", "https://prom.example"));
        assert!(!allows(" , ", "https://prom.example"));
    }

    #[test]
    fn an_address_names_its_host_and_port() {
        let named = Hosts::default()
            .and(Some("http://127.0.0.1:9090/prefix"))
            .and(None);
        let may = |url: &str| {
            let address = Address::read(url).expect("an address");
            named.check(&address, "X").is_ok()
        };
        assert!(may("http://127.0.0.1:9090/other"));
        assert!(!may("http://127.0.0.1:9091"));
    }

    #[test]
    fn what_is_no_host_is_refused() {
        for list in [
            "https://prom.example",
            "prom.example/a",
            "*.example",
            "me@prom.example",
            "prom.example:",
            "prom.example:x",
            "a b",
            "::1",
        ] {
            assert!(Hosts::read(list).is_err(), "{list}");
        }
    }
}

//! What a port speaks.

/// What a port speaks, as Istio tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wire {
    /// HTTP or gRPC by this `appProtocol`: its requests can be routed one by one.
    Requests(String),
    /// Anything else by this `appProtocol`: only connections can be routed.
    Connections(String),
    /// Nothing says what the port speaks.
    Unknown,
}

/// Istio's protocols whose single requests an HTTP route sees (`pkg/config/protocol`).
const REQUEST_PROTOCOLS: [&str; 6] = [
    "http",
    "http2",
    "grpc",
    "grpc-web",
    "kubernetes.io/h2c",
    "kubernetes.io/ws",
];
/// Istio's other protocols.
const CONNECTION_PROTOCOLS: [&str; 8] = [
    "https",
    "tls",
    "tcp",
    "mongo",
    "mysql",
    "redis",
    "udp",
    "kubernetes.io/wss",
];

impl Wire {
    /// What an `appProtocol` says, in any case: Istio lower-cases it.
    pub fn of_app_protocol(protocol: &str) -> Self {
        let is_routed = |known: &&str| known.eq_ignore_ascii_case(protocol);
        if REQUEST_PROTOCOLS.iter().any(is_routed) {
            Self::Requests(protocol.to_owned())
        } else {
            Self::Connections(protocol.to_owned())
        }
    }

    /// What a port's name says by Istio's convention: `<protocol>` or `<protocol>-<anything>`.
    pub fn of_port_name(name: &str) -> Self {
        let says = |protocol: &&&str| {
            name == **protocol
                || name
                    .strip_prefix(**protocol)
                    .is_some_and(|rest| rest.starts_with('-'))
        };
        // The longest name wins: `grpc-web-x` is gRPC-Web, and not gRPC.
        REQUEST_PROTOCOLS
            .iter()
            .chain(&CONNECTION_PROTOCOLS)
            .filter(says)
            .max_by_key(|protocol| protocol.len())
            .map_or(Self::Unknown, |protocol| Self::of_app_protocol(protocol))
    }

    /// The `appProtocol` to write.
    pub fn app_protocol(&self) -> Option<&str> {
        match self {
            Self::Requests(protocol) | Self::Connections(protocol) => Some(protocol),
            Self::Unknown => None,
        }
    }

    /// Whether it carries calls of gRPC, and nothing else; gRPC-Web is plain HTTP.
    pub fn is_grpc(&self) -> bool {
        matches!(self, Self::Requests(protocol) if protocol.eq_ignore_ascii_case("grpc"))
    }

    /// Whether an HTTP route sees its requests.
    pub fn is_routed(&self) -> bool {
        matches!(self, Self::Requests(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn istio_reads_an_app_protocol_in_any_case() {
        for protocol in ["HTTP", "Grpc", "Kubernetes.io/H2C", "http"] {
            let wire = Wire::of_app_protocol(protocol);
            assert!(wire.is_routed(), "{protocol}");
            assert_eq!(wire.app_protocol(), Some(protocol));
        }
        for protocol in ["TCP", "https", "acme.example/http"] {
            assert!(!Wire::of_app_protocol(protocol).is_routed(), "{protocol}");
        }
    }
}

//! How requests are counted, and which of them failed.

use serde::Deserialize;

/// Whose count of the requests is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Reporter {
    /// The proxy of the pod that answers; mirrored requests are only counted there.
    #[default]
    Destination,
    /// A waypoint of the ambient mode.
    Waypoint,
    /// The caller's proxy.
    Source,
}

/// How requests are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Counts {
    /// Requests are counted by raw samples.
    #[default]
    Exact,
    /// Requests are counted by PromQL's `increase()`.
    Estimated,
}

/// What a request is whose caller hung up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum ClientAborts {
    /// The request is a failure.
    #[default]
    Bad,
    /// The request is left out.
    Ignore,
}

/// A response that counts as a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "Written"))]
#[serde(try_from = "Written")]
pub enum BadResponse {
    /// `5xx`: a hundred statuses, by their first digit.
    Class(u16),
    /// One HTTP status; 0 is no response.
    Status(u16),
    /// A gRPC status.
    Grpc(u16),
}

/// A response as it stands in the document.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
enum Written {
    Status(u16),
    Text(String),
}

impl TryFrom<Written> for BadResponse {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let text = match written {
            Written::Status(status) => return Ok(Self::Status(status)),
            Written::Text(text) => text,
        };
        let found = if let Some(status) = text.strip_prefix("grpc:") {
            status.parse().map(Self::Grpc)
        } else if let Some(class) = text.strip_suffix("xx") {
            class.parse().map(Self::Class)
        } else {
            text.parse().map(Self::Status)
        };
        found.map_err(|_| format!("`{text}` is no response"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn responses_are_classes_and_statuses() {
        let read = serde_json::from_str::<Vec<BadResponse>>;
        assert_eq!(
            read(r#"["5xx", 429, "503", "0", 0, "grpc:14"]"#).expect("responses"),
            [
                BadResponse::Class(5),
                BadResponse::Status(429),
                BadResponse::Status(503),
                BadResponse::Status(0),
                BadResponse::Status(0),
                BadResponse::Grpc(14),
            ]
        );
        assert!(read(r#"["xxx"]"#).is_err());
    }
}

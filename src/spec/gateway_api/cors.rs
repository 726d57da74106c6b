//! CORS policies: Istio's shape, in which the language has them, and Gateway API's (`HTTPCORSFilter`, GEP-1767).

use serde_json::{Map, Value};

use crate::spec::istio::milliseconds;
use crate::spec::schema::excerpt;
use crate::text::Route;

use super::{Diagnostic, items, refused, unsaid};

/// The most items of a list.
const MAX: usize = 64;
/// What the API server fills in, in seconds.
const DEFAULT_MAX_AGE: u64 = 5;

pub(super) fn check(given: &Value, at: &Route, faults: &mut Vec<Diagnostic>) {
    if given.get("unmatchedPreflights").is_some() {
        let message = "Gateway API has no word for `unmatchedPreflights`";
        faults.push(unsaid(at.key("unmatchedPreflights"), message).help("remove it"));
    }
    let origins: Vec<&Value> = items(given.get("allowOrigins")).collect();
    for (index, origin) in origins.iter().enumerate() {
        let at = at.key("allowOrigins").index(index);
        let Some(exact) = origin.get("exact").and_then(Value::as_str) else {
            let message = "Gateway API takes whole origins, and none by `prefix` or `regex`";
            faults.push(unsaid(at, message).help(
                "write `exact: https://shop.example.com`, where `https://*.example.com` is every host below",
            ));
            continue;
        };
        if exact == "*" && origins.len() > 1 {
            let message = "the origin `*` stands beside others, and is every origin";
            faults.push(refused(at.key("exact"), message));
        } else if exact != "*" && !is_origin(exact) {
            let message = format!(
                "`{}` is no origin that Gateway API takes; a scheme, a host and maybe a port, such as `https://shop.example.com`, are allowed",
                excerpt(exact)
            );
            faults.push(refused(at.key("exact"), message));
        }
    }
    for field in [
        "allowOrigins",
        "allowMethods",
        "allowHeaders",
        "exposeHeaders",
    ] {
        let given: Vec<&Value> = items(given.get(field)).collect();
        let at = at.key(field);
        let most = if field == "allowMethods" { 9 } else { MAX };
        if given.len() > most {
            let count = given.len();
            let message = format!("{count} values are given, and Gateway API takes {most}");
            faults.push(refused(at, message));
        } else if field != "allowOrigins" && given.len() > 1 && given.iter().any(|one| *one == "*")
        {
            let message = format!("`*` stands beside others in `{field}`, and is all of them");
            faults.push(refused(at, message).help("keep `*` alone, or remove it"));
        } else if let Some(twin) = (1..given.len()).find(|at| given[..*at].contains(&given[*at])) {
            let message = format!("`{field}` has this twice, and Gateway API takes it once");
            faults.push(refused(at.index(twin), message).help("remove one of the two"));
        } else if let Some(list) = given
            .iter()
            .position(|one| one.as_str().is_some_and(|name| name.contains(',')))
        {
            let message = "Gateway API takes one name in each item";
            faults.push(refused(at.index(list), message).help("give each its own item"));
        }
    }
}

/// `http[s]://host[:port]`, where the host may begin with `*.`.
fn is_origin(text: &str) -> bool {
    let mut schemes = ["http://", "https://"].into_iter();
    let Some(rest) = schemes.find_map(|scheme| text.strip_prefix(scheme)) else {
        return false;
    };
    let (host, port) = rest
        .split_once(':')
        .map_or((rest, None), |(host, port)| (host, Some(port)));
    let is_digits =
        |port: &str| (1..=5).contains(&port.len()) && port.bytes().all(|c| c.is_ascii_digit());
    let is_label = |label: &str| {
        !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    let bare = host.strip_prefix("*.").unwrap_or(host);
    (host == "*" || bare.split('.').all(is_label)) && port.is_none_or(is_digits)
}

/// What is written as the `cors` of a filter; `given` has passed the checks.
pub fn cors(given: &Value) -> Value {
    let mut made = Map::new();
    let origins: Vec<Value> = items(given.get("allowOrigins"))
        .filter_map(|origin| origin.get("exact").cloned())
        .collect();
    if !origins.is_empty() {
        made.insert("allowOrigins".to_owned(), origins.into());
    }
    for field in [
        "allowMethods",
        "allowHeaders",
        "exposeHeaders",
        "allowCredentials",
    ] {
        let given = given
            .get(field)
            .filter(|given| **given != Value::Array(Vec::new()));
        if let Some(given) = given {
            made.insert(field.to_owned(), given.clone());
        }
    }
    let age = given.get("maxAge").and_then(Value::as_str);
    let seconds = age.and_then(milliseconds).map(|time| time / 1_000);
    made.insert(
        "maxAge".to_owned(),
        seconds.unwrap_or(DEFAULT_MAX_AGE).into(),
    );
    Value::Object(made)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_have_a_scheme_and_a_host() {
        for good in [
            "https://a.example",
            "https://*.a.example",
            "http://a:8080",
            "http://*",
        ] {
            assert!(is_origin(good), "{good}");
        }
        for bad in [
            "a.example",
            "https://",
            "https://a/",
            "https://a:b",
            "x-app://a",
            "https://a:123456",
        ] {
            assert!(!is_origin(bad), "{bad}");
        }
    }
}

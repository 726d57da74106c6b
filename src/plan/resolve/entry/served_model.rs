//! The model that the caller asks for, as a condition on a header.

use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::plan::{Match, StringMatch};
use crate::spec::Traffic;
use crate::units::HeaderName;

/// The header in which a gateway's body-based routing says which model a request asks for.
const SERVED_MODEL: &str = "x-gateway-model-name";

/// The entry with its condition on the model that the caller asks for.
pub(super) fn asked_for(
    name: &str,
    mut entry: Match,
    traffic: &Traffic,
    at: &Route,
    report: &mut Report,
) -> Option<Match> {
    let given = traffic.served_model_header.as_deref();
    // A wrong name is told where it stands.
    let header = HeaderName::parse(given.unwrap_or(SERVED_MODEL)).ok()?;
    let place = Place::value(at.key("servedModel"));
    if name.trim() != name || name.chars().any(char::is_control) {
        let message = "this never matches: no header has such a value";
        report.push(Diagnostic::new(Code::GP203, place, message));
        return None;
    }
    let condition = StringMatch::Exact(name.to_owned());
    if let Some(other) = entry.headers.insert(header.clone(), condition.clone())
        && other != condition
    {
        let message = format!(
            "`servedModel` is a condition on `{}`, which has another one here",
            header.as_str()
        );
        report.push(Diagnostic::new(Code::GP203, place, message).help("keep one of them"));
        return None;
    }
    Some(entry)
}

//! Each router's objects, read into what all routers share; one file a router.

mod istio;

use serde_json::Value;

use super::applied::{Form, Identity};

/// What a router's object has to do with requests.
pub(super) fn form(identity: &Identity, body: &Value) -> Form {
    istio::form(identity, body).unwrap_or(Form::Other)
}

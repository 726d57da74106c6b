//! Each router's objects, read into what all routers share; one file a router.

mod gateway_api;
mod istio;

use serde_json::Value;

use super::applied::{Form, Identity};

/// What a router's object has to do with requests.
pub(super) fn form(identity: &Identity, body: &Value) -> Form {
    istio::form(identity, body)
        .or_else(|| gateway_api::form(identity, body))
        .unwrap_or(Form::Other)
}

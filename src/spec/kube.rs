//! Fields in Kubernetes' own shape.

use serde_json::Value;

use crate::diag::Diagnostic;

/// To come.
pub(super) fn check(json: &mut Value) -> Vec<Diagnostic> {
    if let Some(models) = json
        .pointer_mut("/spec/models")
        .and_then(Value::as_array_mut)
    {
        for model in models {
            for part in ["/resources/requests", "/resources/limits"] {
                if let Some(map) = model.pointer_mut(part).and_then(Value::as_object_mut) {
                    for value in map.values_mut() {
                        if value.is_number() {
                            *value = Value::String(value.to_string());
                        }
                    }
                }
            }
        }
    }
    Vec::new()
}

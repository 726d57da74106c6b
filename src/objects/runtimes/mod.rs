//! What each runtime adds to a model's pod. One file a runtime.

mod custom;
mod tensorflow_serving;

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Probe;

use crate::plan::Model;
use crate::units::Runtime;

/// Where a runtime's files are mounted.
pub(super) const CONFIG_FOLDER: &str = "/etc/glidepath";

/// What a runtime adds to a pod; the spec's own fields go before it.
pub(super) struct Parts {
    /// The container's name.
    pub(super) container: &'static str,
    /// The entry point.
    pub(super) command: Option<Vec<String>>,
    /// Its arguments.
    pub(super) args: Option<Vec<String>>,
    /// The data of the ConfigMap: variables, and files where [`Parts::files`] names them.
    pub(super) config: BTreeMap<String, String>,
    /// The keys of the data that are mounted below [`CONFIG_FOLDER`].
    pub(super) files: Vec<&'static str>,
    /// When the container may get requests.
    pub(super) readiness: Option<Probe>,
    /// When it has started.
    pub(super) startup: Option<Probe>,
}

/// What the model's runtime adds.
pub(super) fn parts(model: &Model) -> Parts {
    match model.runtime {
        Runtime::TensorflowServing => tensorflow_serving::parts(model),
        Runtime::Custom => custom::parts(model),
    }
}

/// The variables that tell a container which model it serves.
fn source_variables(model: &Model) -> BTreeMap<String, String> {
    model
        .source
        .iter()
        .fold(BTreeMap::new(), |mut variables, source| {
            variables.insert("MODEL_NAME".to_owned(), source.name.clone());
            variables.insert("MODEL_PATH".to_owned(), source.uri.clone());
            if let Some(version) = source.version {
                variables.insert("MODEL_VERSION".to_owned(), version.to_string());
            }
            variables
        })
}

//! One stage's objects as Argo CD reads them.

use std::mem;

use crate::compile::Files;

use super::{Invocation, PluginError, Settings};

/// The objects of the live stage as JSON, one a line, in the order of their files.
///
/// JSON because Argo CD reads YAML as YAML 1.1, where `on` is a boolean, and because a line is an object to whoever debugs.
pub fn generate(invocation: &Invocation, files: &dyn Files) -> Result<String, PluginError> {
    let settings = Settings::read(invocation)?;
    let compiled = settings.compile(files)?;
    let stage = settings.stage(&compiled, files)?;
    let objects = compiled
        .stage(stage)
        .map_err(|report| PluginError::report(&report))?;
    if objects.is_empty() {
        // Argo CD takes nothing for success and prunes the application.
        return Err(PluginError::new(format!(
            "internal error: a stage of {} has no objects; please report this",
            settings.file
        )));
    }
    let mut text = Vec::with_capacity(objects.len() * 2_048);
    for object in &objects {
        serde_json::to_writer(&mut text, &object.body).expect("a vector takes everything");
        text.push(b'\n');
    }
    // The process ends with this, and freeing thousands of small things one by one would be a tenth of its time.
    mem::forget(objects);
    Ok(String::from_utf8(text).expect("JSON is UTF-8"))
}

//! The team's own container: nothing is assumed but that `model`, if given, is wanted as variables.

use crate::plan::Model;

use super::{Parts, source_variables};

pub(super) fn parts(model: &Model) -> Parts {
    Parts {
        container: "model",
        command: None,
        args: None,
        config: source_variables(model),
        files: Vec::new(),
        readiness: None,
        startup: None,
    }
}

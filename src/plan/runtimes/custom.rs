//! The team's own container: nothing is assumed but that `model`, if given, is wanted as variables.

use super::{Launch, RuntimeFacts};

pub(super) static FACTS: RuntimeFacts = RuntimeFacts {
    name: "custom",
    container: "model",
    ports: &[],
    needs_model: false,
    launch: |_| Launch::default(),
    probes: None,
    streams: false,
    metric_units: &[],
    server: None,
};

//! The team's own container: nothing is assumed but that `model`, if given, is wanted as variables.

use super::{Launch, Loads, RuntimeFacts, variables};

pub(super) static FACTS: RuntimeFacts = RuntimeFacts {
    name: "custom",
    container: "model",
    ports: &[],
    metrics: None,
    needs_model: false,
    versions: true,
    loads: Loads::ANYTHING,
    launch: |_, own| Launch {
        config: variables(own),
        ..Launch::default()
    },
    probes: None,
    streams: false,
    shares_memory: false,
    metric_units: &[],
    server: None,
};

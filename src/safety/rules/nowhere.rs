//! GP320: routes that take requests and lead nowhere.

use crate::diag::Code;
use crate::safety::finding::{Finding, Side, Spot, Weight};
use crate::safety::pair::Move;

pub(in crate::safety) fn check(moved: &Move<'_>) -> Vec<Finding> {
    let changed = moved
        .routes
        .iter()
        .filter(|routing| routing.pair.is_changed());
    let dead = changed.flat_map(|routing| {
        let routes = routing.on(Side::After).into_iter();
        let entries = routes.flat_map(|routes| &routes.entries);
        let identity = routing.pair.identity;
        entries.filter(|route| route.is_dead).map(move |route| {
            let at = Spot {
                side: Side::After,
                identity: identity.clone(),
                field: route.field.clone(),
            };
            let name = &route.name;
            let message = format!(
                "the route `{name}` of {identity} leads nowhere, and answers with an error"
            );
            Finding::new(Weight::Unserved, Code::GP320, at, message)
                .help("give it a backend with a weight above 0, or take the route away")
        })
    });
    dead.collect()
}

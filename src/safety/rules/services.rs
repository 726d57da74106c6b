//! GP312: Services and ports that the move takes from whoever asks for them by name. It may be meant, for nobody here can say who asks.

use crate::diag::{Code, Route};
use crate::safety::finding::{Finding, Side, Spot, Weight};
use crate::safety::pair::{Move, Typed};
use crate::safety::service::Service;

pub(in crate::safety) fn check(moved: &Move<'_>) -> Vec<Finding> {
    let served = moved
        .services
        .iter()
        .filter(|service| moved.has_pods_of(service));
    served.filter_map(taken).collect()
}

fn taken(service: &Typed<'_, Service>) -> Option<Finding> {
    let before = service.on(Side::Before)?;
    let identity = service.pair.identity;
    let (message, field) = match service.on(Side::After) {
        None => (
            format!("{identity} is gone after the move, and whoever asks for it finds nothing"),
            Route::root(),
        ),
        Some(after) => {
            let gone = |number: &u64| after.ports(Some(*number)).is_empty();
            let numbers = before.ports.iter().map(|port| port.number);
            let number = numbers.into_iter().find(gone)?;
            (
                format!(
                    "{identity} has no port {number} after the move, and whoever asks for it finds nothing"
                ),
                Route::root().key("spec").key("ports"),
            )
        }
    };
    let at = Spot {
        side: Side::Before,
        identity: identity.clone(),
        field,
    };
    Some(
        Finding::new(Weight::Remark, Code::GP312, at, message)
            .help("leave it there until nobody asks for it"),
    )
}

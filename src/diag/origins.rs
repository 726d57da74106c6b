//! Where the nodes stand that no text has: those of a document that was made of another one.

use std::collections::BTreeMap;

use crate::text::{Node, Route};

use super::Place;

/// For nodes that were made, the places of the text that they were made of.
#[derive(Clone, Debug, Default)]
pub struct Origins(BTreeMap<Route, Place>);

impl Origins {
    /// Says what a node was made of; the nodes below it come from below there, where they have no origin of their own.
    pub fn insert(&mut self, made: Route, from: Place) {
        self.0.insert(made, from);
    }

    /// Whether every node stands in the text as it is.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The place in a text that a place of the made document comes from.
    pub(super) fn of(&self, place: &Place, text: Option<&Node>) -> Place {
        let Place::Node(route, part) = place else {
            return place.clone();
        };
        let segments = route.segments();
        for kept in (0..=segments.len()).rev() {
            let (made, below) = segments.split_at(kept);
            let Some(from) = self.0.get(&made.iter().cloned().collect()) else {
                continue;
            };
            let mut at = match from {
                Place::Node(at, _) if !below.is_empty() => at.clone(),
                Place::Node(..) | Place::Bytes(_) | Place::File => return from.clone(),
            };
            for segment in below {
                let further = at.join(segment.clone());
                if text.is_some_and(|text| text.get(&further).is_none()) {
                    return from.clone();
                }
                at = further;
            }
            return Place::Node(at, *part);
        }
        place.clone()
    }
}

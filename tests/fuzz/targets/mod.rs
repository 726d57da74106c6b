//! What is tried, one file a part of the program.

mod adoption;
mod arguments;
mod evidence;
mod http;
mod identity;
mod lock;
mod marker;
mod objects;
mod plugin;
mod proof;
mod repository;
mod requests;
mod rollout;
mod telemetry;

use fastrand::Rng;

use crate::case::Case;

/// A part of the program that is tried.
pub(crate) struct Target {
    pub(crate) name: &'static str,
    /// How often it is chosen, beside the others: slow ones less often.
    weight: u32,
    pub(crate) run: fn(&mut Case<'_>),
}

const fn target(name: &'static str, weight: u32, run: fn(&mut Case<'_>)) -> Target {
    Target { name, weight, run }
}

const TARGETS: &[Target] = &[
    target("rollout", 30, rollout::run),
    target("plugin", 12, plugin::run),
    target("requests", 10, requests::run),
    target("telemetry", 25, telemetry::run),
    target("prometheus", 8, telemetry::served),
    target("evidence", 10, evidence::run),
    target("proof", 12, proof::run),
    target("adoption", 12, adoption::run),
    target("lock", 12, lock::run),
    target("tree", 4, lock::tree),
    target("marker", 8, marker::run),
    target("forge", 3, http::forge),
    target("arguments", 6, arguments::run),
    target("objects", 5, objects::run),
    target("identity", 2, identity::run),
];

/// A target by its weight, or the one of this name.
pub(crate) fn choose(rng: &mut Rng, name: Option<&str>) -> Option<&'static Target> {
    if let Some(name) = name {
        return TARGETS.iter().find(|target| target.name == name);
    }
    let all: u32 = TARGETS.iter().map(|target| target.weight).sum();
    let mut at = rng.u32(..all);
    TARGETS.iter().find(|target| {
        let found = at < target.weight;
        at = at.saturating_sub(target.weight);
        found
    })
}

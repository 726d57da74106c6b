//! glidepath compiles one `rollout.yaml` into every stage of a progressive model rollout.
//!
//! Text flows one way and each border changes the type: `text → spec → plan → objects → tree → sink`.
//! CONTRIBUTING.md has the map of the rooms and the rules between them.

pub mod adopt;
pub mod argocd;
pub mod cli;
pub mod cmp;
pub mod compile;
pub mod diag;
pub mod forge;
pub mod gate;
pub mod http;
pub mod manifests;
pub mod next;
pub mod objects;
pub mod plan;
pub mod promotion;
pub mod safety;
pub mod sink;
pub mod spec;
pub mod text;
pub mod trace;
pub mod tree;
pub mod units;

//! All tests that run the binary or look at the project from outside, in one program: it is linked once, and its tests share
//! the cores to the end. `cargo test --test all promotion::` runs a group.

mod action;
mod adoption;
mod cli;
mod cmp;
mod disk;
mod explain;
mod fixtures;
mod flagd;
mod gates_faults;
mod gates_handed;
mod gates_prometheus;
mod init;
mod judged;
mod lifecycle;
mod merges;
mod plan;
mod promotion;
mod properties;
mod readme;
mod rooms;
mod safety;
mod servers;
mod strategies;
mod support;
mod templates;
mod traced;
mod values;

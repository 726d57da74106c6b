//! In: a plan's gates, the time, and a source of telemetry. Out: evidence, and one of four verdicts for each gate.
//! Queries, samples, statistics and verdicts are one file each; nothing here decides what a verdict leads to.
//! Never knows git or pull requests, and only `prometheus` touches the network.

pub mod stats;

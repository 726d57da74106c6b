//! In: a plan's gates, the time, and a source of telemetry. Out: evidence, and one of four verdicts for each gate.
//! Queries, samples, statistics and verdicts are one file each; nothing here decides what a verdict leads to.
//! Never knows git or pull requests, and only `prometheus` touches the network.

#![allow(
    clippy::cast_precision_loss,
    reason = "seconds and counts stay far below 2^53, where f64 is exact"
)]

mod answer;
mod chances;
pub mod doctor;
mod documents;
mod evaluate;
mod evidence;
mod first_sample;
mod fitness;
mod gauge;
mod job;
mod kinds;
mod memo;
mod need;
pub mod prometheus;
mod query;
mod replay;
mod requests;
mod sources;
mod statement;
pub mod stats;
mod tally;
mod telemetry;
mod verdict;
mod window;
mod words;

pub use answer::{Answer, Data, Fault, Series, Source};
pub use chances::{Chances, chances};
pub use documents::{Consulted, Document, Place, ResultText, Wanted, WebSettings};
pub use evaluate::{EvaluationContext, Preview, evaluate, preview};
pub use evidence::{Asked, Evidence, Origin, Record};
pub use first_sample::first_sample;
pub use gauge::Gauge;
pub use need::{Need, Wait, needs, without_failure};
pub use query::{Query, Shape, Target, When};
pub use replay::Replay;
pub use sources::Sources;
pub use statement::{PREDICATE_TYPE, Statement};
pub use verdict::Verdict;
pub use window::{Schedule, State, Window};

#[cfg(test)]
mod tests;

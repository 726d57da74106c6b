//! The pointer in git: the binary writes, and the real `git` reads. Every test has a repository of its own.

mod clock;
mod evidence;
pub(crate) mod harness;
mod health;
mod hostile;
mod kills;
mod objects;
mod refusals;
mod results;
mod reverts;
mod revisions;
mod series;
mod signing;
mod stay;
mod telemetry;
mod unusual;
mod walk;

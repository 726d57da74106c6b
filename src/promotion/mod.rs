//! In: the committed tree (lock, pointer, hold), its history, what somebody wants. Out: the next state, or every reason
//! against it; the words of the commit that says so.
//! Decides; [`sink::git`](crate::sink::git) writes. Never compiles, prints or asks the clock.

pub mod branch;
pub mod decide;
mod error;
pub mod evidence;
pub mod gates;
pub mod health;
pub mod history;
pub mod ledger;
pub mod pull_request;
pub mod rollback;
pub mod series;
pub mod upsert;

pub use error::Error;

//! In: the committed tree (lock, pointer, hold), its history, what somebody wants, and what the world around says. Out: the move, or
//! every reason against it; the move written as a commit, a branch or a pull request.
//! One way for every move: [`promote`] or [`rollback`] prepares it, [`deliver`] writes it. Never prints, reads the environment or
//! asks the clock.

pub mod branch;
mod clock;
pub mod committed;
pub mod decide;
mod delivery;
mod edits;
mod eligibility;
mod error;
pub mod evidence;
mod gate_lines;
pub mod gate_results;
pub mod gates;
mod handed_in;
mod health;
pub mod history;
pub mod hold;
pub mod ledger;
pub mod live;
mod locks;
pub mod mark;
mod on_fail;
pub mod outcome;
mod over;
mod promote;
pub mod proof;
pub mod pull_request;
mod refusal;
pub mod replayed;
pub mod request;
pub mod reverted;
pub mod review;
pub mod revision;
mod rollback;
pub mod series;
pub mod site;
pub mod stage_start;
pub mod stages;
mod staleness;
pub mod status;
mod stay;
mod target;
pub mod upsert;

pub use committed::Committed;
pub use delivery::{Delivery, deliver};
pub use error::Error;
pub use on_fail::promote_or_return;
pub use promote::promote;
pub use refusal::{Refusal, Why};
pub use rollback::rollback;

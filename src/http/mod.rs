//! In: an address, headers and what to send. Out: a status with a body of bounded size, or why there is none.
//! Asks again where that may help, in bounded time; proxies come from the environment.
//! Never follows a redirect, never knows who is asked, and no error holds a header of a request.

mod address;
mod answer;
mod client;
mod identity;
mod retry;
mod unanswered;

pub use address::{Address, encode};
pub use answer::{Answer, MOST_BYTES, Unread};
pub use client::{Client, Limits, Roots, form};
pub use identity::Identity;
pub use retry::{Attempt, Deadline, Wait, persist};
pub use unanswered::{Cause, Distrust, Unanswered};
pub use ureq::http::Method;

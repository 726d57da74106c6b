//! In: a token, a repository, and what to ask for. Out: pull requests, comments and statuses as GitHub has them.
//! Reads every page, waits where GitHub asks to, and says of each refusal what to do; no error ever holds the token.
//! Never knows stages.

mod client;
mod comments;
mod error;
mod landed;
mod pulls;
mod repository;
mod secret;
mod url;

pub use crate::http::encode;
pub use client::{Github, Patience};
pub use comments::Comment;
pub use error::ForgeError;
pub use landed::Landed;
pub use pulls::{NewPull, Pull, PullChange, PullState};
pub use repository::{Repository, StatusState};
pub use secret::Token;
pub use url::is_confidential;

//! The GitHub Action and everything that it talks to: a stateful GitHub, a git remote over HTTP, the workflow runner.

mod fake;
mod forge;
mod http;

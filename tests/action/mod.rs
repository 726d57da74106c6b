//! The GitHub Action and everything that it talks to: a stateful GitHub, a git remote over HTTP, the workflow runner.

mod backend;
mod body;
mod check;
mod clock;
mod clone;
mod fake;
mod forge;
mod hostile;
mod results;
mod review;
mod rollout;
mod runner;
mod world;

//! The pointer in git: the binary writes, and the real `git` reads. Every test has a repository of its own.

mod harness;
mod health;
mod kills;
mod refusals;
mod series;
mod unusual;
mod walk;

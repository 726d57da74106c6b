//! The prover: every pair of manifests in `fixtures/moves` gets the report that lies beside it, through `glidepath prove`, and on
//! random moves it agrees with an enumeration of everything that can happen.

mod adoption;
mod command;
mod enumeration;
mod fixtures;
mod random;

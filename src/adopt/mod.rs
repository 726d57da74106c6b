//! In: the manifests of what runs. Out: a rollout that takes it over, as files, with an account of what was taken, changed and left.
//! Its first stage is held against what was read, by `safety` and field by field: where it would change what runs, there are no files.
//! Never touches the disk or a cluster, and never writes a field that only a server sets.

mod account;
mod candidate;
mod cleaned;
mod document;
mod model;
mod paths;
mod proof;
mod read;
mod routers;
mod scope;
mod service;

use std::collections::BTreeMap;

use crate::diag::Report;
use crate::text::Source;
use crate::units::names::SPEC_FILE;

pub use account::Account;

/// A rollout that takes over what runs.
#[derive(Clone, Debug)]
pub struct Adopted {
    /// The stage that is what runs, and the first that may be applied.
    pub begins: &'static str,
    /// The texts of the files, by their names; a name is a DNS label and `.yaml`.
    pub files: BTreeMap<String, String>,
    /// What was taken over, changed and left out.
    pub account: Account,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted<'a> {
    /// The name of the Service that is taken over; default: the only one that selects pods which were read.
    pub service: Option<&'a str>,
}

/// The rollout that takes over what these manifests say runs, or every reason against it.
pub fn adopt(sources: &[Source], wanted: Wanted<'_>) -> Result<Adopted, Vec<Report>> {
    let read = read::Read::of(sources)?;
    let mut complaints = read::Complaints::new(&read);
    let rollout = scope::choose(&read, wanted, &mut complaints);
    let rollout = rollout.and_then(|scope| {
        let routing = routers::read(&read, &scope, &mut complaints)?;
        model::Rollout::of(&read, scope, routing, &mut complaints)
    });
    let Some(rollout) = rollout.filter(|_| complaints.is_empty()) else {
        return Err(complaints.into_reports());
    };
    let mut files = rollout.manifests();
    files.insert(SPEC_FILE.to_owned(), document::text(&rollout));
    let account = proof::hold(&read, &rollout, &files, &mut complaints)?;
    if !complaints.is_empty() {
        return Err(complaints.into_reports());
    }
    Ok(Adopted {
        begins: rollout.begins(),
        files,
        account,
    })
}

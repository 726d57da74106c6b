//! Whether the tree is what rollout.yaml compiles to, on the disk and in the newest commit.

use crate::compile::Compiled;
use crate::sink::disk::{self, Wanted};

use super::committed::{Committed, in_tree};
use super::{Error, Refusal, Why};

/// The most paths that a message lists.
const LISTED: usize = 3;

impl Committed {
    /// Why the committed tree is not what the file compiles to, if it is not.
    pub fn staleness(&self, compiled: &Compiled) -> Result<Option<Refusal>, Error> {
        let mut tree = compiled.tree();
        tree.keep_generator(&self.lock);
        let wanted = Wanted {
            files: &tree.files,
            pointer: None,
        };
        let mut stale = Vec::new();
        for change in disk::compare(&self.folder, &wanted)? {
            // `core.autocrlf` and a sparse checkout are not the compiler's business: what is committed is applied.
            let same = match (&change.before, &change.after) {
                (Some(before), Some(after)) => before.replace("\r\n", "\n") == **after,
                (None, _) => self.repo.is_left_out(&in_tree(&change.change.path))?,
                (Some(_), None) => false,
            };
            if !same {
                stale.push(change.change.path);
            }
        }
        if !stale.is_empty() {
            let message = format!(
                "the tree is stale: {}",
                listed(&stale, "not what rollout.yaml compiles to")
            );
            return Ok(Some(Refusal::new(Why::Conflict, message).help(
                "run `glidepath render`, commit, and let it be applied first",
            )));
        }
        let mut missing = Vec::new();
        for (path, text) in &tree.files {
            let committed = self.repo.file(self.head.tip, &in_tree(path))?;
            if committed.as_deref() != Some(text) {
                missing.push(path.clone());
            }
        }
        Ok((!missing.is_empty()).then(|| {
            let message = format!(
                "the tree is not committed: {}",
                listed(&missing, "not in HEAD as rendered")
            );
            Refusal::new(Why::Conflict, message).help("commit what `glidepath render` wrote")
        }))
    }
}

/// `` `a`, `b` and 4 more are …``
fn listed(paths: &[String], are: &str) -> String {
    let verb = if paths.len() == 1 { "is" } else { "are" };
    let shown = paths.len().min(LISTED);
    let names: Vec<String> = paths[..shown]
        .iter()
        .map(|path| format!("`{path}`"))
        .collect();
    let more = match paths.len() - shown {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{}{more} {verb} {are}", names.join(", "))
}

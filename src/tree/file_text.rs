//! The text of a file, shared by all files that hold the same.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use crate::units::sha256_hex;

/// A file's text. A clone is the same text in memory, and its hash is computed once for all of them.
#[derive(Clone)]
pub struct FileText(Arc<Shared>);

struct Shared {
    text: String,
    sha256: OnceLock<String>,
}

impl FileText {
    /// The SHA-256 of the text, in hexadecimal.
    pub fn sha256(&self) -> &str {
        self.0
            .sha256
            .get_or_init(|| sha256_hex(self.0.text.as_bytes()))
    }

    /// This clone's part of the bytes that all clones share.
    pub(super) fn weight(&self) -> usize {
        self.0.text.len() / Arc::strong_count(&self.0)
    }
}

impl From<String> for FileText {
    fn from(text: String) -> Self {
        Self(Arc::new(Shared {
            text,
            sha256: OnceLock::new(),
        }))
    }
}

impl Deref for FileText {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0.text
    }
}

impl PartialEq for FileText {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.text == other.0.text
    }
}

impl Eq for FileText {}

impl fmt::Debug for FileText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

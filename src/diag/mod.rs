//! In: what a phase found wrong, as a [`Code`], a [`Place`] and words. Out: a [`Report`], sorted by place, and its writers.
//! One file a format; the data knows nothing of how it is shown.
//! Never knows what a spec or an object means.

mod code;
mod diagnostic;
mod report;
pub mod words;

pub use code::{Code, Severity};
pub use diagnostic::{Diagnostic, Label, Part, Place};
pub use report::Report;

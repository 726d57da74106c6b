//! In: a [`Plan`](crate::plan::Plan) and the objects of its stages. Out: a [`Tree`]: every file that is written, path to text,
//! and the diffs between stages.
//! Layout, deterministic YAML, PLAN.md and the lock. Never touches the disk.

mod chart;
mod content;
mod diff;
mod file_text;
mod hold;
mod layout;
mod lock;
mod markdown;
mod pointer;
mod print;
mod sheet;
mod users;

pub use chart::traffic_chart;
pub use content::Content;
pub use diff::{ObjectDiff, diff, unified};
pub use file_text::FileText;
pub use hold::Hold;
pub use layout::{Tree, lay_out};
pub use lock::{Lock, LockedMirror, LockedStage, LockedStageId, LockedWayBack};
pub use markdown::{back_words, plan_markdown, target_words};
pub use pointer::{NoLiveStage, Pointer};
pub use print::{stream, yaml};
pub use sheet::HEADER;
pub use users::users_words;

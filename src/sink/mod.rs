//! In: what shall stand in a folder, a repository or a branch elsewhere. Out: exactly that, or an error and the folder as it was.
//! `disk` writes trees, `git` commits and what they change in the work tree, `remote` pushes; `files` is the confined reader of what
//! lies beside a rollout; `below` is the way to a file past no link. Never decides what is written, and never touches a file that glidepath did not write.

mod below;
pub mod disk;
pub mod files;
pub mod git;
pub mod remote;

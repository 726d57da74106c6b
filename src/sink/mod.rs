//! In: what shall stand in a folder, as paths and bytes. Out: exactly that on the disk, or an error and the folder as it was.
//! The only room that opens files for writing; `files` is the confined reader of what lies beside a rollout.
//! Never decides whether to write, and never touches a file that glidepath did not write.

pub mod disk;
pub mod files;
pub mod git;
pub mod remote;

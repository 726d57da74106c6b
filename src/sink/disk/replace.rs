//! One file of the user's own, changed in place.

use std::fs;
use std::path::Path;

use super::DiskError;
use super::ops;

/// Replaces a file's text at once: a reader sees the old one or the new one, and an error leaves the old one. Mode and, through
/// links, place stay. Refuses where the file no longer holds `before`.
pub fn replace(path: &Path, before: &str, after: &str) -> Result<(), DiskError> {
    let real = fs::canonicalize(path).map_err(DiskError::io("read", path))?;
    let mut name = real.file_name().unwrap_or_default().to_owned();
    name.push(".glidepath-new");
    let staged = real.with_file_name(name);
    ops::create_file(&staged, after.as_bytes())?;
    let done = take_place(&real, &staged, before);
    if done.is_err() {
        // What cannot be swept is a file more, and says by its name whose it is.
        let _ = ops::remove_file(&staged);
    }
    done
}

fn take_place(real: &Path, staged: &Path, before: &str) -> Result<(), DiskError> {
    let mode = fs::metadata(real).map_err(DiskError::io("read", real))?;
    fs::set_permissions(staged, mode.permissions()).map_err(DiskError::io("write", staged))?;
    if fs::read(real).map_err(DiskError::io("read", real))? != before.as_bytes() {
        return Err(DiskError::Changed {
            path: real.to_owned(),
        });
    }
    ops::rename(staged, real)
}

//! One file of the user's own, changed in place.

use std::fs;
use std::path::Path;

use super::DiskError;
use super::look::base;
use super::ops;

/// Replaces a file's text at once: a reader sees the old one or the new one, and an error leaves the old one. Mode and, through
/// links, place stay. Refuses where the file no longer holds `before`.
pub fn replace(path: &Path, before: &str, after: &str) -> Result<(), DiskError> {
    let real = fs::canonicalize(path).map_err(DiskError::io("read", path))?;
    let mut name = real.file_name().unwrap_or_default().to_owned();
    name.push(".glidepath-new");
    let staged = real.with_file_name(name);
    if fs::symlink_metadata(&staged).is_ok() {
        // Somebody was killed while writing it.
        ops::remove_file(base(&staged), &staged)?;
    }
    ops::create_file(base(&staged), &staged, after.as_bytes())?;
    let done = take_place(&real, &staged, before);
    if done.is_err() {
        // What cannot be swept is a file more, and says by its name whose it is.
        let _ = ops::remove_file(base(&staged), &staged);
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
    ops::rename(base(real), staged, real)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn a_file_is_replaced_at_once_or_not_at_all() {
        let folder = std::env::temp_dir().join(format!("glidepath-replace-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        let (file, link) = (folder.join("file"), folder.join("link"));
        fs::write(&file, "old").expect("a file");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).expect("a mode");
        symlink("file", &link).expect("a link");
        // What a killed run left is in nobody's way.
        fs::write(folder.join("file.glidepath-new"), "ne").expect("a file");
        replace(&link, "old", "new").expect("it is written");
        assert_eq!(fs::read_to_string(&file).expect("a file"), "new");
        assert!(fs::symlink_metadata(&link).expect("a link").is_symlink());
        let mode = fs::metadata(&file).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
        let changed = replace(&file, "old", "newer").expect_err("it is another file now");
        assert!(matches!(changed, DiskError::Changed { .. }), "{changed}");
        let names = fs::read_dir(&folder).expect("a folder").count();
        assert_eq!(names, 2, "nothing else is left");
        assert_eq!(fs::read_to_string(&file).expect("a file"), "new");
        fs::remove_dir_all(&folder).expect("it is ours");
    }
}

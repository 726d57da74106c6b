//! What the environment says of a source: each has variables of its own, so that no secret of one goes to another.

use std::{env, fs};

use crate::plan::MetricSource;

/// How the names of all variables begin.
const PREFIX: &str = "GLIDEPATH_PROMETHEUS_";

/// The variables of one source: `GLIDEPATH_PROMETHEUS_TOKEN` of the default one, `GLIDEPATH_PROMETHEUS_AMP_TOKEN` of `amp`.
/// Names are DNS labels, and no ending of a variable ends in another, so no two sources share one.
#[derive(Clone, Debug)]
pub(super) struct Variables {
    prefix: String,
}

impl Variables {
    pub(super) fn of(source: &str) -> Self {
        let own = source.to_ascii_uppercase().replace('-', "_");
        Self {
            prefix: if source == MetricSource::DEFAULT {
                PREFIX.to_owned()
            } else {
                format!("{PREFIX}{own}_")
            },
        }
    }

    /// The whole name of a variable, by its ending.
    pub(super) fn name(&self, ending: &str) -> String {
        format!("{}{ending}", self.prefix)
    }

    /// The text of a variable.
    pub(super) fn text(&self, ending: &str) -> Option<String> {
        variable(&self.name(ending))
    }

    /// A secret by itself, or in a file.
    pub(super) fn secret(&self, ending: &str) -> Result<Option<String>, String> {
        secret(&self.name(ending))
    }

    /// The bytes of the file that a variable names.
    pub(super) fn file(&self, ending: &str) -> Result<Option<Vec<u8>>, String> {
        let name = self.name(ending);
        variable(&name)
            .map(|path| fs::read(path).map_err(|_| unreadable(&name)))
            .transpose()
    }
}

/// A variable that is set to something.
pub(super) fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

fn secret(name: &str) -> Result<Option<String>, String> {
    if let Some(value) = variable(name) {
        return clean(name, &value).map(Some);
    }
    let file = format!("{name}_FILE");
    let Some(path) = variable(&file) else {
        return Ok(None);
    };
    let text = fs::read_to_string(path).map_err(|_| unreadable(&file))?;
    clean(&file, &text).map(Some)
}

/// Without the line's end; a secret with other control characters would break the header.
fn clean(name: &str, text: &str) -> Result<String, String> {
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() || text.chars().any(char::is_control) {
        return Err(format!("what {name} leads to is no credential of one line"));
    }
    Ok(text.to_owned())
}

fn unreadable(name: &str) -> String {
    format!("the file that {name} names cannot be read")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_one_line() {
        assert!(clean("X", "a\nb").is_err());
        assert!(clean("X", "\n").is_err());
        assert_eq!(clean("X", "token\n").as_deref(), Ok("token"));
    }
}

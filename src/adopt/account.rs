//! What a rollout takes over, changes and leaves where it is.

use std::fmt;

/// Three lists of lines for people.
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// What the rollout says as it was.
    pub taken: Vec<String>,
    /// What is other than it was, or new.
    pub changed: Vec<String>,
    /// What the rollout does not say, and why.
    pub left: Vec<String>,
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lists = [
            ("taken over", &self.taken),
            ("changed", &self.changed),
            ("left out", &self.left),
        ];
        for (title, lines) in lists {
            writeln!(f, "{title}:")?;
            for line in lines {
                writeln!(f, "  {line}")?;
            }
            if lines.is_empty() {
                writeln!(f, "  nothing")?;
            }
        }
        Ok(())
    }
}

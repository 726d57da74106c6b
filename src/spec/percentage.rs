//! A percentage with or without its sign.

use std::fmt;

use serde::Deserialize;
use serde_json::Number;

/// `12.5`, `12.5%` or `12.5 %`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "Written"))]
#[serde(try_from = "Written")]
pub struct Percentage {
    /// Hundredths of the whole.
    pub value: f64,
}

/// A percentage as it stands in the document.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
enum Written {
    Number(Number),
    Text(String),
}

impl TryFrom<Written> for Percentage {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let (value, text) = match written {
            Written::Number(number) => (number.as_f64(), number.to_string()),
            Written::Text(text) => {
                let digits = text.strip_suffix('%').unwrap_or(&text);
                (digits.trim_end().parse().ok(), text)
            }
        };
        let value = value.ok_or_else(|| format!("`{text}` is no percentage"))?;
        Ok(Self { value })
    }
}

impl fmt::Display for Percentage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::float_cmp, reason = "exact is what is claimed")]
    fn a_percentage_is_read_with_and_without_its_sign() {
        for json in ["12.5", "\"12.5\"", "\"12.5%\"", "\"12.5 %\""] {
            let read: Percentage = serde_json::from_str(json).expect(json);
            assert_eq!(read.value, 12.5, "{json}");
        }
        for json in ["\"%\"", "\"12.5 percent\"", "true", "null"] {
            assert!(serde_json::from_str::<Percentage>(json).is_err(), "{json}");
        }
    }
}

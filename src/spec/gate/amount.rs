//! An amount with the unit that it was written in.

use std::fmt;

use serde::Deserialize;
use serde_json::Number;

/// A limit or a margin: a number, percentage points, a percentage or a time.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "Written"))]
#[serde(try_from = "Written")]
pub struct Amount {
    /// The amount's size, in the unit.
    pub size: f64,
    /// The unit of the size.
    pub unit: AmountUnit,
    /// The amount as JSON, for complaints: `5` or `"5%"`.
    json: String,
}

/// What an amount is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AmountUnit {
    /// Nothing: the unit of what is measured.
    None,
    /// `pp`: percentage points.
    Points,
    /// `%`: hundredths of stable's value.
    Percent,
    /// `ms`: milliseconds.
    Milliseconds,
    /// `s`: seconds.
    Seconds,
    /// `m`: minutes.
    Minutes,
}

/// An amount as it stands in the document.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
enum Written {
    Number(Number),
    Text(String),
}

impl Amount {
    /// So many hundredths of stable's value.
    pub fn percent(size: u32) -> Self {
        Self {
            size: f64::from(size),
            unit: AmountUnit::Percent,
            json: format!("\"{size}%\""),
        }
    }
}

impl TryFrom<Written> for Amount {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let text = match written {
            Written::Number(number) => {
                let json = number.to_string();
                let size = number
                    .as_f64()
                    .ok_or_else(|| format!("{json} is no amount"))?;
                let unit = AmountUnit::None;
                return Ok(Self { size, unit, json });
            }
            Written::Text(text) => text,
        };
        let is_digit = |c: char| c.is_ascii_digit() || matches!(c, '-' | '.');
        let (size, unit) = text.split_at(text.len() - text.trim_start_matches(is_digit).len());
        let wrong = || format!("`{text}` is no amount");
        Ok(Self {
            size: size.parse().map_err(|_| wrong())?,
            unit: match unit {
                "" => AmountUnit::None,
                "pp" => AmountUnit::Points,
                "%" => AmountUnit::Percent,
                "ms" => AmountUnit::Milliseconds,
                "s" => AmountUnit::Seconds,
                "m" => AmountUnit::Minutes,
                _ => return Err(wrong()),
            },
            json: format!("\"{text}\""),
        })
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.json)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_keeps_its_unit_and_its_text() {
        for (json, size, unit) in [
            ("5", 5.0, AmountUnit::None),
            ("-0.5", -0.5, AmountUnit::None),
            ("\"5\"", 5.0, AmountUnit::None),
            ("\"-0.2pp\"", -0.2, AmountUnit::Points),
            ("\"5%\"", 5.0, AmountUnit::Percent),
            ("\"20ms\"", 20.0, AmountUnit::Milliseconds),
            ("\"1.5s\"", 1.5, AmountUnit::Seconds),
            ("\"2m\"", 2.0, AmountUnit::Minutes),
        ] {
            let amount: Amount = serde_json::from_str(json).expect(json);
            assert_eq!((amount.size, amount.unit), (size, unit), "{json}");
            assert_eq!(amount.to_string(), json);
        }
        for json in ["\"5h\"", "\"%\"", "true", "null"] {
            assert!(serde_json::from_str::<Amount>(json).is_err(), "{json}");
        }
    }
}

//! The JSON of Prometheus's API, read straight into samples: a tree of JSON values would take twenty times their room.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};

use super::{Answer, Data, Series, read_number, said};

/// A response.
#[derive(Deserialize)]
pub(in crate::gate) struct Reply {
    /// `success`, or how it went instead.
    #[serde(default)]
    pub(in crate::gate) status: String,
    /// What the server says of a failure.
    #[serde(default)]
    pub(in crate::gate) error: Option<String>,
    #[serde(default)]
    data: Option<Wire>,
    // Proxies write `null` where there are none.
    #[serde(default)]
    warnings: Option<Vec<String>>,
    #[serde(default)]
    infos: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(tag = "resultType", content = "result", rename_all = "lowercase")]
enum Wire {
    Vector(Vec<One>),
    Matrix(Vec<Many>),
    Scalar(Point),
    String((f64, String)),
}

/// A series of a vector. A native histogram has `histogram` in place of `value`.
#[derive(Deserialize)]
struct One {
    metric: BTreeMap<String, String>,
    value: Option<Point>,
}

/// A series of a matrix.
#[derive(Deserialize)]
struct Many {
    metric: BTreeMap<String, String>,
    values: Option<Vec<Point>>,
}

/// `[1700000000.123, "0.5"]`
struct Point(f64, f64);

/// A number written as a string.
struct Number(f64);

impl<'de> Deserialize<'de> for Point {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pair;
        impl<'de> Visitor<'de> for Pair {
            type Value = Point;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a time and a value")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Point, A::Error> {
                let missing = |at| A::Error::invalid_length(at, &self);
                let time = items.next_element()?.ok_or_else(|| missing(0))?;
                let Number(value) = items.next_element()?.ok_or_else(|| missing(1))?;
                Ok(Point(time, value))
            }
        }
        deserializer.deserialize_seq(Pair)
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Number;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number in quotes")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Number, E> {
                let number = read_number(text).map(Number);
                number.ok_or_else(|| E::custom(format_args!("`{text}` is no number")))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

impl Reply {
    /// The answer in it, or in one sentence why there is none.
    pub(in crate::gate) fn answer(self) -> Result<Answer, String> {
        let native = || "a series has no values; native histograms are not supported".to_owned();
        let point = |Point(time, value)| (time, value);
        let data = match self.data.ok_or("it has no `data`")? {
            Wire::Vector(all) => {
                let series = all.into_iter().map(|one| {
                    Ok(Series {
                        labels: labels(one.metric),
                        points: vec![one.value.map(point).ok_or_else(native)?],
                    })
                });
                Data::Vector(series.collect::<Result<_, String>>()?)
            }
            Wire::Matrix(all) => {
                let series = all.into_iter().map(|one| {
                    let points = one.values.ok_or_else(native)?;
                    Ok(Series {
                        labels: labels(one.metric),
                        points: points.into_iter().map(point).collect(),
                    })
                });
                Data::Matrix(series.collect::<Result<_, String>>()?)
            }
            Wire::Scalar(Point(time, value)) => Data::Scalar(time, value),
            Wire::String((_, text)) => Data::String(said(&text)),
        };
        Ok(Answer {
            data,
            warnings: texts(self.warnings),
            infos: texts(self.infos),
        })
    }
}

fn texts(all: Option<Vec<String>>) -> Vec<String> {
    let all = all.unwrap_or_default().into_iter();
    all.map(|text| said(&text)).collect()
}

fn labels(all: BTreeMap<String, String>) -> BTreeMap<String, String> {
    let all = all.into_iter();
    all.map(|(name, value)| (said(&name), said(&value)))
        .collect()
}

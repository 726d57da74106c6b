//! The JSON of Prometheus's API, read straight into samples: a tree of JSON values would take twenty times their room.
//!
//! Whatever order its fields come in, nothing is kept but labels and points, and no more of them than [`MOST_SERIES`] and
//! [`MOST_POINTS`].

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::{Answer, Data, Series, read_number, said};

/// The most series of one answer.
pub(in crate::gate) const MOST_SERIES: usize = 20_000;
/// The most points of one answer, over all series.
pub(in crate::gate) const MOST_POINTS: usize = 2_000_000;

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
    /// VictoriaMetrics says so of an answer that lacks what could not be reached.
    #[serde(default, rename = "isPartial")]
    is_partial: Option<bool>,
}

/// `{"resultType": …, "result": …}`, in either order.
#[derive(Deserialize)]
struct Wire {
    #[serde(rename = "resultType")]
    kind: Kind,
    result: Items,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Vector,
    Matrix,
    Scalar,
    String,
}

/// What `result` holds, whatever its type is called.
#[derive(Default)]
struct Items {
    /// The series of a vector or a matrix.
    series: Vec<Series>,
    /// Whether each of them had one value, and not a list.
    single: bool,
    /// The time of a scalar or a string.
    time: Option<f64>,
    /// The text of a scalar or a string, as it may be shown, and the number that the whole of it is: that may have 330 digits.
    text: Option<(String, Option<f64>)>,
}

/// One of the items.
enum Item {
    Series(Series, bool),
    Time(f64),
    Text(String, Option<f64>),
}

/// `[1700000000.123, "0.5"]`
struct Point(f64, f64);

/// A number written as a string.
struct Number(f64);

/// The points of one series.
struct Points(Vec<(f64, f64)>);

impl<'de> Deserialize<'de> for Items {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List;
        impl<'de> Visitor<'de> for List {
            type Value = Items;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of series, or a time and a value")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Items, A::Error> {
                let mut found = Items::default();
                let mut points = 0;
                while let Some(item) = items.next_element()? {
                    match item {
                        Item::Series(series, single) => {
                            points += series.points.len();
                            if found.series.len() == MOST_SERIES {
                                return Err(A::Error::custom(format_args!(
                                    "it has more than {MOST_SERIES} series"
                                )));
                            }
                            if points > MOST_POINTS {
                                return Err(too_many_points());
                            }
                            found.single = single;
                            found.series.push(series);
                        }
                        Item::Time(time) => found.time = Some(time),
                        Item::Text(text, number) => found.text = Some((text, number)),
                    }
                }
                Ok(found)
            }
        }
        deserializer.deserialize_seq(List)
    }
}

fn too_many_points<E: Error>() -> E {
    E::custom(format_args!(
        "it has more than {MOST_POINTS} points; `counts: estimated` asks for less"
    ))
}

impl<'de> Deserialize<'de> for Item {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Item;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a series, a time or a value")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Item, A::Error> {
                let (mut labels, mut points) = (None, None);
                while let Some(field) = fields.next_key::<String>()? {
                    match field.as_str() {
                        "metric" => labels = Some(fields.next_value::<Labels>()?.0),
                        "value" => {
                            let Point(time, value) = fields.next_value()?;
                            points = Some((vec![(time, value)], true));
                        }
                        "values" => points = Some((fields.next_value::<Points>()?.0, false)),
                        _ => {
                            fields.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                if points.as_ref().is_some_and(|(points, _)| points.is_empty()) {
                    return Err(A::Error::custom("a series has no points"));
                }
                let labels = labels.ok_or_else(|| A::Error::missing_field("metric"))?;
                // A native histogram has `histogram` or `histograms` in their place.
                let (points, single) = points.ok_or_else(|| {
                    A::Error::custom("a series has no values; native histograms are not supported")
                })?;
                Ok(Item::Series(Series { labels, points }, single))
            }

            fn visit_f64<E: Error>(self, time: f64) -> Result<Item, E> {
                Ok(Item::Time(time))
            }

            fn visit_u64<E: Error>(self, time: u64) -> Result<Item, E> {
                Ok(Item::Time(time as f64))
            }

            fn visit_i64<E: Error>(self, time: i64) -> Result<Item, E> {
                Ok(Item::Time(time as f64))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Item, E> {
                Ok(Item::Text(said(text), read_number(text)))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

/// The labels of one series, as they may be shown.
struct Labels(BTreeMap<String, String>);

impl<'de> Deserialize<'de> for Labels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let all = BTreeMap::<String, String>::deserialize(deserializer)?;
        let all = all.into_iter();
        Ok(Self(
            all.map(|(name, value)| (said(&name), said(&value)))
                .collect(),
        ))
    }
}

impl<'de> Deserialize<'de> for Points {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List;
        impl<'de> Visitor<'de> for List {
            type Value = Points;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of times and values")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Points, A::Error> {
                let mut found = Vec::new();
                while let Some(Point(time, value)) = items.next_element()? {
                    if found.len() == MOST_POINTS {
                        return Err(too_many_points());
                    }
                    found.push((time, value));
                }
                Ok(Points(found))
            }
        }
        deserializer.deserialize_seq(List)
    }
}

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
        let Wire { kind, result } = self.data.ok_or("it has no `data`")?;
        let mut labels: Vec<&BTreeMap<String, String>> =
            result.series.iter().map(|one| &one.labels).collect();
        labels.sort_unstable();
        if labels.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err("two of its series have the same labels".to_owned());
        }
        let pair = || result.time.zip(result.text.as_ref());
        let data = match kind {
            Kind::Scalar => {
                let (time, (text, value)) = pair().ok_or("a scalar is a time and a value")?;
                Data::Scalar(time, value.ok_or_else(|| format!("`{text}` is no number"))?)
            }
            Kind::String => {
                let (_, (text, _)) = pair().ok_or("a string is a time and a text")?;
                Data::String(text.to_owned())
            }
            Kind::Vector | Kind::Matrix if result.time.is_some() || result.text.is_some() => {
                return Err("a list of series has an item that is none".to_owned());
            }
            Kind::Vector if result.series.is_empty() || result.single => {
                Data::Vector(result.series)
            }
            Kind::Matrix if result.series.is_empty() || !result.single => {
                Data::Matrix(result.series)
            }
            Kind::Vector | Kind::Matrix => {
                return Err("its series are not of its `resultType`".to_owned());
            }
        };
        let mut warnings = texts(self.warnings);
        if self.is_partial == Some(true) {
            warnings.push("the server says `isPartial`".to_owned());
        }
        Ok(Answer {
            data,
            warnings,
            infos: texts(self.infos),
        })
    }
}

fn texts(all: Option<Vec<String>>) -> Vec<String> {
    let all = all.unwrap_or_default().into_iter();
    all.map(|text| said(&text)).collect()
}

//! The names of the fields that a type knows, asked of the type itself.

use std::fmt;

use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor,
    value::StrDeserializer,
};
use serde::forward_to_deserialize_any;

use crate::text::{Route, Segment};

/// The fields of what a `T` has at `route`; none where that is no structure.
pub(super) fn of<T: DeserializeOwned>(route: &Route) -> &'static [&'static str] {
    let mut found = None;
    let spy = Spy {
        way: route.segments(),
        found: &mut found,
    };
    // The spy never delivers a value, so this ends in an error once it has seen enough.
    let _ = T::deserialize(spy);
    found.unwrap_or(&[])
}

/// A deserialiser that pretends to hold one value along a route and notes what its end asks for.
struct Spy<'a> {
    way: &'a [Segment],
    found: &'a mut Option<&'static [&'static str]>,
}

/// The spy's only error.
#[derive(Debug)]
struct Seen;

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("seen")
    }
}

impl std::error::Error for Seen {}

impl Error for Seen {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

impl<'de> Deserializer<'de> for Spy<'_> {
    type Error = Seen;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Seen> {
        match self.way.first() {
            Some(Segment::Key(_)) => visitor.visit_map(Once(Some(self))),
            Some(Segment::Index(_)) => visitor.visit_seq(Once(Some(self))),
            None => Err(Seen),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Seen> {
        if self.way.is_empty() {
            *self.found = Some(fields);
        }
        self.deserialize_any(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Seen> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Seen> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

/// The one entry or item on the way; however far down a list it is, the spy shows it as the first.
struct Once<'a>(Option<Spy<'a>>);

impl<'de> MapAccess<'de> for Once<'_> {
    type Error = Seen;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Seen> {
        match self.0.as_ref().and_then(|spy| spy.way.first()) {
            Some(Segment::Key(key)) => seed
                .deserialize(StrDeserializer::<Seen>::new(key))
                .map(Some),
            Some(Segment::Index(_)) | None => Ok(None),
        }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Seen> {
        let spy = self.0.take().ok_or(Seen)?;
        seed.deserialize(Spy {
            way: &spy.way[1..],
            found: spy.found,
        })
    }
}

impl<'de> SeqAccess<'de> for Once<'_> {
    type Error = Seen;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Seen> {
        let spy = self.0.take().ok_or(Seen)?;
        seed.deserialize(Spy {
            way: &spy.way[1..],
            found: spy.found,
        })
        .map(Some)
    }
}

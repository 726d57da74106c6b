//! Documents in evidence: enough to judge again, without the document.

use serde_json::{Value, json};

use super::{Consulted, Document, Fault, Found, Part, Place, Tests, Values, Wanted, said};

/// What a document is known by in a recording: the gate, whose file it is, or the address; and what was wanted of it.
pub(in crate::gate) type Key = (String, String);

impl Wanted {
    /// What it is known by in a recording.
    pub(in crate::gate) fn key(&self) -> Key {
        let place = match &self.place {
            Place::File { gate, .. } => gate,
            Place::Page(address) => address,
        };
        (place.clone(), self.part.word())
    }
}

impl Part {
    /// `junit`, or the path in JSON.
    fn word(&self) -> String {
        match self {
            Self::Tests => "junit".to_owned(),
            Self::Value(path) => path.to_string(),
        }
    }
}

impl Consulted {
    /// The document as JSON.
    pub(in crate::gate) fn write(&self) -> Value {
        let (place, path) = match &self.wanted.place {
            Place::File { path, .. } => ("file", path),
            Place::Page(address) => ("url", address),
        };
        let mut body = json!({place: path, "wanted": self.wanted.part.word()});
        let document = match &self.document {
            Ok(document) => document,
            Err(Fault::Telemetry(message)) => {
                body["fault"] = json!({"telemetry": message});
                return body;
            }
            Err(Fault::Question(message)) => {
                body["fault"] = json!({"question": message});
                return body;
            }
        };
        body[place] = json!(document.place);
        if let Some(status) = document.status {
            body["status"] = json!(status);
        }
        body["digest"] = json!(document.digest);
        match &document.found {
            Found::NoFile => {}
            Found::Tests(tests) => {
                body["tests"] = json!({"ran": tests.ran, "failures": tests.failures, "errors": tests.errors, "skipped": tests.skipped});
            }
            Found::Values(values) => {
                body["values"] = json!(values.count);
                body["value"] = json!(values.first);
            }
        }
        body
    }
}

/// Reads what [`Consulted::write`] wrote for a gate; or says in one sentence why it cannot.
pub(in crate::gate) fn read(
    gate: &str,
    body: &Value,
) -> Result<(Key, Result<Document, Fault>), String> {
    let word = |key: &str| body[key].as_str().map(ToOwned::to_owned);
    let wanted = word("wanted").ok_or("a document has no `wanted`")?;
    let place = word("file").or_else(|| word("url"));
    let place = place.ok_or("a document has neither `file` nor `url`")?;
    let known_by = word("url").unwrap_or_else(|| gate.to_owned());
    let message = |kind: &str| body["fault"][kind].as_str().map(said);
    let document = match (message("telemetry"), message("question")) {
        (Some(message), _) => Err(Fault::Telemetry(message)),
        (None, Some(message)) => Err(Fault::Question(message)),
        (None, None) => Ok(Document {
            place: said(&place),
            status: body["status"]
                .as_u64()
                .and_then(|it| u16::try_from(it).ok()),
            digest: word("digest"),
            found: found(body)?,
        }),
    };
    Ok(((known_by, wanted), document))
}

fn found(body: &Value) -> Result<Found, String> {
    if body["digest"].is_null() {
        return Ok(Found::NoFile);
    }
    let tests = &body["tests"];
    if tests.is_object() {
        let count = |key: &str| {
            let found = tests[key].as_u64();
            found.ok_or_else(|| format!("a report of tests has no `{key}`"))
        };
        return Ok(Found::Tests(Tests {
            ran: count("ran")?,
            failures: count("failures")?,
            errors: count("errors")?,
            skipped: count("skipped")?,
        }));
    }
    let count = body["values"].as_u64();
    let count = count.ok_or("a document has neither `tests` nor `values`")?;
    Ok(Found::Values(Values {
        count,
        first: (count > 0).then(|| body["value"].clone()),
    }))
}

//! `web`.

use crate::plan::gates::Web;
use crate::spec::gate as written;

use super::expected;
use super::reader::Reader;

pub(super) fn resolve(gate: &written::Web, reader: &mut Reader<'_>) -> Option<Web> {
    let expected = expected::resolve(gate.min, gate.max, gate.equals.as_ref(), reader);
    let at = expected::json_path("json", &gate.json, reader);
    Some(Web {
        url: gate.url.clone(),
        at: at?,
        expected,
    })
}

//! `result`.

use crate::plan::gates::{Report, ResultFile};
use crate::spec::gate as written;

use super::expected;
use super::reader::Reader;

pub(super) fn resolve(gate: &written::ResultFile, reader: &mut Reader<'_>) -> Option<ResultFile> {
    if let Some(path) = &gate.junit {
        return Some(ResultFile {
            path: path.clone(),
            report: Report::Tests(gate.min_tests.unwrap_or(1)),
        });
    }
    let expected = expected::resolve(gate.min, gate.max, gate.equals.as_ref(), reader);
    let at = expected::json_path("path", gate.path.as_deref().unwrap_or_default(), reader);
    Some(ResultFile {
        path: gate.json.clone().unwrap_or_default(),
        report: Report::Value(at?, expected),
    })
}

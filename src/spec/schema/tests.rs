//! To come.

use crate::spec::read;
use crate::text::Source;

#[test]
fn probe() {
    let Ok(path) = std::env::var("PROBE") else {
        return;
    };
    let source = Source::new("rollout.yaml", std::fs::read_to_string(path).expect("file"));
    match read(&source) {
        Ok(read) => eprintln!("{:#?}", read.document),
        Err(report) => {
            for d in report.sorted() {
                let span = d.place.span(&source, report.document.as_ref());
                let at = source.line_column(span.start);
                eprintln!(
                    "{}:{} {} {}\n      [{}] help: {:?}",
                    at.line,
                    at.column,
                    d.code,
                    d.message,
                    &source.text()[span.start..span.end],
                    d.help
                );
            }
        }
    }
}

//! How large an object is, by what bounds it on its way into a cluster.

use std::io::{self, Write};

use super::Object;

/// The most bytes of an object that a client-side apply takes: kubectl and Argo CD write it whole into an annotation, and
/// annotations are bounded (`TotalAnnotationSizeLimitB`). What the annotation's own key and the others take is left free.
pub const MOST_CLIENT_SIDE: usize = 256 * 1024 - 512;
/// The most bytes of an object that etcd takes by default (`--max-request-bytes`); who owns which field is stored with it.
pub const MOST_STORED: usize = 1_500_000;

impl Object {
    /// The object's bytes as JSON in one line, which is how it is sent.
    pub fn bytes(&self) -> usize {
        let mut counter = Counter(0);
        serde_json::to_writer(&mut counter, &self.body).expect("an object is JSON");
        counter.0
    }
}

/// Counts what is written.
struct Counter(usize);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

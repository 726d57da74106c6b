//! A real Prometheus with a history of its own.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use crate::support::{free_port, scratch};

use super::history;

/// A running server. A static is never dropped: what ends the server is the end of its standard input.
pub(crate) struct Server {
    pub(crate) url: String,
    _child: Child,
}

/// The server that most tests ask.
pub(crate) fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| Server::start("whole", &history::whole(), "scrape_configs: []\n"))
}

/// A server one of whose stores is down: what it answers is partial, and it says so.
pub(crate) fn partial_server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| {
        let closed = free_port();
        let config = format!(
            "scrape_configs: []\nremote_read:\n  - {{url: 'http://127.0.0.1:{closed}/', read_recent: true}}\n"
        );
        Server::start("partial", &history::small(), &config)
    })
}

/// A server that holds two clusters.
pub(crate) fn server_of_clusters() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| Server::start("clusters", &history::clusters(), "scrape_configs: []\n"))
}

impl Server {
    fn start(name: &str, history: &str, config: &str) -> Self {
        let folder = scratch("prometheus", name);
        let file = folder.join("history.txt");
        fs::write(&file, history).expect("the history");
        fs::write(folder.join("prometheus.yml"), config).expect("a configuration");
        let data = folder.join("data");
        let loaded = Command::new("promtool")
            .args(["tsdb", "create-blocks-from", "openmetrics", "--quiet"])
            .args([&file, &data])
            .output()
            .expect("promtool is missing: apt-get install prometheus");
        assert!(
            loaded.status.success(),
            "{}",
            String::from_utf8_lossy(&loaded.stderr)
        );
        let port = free_port();
        let child = Command::new("sh")
            .args([
                "-c",
                "prometheus \"$@\" <&- & read -r _; kill $!; wait $!",
                "sh",
            ])
            .arg(format!(
                "--config.file={}",
                folder.join("prometheus.yml").display()
            ))
            .arg(format!("--storage.tsdb.path={}", data.display()))
            .arg("--storage.tsdb.retention.time=100y")
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell");
        let server = Self {
            url: format!("http://127.0.0.1:{port}"),
            _child: child,
        };
        let began = Instant::now();
        while !is_ready(port) {
            assert!(
                began.elapsed() < Duration::from_secs(60),
                "prometheus does not start; on Debian: apt-get install prometheus"
            );
            thread::sleep(Duration::from_millis(100));
        }
        server
    }
}

fn is_ready(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else {
        return false;
    };
    let mut text = String::new();
    let asked = stream
        .write_all(b"GET /-/ready HTTP/1.0\r\n\r\n")
        .and_then(|()| stream.read_to_string(&mut text));
    asked.is_ok() && text.contains(" 200 ")
}

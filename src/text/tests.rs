use super::*;

fn dump(node: &Node, source: &Source, key: &str, depth: usize) {
    let t = |s: Span| source.text()[s.start..s.end].to_owned();
    let k = match &node.kind {
        Kind::Seq(_) => "seq".into(),
        Kind::Map(_) => "map".into(),
        other => format!("{other:?}"),
    };
    eprintln!(
        "{}{key} = {k} <{}..{}> {:?}",
        "  ".repeat(depth),
        node.span.start,
        node.span.end,
        t(node.span)
    );
    match &node.kind {
        Kind::Seq(items) => items.iter().for_each(|i| dump(i, source, "-", depth + 1)),
        Kind::Map(entries) => entries.iter().for_each(|e| {
            dump(
                &e.value,
                source,
                &format!("{}<{}>", e.key, t(e.key_span)),
                depth + 1,
            )
        }),
        _ => {}
    }
}

#[test]
fn probe() {
    for text in [
        "a: 1\nb: {c: [1, 'x # y', \"q\\u00e9\"], d: }\n\"e f\": |\n  block é\n  two\n\ng: >-\n  fold\n  ed\n\nh:\n  - x\n  - y: 1\n    z: 2\n  -\n    w: 3\ni: plain multi\n  line\nj:\n# comment\nk: é\nl: 'it''s'\n",
        "a: &x {p: 1, q: [1]}\nb: *x\nc:\n  <<: *x\n  r: 2\n",
        "a:\r\n  b: 1\r\n  c: |\r\n    t\r\n    u\r\nd: 'x'\r\n",
        "é: é\nü: {ö: ä, b: [ß]}\n- x",
        "é: é\nü: {ö: ä, b: [ß]}\n",
        "a:\n\t- b\n",
        "a: 1\nb:\tc\n\td: 1\n",
        "a: 1\n---\nb: 2\n",
        "a: 1\n...\n",
        "---\na: 1\n",
        "a: 1\na: 2\n",
        "1: a\n\"1\": b\n",
        "a: {b: 1, b: 2}\n",
        "",
        "# only\n",
        "---\n",
        "null\n",
        "x\n",
        "- a\n",
        "a: \"x\\u0007y\"\n",
        "a: x\u{7}y\n",
        "a: \"\\x85\"\n",
        "a: \"\\r\"\n",
        "\u{feff}a: 1\n",
        "a: [1\n",
        "a: b: c\n",
        "a: 'x\n",
        "a: @x\n",
        "a: *nope\n",
        "a: !!int 3\nb: !!str 3\nc: !foo 3\nd: !!binary aGk=\n",
        "a: .inf\n",
        "a: .nan\n",
        "a: 0x1F\nb: 0o17\nc: 012\nd: 1e3\ne: 1_000\nf: 12:30\ng: ~\nh: yes\ni: True\nj: 3.0\nk: 2024-01-01\nl: 18446744073709551616\nm: -0\nn: +3\no: 1.\np: .5\n",
        "? a\n: b\n",
        "? [a]\n: b\n",
        "a: &x [*x]\n",
        "%YAML 1.1\n---\na: yes\n",
        "a: |2\n   x\n",
        "<<: {a: 1}\nb: 2\n",
        "<<: [{a: 1}, {b: 3}]\nb: 2\n",
        "a: 1\n<<: {a: 2}\n",
        "true: 1\nnull: 2\n~: 3\n1.0: 4\n",
        "a: 1\nb: 2 : 3\n",
        "a: x\u{2028}y\n",
        "a: x\u{200b}\u{202e}y\n",
        "a:\n   b: 1\n  c: 2\n",
        "a: \"unterminated\nb: 1\n",
        "a: {x: 1\nb: 2\n",
        "- a\nb: 1\n",
        "key: [a, b\n  c]\n",
        "a: `x`\n",
        "a: {{ .Values.x }}\n",
        "a: %x\n",
        "a: [{b: c}, ]\n",
        "a: b\n  c: d\n",
    ] {
        let source = Source::new("x", text);
        eprintln!("=== {text:?}");
        match parse(&source) {
            Ok(node) => dump(&node, &source, "root", 0),
            Err(f) => {
                let a = source.line_column(f.span.start);
                eprintln!(
                    "{:?} {}:{} {:?} | {} | {:?}",
                    f.kind,
                    a.line,
                    a.column,
                    &source.text()[f.span.start..f.span.end],
                    f.message,
                    f.help
                )
            }
        }
    }
}

#[test]
fn hostile() {
    let many = |n: usize| (0..n).map(|i| format!("k{i}: v\n")).collect::<String>();
    let mut bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
    for i in 1..10 {
        bomb += &format!(
            "a{i}: &a{i} [{}]\n",
            vec![format!("*a{}", i - 1); 10].join(",")
        );
    }
    let quad = format!(
        "a: &a [{}]\nb: [{}]\n",
        vec!["x"; 20000].join(","),
        vec!["*a"; 900].join(",")
    );
    let bigstr = format!(
        "a: &a {}\nb: [{}]\n",
        "x".repeat(100_000),
        vec!["*a"; 900].join(",")
    );
    for (name, text) in [
        ("brackets", "[".repeat(100_000)),
        ("braces", "{a: ".repeat(100_000)),
        ("bracespairs", "[".repeat(31) + &"]".repeat(31)),
        ("dashes", "- ".repeat(100_000)),
        ("big", "a: ".to_owned() + &"x".repeat(1_150_000)),
        ("bomb", bomb),
        ("quad", quad),
        ("bigstr", bigstr),
        ("keys", many(80_000)),
        (
            "anchors",
            (0..50_000).map(|i| format!("k{i}: &a{i} v\n")).collect(),
        ),
        ("dupkeys", "a: 1\n".repeat(100_000)),
        ("longkey", "x".repeat(1_000_000) + ": 1\n"),
        ("questions", "? ".repeat(100_000)),
        (
            "merge",
            format!(
                "a: &a {{{}}}\nb:\n{}",
                (0..1000)
                    .map(|i| format!("k{i}: 1"))
                    .collect::<Vec<_>>()
                    .join(","),
                (0..900)
                    .map(|_| "  - <<: *a\n".to_owned())
                    .collect::<String>()
            ),
        ),
        ("flowseq", format!("a: [{}]", "1,".repeat(300_000))),
        ("nonascii", format!("a: [{}]", "é,".repeat(60_000))),
        (
            "nonasciiline",
            format!(
                "a: {{{}}}",
                (0..40_000).map(|i| format!("é{i}: ü,")).collect::<String>()
            ),
        ),
        ("quotes", "\"".repeat(1_000_000)),
        (
            "indent",
            (0..1000)
                .map(|i| " ".repeat(i) + "a:\n")
                .collect::<String>(),
        ),
        ("colons", ":".repeat(1_000_000)),
        ("stars", "*".repeat(1_000_000)),
        ("amps", "a: ".to_owned() + &"&a ".repeat(300_000)),
        ("tags", "a: ".to_owned() + &"!a ".repeat(300_000)),
        ("comments", "#\n".repeat(500_000)),
        ("docs", "---\n".repeat(250_000)),
        ("tabs", "\t".repeat(1_000_000)),
        ("nl", "\n".repeat(1_000_000)),
        ("multi", "a: x\n".to_owned() + &"  y\n".repeat(240_000)),
        ("percent", "%a\n".repeat(300_000)),
        ("crs", "a: 1\r".repeat(100_000)),
        ("seqitems", "- a\n".repeat(199_000)),
        ("seqitems-e", "- é\n".repeat(199_000)),
    ] {
        let source = Source::new("x", text);
        let t = std::time::Instant::now();
        let r = parse(&source);
        let el = t.elapsed();
        match r {
            Ok(_) => eprintln!("{name}: OK {el:?}"),
            Err(f) => eprintln!(
                "{name}: {el:?} {:?} {:?} {}",
                f.kind,
                source.line_column(f.span.start),
                &f.message.chars().take(200).collect::<String>()
            ),
        }
    }
}

#[test]
fn depth() {
    let n: usize = std::env::var("DEPTH").map_or(10, |d| d.parse().expect("n"));
    for kb in [std::env::var("KB").map_or(2048usize, |d| d.parse().expect("n"))] {
        eprintln!("trying {kb}");
        let r = std::thread::Builder::new()
            .stack_size(kb << 10)
            .spawn(move || {
                for (a, b) in [("[", "]"), ("{a: ", "}")] {
                    let source = Source::new("x", a.repeat(n) + &b.repeat(n));
                    eprintln!("{n}: {:?}", parse(&source).map(|_| ()));
                }
                let source = Source::new(
                    "x",
                    (0..n).map(|i| " ".repeat(i) + "a:\n").collect::<String>(),
                );
                eprintln!("{n}: {:?}", parse(&source).map(|_| ()));
            })
            .expect("t")
            .join();
        let _ = r;
    }
}

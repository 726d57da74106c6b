//! The strategic merge against the real one: random Deployments and Services, random patches, and what `kubectl patch --local` makes
//! of each pair.

use std::io::Write as _;
use std::process::{Command, Stdio};

use glidepath::units::{MergeType, merge};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value, json};

/// Patches, and the objects that each of them is merged into.
const PATCHES: usize = 40;
const OBJECTS: usize = 8;

/// A mapping of some of these fields.
fn mapping(fields: Vec<(&'static str, BoxedStrategy<Value>)>) -> BoxedStrategy<Value> {
    let fields: Vec<_> = fields
        .into_iter()
        .map(|(name, value)| proptest::option::of(value).prop_map(move |value| (name, value)))
        .collect();
    fields
        .prop_map(|fields| {
            let given = fields
                .into_iter()
                .filter_map(|(name, value)| Some((name.to_owned(), value?)));
            Value::Object(given.collect())
        })
        .boxed()
}

/// A mapping with a key by which lists merge, and other fields.
fn keyed(
    key: &'static str,
    keys: &'static [&'static str],
    rest: BoxedStrategy<Value>,
) -> BoxedStrategy<Value> {
    (proptest::sample::select(keys), rest)
        .prop_map(move |(value, mut rest)| {
            rest[key] = value
                .parse::<i64>()
                .map_or_else(|_| json!(value), |number| json!(number));
            rest
        })
        .boxed()
}

/// What stands in objects, or what stands in patches: those have `null`s and directives too.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    Object,
    Patch,
}

impl Side {
    fn or_null(self, value: BoxedStrategy<Value>) -> BoxedStrategy<Value> {
        match self {
            Self::Object => value,
            Self::Patch => prop_oneof![4 => value, 1 => Just(Value::Null)].boxed(),
        }
    }

    fn map(self, fields: Vec<(&'static str, BoxedStrategy<Value>)>) -> BoxedStrategy<Value> {
        let fields = fields
            .into_iter()
            .map(|(name, value)| (name, self.or_null(value)));
        let plain = mapping(fields.collect());
        match self {
            Self::Object => plain,
            Self::Patch => prop_oneof![
                8 => plain.clone(),
                1 => plain.prop_map(|mut map| {
                    let entries = map.as_object_mut().expect("a mapping");
                    entries.retain(|_, value| !value.is_null());
                    map["$patch"] = json!("replace");
                    map
                }),
                1 => Just(json!({"$patch": "delete"})),
            ]
            .boxed(),
        }
    }

    fn list(
        self,
        key: &'static str,
        keys: &'static [&'static str],
        rest: BoxedStrategy<Value>,
    ) -> BoxedStrategy<Value> {
        let items = vec(keyed(key, keys, rest), 0..4).prop_map(move |items| {
            // The server keys the list, so that an object has each key once.
            let mut known = Vec::new();
            let items = items.into_iter().filter(|item| {
                let is_new = !known.contains(&item[key]);
                known.push(item[key].clone());
                is_new
            });
            items.collect::<Vec<_>>()
        });
        match self {
            Self::Object => items.prop_map(Value::Array).boxed(),
            Self::Patch => (
                items,
                vec(proptest::sample::select(keys), 0..2),
                prop::bool::weighted(0.1),
            )
                .prop_map(move |(mut items, deleted, replaces)| {
                    for value in deleted {
                        let value = value
                            .parse::<i64>()
                            .map_or_else(|_| json!(value), |number| json!(number));
                        if items.iter().all(|item| item[key] != value) {
                            let mut item = Map::new();
                            item.insert(key.to_owned(), value);
                            item.insert("$patch".to_owned(), json!("delete"));
                            items.insert(0, Value::Object(item));
                        }
                    }
                    if replaces {
                        items.push(json!({"$patch": "replace"}));
                    }
                    Value::Array(items)
                })
                .boxed(),
        }
    }

    fn labels(self) -> BoxedStrategy<Value> {
        let text = || {
            proptest::sample::select(vec!["x", "y"])
                .prop_map(Value::from)
                .boxed()
        };
        self.map(vec![("one", text()), ("two", text()), ("three", text())])
    }

    fn container(self) -> BoxedStrategy<Value> {
        let text = || {
            proptest::sample::select(vec!["i:1", "i:2"])
                .prop_map(Value::from)
                .boxed()
        };
        let args = vec(
            proptest::sample::select(vec!["-a", "-b"]).prop_map(Value::from),
            0..3,
        );
        let flat = || self_map(self, vec![("value", text())]);
        self_map(
            self,
            vec![
                ("image", text()),
                ("args", args.prop_map(Value::Array).boxed()),
                ("env", self.list("name", &["A", "B", "C", "D"], flat())),
                (
                    "ports",
                    self.list(
                        "containerPort",
                        &["80", "81", "82"],
                        self_map(self, vec![("name", text())]),
                    ),
                ),
                (
                    "volumeMounts",
                    self.list(
                        "mountPath",
                        &["/a", "/b", "/c"],
                        self_map(self, vec![("name", text())]),
                    ),
                ),
                (
                    "resources",
                    self.map(vec![("limits", self.labels()), ("requests", self.labels())]),
                ),
                (
                    "readinessProbe",
                    self.map(vec![
                        ("httpGet", self.map(vec![("path", text())])),
                        ("periodSeconds", Just(json!(3)).boxed()),
                    ]),
                ),
            ],
        )
    }

    fn pod(self) -> BoxedStrategy<Value> {
        let names = &["a", "b", "c", "d", "e"];
        let text = || {
            proptest::sample::select(vec!["x", "y"])
                .prop_map(Value::from)
                .boxed()
        };
        let toleration = vec(mapping(vec![("key", text())]), 0..3).prop_map(Value::Array);
        let aliases = mapping(vec![(
            "hostnames",
            vec(text(), 0..2).prop_map(Value::Array).boxed(),
        )]);
        let spread = self_map(self, vec![("whenUnsatisfiable", text())]);
        self.map(vec![
            ("containers", self.list("name", names, self.container())),
            ("initContainers", self.list("name", names, self.container())),
            (
                "volumes",
                self.list(
                    "name",
                    names,
                    self_map(
                        self,
                        vec![("emptyDir", self.labels()), ("configMap", self.labels())],
                    ),
                ),
            ),
            (
                "imagePullSecrets",
                self.list("name", names, Just(json!({})).boxed()),
            ),
            (
                "hostAliases",
                self.list("ip", &["1.1.1.1", "1.1.1.2"], aliases),
            ),
            (
                "topologySpreadConstraints",
                self.list("topologyKey", &["zone", "host"], spread),
            ),
            (
                "resourceClaims",
                self.list("name", names, Just(json!({})).boxed()),
            ),
            ("tolerations", toleration.boxed()),
            ("nodeSelector", self.labels()),
            ("hostNetwork", any::<bool>().prop_map(Value::from).boxed()),
        ])
    }

    fn deployment(self) -> BoxedStrategy<Value> {
        let template = self.map(vec![
            ("metadata", self.map(vec![("labels", self.labels())])),
            ("spec", self.pod()),
        ]);
        let metadata = self_map(self, vec![("annotations", self.labels())]);
        let spec = self_map(
            self,
            vec![
                ("template", template),
                ("paused", any::<bool>().prop_map(Value::from).boxed()),
            ],
        );
        (metadata, spec)
            .prop_map(|(metadata, spec)| json!({"metadata": metadata, "spec": spec}))
            .boxed()
    }

    fn service(self) -> BoxedStrategy<Value> {
        let text = || {
            proptest::sample::select(vec!["x", "y"])
                .prop_map(Value::from)
                .boxed()
        };
        let ports = self.list(
            "port",
            &["80", "81", "82"],
            self_map(self, vec![("name", text())]),
        );
        let spec = self_map(self, vec![("ports", ports), ("selector", self.labels())]);
        spec.prop_map(|spec| json!({"spec": spec})).boxed()
    }
}

/// A mapping that no directive stands in: at the top of an object, and in items of lists, they mean something else.
fn self_map(side: Side, fields: Vec<(&'static str, BoxedStrategy<Value>)>) -> BoxedStrategy<Value> {
    mapping(
        fields
            .into_iter()
            .map(|(name, value)| (name, side.or_null(value)))
            .collect(),
    )
}

/// The objects that kubectl makes of these by a patch.
fn patched(objects: &[Value], patch: &Value) -> Vec<Value> {
    let mut child = Command::new("kubectl")
        .args([
            "patch",
            "--local",
            "--type=strategic",
            "--output=json",
            "--filename=-",
            "--patch",
        ])
        .arg(patch.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("kubectl is needed: on Debian, `apt-get install kubernetes-client`");
    let list = json!({"apiVersion": "v1", "kind": "List", "items": objects});
    let mut stdin = child.stdin.take().expect("it is piped");
    stdin
        .write_all(list.to_string().as_bytes())
        .expect("kubectl reads");
    drop(stdin);
    let output = child.wait_with_output().expect("kubectl ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{patch}\n{list}");
    let stream = serde_json::Deserializer::from_slice(&output.stdout).into_iter::<Value>();
    stream.map(|object| object.expect("JSON")).collect()
}

/// A value without its `null`s, which Kubernetes' types do not tell from what is not there, and without the directives that kubectl
/// forgets in the items that it adds to a list, where they direct nothing.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(entries) => {
            let is_directive = |value: &Value| value.get("$patch").is_some();
            let entries = entries
                .iter()
                .filter(|(_, value)| !value.is_null() && !is_directive(value));
            Value::Object(
                entries
                    .map(|(key, value)| (key.clone(), without_nulls(value)))
                    .collect(),
            )
        }
        Value::Array(items) => {
            let items = items.iter().filter(|item| item.get("$patch").is_none());
            Value::Array(items.map(without_nulls).collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

#[test]
#[ignore = "needs kubectl; tests/conformance/run merges"]
fn a_merge_is_the_one_that_kubectl_makes() {
    let mut runner = TestRunner::default();
    let mut pairs = 0;
    for number in 0..PATCHES {
        let (kind, of) = if number % 5 == 0 {
            ("Service", MergeType::Service)
        } else {
            ("Deployment", MergeType::Workload)
        };
        let draw = |side: Side, runner: &mut TestRunner| {
            let strategy = if kind == "Service" {
                side.service()
            } else {
                side.deployment()
            };
            strategy.new_tree(runner).expect("a value").current()
        };
        let objects: Vec<Value> = (0..OBJECTS)
            .map(|number| {
                let mut object = draw(Side::Object, &mut runner);
                object["apiVersion"] = json!(if kind == "Service" { "v1" } else { "apps/v1" });
                object["kind"] = json!(kind);
                object["metadata"]["name"] = json!(format!("o{number}"));
                object
            })
            .collect();
        let patch = draw(Side::Patch, &mut runner);
        let theirs = patched(&objects, &patch);
        assert_eq!(theirs.len(), objects.len(), "{patch}");
        for (object, theirs) in objects.iter().zip(theirs) {
            let mut ours = object.clone();
            merge(&mut ours, &patch, of).expect("kubectl merges it");
            assert_eq!(
                without_nulls(&ours),
                without_nulls(&theirs),
                "\n{patch}\ninto\n{object}"
            );
            pairs += 1;
        }
    }
    assert!(pairs >= 200, "{pairs} pairs are too few");
}

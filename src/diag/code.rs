//! The stable codes, in one list.

use std::fmt;
use std::str::FromStr;

/// How much a diagnostic weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Nothing is compiled.
    Error,
    /// Something is likely wrong; the output is still sound.
    Warning,
}

impl Severity {
    /// `error` or `warning`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// Declares every code once: variant, severity, and what it means in a few words.
macro_rules! codes {
    ($($variant:ident $severity:ident $title:literal,)*) => {
        /// What kind of complaint a diagnostic is. Codes are stable: a meaning never changes, a code is never reused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $title] $variant,)*
        }

        impl Code {
            /// Every code, in order.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// `GP201`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => stringify!($variant),)* }
            }

            /// The rule in a few words.
            pub fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }

            /// The severity that the rule has by itself.
            pub fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity,)* }
            }

            /// The rule explained, with a wrong and a right example (Markdown).
            pub fn explanation(self) -> &'static str {
                match self { $(Self::$variant => include_str!(concat!("explain/", stringify!($variant), ".md")),)* }
            }
        }
    };
}

codes! {
    GP001 Error "the file is not YAML",
    GP002 Error "the file is too large, too deep, or expands too far",
    GP003 Error "a key stands in a mapping twice",
    GP004 Error "the file holds more than one document",
    GP005 Error "an unknown field",
    GP006 Error "a value of the wrong type or out of its range",
    GP007 Error "a required field is missing",
    GP008 Error "an unknown apiVersion or kind",
    GP009 Error "a control or invisible character in the text",
    GP010 Error "a value that Kubernetes refuses",
    GP101 Error "an unknown model",
    GP102 Error "an unknown cohort",
    GP103 Error "an unknown gate",
    GP104 Error "an unknown port",
    GP105 Error "a name that is used twice",
    GP106 Error "a name that is no DNS label",
    GP107 Error "an object name that is too long",
    GP108 Error "two objects of one kind, namespace and name",
    GP109 Error "a reserved label, or labels that contradict each other",
    GP110 Error "a stage name that is reserved or used twice",
    GP111 Warning "a model that no stage uses",
    GP112 Warning "a cohort that no step uses",
    GP113 Error "an unknown stage",
    GP114 Error "a subset by labels that running pods may lack",
    GP115 Error "no label that the pods of all models share",
    GP116 Error "labels that find the pods of another model",
    GP117 Error "adopt without a Deployment to adopt",
    GP118 Warning "an adopted Deployment without its selector",
    GP119 Warning "a Deployment name that is too long for a label",
    GP120 Error "an annotation that only glidepath sets",
    GP121 Error "a pod template that takes away what routes live by",
    GP122 Error "a patch that cannot be applied",
    GP123 Error "a patch of what routes live by",
    GP124 Error "a file that is named and cannot be read",
    GP125 Error "an object that a model cannot be run by",
    GP126 Error "a model whose pods nothing tells from the others'",
    GP127 Error "a Service that is not known well enough",
    GP128 Error "an object that leaves before its last user",
    GP131 Error "no Service to take over, or more than one",
    GP132 Error "objects of several namespaces",
    GP133 Error "requests that several versions share already",
    GP134 Error "what runs and no rollout can say",
    GP135 Error "a strategy that does not say where requests move",
    GP136 Error "a ramp that does not lead where it says",
    GP137 Error "a winner that was not in the test",
    GP138 Error "a preview of a model that no stage can show",
    GP139 Error "waves that do not tell clusters apart",
    GP201 Error "weights that are no percentages of one whole",
    GP202 Error "a cohort that can never match",
    GP203 Error "a matcher that Envoy would refuse or never match",
    GP204 Warning "a regex that reads like a search",
    GP205 Error "two cohorts with the same match",
    GP206 Error "a mirror that adds nothing",
    GP207 Error "a step that changes nothing",
    GP208 Error "the host `*` without a gateway",
    GP209 Error "a cohort and a base route whose matches cannot be joined",
    GP210 Error "a source matcher where no route is bound to the mesh",
    GP211 Error "a base route that hides the ones after it",
    GP212 Error "a header operation that Istio refuses",
    GP213 Error "a value that Istio refuses",
    GP214 Error "a field that this Istio does not have",
    GP215 Error "a Gateway that Istio refuses or means otherwise",
    GP216 Error "a host that no server of the Gateway takes",
    GP217 Error "two hosts that take the same requests",
    GP220 Warning "a regex that Envoy reads byte by byte",
    GP221 Warning "a path that Istio rewrites before it looks for a route",
    GP222 Error "a field of another router",
    GP223 Error "what Gateway API, or the one that is installed, cannot say",
    GP224 Error "a value that Gateway API refuses",
    GP225 Error "an order of rules that Gateway API cannot keep",
    GP226 Error "more rules or matches than a route of Gateway API holds",
    GP227 Error "requests shared by an inference pool and a Service",
    GP230 Error "a condition that no request can meet where it comes in",
    GP231 Error "an answer to unmatched requests that cannot be",
    GP232 Error "a cohort of every request",
    GP233 Error "one flag with two definitions",
    GP234 Error "definitions of flags that are asked for in one place only",
    GP235 Warning "a flag that nobody has on",
    GP236 Error "a flag's definition that flagd refuses",
    GP240 Error "a sticky cookie that browsers drop or routes cannot hold",
    GP241 Error "a shared cohort that is told by the header that tells users apart",
    GP242 Error "a header operation that takes a sticky cookie from users",
    GP243 Error "sticky versions by nobody knows whom",
    GP301 Error "traffic to a model that was not running in the stage before",
    GP302 Error "a model removed while the stage before still sends it traffic",
    GP303 Error "a subset removed while a route of the same stage names it",
    GP304 Warning "a model's share rises by more than policy.maxIncrease",
    GP305 Warning "exposure falls along the steps",
    GP306 Warning "no earlier stage is a safe one-step rollback",
    GP307 Error "the first stage differs from the last stage of the rollout before it",
    GP308 Error "a model beside the winner still has traffic after the last step",
    GP309 Warning "a capacity that only a cohort's size could tell",
    GP310 Warning "exposure rises by more than policy.maxExposureIncrease",
    GP311 Error "a keep that keeps nothing",
    GP312 Error "a Service or a port that is not there in every order",
    GP314 Error "ready pods that are not selected in every order",
    GP315 Error "a field that the API server lets nobody change",
    GP316 Error "pods that serve something else under traffic",
    GP317 Error "a container renamed while the old name stays",
    GP318 Error "a host that two objects route, or that moves between them",
    GP319 Error "an update that takes all pods away at once",
    GP320 Error "a route that leads nowhere",
    GP401 Error "too few replicas for the traffic",
    GP402 Error "no replicas under traffic",
    GP403 Warning "one replica under more than 10 % of the traffic",
    GP404 Error "replicas set on a model that something else scales",
    GP405 Warning "an adopted Deployment that hands its replicas to an autoscaler",
    GP406 Error "too few replicas for the traffic on the way",
    GP407 Error "replicas set where an autoscaler scales",
    GP408 Error "replicas taken from pods with requests, for an autoscaler",
    GP409 Warning "pods that may scale to nothing under traffic",
    GP410 Warning "a trigger that takes a lost target for idleness",
    GP411 Error "more resources on the way than policy.maxExtra allows",
    GP412 Warning "capacity that depends on somebody else",
    GP413 Warning "resources on the way that are unknown",
    GP501 Warning "a gate that no step uses",
    GP502 Error "PromQL that does not parse",
    GP503 Error "a template variable that does not exist",
    GP504 Error "a limit outside the range of what it limits",
    GP505 Warning "a bake shorter than a burn rate's windows",
    GP506 Warning "a comparison of two populations",
    GP507 Warning "a window of fewer than four scrapes",
    GP508 Error "a step shorter than the window it samples",
    GP509 Warning "a latency limit between two bounds of the histogram",
    GP510 Warning "a bake too short for the evidence",
    GP511 Warning "requests and copies that one gate cannot tell apart",
    GP512 Error "a latency of whole streams",
    GP513 Warning "a comparison with a stable that gets no requests",
    GP514 Error "a warm-up that leaves a gate nothing to judge",
    GP530 Error "a source of telemetry that does not exist",
    GP531 Error "a label that no source can add",
    GP532 Error "a header that no source can add",
    GP533 Error "a token command from the repository",
    GP538 Error "a JSONPath that cannot be followed",
    GP539 Error "a gate of `deploy` that needs requests",
    GP540 Error "gates of a stage `deploy` that does not exist",
    GP541 Error "a gate of `deploy` that judges nobody in it",
    GP546 Error "a measurement that the model server does not make",
    GP547 Warning "a selector that tells no models apart",
    GP548 Error "a label that no selector can have",
    GP549 Error "pods whose series nothing selects",
    GP550 Warning "requests counted as independent while users stick to a version",
    GP601 Warning "an image that is not pinned",
    GP602 Warning "a port that declares no protocol to Istio",
    GP603 Warning "no readiness probe",
    GP604 Warning "traffic moves without any gate",
    GP605 Warning "no memory request",
    GP606 Warning "traffic that passes no route",
    GP607 Warning "a port of the node",
    GP608 Warning "an object that no client-side apply takes",
    GP612 Warning "accelerators beyond those that a model has",
    GP613 Warning "a change that takes the only pod away",
    GP614 Warning "an image for accelerators without one",
    GP615 Warning "a startup that ends before a load",
    GP616 Warning "accelerators that nothing uses",
    GP617 Warning "requests that a server drops when it stops",
    GP618 Warning "a key in plain text",
    GP619 Warning "a backend in a namespace whose owners must allow it",
    GP621 Warning "a CORS policy where requests go to inference pools",
    GP622 Warning "requests shared between inference pools",
    GP623 Warning "claims that no gateway knows by itself",
    GP624 Warning "cohort requests that a mirror leaves out",
    GP625 Warning "a regex that a delegate's parent may rule out",
    GP626 Warning "a new path that Istio joins without a slash",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Code {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        let name = name.to_ascii_uppercase();
        Self::ALL
            .iter()
            .copied()
            .find(|code| code.name() == name)
            .ok_or(())
    }
}

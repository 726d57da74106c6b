//! Queries with variables: `{{namespace}}` and its like, a closed set.

/// What a query's `{{name}}` may stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variable {
    /// The objects' namespace.
    Namespace,
    /// The Deployment's name.
    Workload,
    /// What the names of the model's pods begin with: the Deployment's name and `-`.
    PodPrefix,
    /// The rollout's name.
    Model,
    /// The DestinationRule's subset: the model's name in the rollout.
    Subset,
    /// The value of the pods' label `version`.
    Version,
    /// The Service's name.
    Service,
    /// The length of the window, as a duration of PromQL.
    Window,
}

impl Variable {
    /// Every variable.
    pub const ALL: &[Self] = &[
        Self::Namespace,
        Self::Workload,
        Self::PodPrefix,
        Self::Model,
        Self::Subset,
        Self::Version,
        Self::Service,
        Self::Window,
    ];

    /// The variable's name between the braces.
    pub fn name(self) -> &'static str {
        match self {
            Self::Namespace => "namespace",
            Self::Workload => "workload",
            Self::PodPrefix => "podPrefix",
            Self::Model => "model",
            Self::Subset => "subset",
            Self::Version => "version",
            Self::Service => "service",
            Self::Window => "window",
        }
    }
}

/// A template with its variables replaced, or the first name between braces that is no variable.
pub fn fill(template: &str, value: &dyn Fn(Variable) -> String) -> Result<String, String> {
    let (mut text, mut rest) = (String::new(), template);
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) = after
            .split_once("}}")
            .ok_or_else(|| after.trim().to_owned())?;
        let variable = Variable::ALL
            .iter()
            .find(|variable| variable.name() == name.trim())
            .ok_or_else(|| name.trim().to_owned())?;
        text.push_str(before);
        text.push_str(&value(*variable));
        rest = after;
    }
    text.push_str(rest);
    Ok(text)
}

/// The variables of a template, in their order, each as often as it is there; what is none is left out.
pub fn variables(template: &str) -> Vec<Variable> {
    let found = std::cell::RefCell::new(Vec::new());
    let collect = |variable| {
        found.borrow_mut().push(variable);
        String::new()
    };
    // What stands before a name that is no variable has been collected.
    let _ = fill(template, &collect);
    found.into_inner()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_replaced_and_others_are_told() {
        let value = |variable: Variable| variable.name().to_uppercase();
        let filled = |text: &str| fill(text, &value);
        assert_eq!(
            filled("rate(m{ns=\"{{namespace}}\",p=~\"{{ podPrefix }}.*\"}[{{window}}])").as_deref(),
            Ok("rate(m{ns=\"NAMESPACE\",p=~\"PODPREFIX.*\"}[WINDOW])")
        );
        assert_eq!(filled("m{a=\"b\"}").as_deref(), Ok("m{a=\"b\"}"));
        assert_eq!(filled("{{pod}}"), Err("pod".to_owned()));
        assert_eq!(filled("m{{ x"), Err("x".to_owned()));
        for variable in Variable::ALL {
            assert!(filled(&format!("{{{{{}}}}}", variable.name())).is_ok());
        }
    }
}

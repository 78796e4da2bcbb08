//! Reading what a rule says of ATT&CK. An id, name or page that does not fit is a warning: it changes how an
//! alert is labelled, not whether there is one.

use std::ops::Range;

use super::decode::{Findings, FromTable, Table};
use crate::attack::{self, IdKind};
use crate::threat::{Subtechnique, Tactic, Technique, Threat};

impl FromTable for Threat {
    fn from_table(t: &mut Table, findings: &mut Findings) -> Option<Self> {
        let framework = t.required("framework", findings);
        let tactic = t.required("tactic", findings);
        let technique = t.list("technique", findings);
        Some(Self { framework: framework?, tactic: tactic?, technique })
    }
}

impl FromTable for Tactic {
    fn from_table(t: &mut Table, findings: &mut Findings) -> Option<Self> {
        let span = t.get("name").map(|node| node.span.clone());
        let Named { id, name, reference } = read_named(IdKind::Tactic, t, findings)?;
        if let (Some(names), Some(span)) = (attack::tactic_names(&id), span)
            && !names.contains(&name.as_str())
        {
            let message = format!("tactic {id} is not called `{name}`");
            let help = names.first().map(|name| format!("it is called `{name}`"));
            findings.warning("rule::attack-name", span, message, help);
        }
        Some(Self { id, name, reference })
    }
}

impl FromTable for Technique {
    fn from_table(t: &mut Table, findings: &mut Findings) -> Option<Self> {
        let subtechnique = t.list("subtechnique", findings);
        let Named { id, name, reference } = read_named(IdKind::Technique, t, findings)?;
        Some(Self { id, name, reference, subtechnique })
    }
}

impl FromTable for Subtechnique {
    fn from_table(t: &mut Table, findings: &mut Findings) -> Option<Self> {
        let Named { id, name, reference } = read_named(IdKind::Subtechnique, t, findings)?;
        Some(Self { id, name, reference })
    }
}

/// What tactics, techniques and sub-techniques have alike.
struct Named {
    id: String,
    name: String,
    reference: String,
}

fn read_named(kind: IdKind, t: &mut Table, findings: &mut Findings) -> Option<Named> {
    let span_of = |t: &Table, key: &str| t.get(key).map_or(t.span.clone(), |node| node.span.clone());
    let (id_span, reference_span) = (span_of(t, "id"), span_of(t, "reference"));
    let (id, name): (Option<String>, _) = (t.required("id", findings), t.required("name", findings));
    let reference: Option<String> = t.optional("reference", findings);
    let id = id?;
    let reference = match reference {
        Some(reference) => reference,
        None => attack::reference(kind, &id),
    };
    check_id(kind, &id, id_span, &reference, reference_span, findings);
    Some(Named { id, name: name?, reference })
}

fn check_id(
    kind: IdKind,
    id: &str,
    id_span: Range<usize>,
    reference: &str,
    reference_span: Range<usize>,
    findings: &mut Findings,
) {
    if !attack::is_id(kind, id) {
        let message = format!("`{id}` is no id of a {}", kind.name());
        findings.warning(
            "rule::attack-id",
            id_span,
            message,
            Some(format!("one looks like `{}`", kind.form())),
        );
        return;
    }
    let expected = attack::reference(kind, id);
    if reference.trim_end_matches('/') != expected.trim_end_matches('/') {
        let message = format!("`{reference}` is not the page about {id}");
        findings.warning(
            "rule::attack-reference",
            reference_span,
            message,
            Some(format!("it is {expected}")),
        );
    }
}

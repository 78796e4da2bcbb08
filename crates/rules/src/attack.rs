//! ATT&CK and ATLAS: which ids there are, what the tactics are called, and which page tells about each.

/// What an id stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IdKind {
    Tactic,
    Technique,
    Subtechnique,
}

impl IdKind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Tactic => "tactic",
            Self::Technique => "technique",
            Self::Subtechnique => "sub-technique",
        }
    }

    /// What an id of the kind looks like.
    pub(crate) fn form(self) -> &'static str {
        match self {
            Self::Tactic => "TA0003",
            Self::Technique => "T1543",
            Self::Subtechnique => "T1543.003",
        }
    }
}

/// ATLAS, the framework about machine learning, writes its ids with this in front.
const ATLAS_PREFIX: &str = "AML.";

/// The tactics of ATT&CK (Enterprise) in the order of its matrix, with the names that each has had.
pub(crate) const TACTICS: &[(&str, &[&str])] = &[
    ("TA0043", &["Reconnaissance"]),
    ("TA0042", &["Resource Development"]),
    ("TA0001", &["Initial Access"]),
    ("TA0002", &["Execution"]),
    ("TA0003", &["Persistence"]),
    ("TA0004", &["Privilege Escalation"]),
    ("TA0005", &["Defense Evasion", "Stealth"]),
    ("TA0112", &["Defense Impairment", "Impair Defenses"]),
    ("TA0006", &["Credential Access"]),
    ("TA0007", &["Discovery"]),
    ("TA0008", &["Lateral Movement"]),
    ("TA0009", &["Collection"]),
    ("TA0011", &["Command and Control"]),
    ("TA0010", &["Exfiltration"]),
    ("TA0040", &["Impact"]),
];

/// The names of a tactic of ATT&CK, the usual one first; `None` if the id is not among [`TACTICS`].
pub(crate) fn tactic_names(id: &str) -> Option<&'static [&'static str]> {
    TACTICS.iter().find(|(known, _)| *known == id).map(|(_, names)| *names)
}

/// Whether the id has the form of its kind: `TAnnnn`, `Tnnnn`, `Tnnnn.nnn`, or the same behind `AML.`.
pub(crate) fn is_id(kind: IdKind, id: &str) -> bool {
    let id = id.strip_prefix(ATLAS_PREFIX).unwrap_or(id);
    let digits =
        |text: &str, count: usize| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    match kind {
        IdKind::Tactic => id.strip_prefix("TA").is_some_and(|rest| digits(rest, 4)),
        IdKind::Technique => id.strip_prefix('T').is_some_and(|rest| digits(rest, 4)),
        IdKind::Subtechnique => id
            .strip_prefix('T')
            .and_then(|rest| rest.split_once('.'))
            .is_some_and(|(technique, rest)| digits(technique, 4) && digits(rest, 3)),
    }
}

/// The page about an id.
pub(crate) fn reference(kind: IdKind, id: &str) -> String {
    let folder = if kind == IdKind::Tactic { "tactics" } else { "techniques" };
    if id.starts_with(ATLAS_PREFIX) {
        format!("https://atlas.mitre.org/{folder}/{id}/")
    } else {
        format!("https://attack.mitre.org/{folder}/{}/", id.replace('.', "/"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_the_form_of_their_kind() {
        use IdKind::{Subtechnique, Tactic, Technique};
        for (kind, id, expected) in [
            (Tactic, "TA0003", true),
            (Tactic, "AML.TA0003", true),
            (Tactic, "T0003", false),
            (Tactic, "TA003", false),
            (Technique, "T1543", true),
            (Technique, "T1543.003", false),
            (Technique, "t1543", false),
            (Subtechnique, "T1543.003", true),
            (Subtechnique, "T1543.3", false),
            (Subtechnique, "T1543", false),
            (Subtechnique, "", false),
        ] {
            assert_eq!(is_id(kind, id), expected, "{id}");
        }
    }

    #[test]
    fn pages_follow_from_ids() {
        for (kind, id, expected) in [
            (IdKind::Tactic, "TA0003", "https://attack.mitre.org/tactics/TA0003/"),
            (IdKind::Technique, "T1543", "https://attack.mitre.org/techniques/T1543/"),
            (IdKind::Subtechnique, "T1543.003", "https://attack.mitre.org/techniques/T1543/003/"),
            (IdKind::Subtechnique, "AML.T0051.001", "https://atlas.mitre.org/techniques/AML.T0051.001/"),
        ] {
            assert_eq!(reference(kind, id), expected);
        }
    }
}

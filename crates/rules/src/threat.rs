//! What a rule says of ATT&CK: tactics, techniques, sub-techniques.

use serde::Serialize;

/// A tactic of a framework and the techniques of it that a match points to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Threat {
    /// `MITRE ATT&CK` or `MITRE ATLAS`.
    pub framework: String,
    /// What the adversary is after.
    pub tactic: Tactic,
    /// How.
    pub technique: Vec<Technique>,
}

/// What the adversary is after.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Tactic {
    /// Such as `TA0003`.
    pub id: String,
    /// Such as `Persistence`.
    pub name: String,
    /// The framework's page about it.
    pub reference: String,
}

/// How the adversary goes about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Technique {
    /// Such as `T1543`.
    pub id: String,
    /// Such as `Create or Modify System Process`.
    pub name: String,
    /// The framework's page about it.
    pub reference: String,
    /// More precisely.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub subtechnique: Vec<Subtechnique>,
}

/// How, more precisely.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Subtechnique {
    /// Such as `T1543.003`.
    pub id: String,
    /// Such as `Windows Service`.
    pub name: String,
    /// The framework's page about it.
    pub reference: String,
}

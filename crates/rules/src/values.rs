//! Small types of the rule model: ids, scores and the words of a fixed vocabulary.

use std::fmt;

use serde::Serialize;

/// Defines an enum whose variants are words of the rule format: `as_str`, `from_word`, `Display` and
/// serialisation all speak those words.
macro_rules! vocabulary {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$variant_meta])* $variant,)+
        }

        impl $name {
            /// All values, in order.
            pub const ALL: &[$name] = &[$($name::$variant),+];

            /// The word that stands for the value in a rule.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $($name::$variant => $word,)+
                }
            }

            /// The value that a word stands for.
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.as_str() == word)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}
pub(crate) use vocabulary;

/// What a rule is known by wherever it is installed: usually a UUID. Never empty.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct RuleId(String);

impl RuleId {
    /// An id of these characters; `None` if there are none.
    pub fn new(id: impl Into<String>) -> Option<Self> {
        let id = id.into();
        (!id.trim().is_empty()).then_some(Self(id))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Which version of a rule it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum RuleVersion {
    /// It grows with every change.
    Number(u64),
    /// As the endpoint's rules have it, such as `1.0.7`.
    Text(String),
}

impl RuleVersion {
    /// The version of a rule that does not say.
    pub(crate) const FIRST: Self = Self::Number(1);
}

impl fmt::Display for RuleVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => f.pad(text),
        }
    }
}

/// How dangerous a match is, from 0 to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct RiskScore(u8);

impl RiskScore {
    /// A score of 0 to 100; `None` outside.
    pub fn new(score: i64) -> Option<Self> {
        u8::try_from(score).ok().filter(|score| *score <= 100).map(Self)
    }

    /// The score as a number.
    pub fn get(self) -> u8 {
        self.0
    }
}

impl fmt::Display for RiskScore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

vocabulary! {
    /// How bad a match is. Ordered: `Low` is least.
    Severity {
        /// Interesting in context.
        Low = "low",
        /// Worth a look.
        Medium = "medium",
        /// Look at once.
        High = "high",
        /// Act at once.
        Critical = "critical",
    }
}

vocabulary! {
    /// How far a rule has come. A deprecated one is kept for the record and not run.
    Maturity {
        /// Being written.
        Development = "development",
        /// On trial.
        Experimental = "experimental",
        /// Nearly there.
        Beta = "beta",
        /// In use.
        Production = "production",
        /// Withdrawn.
        Deprecated = "deprecated",
    }
}

vocabulary! {
    /// Whether alerts of a rule are shown for themselves.
    BuildingBlockType {
        /// Alerts are building blocks for other rules, hidden by default.
        Default = "default",
    }
}

vocabulary! {
    /// What suppression does with an alert that lacks one of the fields it groups by.
    MissingFieldsStrategy {
        /// Such alerts are grouped with one another.
        Suppress = "suppress",
        /// Each such alert stands alone.
        DoNotSuppress = "doNotSuppress",
    }
}

vocabulary! {
    /// How the value of a mapping is compared with the event's.
    MappingOperator {
        /// Equal.
        Equals = "equals",
    }
}

vocabulary! {
    /// Units of a suppression window.
    TimeUnit {
        /// Seconds.
        Second = "s",
        /// Minutes.
        Minute = "m",
        /// Hours.
        Hour = "h",
    }
}

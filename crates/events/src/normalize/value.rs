//! Values of a document under construction, and the memory that they live in.

use std::fmt::Display;

use bumpalo::Bump;
use bumpalo::collections::{String as BumpString, Vec as BumpVec};
use rulehound_schema::Scalar;
use serde_json::Number;

use crate::json::{JsonNode, Kind, TapeItems, TapeMembers, TapeNode};

/// A value. It is part of the record wherever it can be, else of the [`Arena`]; either way it is small and copied.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Value<'a> {
    Scalar(Scalar<'a>),
    List(&'a [Value<'a>]),
    /// No key stands in it twice.
    Object(&'a [(&'a str, Value<'a>)]),
    /// An array or object of the record, untouched.
    Json(TapeNode<'a>),
}

impl<'a> Value<'a> {
    pub(super) const NULL: Self = Self::Scalar(Scalar::Null);

    /// The string that it is.
    pub(super) fn as_str(self) -> Option<&'a str> {
        match self {
            Self::Scalar(Scalar::Str(text)) => Some(text),
            _ => None,
        }
    }

    /// The whole number that it is, if it is not negative.
    pub(super) fn as_u64(self) -> Option<u64> {
        match self {
            Self::Scalar(Scalar::U64(number)) => Some(number),
            Self::Scalar(Scalar::I64(number)) => number.try_into().ok(),
            _ => None,
        }
    }

    pub(super) fn is_null(self) -> bool {
        matches!(self, Self::Scalar(Scalar::Null))
    }

    /// Whether it is `null` or an empty object.
    pub(super) fn is_blank(self) -> bool {
        self.is_null() || self.members().is_some_and(|mut members| members.next().is_none())
    }

    /// Whether there can be no fields below it.
    pub(super) fn stands_in_the_way(self) -> bool {
        !self.is_null() && self.members().is_none()
    }

    /// The elements of an array.
    pub(super) fn items(self) -> Option<impl Iterator<Item = Value<'a>>> {
        match self.kind() {
            Kind::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The members of an object.
    pub(super) fn members(self) -> Option<Members<'a>> {
        match self.kind() {
            Kind::Object(members) => Some(members),
            _ => None,
        }
    }

    /// A number or truth value as the text that JSON has for it; a string as it is.
    pub(super) fn to_text(self, arena: &'a Arena) -> Option<&'a str> {
        match self {
            Self::Scalar(Scalar::Str(text)) => Some(text),
            Self::Scalar(Scalar::I64(number)) => Some(arena.integer(number)),
            Self::Scalar(Scalar::U64(number)) => Some(arena.text(number)),
            Self::Scalar(Scalar::F64(number)) => Some(arena.text(Number::from_f64(number)?)),
            Self::Scalar(Scalar::Bool(truth)) => Some(if truth { "true" } else { "false" }),
            Self::Scalar(Scalar::Null) | Self::List(_) | Self::Object(_) | Self::Json(_) => None,
        }
    }

    /// As [`Self::to_text`], of numbers and strings that are not empty.
    pub(super) fn plain_text(self, arena: &'a Arena) -> Option<&'a str> {
        match self {
            Self::Scalar(Scalar::Bool(_)) => None,
            value => value.to_text(arena).filter(|text| !text.is_empty()),
        }
    }
}

/// The members of an object, to be gone through as often as it takes.
pub(crate) trait Object<'a>: Iterator<Item = (&'a str, Value<'a>)> + Clone {
    /// The value of a member; none where the key stands more than once.
    fn member(&self, key: &str) -> Option<Value<'a>> {
        let mut found = self.clone().filter(|(name, _)| *name == key).map(|(_, value)| value);
        found.next().filter(|_| found.next().is_none())
    }

    /// The members of a member.
    fn object(&self, key: &str) -> Option<Members<'a>> {
        self.member(key).and_then(Value::members)
    }

    /// Whether a field is there, whatever part of its path the keys spell out.
    fn has_field(&self, path: &str) -> bool {
        self.clone().any(|(key, value)| match path.strip_prefix(key) {
            Some("") => true,
            Some(rest) => rest
                .strip_prefix('.')
                .zip(value.members())
                .is_some_and(|(rest, fields)| fields.has_field(rest)),
            None => false,
        })
    }
}

impl<'a, T: Iterator<Item = (&'a str, Value<'a>)> + Clone> Object<'a> for T {}

impl<'a> From<TapeNode<'a>> for Value<'a> {
    #[inline]
    fn from(node: TapeNode<'a>) -> Self {
        match node.kind() {
            Kind::Scalar(scalar) => Self::Scalar(scalar),
            Kind::Array(_) | Kind::Object(_) => Self::Json(node),
        }
    }
}

impl<'a> From<&'a str> for Value<'a> {
    #[inline]
    fn from(text: &'a str) -> Self {
        Self::Scalar(Scalar::Str(text))
    }
}

impl From<i64> for Value<'_> {
    #[inline]
    fn from(number: i64) -> Self {
        Self::Scalar(Scalar::I64(number))
    }
}

impl From<usize> for Value<'_> {
    #[inline]
    fn from(number: usize) -> Self {
        i64::try_from(number).unwrap_or(i64::MAX).into()
    }
}

impl From<f64> for Value<'_> {
    #[inline]
    fn from(number: f64) -> Self {
        Self::Scalar(Scalar::F64(number))
    }
}

impl From<bool> for Value<'_> {
    #[inline]
    fn from(truth: bool) -> Self {
        Self::Scalar(Scalar::Bool(truth))
    }
}

impl<'a> From<&'a [Value<'a>]> for Value<'a> {
    #[inline]
    fn from(items: &'a [Value<'a>]) -> Self {
        Self::List(items)
    }
}

impl<'a> From<&'a [(&'a str, Value<'a>)]> for Value<'a> {
    #[inline]
    fn from(members: &'a [(&'a str, Value<'a>)]) -> Self {
        Self::Object(members)
    }
}

impl<'a> JsonNode<'a> for Value<'a> {
    type Items = Items<'a>;
    type Members = Members<'a>;

    #[inline]
    fn kind(self) -> Kind<'a, Self> {
        match self {
            Self::Scalar(scalar) => Kind::Scalar(scalar),
            Self::List(items) => Kind::Array(Items::Own(items.iter())),
            Self::Object(members) => Kind::Object(Members::Own(members.iter())),
            Self::Json(node) => match node.kind() {
                Kind::Scalar(scalar) => Kind::Scalar(scalar),
                Kind::Array(items) => Kind::Array(Items::OfRecord(items)),
                Kind::Object(members) => Kind::Object(Members::OfRecord(members)),
            },
        }
    }
}

/// The elements of an array.
pub(crate) enum Items<'a> {
    Own(std::slice::Iter<'a, Value<'a>>),
    OfRecord(TapeItems<'a>),
}

impl<'a> Iterator for Items<'a> {
    type Item = Value<'a>;

    #[inline]
    fn next(&mut self) -> Option<Value<'a>> {
        match self {
            Self::Own(items) => items.next().copied(),
            Self::OfRecord(items) => items.next().map(Value::from),
        }
    }
}

/// The members of an object.
#[derive(Clone)]
pub(crate) enum Members<'a> {
    Own(std::slice::Iter<'a, (&'a str, Value<'a>)>),
    OfRecord(TapeMembers<'a>),
}

impl<'a> Iterator for Members<'a> {
    type Item = (&'a str, Value<'a>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Own(members) => members.next().copied(),
            Self::OfRecord(members) => members.next().map(|(key, value)| (key, value.into())),
        }
    }
}

/// The memory for what a normaliser makes of one record, given free all at once.
#[derive(Debug, Default)]
pub(super) struct Arena(Bump);

impl Arena {
    /// Frees everything.
    pub(super) fn reset(&mut self) {
        self.0.reset();
    }

    /// A text.
    pub(super) fn text(&self, text: impl Display) -> &str {
        bumpalo::format!(in &self.0, "{}", text).into_bump_str()
    }

    /// An integer in decimal.
    pub(super) fn integer(&self, number: i64) -> &str {
        let mut digits = [0; 20];
        let mut start = digits.len();
        let mut rest = number.unsigned_abs();
        loop {
            start -= 1;
            digits[start] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        if number < 0 {
            start -= 1;
            digits[start] = b'-';
        }
        self.copy(std::str::from_utf8(&digits[start..]).unwrap_or_default())
    }

    /// A copy of a text.
    pub(super) fn copy(&self, text: &str) -> &str {
        self.0.alloc_str(text)
    }

    /// The parts one after the other.
    pub(super) fn concat<const N: usize>(&self, parts: [&str; N]) -> &str {
        let mut whole = BumpString::with_capacity_in(parts.iter().map(|part| part.len()).sum(), &self.0);
        parts.into_iter().for_each(|part| whole.push_str(part));
        whole.into_bump_str()
    }

    /// A text with ASCII letters in lower case.
    pub(super) fn lower<'a>(&'a self, text: &'a str) -> &'a str {
        if !text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return text;
        }
        let mut lower = BumpString::from_str_in(text, &self.0);
        lower.make_ascii_lowercase();
        lower.into_bump_str()
    }

    /// A list of values.
    pub(super) fn list<'a, T: Into<Value<'a>>>(
        &'a self,
        items: impl IntoIterator<Item = T>,
    ) -> &'a [Value<'a>] {
        let items = items.into_iter().map(Into::into);
        BumpVec::from_iter_in(items, &self.0).into_bump_slice()
    }

    /// The members of an object.
    pub(super) fn members<'a>(
        &'a self,
        members: impl IntoIterator<Item = (&'a str, Value<'a>)>,
    ) -> &'a [(&'a str, Value<'a>)] {
        BumpVec::from_iter_in(members, &self.0).into_bump_slice()
    }
}

//! Patterns of `DISSECT`, after Elasticsearch's `DissectParser`, `DissectKey` and `DissectMatch`: keys with text between.
//!
//! - `%{name}`, `%{}` and `%{?name}`: a part that is kept, and parts that are not.
//! - `%{+name}`, `%{+name/2}`: parts put together, in the order of the numbers; those without come first.
//! - `%{name->}`: text that repeats behind the part counts once.
//! - `%{*name}` and `%{&name}`, a column named by the text, are refused, as `ES|QL` does.

use std::sync::Arc;

/// A checked pattern.
#[derive(Clone, Debug)]
pub struct Dissect {
    /// What stands before the first key.
    lead: String,
    keys: Vec<Key>,
    outputs: Vec<Arc<str>>,
    separator: String,
}

/// What is wrong with a pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DissectError {
    /// Nothing would come out.
    #[error("the pattern has no key whose part is kept")]
    NoKeys,
    /// A key has no name.
    #[error("the key `%{{{key}}}` has no name")]
    NoName {
        /// What stands in the braces.
        key: String,
    },
    /// More modifiers than one.
    #[error("the key `%{{{key}}}` has several modifiers")]
    SeveralModifiers {
        /// What stands in the braces.
        key: String,
    },
    /// A key that takes the name of a column from the text.
    #[error("the key `%{{{key}}}` takes its name from the text, which ES|QL does not allow")]
    Reference {
        /// What stands in the braces.
        key: String,
    },
}

#[derive(Clone, Debug, PartialEq)]
struct Key {
    /// The place of the column; `None` if the part is not kept.
    output: Option<usize>,
    /// Where it is put among others of its name.
    append: Option<i32>,
    /// Whether text that repeats behind it counts once.
    skips_repeated: bool,
    /// What stands behind it.
    delimiter: String,
}

/// Order of parts that name none, the first of them. They come before all that name one.
const FIRST_IMPLICIT: i32 = i32::MIN;

/// A key, taken apart.
struct Parsed<'a> {
    name: &'a str,
    modifier: Option<char>,
    order: Option<i32>,
    skips_repeated: bool,
}

impl Dissect {
    /// Checks a pattern. The separator stands between parts that are put together.
    ///
    /// # Errors
    ///
    /// If Elasticsearch would refuse it.
    pub fn new(pattern: &str, separator: &str) -> Result<Self, DissectError> {
        let begin = pattern.find("%{").ok_or(DissectError::NoKeys)?;
        let (lead, mut rest) = pattern.split_at(begin);
        let mut parsed = Vec::new();
        while let Some((key, behind)) = rest.strip_prefix("%{").and_then(|rest| rest.split_once('}')) {
            // Something stands between two keys: what follows one directly is no key.
            let next = behind.char_indices().nth(1).map_or(behind.len(), |(second, _)| second);
            let end =
                behind.get(next..).and_then(|text| text.find("%{")).map_or(behind.len(), |at| next + at);
            let (delimiter, following) = behind.split_at(end);
            parsed.push((parse_key(key)?, delimiter));
            rest = following;
        }
        let appended: Vec<&str> = parsed
            .iter()
            .filter(|(key, _)| matches!(key.modifier, Some('+' | '/')))
            .map(|(key, _)| key.name)
            .collect();
        let mut outputs: Vec<Arc<str>> = Vec::new();
        let mut implicit = FIRST_IMPLICIT;
        let mut keys = Vec::with_capacity(parsed.len());
        for (key, delimiter) in &parsed {
            let is_kept = key.modifier != Some('?') && !key.name.is_empty();
            let output = is_kept.then(|| {
                outputs.iter().position(|name| **name == *key.name).unwrap_or_else(|| {
                    outputs.push(key.name.into());
                    outputs.len() - 1
                })
            });
            let append = (is_kept && appended.contains(&key.name)).then(|| {
                key.order.unwrap_or_else(|| {
                    implicit += 1;
                    implicit
                })
            });
            let delimiter = (*delimiter).to_owned();
            keys.push(Key { output, append, skips_repeated: key.skips_repeated, delimiter });
        }
        if outputs.is_empty() {
            return Err(DissectError::NoKeys);
        }
        Ok(Self { lead: lead.to_owned(), keys, outputs, separator: separator.to_owned() })
    }

    /// The names of the parts that are kept, each once, in the order of the pattern. All are keywords.
    pub fn outputs(&self) -> &[Arc<str>] {
        &self.outputs
    }

    /// The parts of a text, one for each of [`Self::outputs`]; `None` if it does not match. Of parts with one name that
    /// are not put together the last counts.
    pub fn parts(&self, text: &str) -> Option<Vec<String>> {
        let spans = self.spans(text)?;
        let mut parts = vec![None; self.outputs.len()];
        let mut appended: Vec<Vec<(i32, &str)>> = vec![Vec::new(); self.outputs.len()];
        for (key, part) in self.keys.iter().zip(spans) {
            let Some(output) = key.output else { continue };
            match key.append {
                Some(order) => appended.get_mut(output)?.push((order, part)),
                None => *parts.get_mut(output)? = Some(part.to_owned()),
            }
        }
        let all = parts.into_iter().zip(appended).map(|(part, mut appended)| {
            appended.sort_by_key(|(order, _)| *order);
            let appended: Vec<&str> = appended.into_iter().map(|(_, part)| part).collect();
            if appended.is_empty() { part } else { Some(appended.join(&self.separator)) }
        });
        all.collect()
    }

    /// What each key stands for. The last takes the rest, if nothing stands behind it.
    ///
    /// Text that repeats gives empty parts to the keys that follow, whatever stands behind those, as in
    /// `DissectParser.parse`.
    fn spans<'t>(&self, text: &'t str) -> Option<Vec<&'t str>> {
        let mut rest = text.strip_prefix(self.lead.as_str()).filter(|rest| !rest.is_empty())?;
        let mut found = Vec::with_capacity(self.keys.len());
        let mut keys = self.keys.iter();
        let mut key = keys.next()?;
        loop {
            let delimiter = key.delimiter.as_str();
            if delimiter.is_empty() {
                if found.len() < self.keys.len() {
                    found.push(rest);
                }
                break;
            }
            // At the end of the text nothing is looked for.
            let Some(at) = rest.find(delimiter) else { break };
            found.push(rest.get(..at)?);
            rest = rest.get(at + delimiter.len()..)?;
            while let Some(behind) = rest.strip_prefix(delimiter) {
                rest = behind;
                if !key.skips_repeated {
                    let Some(next) = keys.next() else { break };
                    key = next;
                    found.push("");
                }
            }
            let Some(next) = keys.next() else { break };
            key = next;
        }
        (found.len() == self.keys.len()).then_some(found)
    }
}

fn parse_key(text: &str) -> Result<Parsed<'_>, DissectError> {
    let no_name = || DissectError::NoName { key: text.to_owned() };
    let is_modifier = |c: char| matches!(c, '/' | '+' | '*' | '&' | '?');
    let mut modifier = None;
    for found in text.chars().filter(|c| is_modifier(*c)) {
        if modifier.is_some() && (modifier, found) != (Some('+'), '/') {
            return Err(DissectError::SeveralModifiers { key: text.to_owned() });
        }
        modifier = Some(found);
    }
    let (name, skips_repeated) = match text.strip_suffix("->") {
        Some(name) => (name, true),
        None => (text, false),
    };
    // What stands before a modifier is no part of the name.
    let (name, order) = match modifier {
        None => (name, None),
        Some('*' | '&') => return Err(DissectError::Reference { key: text.to_owned() }),
        Some('/') => {
            let (_, name) = name.split_once('+').ok_or_else(no_name)?;
            let (name, order) = name.split_once('/').ok_or_else(no_name)?;
            (name, Some(order.parse::<u16>().map_err(|_| no_name())?.into()))
        }
        Some(modifier) => (name.split_once(modifier).ok_or_else(no_name)?.1, None),
    };
    if name.is_empty() && matches!(modifier, Some('+' | '/')) {
        return Err(no_name());
    }
    Ok(Parsed { name, modifier, order, skips_repeated })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn check(pattern: &str, text: &str, expected: Option<&[(&str, &str)]>) {
        let dissect = Dissect::new(pattern, " ").unwrap();
        let parts = dissect.parts(text);
        let found: Option<Vec<(&str, &str)>> = parts.as_ref().map(|parts| {
            dissect.outputs().iter().map(|name| &**name).zip(parts.iter().map(String::as_str)).collect()
        });
        assert_eq!(found.as_deref(), expected, "{pattern} {text}");
    }

    /// After the reference of the dissect processor.
    #[test]
    fn keys_and_modifiers() {
        for (pattern, text, expected) in [
            ("%{a} %{b},%{c}", "x y,z", Some(&[("a", "x"), ("b", "y"), ("c", "z")][..])),
            ("%{a} %{b},%{c}", "x y z", None),
            ("<%{a}>", "<x>", Some(&[("a", "x")])),
            ("<%{a}>", "x>", None),
            ("<%{a}", "<", None),
            ("%{a}: %{b}", "k: v: w", Some(&[("a", "k"), ("b", "v: w")])),
            ("%{a} %{} %{?skipped} %{b}", "1 2 3 4", Some(&[("a", "1"), ("b", "4")])),
            ("%{a->} %{b}", "x     y", Some(&[("a", "x"), ("b", "y")])),
            ("%{a} %{b}", "x  y", Some(&[("a", "x"), ("b", "")])),
            ("%{a},%{b},%{c}", "x,,y", Some(&[("a", "x"), ("b", ""), ("c", "y")])),
            ("[%{a}]%{->}[%{b}]", "[x]     [y]", Some(&[("a", "x"), ("b", "y")])),
            ("%{a} %{+a} %{+a}", "x y z", Some(&[("a", "x y z")])),
            ("%{+a/2} %{+a/1} %{+a}", "x y z", Some(&[("a", "z y x")])),
            ("%{a} %{a}", "x y", Some(&[("a", "y")])),
            ("%{a}", "all of it", Some(&[("a", "all of it")])),
            ("%{a}", "", None),
            ("%{a};%{b}", "x;", Some(&[("a", "x"), ("b", "")])),
            ("\u{e9}%{a}\u{e9}%{b}", "\u{e9}x\u{e8}\u{e9}\u{fc}", Some(&[("a", "x\u{e8}"), ("b", "\u{fc}")])),
            ("%{{?k}=%{v}}", "{key=value}", Some(&[("v", "value")])),
        ] {
            check(pattern, text, expected);
        }
    }

    #[test]
    fn what_is_refused() {
        for (pattern, error) in [
            ("no keys", DissectError::NoKeys),
            ("%{} %{?a}", DissectError::NoKeys),
            ("%{+} %{a}", DissectError::NoName { key: "+".into() }),
            ("%{a/1}", DissectError::NoName { key: "a/1".into() }),
            ("%{+a/x}", DissectError::NoName { key: "+a/x".into() }),
            ("%{+?a}", DissectError::SeveralModifiers { key: "+?a".into() }),
            ("%{*a} %{&a}", DissectError::Reference { key: "*a".into() }),
        ] {
            assert_eq!(Dissect::new(pattern, "").unwrap_err(), error, "{pattern}");
        }
    }

    #[test]
    fn parts_are_told_in_the_order_of_the_pattern() {
        let dissect = Dissect::new("%{b} %{?x} %{a} %{+b}", "-").unwrap();
        assert_eq!(dissect.outputs(), [Arc::from("b"), Arc::from("a")]);
        assert_eq!(dissect.parts("1 2 3 4").unwrap(), ["1-4", "3"]);
    }
}

//! Reading JSON: a rule, a list of rules, a page of the API, an export of Kibana.

use std::ops::Range;

use super::decode::{Findings, Table};
use super::exceptions::{read_item, read_list};
use super::kind::read_kind;
use super::node::{Kind, Node};
use super::objects::{self, Object, ObjectKind};
use super::rule::{self, KEPT_OF_INSTALLED};
use super::saved;
use super::text::Text;
use super::{Contents, Reading, peek};

/// Reads all objects of a text.
pub(super) fn read(text: &Text, is_ndjson: bool, is_named: bool) -> Contents {
    let mut reader = Reader::default();
    objects::for_each(text, is_ndjson, is_named, &mut |object| match object {
        Ok(object) => reader.take(object),
        Err(error) => {
            reader.contents.rules.push(Reading { findings: vec![error], ..Reading::default() });
        }
    });
    reader.finish()
}

#[derive(Debug, Default)]
struct Reader {
    contents: Contents,
    findings: Findings,
    /// The first object that is none of those that are known.
    stranger: Option<Range<usize>>,
    /// How many rules the export says it has, and where it says so.
    rules_said: Option<(u64, Range<usize>)>,
}

impl Reader {
    fn take(&mut self, Object { kind, node }: Object) {
        *self.contents.objects.entry(kind).or_default() += 1;
        let span = node.span.clone();
        // An error in one object says nothing of the next.
        let findings = &mut Findings::default();
        let contents = &mut self.contents;
        match kind {
            ObjectKind::Rule => contents.rules.push(read_rule(node)),
            ObjectKind::ExceptionList => contents.lists.extend(read_list(node, findings)),
            ObjectKind::ExceptionItem => {
                contents.items.extend(read_item(node, findings).map(|item| (item, span)));
            }
            ObjectKind::ValueListItem => {
                if let Some((list, value)) = read_value(node, findings) {
                    contents.values.entry(list).or_default().push(&value);
                }
            }
            ObjectKind::SavedQuery => contents.saved_queries.extend(saved::read_query(node, findings)),
            ObjectKind::DataView => contents.data_views.extend(saved::read_view(node, findings)),
            ObjectKind::Connector => contents.connectors += 1,
            ObjectKind::Summary => self.rules_said = rules_said(&node),
            ObjectKind::Unknown => self.stranger = self.stranger.take().or(Some(span)),
            // It only says which type its values have, as those do who refer to it.
            ObjectKind::ValueList => {}
        }
        self.findings.0.append(&mut findings.0);
    }

    fn finish(mut self) -> Contents {
        let count = |kind: ObjectKind| self.contents.objects.get(&kind).copied().unwrap_or_default();
        let strangers = count(ObjectKind::Unknown);
        if count(ObjectKind::Unknown) == self.contents.objects.values().sum::<usize>()
            && self.contents.rules.is_empty()
        {
            let span = self.stranger.unwrap_or(0..0);
            let message = "no rule, exception list or saved object of Kibana is in this file".to_owned();
            self.findings.error("file::no-rules", span, message, None);
        } else if let Some(span) = self.stranger {
            let message = match strangers {
                1 => "an object was passed over".to_owned(),
                many => format!("{many} objects were passed over, of which this is the first"),
            };
            let help = "it is no rule, and nothing that goes with rules".to_owned();
            self.findings.warning("file::unknown-object", span, message, Some(help));
        }
        if let Some((said, span)) = self.rules_said
            && said != self.contents.rules.len() as u64
        {
            let message =
                format!("this export should have {said} rules, and {} are there", self.contents.rules.len());
            self.findings.warning("file::incomplete", span, message, None);
        }
        self.contents.findings = self.findings.0;
        self.contents
    }
}

/// A value of a value list, after the id of the list.
fn read_value(node: Node, findings: &mut Findings) -> Option<(String, String)> {
    let mut table = Table::new(node, "item", findings)?;
    let (list_id, value) = (table.required("list_id", findings), table.required("value", findings));
    list_id.zip(value)
}

/// How many rules an export has, by its last line.
fn rules_said(node: &Node) -> Option<(u64, Range<usize>)> {
    let Kind::Table(entries) = &node.kind else { return None };
    match entries.get("exported_rules_count")?.node {
        Node { kind: Kind::Integer(number), ref span } => Some((number.try_into().ok()?, span.clone())),
        _ => None,
    }
}

fn read_rule(node: Node) -> Reading {
    let mut findings = Findings::default();
    let mut reading = match &node.kind {
        Kind::Table(rule) => peek(rule),
        _ => Reading::default(),
    };
    if let Some(mut table) = Table::new(node, "rule", &mut findings) {
        reading.kind = read_kind(&mut table, &mut findings);
        reading.rule = rule::read_rule(table, reading.kind.clone(), KEPT_OF_INSTALLED, &mut findings);
    }
    reading.findings = findings.0;
    reading
}

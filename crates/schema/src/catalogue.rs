//! The built-in catalogue, from the lists in `catalogue/`.
//!
//! A line is `name type`; names are sorted below a heading `# family` that says where
//! they come from. A line `.suffix type` is a multi-field of the line before. `name.*` stands for every name below
//! that is not listed. The type `caseless` is a keyword that ignores case.

use std::borrow::Cow;
use std::sync::Arc;

use crate::schema::Entry;
use crate::{FieldType, Parameters};

/// Where several lists have a name, the first wins: ECS, then Elastic Defend, then the integrations.
const LISTS: [&str; 4] = [
    include_str!("catalogue/ecs.txt"),
    include_str!("catalogue/endpoint.txt"),
    include_str!("catalogue/windows.txt"),
    include_str!("catalogue/integrations.txt"),
];

/// Every name of every list.
pub(crate) fn entries() -> impl Iterator<Item = (Cow<'static, str>, Entry)> {
    let caseless = Arc::new(Parameters { caseless: true, ..Parameters::default() });
    let lines = LISTS.into_iter().flat_map(str::lines).filter(|line| !line.starts_with('#'));
    let mut parent = "";
    lines.filter_map(move |line| {
        let (name, what) = line.split_once(' ')?;
        let (field_type, parameters) = match what {
            "caseless" => (FieldType::Keyword, Some(caseless.clone())),
            _ => (FieldType::from_mapping(what)?, None),
        };
        if name.starts_with('.') {
            return Some((Cow::Owned(format!("{parent}{name}")), Entry::MultiField(field_type, parameters)));
        }
        parent = name;
        Some((Cow::Borrowed(name), Entry::Field(field_type, parameters)))
    })
}

#[cfg(test)]
mod tests {
    use super::LISTS;
    use crate::FieldType;

    #[test]
    fn every_line_is_understood_and_sorted() {
        for list in LISTS {
            let mut last = "";
            for line in list.lines() {
                if line.starts_with('#') {
                    last = "";
                    continue;
                }
                let (name, field_type) = line.split_once(' ').unwrap_or((line, ""));
                let known = field_type == "caseless" || FieldType::from_mapping(field_type).is_some();
                assert!(known, "not understood: {line}");
                if !name.starts_with('.') {
                    assert!(last < name, "out of order: {line}");
                    last = name;
                }
            }
        }
    }
}

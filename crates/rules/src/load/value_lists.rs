//! Value lists: from items in an export, or from a file named like the list.
//!
//! Kibana exports the items of a list as text, one value a line (`/api/lists/items/_export`). Such a file is looked for when
//! an exception names the list: `<id>` or `<id>.txt` in a folder `value_lists` beside the file that holds the exception, or
//! beside a folder above it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::exceptions::{ValueListReference, ValueLists};
use crate::problem::Problem;
use crate::read::{Text, Texts};

/// The folder for files of value lists.
pub(super) const FOLDER: &str = "value_lists";

/// A value list that was loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadedValueList {
    /// Its id.
    pub id: String,
    /// How many values it has.
    pub values: usize,
    /// Its file, unless its values came with an export.
    pub file: Option<PathBuf>,
}

/// The values of all lists.
#[derive(Debug, Default)]
pub(super) struct ValueListFiles {
    /// From exports, by the id of the list.
    exported: BTreeMap<String, Texts>,
    /// From files of their own.
    files: BTreeMap<PathBuf, (String, Texts)>,
}

impl ValueListFiles {
    /// Adds values from an export, by the id of the list.
    pub(super) fn add(&mut self, values: BTreeMap<String, Texts>) {
        for (id, texts) in values {
            self.exported.entry(id).or_default().append(&texts);
        }
    }

    /// What was loaded, without the values.
    pub(super) fn finish(self) -> Vec<LoadedValueList> {
        let exported = self.exported.into_iter().map(|(id, texts)| (id, texts, None));
        let files = self.files.into_iter().map(|(file, (id, texts))| (id, texts, Some(file)));
        let lists = exported.chain(files);
        lists.map(|(id, texts, file)| LoadedValueList { id, values: texts.iter().count(), file }).collect()
    }
}

/// The value lists as an exception sees them.
pub(super) struct ValuesFor<'a> {
    lists: &'a mut ValueListFiles,
    folder: &'a Path,
    problems: &'a mut Vec<Problem>,
}

/// The value lists that an exception in a folder may name.
pub(super) fn values_for<'a>(
    lists: &'a mut ValueListFiles,
    folder: &'a Path,
    problems: &'a mut Vec<Problem>,
) -> ValuesFor<'a> {
    ValuesFor { lists, folder, problems }
}

impl ValueLists for ValuesFor<'_> {
    fn values(&mut self, list: &ValueListReference) -> Option<Vec<&str>> {
        let texts = if self.lists.exported.contains_key(&list.id) {
            self.lists.exported.get(&list.id)
        } else {
            let file = find(self.folder, &list.id)?;
            if !self.lists.files.contains_key(&file) {
                let texts = read(&file).map_err(|problem| self.problems.push(*problem)).ok()?;
                self.lists.files.insert(file.clone(), (list.id.clone(), texts));
            }
            self.lists.files.get(&file).map(|(_, texts)| texts)
        };
        texts.map(|texts| texts.iter().collect())
    }
}

/// The file of a list, for who is in a folder.
fn find(folder: &Path, id: &str) -> Option<PathBuf> {
    // An id is no way out of the folder.
    if id.is_empty() || id.starts_with('.') || id.contains(['/', '\\', ':', '\0']) {
        return None;
    }
    let names = [id.to_owned(), format!("{id}.txt")];
    let candidates =
        folder.ancestors().flat_map(|above| names.iter().map(move |name| above.join(FOLDER).join(name)));
    candidates.into_iter().find(|file| file.is_file())
}

fn read(file: &Path) -> Result<Texts, Box<Problem>> {
    let bytes = std::fs::read(file).map_err(|error| {
        let message = format!("cannot be read: {error}");
        Box::new(Problem::with_file(file.to_owned(), "file::unreadable", message))
    })?;
    let text = Text::new(bytes);
    match text.first_bad() {
        None => Ok(Texts::lines(&text.text)),
        Some(at) => {
            let diagnostic = text.not_utf8(at, "a value list");
            let source = Some(text.text.into());
            Err(Box::new(Problem { file: file.to_owned(), source, rule_id: None, diagnostic }))
        }
    }
}

//! The order in which events came, told from where they came from: a scan by several threads brings them in
//! any order.

use std::cmp::Ordering;
use std::path::Path;
use std::sync::Arc;

use rulehound_events::Origin;
use rulehound_events::read::Input;

/// The place of a file in the input: by the input that names it, then by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FileArrival {
    /// Place of the input among all. Files found by a glob come after those of all other inputs.
    input: usize,
    name: Arc<str>,
}

impl FileArrival {
    pub(super) fn new(name: Arc<str>, inputs: &[Input]) -> Self {
        // A member of an archive belongs to the file before the `!`.
        let is_of = |path: &Path| {
            Path::new(&*name).starts_with(path)
                || path
                    .to_str()
                    .and_then(|path| name.strip_prefix(path))
                    .is_some_and(|rest| rest.starts_with('!'))
        };
        let input = inputs.iter().position(|input| match input {
            Input::Stdin => &*name == "-",
            Input::Path(path) => is_of(path),
        });
        Self { input: input.unwrap_or(usize::MAX), name }
    }
}

impl Ord for FileArrival {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_folder = || Path::new(&*self.name).cmp(Path::new(&*other.name));
        self.input.cmp(&other.input).then_with(by_folder).then_with(|| self.name.cmp(&other.name))
    }
}

impl PartialOrd for FileArrival {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The place of an event in the input.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Arrival {
    file: Arc<FileArrival>,
    position: u64,
}

/// Finds places, one after the other: mostly they are in one file.
pub(super) struct Arrivals<'i> {
    inputs: &'i [Input],
    latest: Option<Arc<FileArrival>>,
}

impl<'i> Arrivals<'i> {
    pub(super) fn new(inputs: &'i [Input]) -> Self {
        Self { inputs, latest: None }
    }

    pub(super) fn of(&mut self, origin: Origin) -> Arrival {
        let file = match &self.latest {
            Some(latest) if latest.name == origin.file => latest.clone(),
            _ => self.latest.insert(FileArrival::new(origin.file, self.inputs).into()).clone(),
        };
        Arrival { file, position: origin.position }
    }
}

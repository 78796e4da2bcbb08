//! Normalisers: from raw records to ECS, as Elastic's integrations do it. One module a source.
//!
//! To add one: give its records a [`Shape`], tell it in `shape_of`, and make a module that builds the document
//! of a record in an `Ecs`, field by field, by their paths; call it in `Normalizer`.
//!
//! What becomes of a record is built of pieces of it, with no copy of its texts, and goes to the columns from
//! there; only the few events that are shown become a [`Document`].

mod community_id;
mod ecs;
mod literals;
mod names;
mod value;
mod walk;
mod windows;

use std::sync::Arc;

use crate::json::{JsonParser, TapeNode};
use crate::layout::PathId;
use crate::leaves::marks::Marks;
use crate::record::{self, RecordFormat};
use crate::{Document, Layout, RecordError};
use ecs::{Ecs, Place};
use names::{NameId, Names};
use value::{Arena, Object, Value};
use windows::Flat;
pub(crate) use windows::SET_BY_PIPELINES;

/// The shape of a record, told by its first looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Shape {
    /// ECS already, or nothing that a normaliser knows.
    Ecs,
    /// A Windows event as EVTX rendered to JSON has it: `Event.System`, `Event.EventData`.
    Evtx,
    /// A Windows event as Winlogbeat and Elastic Agent ship it, before any ingest pipeline: `winlog.*`.
    Winlog,
    /// A Windows event as NXLog and its like have it: all in one flat object, `EventID`, `Channel`, ...
    Flat,
}

/// Tells the shape of a record, a JSON object.
///
/// # Errors
/// If it is none.
pub fn shape(record: &[u8]) -> Result<Shape, RecordError> {
    record::open(&mut JsonParser::default(), RecordFormat::Json, record, |event| {
        Normalizer::new(None).shape(event.source())
    })
}

/// Makes an ECS document of a record, a JSON object. Records that are ECS already pass as they are. What has no
/// place in ECS stays where the integration leaves it (`winlog.event_data`).
///
/// # Errors
/// If it is no JSON object.
pub fn normalize(record: &[u8]) -> Result<Document, RecordError> {
    RecordFormat::Json.document(record)
}

/// Tells the shape of a record.
fn shape_of<'t>(record: &impl Object<'t>) -> Shape {
    if windows::is_evtx(record) {
        Shape::Evtx
    } else if record.clone().any(|(key, _)| key == "winlog" || key.starts_with("winlog.")) {
        if windows::is_processed(record) { Shape::Ecs } else { Shape::Winlog }
    } else if windows::is_flat(record) {
        Shape::Flat
    } else {
        Shape::Ecs
    }
}

/// How often a record is mapped before everything in it is kept. What is read depends on what was read before, so that
/// new names to be read may come up a few times.
const MOST_TRIES: usize = 8;

/// Makes ECS of records, one after the other.
#[derive(Debug)]
pub(crate) struct Normalizer {
    names: Names,
    arena: Arena,
    buffer: Vec<Place<'static>>,
    members: Vec<(NameId, Option<Value<'static>>)>,
    /// The text of a string that has escapes.
    unescaped: String,
    marks: Marks,
}

impl Normalizer {
    /// For the fields of a layout, or for whole documents.
    pub(crate) fn new(layout: Option<Arc<Layout>>) -> Self {
        Self {
            names: Names::new(layout),
            arena: Arena::default(),
            buffer: Vec::new(),
            members: Vec::new(),
            unescaped: String::new(),
            marks: Marks::default(),
        }
    }

    /// Gives the fields of a raw record that the layout may want to `take`, each with its value. Says what the record
    /// was: of one that is ECS nothing is taken.
    pub(crate) fn fields<'t>(
        &mut self,
        record: impl Iterator<Item = (&'t str, TapeNode<'t>)>,
        mut take: impl FnMut(PathId, Value<'_>),
    ) -> Shape {
        self.normalize(record, |shape, ecs| {
            ecs.fields(&mut take);
            shape
        })
    }

    /// The ECS document of a raw record; none if it is ECS already.
    pub(crate) fn document<'t>(
        &mut self,
        record: impl Iterator<Item = (&'t str, TapeNode<'t>)>,
    ) -> Option<Document> {
        self.normalize(record, |shape, ecs| (shape != Shape::Ecs).then(|| ecs.document()))
    }

    /// Tells the shape of a record.
    pub(crate) fn shape<'t>(&mut self, record: impl Iterator<Item = (&'t str, TapeNode<'t>)>) -> Shape {
        self.normalize(record, |shape, _| shape)
    }

    /// Gives the document of a raw record to `use_event`, or an empty one, if the record is ECS.
    fn normalize<'t, R>(
        &mut self,
        record: impl Iterator<Item = (&'t str, TapeNode<'t>)>,
        use_event: impl FnOnce(Shape, &Ecs<'_>) -> R,
    ) -> R {
        let record = self.arena.members(record.map(|(key, value)| (key, value.into()))).iter().copied();
        let shape = shape_of(&record);
        self.names.forget_many();
        let mut tries = 0;
        let result = loop {
            let mut ecs = Ecs::new(&mut self.names, &self.arena, std::mem::take(&mut self.buffer));
            match shape {
                Shape::Ecs => {}
                Shape::Evtx => windows::from_evtx(&mut ecs, record.clone()),
                Shape::Winlog => windows::from_winlog(&mut ecs, record.clone()),
                Shape::Flat => {
                    let mut flat = Flat::new(std::mem::take(&mut self.members));
                    windows::from_flat(&mut ecs, record.clone(), &mut flat);
                    self.members = flat.into_buffer();
                }
            }
            if !ecs.has_missed() {
                let result = use_event(shape, &ecs);
                self.buffer = ecs.into_buffer();
                break result;
            }
            self.buffer = ecs.into_buffer();
            tries += 1;
            if tries == MOST_TRIES {
                self.names.read_all();
            }
        };
        self.arena.reset();
        result
    }
}

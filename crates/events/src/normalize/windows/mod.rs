//! Windows event logs to ECS, as the `windows` and `system` integrations do it.
//!
//! Whatever shape a record has, it first becomes what an agent would ship ([`event::WindowsEvent`]: the
//! document, its event data as one flat object of texts). Then the mapping of its channel moves event data to
//! ECS fields; what no mapping takes stays in `winlog.event_data`.

mod command_line;
mod defender;
mod event;
mod evtx;
mod flat;
mod objects;
mod paths;
mod powershell;
mod script_block;
mod security;
mod security_data;
mod sysmon;
mod sysmon_data;
mod system;
mod system_data;
mod winlog;

pub(super) use event::EVENT_DATA;
pub(super) use evtx::is_evtx;
pub(super) use flat::{Flat, Key, Role, is_flat};
pub(crate) use winlog::SET_BY_PIPELINES;
pub(super) use winlog::is_processed;

use crate::normalize::ecs::Ecs;
use crate::normalize::value::Object;
use event::WindowsEvent;

/// From EVTX rendered to JSON.
pub(super) fn from_evtx<'t>(doc: &mut Ecs<'t>, record: impl Object<'t>) {
    map(evtx::read(doc, record));
}

/// From a Winlogbeat or Elastic Agent document that no ingest pipeline has seen.
pub(super) fn from_winlog<'t>(doc: &mut Ecs<'t>, record: impl Object<'t>) {
    map(winlog::read(doc, record));
}

/// From a flat object.
pub(super) fn from_flat<'t>(doc: &mut Ecs<'t>, record: impl Object<'t>, flat: &mut Flat<'t>) {
    map(flat::read(doc, record, flat));
}

/// From the members of a flat object.
pub(super) fn from_members<'t>(doc: &mut Ecs<'t>, flat: &mut Flat<'t>) {
    map(flat::event(doc, flat));
}

fn map(mut event: WindowsEvent<'_, '_>) {
    match event.source {
        event::Source::Sysmon => sysmon::map(&mut event),
        event::Source::PowerShell => powershell::map_engine(&mut event),
        event::Source::PowerShellOperational => powershell::map_operational(&mut event),
        event::Source::Defender => defender::map(&mut event),
        event::Source::Security => security::map(&mut event),
        event::Source::Other(_) => event.set_time_from_log(),
    }
    event.finish();
}

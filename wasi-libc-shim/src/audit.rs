//! What a program was refused and what it used, as it is remembered.
//!
//! It stands alone so that the areas decide and this only watches: [`observe()`] is called behind every host
//! call that failed, and behind every one when somebody watches. Invariants: nothing here changes what a call
//! did; a program that nobody watches pays a branch a call and, for a refusal, a copy into fixed space; what
//! is kept is bounded, whatever the program does.

mod calls;
mod denial;
mod event;
mod observe;
mod seen;

use crate::Wasi;
pub use denial::Denial;
pub use event::{Access, Action, Event, Reason, Source, Subject};
pub(crate) use observe::{before, observe, observe_denied_clock};
use seen::Seen;
use wasm2native_abi::policy::DENY_KINDS;

/// A grant, and whether it was used.
#[derive(Clone, Debug)]
pub struct Watched {
    /// The name by which the program knows it.
    pub name: Box<[u8]>,
    /// What of the policy it is.
    pub source: Source,
    /// Nothing in or below it may be changed.
    pub read_only: bool,
    /// Something in it was read.
    pub was_read: bool,
    /// Something in it was changed.
    pub was_written: bool,
}

/// What a descriptor was opened from, when the program is watched.
pub(crate) struct Origin {
    source: Source,
    /// The index in [`Wasi::watched`].
    grant: Option<u16>,
    path: Box<[u8]>,
}

/// What is told of at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Watch {
    /// Nothing: refusals are kept for the end.
    #[default]
    Nothing,
    /// Each refusal.
    Refusals,
    /// Each refusal and each use.
    Everything,
}

/// What is remembered.
pub(crate) struct Audit {
    watch: Watch,
    first: Denial,
    last: Denial,
    count: u32,
    events: Vec<Event>,
    grants: Vec<Watched>,
    seen: Seen,
}

impl Audit {
    pub(crate) const fn new() -> Self {
        Self {
            watch: Watch::Nothing,
            first: Denial::NONE,
            last: Denial::NONE,
            count: 0,
            events: Vec::new(),
            grants: Vec::new(),
            seen: Seen::new(),
        }
    }

    /// Whether anything is told of at once.
    fn is_watching(&self) -> bool {
        self.watch != Watch::Nothing
    }

    fn add(&mut self, event: Event) {
        if self.watch != Watch::Everything && event.refused.is_none() {
            return;
        }
        if let Some(reason) = event.refused {
            self.last.keep(&event, reason);
            if self.count == 0 {
                self.first = self.last;
            }
            self.count = self.count.saturating_add(1);
        } else if let Some(grant) =
            event.grant.and_then(|index| self.grants.get_mut(usize::from(index)))
        {
            grant.was_read |= !event.access.changes();
            grant.was_written |= event.access.changes();
        }
        if self.is_watching() && self.seen.is_new(&event) {
            self.events.push(event);
        }
    }
}

impl Wasi {
    /// Has refusals, or uses too, told of by [`Self::events`] from now on.
    pub fn watch(&mut self, watch: Watch) {
        self.audit.watch = watch;
        self.audit.seen.reserve();
        for directory in self.descriptors.iter_mut() {
            let Some(name) = &directory.preopened else { continue };
            let source = directory.source;
            let grant = (source != Source::Nothing).then_some(self.audit.grants.len() as u16);
            directory.origin = Some(Box::new(Origin { source, grant, path: name.clone() }));
            // What grants nothing by itself is no grant.
            if grant.is_none() {
                continue;
            }
            self.audit.grants.push(Watched {
                name: name.clone(),
                source,
                read_only: directory.read_only,
                was_read: false,
                was_written: false,
            });
        }
    }

    /// Whether [`Self::events`] has anything.
    #[inline]
    pub fn has_events(&self) -> bool {
        !self.audit.events.is_empty()
    }

    /// What happened since the last call, each thing only the first time that it happens.
    pub fn events(&mut self) -> Vec<Event> {
        core::mem::take(&mut self.audit.events)
    }

    /// The directories that were granted, when the program is watched.
    pub fn watched(&self) -> &[Watched] {
        &self.audit.grants
    }

    /// Whether so much happened that some of it was not told.
    pub fn has_lost_events(&self) -> bool {
        self.audit.seen.is_full()
    }

    /// How often something was refused, and the first and the last of it.
    pub fn denials(&self) -> (u32, &Denial, &Denial) {
        (self.audit.count, &self.audit.first, &self.audit.last)
    }

    /// The kinds that were taken away, by their names.
    pub fn denied_kinds(&self) -> impl Iterator<Item = &'static str> {
        DENY_KINDS.iter().filter(|(_, flag)| self.denied & flag != 0).map(|(name, _)| *name)
    }

    /// Names in the host's root that mean those of the current directory for the program, which has both.
    pub fn shadowed(&self) -> &[Vec<u8>] {
        &self.shadowed
    }

    /// The variables that the program has, each as `name=value`.
    pub fn environment(&self) -> &[Vec<u8>] {
        &self.environment
    }
}

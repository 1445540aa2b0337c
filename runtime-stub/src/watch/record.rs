//! The audit record: a line of JSON for the start, for each thing that was used or refused, and for the end.
//!
//! A line is one object, `event` says of what. Values that the program or its user chose are escaped; what is
//! no UTF-8 in them is U+FFFD.
//!
//! - `start`: `program`; `abi`, the version of it and of this form; `policy`, in words; `wall` and `landlock`;
//!   `denied`, kinds; `shadowed`; `directories` and those of them that are `read-only`, by the names that the
//!   program knows; `environment`, names.
//! - `used`, `denied`: `subject`. Of a file: `action`, `access`, `path` as the program would spell it; `grant`,
//!   the name of the directory by which it was reached, when that is granted; `from` and `index`, the record
//!   of the policy that grants it: `directory` or `embedded` with its place among its kind, from 0, or
//!   `arguments`. What was denied has a `reason`. Each thing is there once.
//! - `end`: `status`; `denied`, how often; `unused` and `only-read` directories; `complete`, whether each thing
//!   is there. A program that ended within a call (by the time limit, by using up its stack) has no more than
//!   the status there, and is not complete; a line that it was ended in has no end of its own. One that was
//!   killed has no `end`.

use crate::header;
use crate::report::{self, Text};
use std::sync::atomic::{AtomicU8, Ordering};
use wasi_libc_shim::{Active, Event, Subject, Wasi, Watched};
use wasm2native_abi::ABI_VERSION;
use wasm2native_abi::policy::{RecordKind, Records};

/// Nothing was written yet, or everything was.
const CLOSED: u8 = 0;
/// The last line was written to its end.
const BETWEEN: u8 = 1;
/// A line is being written.
const WITHIN: u8 = 2;

/// How far the record is.
static PLACE: AtomicU8 = AtomicU8::new(CLOSED);

/// Begins a line.
fn line(file: i32, event: &str) -> Text {
    PLACE.store(WITHIN, Ordering::Relaxed);
    let mut text = Text::to(file);
    text.text("{\"event\":\"").text(event).text("\"");
    text
}

/// Ends a line.
fn finish(text: &mut Text, place: u8) {
    text.text("}\n").flush();
    PLACE.store(place, Ordering::Relaxed);
}

/// Adds what stands before the value of a member.
fn name<'a>(text: &'a mut Text, name: &str) -> &'a mut Text {
    text.text(",\"").text(name).text("\":")
}

/// Adds a member that is a string.
fn member(text: &mut Text, name: &str, value: &[u8]) {
    self::name(text, name).json(value);
}

/// Adds a member that is a number.
fn number(text: &mut Text, name: &str, value: u64) {
    self::name(text, name).number(value);
}

/// A member that is a list of strings.
struct List<'a> {
    text: &'a mut Text,
    before: &'static str,
}

impl<'a> List<'a> {
    fn begin(text: &'a mut Text, name: &str) -> Self {
        self::name(text, name);
        Self { text, before: "[" }
    }

    fn add(&mut self, value: &[u8]) {
        self.text.text(self.before).json(value);
        self.before = ",";
    }

    fn end(self) {
        self.text.text(if self.before == "[" { "[]" } else { "]" });
    }
}

/// Adds a list of the names of directories.
fn directories(text: &mut Text, name: &str, wasi: &Wasi, is_meant: fn(&Watched) -> bool) {
    let mut list = List::begin(text, name);
    for grant in wasi.watched() {
        if is_meant(grant) {
            list.add(&grant.name);
        }
    }
    list.end();
}

/// What the program starts with.
pub(super) fn begin(file: i32, wasi: &Wasi, wall: Active) {
    let text = &mut line(file, "start");
    member(text, "program", report::name());
    number(text, "abi", ABI_VERSION.into());
    for record in Records::new(header::policy()).filter_map(Result::ok) {
        if record.kind == RecordKind::Words {
            member(text, "policy", record.bytes);
        }
    }
    let mut list = List::begin(text, "wall");
    for measure in wall.measures() {
        list.add(measure.name().as_bytes());
    }
    list.end();
    number(text, "landlock", wall.landlock_version().into());
    let mut list = List::begin(text, "denied");
    for kind in wasi.denied_kinds() {
        list.add(kind.as_bytes());
    }
    list.end();
    let mut list = List::begin(text, "shadowed");
    for name in wasi.shadowed() {
        list.add(name);
    }
    list.end();
    directories(text, "directories", wasi, |_| true);
    directories(text, "read-only", wasi, |grant| grant.read_only);
    let mut list = List::begin(text, "environment");
    for variable in wasi.environment() {
        list.add(variable.split(|&byte| byte == b'=').next().unwrap_or_default());
    }
    list.end();
    finish(text, BETWEEN);
}

/// Something that the program used or was refused.
pub(super) fn event(file: i32, wasi: &Wasi, event: &Event) {
    let text = &mut line(file, if event.refused.is_some() { "denied" } else { "used" });
    member(text, "subject", event.subject.name().as_bytes());
    if event.subject == Subject::File {
        member(text, "action", event.action.name().as_bytes());
        member(text, "access", event.access.name().as_bytes());
        member(text, "path", &event.path);
    }
    if let Some(grant) = event.grant.and_then(|index| wasi.watched().get(usize::from(index))) {
        member(text, "grant", &grant.name);
    }
    if let Some(source) = event.source.name() {
        member(text, "from", source.as_bytes());
    }
    if let Some(index) = event.source.index() {
        number(text, "index", index.into());
    }
    if let Some(reason) = event.refused {
        member(text, "reason", reason.name().as_bytes());
    }
    finish(text, BETWEEN);
}

/// The end of a program, and what it left.
pub(super) fn end(file: i32, wasi: &Wasi, status: i32) {
    let text = &mut line(file, "end");
    number(text, "status", u64::from(status.cast_unsigned()));
    number(text, "denied", wasi.denials().0.into());
    directories(text, "unused", wasi, |grant| !grant.was_read && !grant.was_written);
    directories(text, "only-read", wasi, |grant| {
        grant.was_read && !grant.was_written && !grant.read_only
    });
    name(text, "complete").text(if wasi.has_lost_events() { "false" } else { "true" });
    finish(text, CLOSED);
}

/// The end of a program of which nothing can be asked any more.
pub(super) fn end_abruptly(file: i32, status: i32) {
    match PLACE.load(Ordering::Relaxed) {
        CLOSED => return,
        WITHIN => Text::to(file).text("\n").flush(),
        _ => {}
    }
    let text = &mut line(file, "end");
    number(text, "status", u64::from(status.cast_unsigned()));
    name(text, "complete").text("false");
    finish(text, CLOSED);
}

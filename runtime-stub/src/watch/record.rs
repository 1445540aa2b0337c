//! The audit record: a line of JSON for the start, each thing used or refused, and the end.
//!
//! A line is one object. Values that the program or its user chose are escaped; what is no UTF-8 in them
//! is U+FFFD. Each thing is there once; `complete` at the end says whether all of them are.

use crate::header;
use crate::report::{self, Text};
use wasi_libc_shim::{Active, Event, Subject, Wasi, Watched};
use wasm2native_abi::ABI_VERSION;
use wasm2native_abi::policy::{RecordKind, Records};

/// Adds a member of an object that is no first one.
fn member(text: &mut Text, name: &str, value: &[u8]) {
    text.text(",\"").text(name).text("\":").json(value);
}

/// Adds a member that is a list.
fn list<'a>(text: &mut Text, name: &str, values: &mut dyn Iterator<Item = &'a [u8]>) {
    text.text(",\"").text(name).text("\":[");
    for (index, value) in values.enumerate() {
        text.text(if index > 0 { "," } else { "" }).json(value);
    }
    text.text("]");
}

/// What the program starts with.
pub(super) fn begin(file: i32, wasi: &Wasi, wall: Active) {
    let mut text = Text::to(file);
    text.text("{\"event\":\"start\"");
    member(&mut text, "program", report::name());
    text.text(",\"abi\":").number(ABI_VERSION.into());
    for record in Records::new(header::policy()).filter_map(Result::ok) {
        if record.kind == RecordKind::Words {
            member(&mut text, "policy", record.bytes);
        }
    }
    list(&mut text, "wall", &mut wall.measures().map(|measure| measure.name().as_bytes()));
    text.text(",\"landlock\":").number(wall.landlock_version().into());
    list(&mut text, "denied", &mut wasi.denied_kinds().map(str::as_bytes));
    list(&mut text, "shadowed", &mut wasi.shadowed().iter().map(Vec::as_slice));
    list(&mut text, "directories", &mut wasi.watched().iter().map(|grant| &grant.name[..]));
    let read_only = wasi.watched().iter().filter(|grant| grant.read_only);
    list(&mut text, "read-only", &mut read_only.map(|grant| &grant.name[..]));
    let names = wasi.environment().iter();
    list(
        &mut text,
        "environment",
        &mut names.filter_map(|variable| variable.split(|&byte| byte == b'=').next()),
    );
    text.text("}\n").flush();
}

/// Something that the program used or was refused.
pub(super) fn event(file: i32, wasi: &Wasi, event: &Event) {
    let mut text = Text::to(file);
    text.text(if event.refused.is_some() {
        "{\"event\":\"denied\""
    } else {
        "{\"event\":\"used\""
    });
    member(&mut text, "subject", event.subject.name().as_bytes());
    if event.subject == Subject::File {
        member(&mut text, "action", event.action.name().as_bytes());
        member(&mut text, "access", event.access.name().as_bytes());
        member(&mut text, "path", &event.path);
    }
    if let Some(grant) = event.grant.and_then(|index| wasi.watched().get(usize::from(index))) {
        member(&mut text, "grant", &grant.name);
    }
    if let Some(reason) = event.refused {
        member(&mut text, "reason", reason.name().as_bytes());
    }
    text.text("}\n").flush();
}

/// What was left at the end.
pub(super) fn end(file: i32, wasi: &Wasi, status: i32) {
    let mut text = Text::to(file);
    text.text("{\"event\":\"end\",\"status\":");
    text.number(u64::from(status.cast_unsigned()));
    text.text(",\"denied\":").number(wasi.denials().0.into());
    let names = |is_meant: fn(&Watched) -> bool| {
        let meant = wasi.watched().iter().filter(move |grant| is_meant(grant));
        meant.map(|grant| &grant.name[..])
    };
    list(&mut text, "unused", &mut names(|grant| !grant.was_read && !grant.was_written));
    list(
        &mut text,
        "only-read",
        &mut names(|grant| grant.was_read && !grant.was_written && !grant.read_only),
    );
    text.text(",\"complete\":").text(if wasi.has_lost_events() { "false" } else { "true" });
    text.text("}\n").flush();
}

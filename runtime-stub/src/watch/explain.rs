//! Denials in words.
//!
//! Invariant: what stands in a message is what somebody can do: the flags are those of whoever builds the
//! program, which has none of its own.

use crate::header;
use crate::report::Text;
use crate::variable::are_allowed;
use wasi_libc_shim::{
    Access, Action, Active, Denial, Event, Measure, Reason, Source, Subject, Wasi,
};
use wasm2native_abi::policy::{RecordKind, Records};

/// The grants in words, as they were when the program was built; empty when it does not say.
fn words() -> &'static [u8] {
    let mut records = Records::new(header::policy()).filter_map(Result::ok);
    records.find(|record| record.kind == RecordKind::Words).map_or(&[], |record| record.bytes)
}

/// Begins a message.
fn message(stream: i32) -> Text {
    let mut text = Text::to(stream);
    text.program().text("sandbox: ");
    text
}

/// Says what was granted, and what the kernel knows of it.
pub(super) fn begin(stream: i32, wasi: &Wasi, wall: Active) {
    if !words().is_empty() {
        message(stream).text("built with: ").visible(words()).text("\n").flush();
    }
    let mut text = message(stream);
    text.text("the kernel enforces it: ");
    if !wall.measures().any(|_| true) {
        text.text("no");
    }
    for (index, measure) in wall.measures().enumerate() {
        text.text(if index > 0 { ", " } else { "" }).text(measure.name());
        if measure == Measure::Landlock {
            text.text(" ").number(wall.landlock_version().into());
        }
    }
    text.text("\n").flush();
    for kind in wasi.denied_kinds() {
        message(stream).text("denied as a kind: ").text(kind).text("\n").flush();
    }
    for name in wasi.shadowed() {
        let mut text = message(stream);
        text.text("`/")
            .visible(name)
            .text("` is the one in the current directory, which has that ");
        text.text("name too\n").flush();
    }
}

/// Says that something was refused, why, and what would grant it.
pub(super) fn event(stream: i32, wasi: &Wasi, event: &Event) {
    let Some(reason) = event.refused else { return };
    let mut text = message(stream);
    what(&mut text, event.subject, event.action, event.access, &event.path);
    text.text(": ");
    let grant = event.grant.and_then(|index| wasi.watched().get(usize::from(index)));
    let grant = grant.map_or(&b"the directory"[..], |grant| &grant.name);
    match reason {
        Reason::NotGranted => {
            text.text("not granted");
            flag(&mut text, event);
        }
        Reason::LeadsOut | Reason::LinkLeadsOut => {
            let is_link = reason == Reason::LinkLeadsOut;
            text.text(if is_link { "a symbolic link leads out of `" } else { "leads out of `" });
            text.visible(grant).text("`");
            // From elsewhere the path does not say where it leads.
            if is_link || grant != b"." || directory(&event.path) == b"/" {
                text.text("; a build with `--dir` for the place where it leads would grant it");
            } else {
                flag(&mut text, event);
            }
        }
        Reason::AbsoluteTarget => {
            text.text("a link to an absolute path would lead elsewhere for everybody else");
        }
        Reason::ReadOnly => match event.source {
            Source::Arguments => {
                text.text("what arguments name may only be read; a build with `--grant-args rw` ");
                text.text("would grant it");
            }
            Source::Embedded(_) => {
                text.text("it is part of the executable");
            }
            Source::Nothing | Source::Directory(_) => {
                text.text("`").visible(grant).text("` may only be read; a build with `--dir` for ");
                text.text("it without `ro` would grant it");
            }
        },
        Reason::NoRight => {
            text.text("the program gave up the right to it, or asked for more than it had");
        }
        Reason::OwnersOnly => {
            text.text("only its owner may read it in `/proc`, which no directory grants");
        }
        Reason::KindDenied => {
            text.text("the whole kind is denied");
        }
    }
    text.text("\n").flush();
}

/// What was done to what.
fn what(text: &mut Text, subject: Subject, action: Action, access: Access, path: &[u8]) {
    if subject != Subject::File {
        text.text(subject.name());
        return;
    }
    text.text(action.name()).text(" \"").visible(path).text("\"");
    // Most actions say by themselves how they use a file.
    if matches!(action, Action::Open | Action::Stat) {
        text.text(" (").text(access.name()).text(")");
    }
}

/// The directory that a path names something in.
fn directory(path: &[u8]) -> &[u8] {
    let path = path.strip_suffix(b"/").unwrap_or(path);
    match path.iter().rposition(|&byte| byte == b'/') {
        Some(0) => b"/",
        Some(end) => path.get(..end).unwrap_or_default(),
        None if path.is_empty() => b"/",
        None => b".",
    }
}

/// The flag for the directory that something is in. To C's library a relative path begins at `/` too, so
/// that nobody can tell; and all of `/` is not what anybody should grant.
fn flag(text: &mut Text, event: &Event) {
    let directory = directory(&event.path);
    let is_root = directory == b"/";
    let (here, mode) =
        if event.access.changes() { ("`--dir .`", "") } else { ("`--dir .::.::ro`", "::ro") };
    text.text("; a build with ");
    if is_root {
        text.text(here);
    } else {
        text.text("`--dir ").visible(directory).text("::").visible(directory).text(mode).text("`");
    }
    text.text(" would grant it");
    if is_root {
        text.text(" if it is in the current directory");
    } else if directory.first() == Some(&b'/') {
        text.text(", or ").text(here).text(" if the path is relative to the current directory");
    }
}

/// Says, behind the end of a program that failed, what it was refused.
pub(super) fn end(explain: Option<i32>, wasi: &Wasi) {
    let (count, first, last) = wasi.denials();
    let mut text = message(explain.unwrap_or(2));
    refused(&mut text, first);
    if count > 1 {
        text.indent();
        if !last.is_same(first) {
            text.text("The last of ").number(count.into()).text(" such: ");
            what(&mut text, last.subject, last.action, last.access, last.path());
            text.text(".\n");
        } else {
            text.text("It was tried ").number(count.into()).text(" times.\n");
        }
    }
    if !words().is_empty() {
        text.indent().text("It was built with: ").visible(words()).text(".");
    }
    if explain.is_none() && are_allowed() {
        if words().is_empty() {
            text.indent().text("See WASM2NATIVE_EXPLAIN=1.");
        } else {
            text.text(" See WASM2NATIVE_EXPLAIN=1.");
        }
    }
    text.text("\n").flush();
}

fn refused(text: &mut Text, denial: &Denial) {
    what(text, denial.subject, denial.action, denial.access, denial.path());
    text.text(match denial.reason {
        Reason::NotGranted | Reason::LeadsOut | Reason::LinkLeadsOut | Reason::AbsoluteTarget => {
            " was not granted when this program was built.\n"
        }
        Reason::ReadOnly => " was granted to be read only when this program was built.\n",
        Reason::NoRight => " was refused: the program had given up the right to it.\n",
        Reason::OwnersOnly => " was refused: only its owner may read it in `/proc`.\n",
        Reason::KindDenied => " was denied.\n",
    });
}

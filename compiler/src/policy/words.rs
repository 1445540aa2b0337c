//! A policy's description to words: what a build prints, what `inspect` shows, and what an executable says
//! when it denies something.
//!
//! Invariants: the grants are one line, whatever their texts contain; what was taken away again is not
//! in them.

use super::PolicyDescription;
use crate::diagnostic::{quoted, size};
use crate::directory::{Directory, TEMPORARY};
use crate::grant::ArgumentGrant;
use crate::limit::duration_in_words;
use crate::moment;
use crate::setting::{Denied, STREAM_NAMES};

impl PolicyDescription {
    /// The grants in one line: what holds, after what was denied.
    pub fn in_words(&self) -> String {
        let mut words = self.files_in_words();
        if words.is_empty() {
            words.push("no files".to_owned());
        }
        words.push(self.environment_in_words());
        words.push(match &self.listen[..] {
            _ if self.denies(Denied::Network) => "no network".to_owned(),
            [] => "no network".to_owned(),
            addresses => format!("listens on {}", addresses.join(", ")),
        });
        words.extend(self.streams_in_words());
        match self.clock {
            _ if self.denies(Denied::Clock) => words.push("no clock".to_owned()),
            Some(time) => words.push(format!("clock stands at {}", moment::in_words(time))),
            None => {}
        }
        if self.random.is_some() {
            words.push("predictable random numbers".to_owned());
        }
        if self.denies(Denied::Arguments) {
            words.push("no arguments".to_owned());
        }
        words.join("; ")
    }

    fn files_in_words(&self) -> Vec<String> {
        let mut words: Vec<String> =
            self.effective_directories().iter().map(directory_in_words).collect();
        let arguments = self.effective_arguments();
        if arguments != ArgumentGrant::Off {
            words.push(format!("files named in arguments ({})", arguments.name()));
        }
        if !self.embedded.is_empty() {
            let names: Vec<_> = self.embedded.iter().map(|name| quoted(name)).collect();
            words.push(format!("embedded {}", names.join(", ")));
        }
        words
    }

    fn environment_in_words(&self) -> String {
        let inherited = self.environment_inherited.iter().map(|name| quoted(name));
        let set = self.environment_set.iter().map(|(name, _)| format!("{}=…", quoted(name)));
        let variables: Vec<String> = inherited.chain(set).collect();
        match &variables[..] {
            _ if self.denies(Denied::Environment) => "no environment".to_owned(),
            [] => "no environment".to_owned(),
            [all] if all == "*" => "the whole environment".to_owned(),
            names => format!("env {}", names.join(" ")),
        }
    }

    /// The standard streams that are the null device.
    pub fn streams_in_words(&self) -> Option<String> {
        let null =
            self.null_streams.iter().filter_map(|&number| STREAM_NAMES.get(usize::from(number)));
        let null: Vec<&str> = null.copied().collect();
        (!null.is_empty()).then(|| format!("no {}", null.join(", no ")))
    }

    /// The limits in one line.
    pub fn limits_in_words(&self) -> String {
        let memory = match self.maximum_memory_bytes {
            Some(bytes) => size(bytes),
            None => "as the module says".to_owned(),
        };
        let stack = size(self.stack_bytes());
        let mut words = vec![format!("memory {memory}"), format!("stack {stack}")];
        words.extend(self.maximum_table_elements.map(|elements| format!("table {elements}")));
        words.extend(self.maximum_files.map(|files| format!("files {files}")));
        words.extend(
            self.timeout_nanoseconds.map(|time| format!("time {}", duration_in_words(time))),
        );
        words.join("; ")
    }

    /// What whoever runs the executable may ask of it by `WASM2NATIVE_*` variables.
    pub fn run_time_in_words(&self) -> &'static str {
        match (self.runtime_variables, self.narrowing) {
            (false, _) => "no WASM2NATIVE_* variable is read",
            (true, false) => "grants are fixed; WASM2NATIVE_* variables may ask for explanations",
            (true, true) => "WASM2NATIVE_DENY may take grants away, and none adds any",
        }
    }
}

/// What a host path is called.
pub(super) fn place_in_words(host: &str) -> Option<&'static str> {
    (host == TEMPORARY).then_some("a private temporary directory")
}

/// A directory, and in brackets how it is granted.
fn directory_in_words(directory: &Directory) -> String {
    let Directory { host, guest, read_only, create, optional, .. } = directory;
    let mut modifiers = vec![if *read_only { "ro" } else { "rw" }];
    let place = place_in_words(host);
    // A private directory is always made, and nobody is asked for it.
    if place.is_none() {
        modifiers.extend(create.then_some("create"));
        modifiers.extend(optional.then_some("optional"));
    }
    let modifiers = modifiers.join(", ");
    let shown = place.map_or_else(|| quoted(host), str::to_owned);
    match guest.as_str() {
        guest if guest.is_empty() || guest == host => format!("{shown} ({modifiers})"),
        guest => format!("{shown} as {} ({modifiers})", quoted(guest)),
    }
}

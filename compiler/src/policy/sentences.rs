//! A policy's description to sentences, for people who did not write it.
//!
//! Invariant: every grant has its sentence, and what is not granted is said too.

use super::PolicyDescription;
use super::words::place_in_words;
use crate::diagnostic::{quoted, size};
use crate::directory::{Directory, TEMPORARY, anchor};
use crate::grant::ArgumentGrant;
use crate::limit::duration_in_words;
use crate::moment;
use crate::path::{GrantPath, PathRules};
use crate::setting::{Denied, STREAM_NAMES};
use wasm2native_abi::policy::Sandbox;

impl PolicyDescription {
    /// What the policy grants, takes away and limits, on machines with these rules for paths.
    pub fn in_sentences(&self, rules: &[PathRules]) -> Vec<String> {
        let mut sentences = Vec::new();
        self.files_in_sentences(rules, &mut sentences);
        self.variables_in_sentences(&mut sentences);
        self.others_in_sentences(&mut sentences);
        self.limits_in_sentences(&mut sentences);
        self.execution_in_sentences(&mut sentences);
        sentences
    }

    fn files_in_sentences(&self, rules: &[PathRules], sentences: &mut Vec<String>) {
        for name in &self.embedded {
            let name = quoted(name);
            sentences.push(format!("It carries the files in `{name}` in itself, to be read."));
        }
        let directories = self.effective_directories();
        for directory in &directories {
            let mut sentence = format!("It may {}", directory_clause(directory));
            let depends =
                |rules: &PathRules| GrantPath::host(&directory.host, *rules).depends_on_start();
            if rules.iter().any(depends) {
                sentence.push_str(", looked up in the directory in which it is started");
            }
            if directory.create {
                sentence.push_str("; it is made when it is not there");
            }
            if directory.optional {
                sentence.push_str("; without it, it starts all the same");
            }
            sentences.push(sentence + ".");
        }
        let arguments = self.effective_arguments();
        match arguments {
            ArgumentGrant::ReadWrite => sentences.push(
                "It may read and write files and directories that its command line names, and make them."
                    .to_owned(),
            ),
            ArgumentGrant::ReadOnly => sentences
                .push("It may read files and directories that its command line names.".to_owned()),
            ArgumentGrant::Off if directories.is_empty() => {
                sentences.push("It may use no files of the machine that runs it.".to_owned());
            }
            ArgumentGrant::Off => {}
        }
    }

    fn variables_in_sentences(&self, sentences: &mut Vec<String>) {
        if self.denies(Denied::Environment)
            || self.environment_inherited.is_empty() && self.environment_set.is_empty()
        {
            sentences.push("It gets no variables.".to_owned());
            return;
        }
        if self.environment_inherited.iter().any(|name| name == "*") {
            sentences.push("It gets all variables of whoever runs it.".to_owned());
        } else if !self.environment_inherited.is_empty() {
            let names: Vec<_> =
                self.environment_inherited.iter().map(|name| quoted(name)).collect();
            let names = names.join(", ");
            sentences.push(format!("It gets these variables of whoever runs it: {names}."));
        }
        for (name, value) in &self.environment_set {
            sentences.push(format!("Its variable {} is `{}`.", quoted(name), quoted(value)));
        }
    }

    fn others_in_sentences(&self, sentences: &mut Vec<String>) {
        if self.listen.is_empty() || self.denies(Denied::Network) {
            sentences.push("It may not use the network.".to_owned());
        } else {
            let addresses: Vec<_> = self.listen.iter().map(|address| quoted(address)).collect();
            sentences.push(format!("It accepts connections on {}.", addresses.join(", ")));
        }
        if self.denies(Denied::Arguments) {
            sentences.push("It does not see its command line.".to_owned());
        }
        if self.denies(Denied::Clock) {
            sentences.push("It does not learn the time.".to_owned());
        } else if let Some(nanoseconds) = self.clock {
            sentences.push(format!("Its clock stands at {}.", moment::in_words(nanoseconds)));
        }
        if self.random.is_some() {
            sentences.push("Its random numbers are the same at every start.".to_owned());
        }
        for (number, name) in STREAM_NAMES.iter().enumerate() {
            if self.null_streams.contains(&(number as u16)) {
                sentences.push(format!("Its {name} is the null device."));
            }
        }
        if let Some(argv0) = &self.argv0 {
            sentences.push(format!("It is told that it is called `{}`.", quoted(argv0)));
        }
    }

    fn limits_in_sentences(&self, sentences: &mut Vec<String>) {
        if let Some(bytes) = self.maximum_memory_bytes {
            sentences.push(format!("Each of its memories has {} at most.", size(bytes)));
        }
        sentences.push(format!("Its stack has {}.", size(self.stack_bytes())));
        if let Some(elements) = self.maximum_table_elements {
            sentences.push(format!("Each of its tables has {elements} elements at most."));
        }
        if let Some(files) = self.maximum_files {
            sentences.push(format!("It has {files} open files at most."));
        }
        if let Some(nanoseconds) = self.timeout_nanoseconds {
            sentences.push(format!("It is ended after {}.", duration_in_words(nanoseconds)));
        }
    }

    fn execution_in_sentences(&self, sentences: &mut Vec<String>) {
        sentences.push(
            match self.sandbox {
                Sandbox::Require => "It starts only where the kernel enforces this too.",
                Sandbox::Off => "The kernel is not asked to enforce this too.",
                Sandbox::Auto => "The kernel enforces this too, as far as it can.",
            }
            .to_owned(),
        );
        sentences.push(
            match (self.runtime_variables, self.narrowing) {
                (false, _) => "Whoever runs it can change nothing of this by variables.",
                (true, false) => "Whoever runs it cannot take grants away.",
                (true, true) => "Whoever runs it can take grants away (`WASM2NATIVE_DENY`).",
            }
            .to_owned(),
        );
        if self.strict_exit_codes {
            sentences.push("An exit code of 126 or more is a trap.".to_owned());
        }
    }
}

/// A directory, and what may be done with it.
pub(super) fn directory_clause(directory: &Directory) -> String {
    let rights = if directory.read_only { "read" } else { "read and write" };
    let host = host_clause(&directory.host);
    let mut clause = format!("{rights} {host}");
    if directory.everything {
        clause.push_str(" and all that is in it, wherever its links lead");
    }
    let guest = format!("`{}`", quoted(&directory.guest));
    if guest != host && !directory.guest.is_empty() {
        clause.push_str(&format!(", known as {guest}"));
    }
    match (directory.own_path && directory.host != TEMPORARY, directory.guest.is_empty()) {
        (true, true) => clause.push_str(", known by its own path"),
        (true, false) => clause.push_str(", also by its own path"),
        (false, _) => {}
    }
    clause
}

/// A host path, with words for the place that it begins with.
fn host_clause(host: &str) -> String {
    if let Some(place) = place_in_words(host) {
        return place.to_owned();
    }
    let (place, rest) = match anchor(host) {
        Some(("exe", rest)) => ("the directory that its executable is in", rest),
        Some(("home", rest)) => ("the home directory of whoever runs it", rest),
        Some(("config", rest)) => ("the directory for settings of whoever runs it", rest),
        Some(("data", rest)) => ("the directory for data of whoever runs it", rest),
        Some(("cache", rest)) => ("the directory for caches of whoever runs it", rest),
        Some(("root", "")) => ("the root of all files", ""),
        Some(("root", rest)) => return format!("`/{}`", quoted(rest)),
        Some(("cwd", rest)) => return format!("`{}`", quoted(rest)),
        _ => return format!("`{}`", quoted(host)),
    };
    match rest {
        "" => place.to_owned(),
        rest => format!("`{}` in {place}", quoted(rest)),
    }
}

#[cfg(test)]
mod tests {
    use crate::PolicyDescription;
    use crate::directory::parse_directory;
    use crate::grant::Grant;
    use crate::host_calls::HostCalls;
    use crate::path::PathRules;
    use crate::policy::Policy;
    use wasm2native_abi::policy::{DENY_ENVIRONMENT, DENY_WRITE, Preset};

    fn sentences(policy: &Policy) -> Vec<String> {
        PolicyDescription::read(&policy.encode(HostCalls::default()))
            .expect("records")
            .in_sentences(&[PathRules::Unix])
    }

    #[test]
    fn nothing_is_said_to_be_nothing() {
        let sentences = sentences(&Policy::default());
        assert_eq!(
            sentences[..3],
            [
                "It may use no files of the machine that runs it.",
                "It gets no variables.",
                "It may not use the network."
            ]
        );
    }

    #[test]
    fn places_have_words() {
        for (text, words) in [
            ("home:", "the home directory of whoever runs it, known by its own path"),
            ("home:a/b::/b", "`a/b` in the home directory of whoever runs it, known as `/b`"),
            (
                "config:app::/c",
                "`app` in the directory for settings of whoever runs it, known as `/c`",
            ),
            ("exe:data::/d", "`data` in the directory that its executable is in, known as `/d`"),
            ("cwd:a", "`a`, looked up in the directory in which it is started"),
            ("root:etc", "`/etc`"),
            ("./home:", "`./home:`, looked up in the directory in which it is started"),
            ("tmp:", "a private temporary directory"),
        ] {
            let mut policy = Policy::default();
            policy.add(Grant::Directory(parse_directory(text).expect("a directory")));
            assert_eq!(sentences(&policy)[0], format!("It may read and write {words}."), "{text}");
        }
    }

    #[test]
    fn what_is_denied_is_not_said_to_be_granted() {
        let mut policy = Policy {
            denied: DENY_WRITE | DENY_ENVIRONMENT,
            preset: Preset::All,
            ..Policy::default()
        };
        policy.add(Grant::dir("data"));
        let sentences = sentences(&policy);
        assert!(sentences.iter().all(|sentence| !sentence.contains("write")), "{sentences:?}");
        assert!(sentences.contains(&"It gets no variables.".to_owned()));
    }
}

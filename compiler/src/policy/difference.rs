//! Two policies to what the second grants more, and less, than the first.
//!
//! Invariant: what the second allows and the first does not is always `more`, whichever way it is written.
//! Host paths are compared as text: what they lead to is for the machine that runs the program.

use super::PolicyDescription;
use super::sentences::directory_clause;
use crate::diagnostic::{quoted, size};
use crate::directory::Directory;
use crate::grant::ArgumentGrant;
use crate::limit::duration_in_words;
use crate::path::{GrantPath, PathRules};
use crate::setting::{Denied, STREAM_NAMES, sandbox_name};
use serde::Serialize;
use wasm2native_abi::policy::Sandbox;

/// What one policy grants and another does not, in words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PolicyDifference {
    /// What the second grants more.
    pub more: Vec<String>,
    /// What the second grants less.
    pub less: Vec<String>,
    /// What is neither more nor less.
    pub other: Vec<String>,
}

impl PolicyDifference {
    /// Compares, for machines with these rules for paths: what is in a granted directory by all of them is
    /// no more.
    pub fn between(
        first: &PolicyDescription,
        second: &PolicyDescription,
        rules: &[PathRules],
    ) -> Self {
        let mut difference = Self {
            more: grants_beyond(first, second, rules),
            less: grants_beyond(second, first, rules),
            ..Self::default()
        };
        let names = |policy: &PolicyDescription| {
            let names = policy.directories.iter();
            names.map(|each| format!("{}\0{}", each.guest, each.host)).collect::<Vec<_>>()
        };
        let (one, other) = (names(first), names(second));
        if difference.more.is_empty() && difference.less.is_empty() && one != other {
            let mut sorted = (one.clone(), other.clone());
            sorted.0.sort();
            sorted.1.sort();
            if sorted.0 == sorted.1 {
                difference.other.push("the order of the directories".to_owned());
            }
        }
        if first.argv0 != second.argv0 {
            let other = second.argv0.as_deref().map_or("none".to_owned(), quoted);
            difference.other.push(format!("the fixed `argv[0]`: {other}"));
        }
        for (name, value) in &second.environment_set {
            let earlier = first.environment_set.iter().find(|(other, _)| other == name);
            if earlier.is_some_and(|(_, earlier)| earlier != value) {
                let (name, value) = (quoted(name), quoted(value));
                difference.other.push(format!("the variable {name} is {value}"));
            }
        }
        difference.other.extend(settings_that_differ(first, second, rules));
        difference
    }
}

/// What the second says otherwise without granting more or less by it.
fn settings_that_differ(
    first: &PolicyDescription,
    second: &PolicyDescription,
    rules: &[PathRules],
) -> Vec<String> {
    let mut other = Vec::new();
    let both_differ = |one: Option<u64>, other: Option<u64>| {
        one.zip(other).is_some_and(|(one, other)| one != other)
    };
    if both_differ(first.clock, second.clock) {
        other.push("the time at which the clock stands".to_owned());
    }
    if both_differ(first.random, second.random) {
        other.push("the seed of random numbers".to_owned());
    }
    if first.strict_exit_codes != second.strict_exit_codes {
        let are = if second.strict_exit_codes { "are" } else { "are not" };
        other.push(format!("exit codes of 126 and more {are} traps"));
    }
    if first.runtime_variables != second.runtime_variables {
        let are = if second.runtime_variables { "are" } else { "are not" };
        other.push(format!("`WASM2NATIVE_*` variables {are} looked at"));
    }
    let carried = |policy: &PolicyDescription| (policy.embedded_files, policy.embedded_bytes);
    if first.embedded == second.embedded && carried(first) != carried(second) {
        let (files, bytes) = carried(second);
        other.push(format!("what it carries: {files} files, {}", size(bytes)));
    }
    let (earlier, later) = (first.effective_directories(), second.effective_directories());
    for directory in &later {
        let same = |outer: &&Directory| rules.iter().all(|rules| is_same(outer, directory, *rules));
        let host = quoted(&directory.host);
        match earlier.iter().find(same) {
            Some(outer) if outer.optional != directory.optional => {
                let may = if directory.optional { "may be missing" } else { "must be there" };
                other.push(format!("`{host}` {may}"));
            }
            Some(_) => {}
            // A granted path is looked up through links, what is beneath a granted directory is not.
            None if earlier.iter().any(|outer| covers(outer, directory, rules)) => {
                other.push(format!("`{host}` by itself, which a link there would lead elsewhere"));
            }
            None => {}
        }
    }
    other
}

/// What `second` grants that `first` does not.
fn grants_beyond(
    first: &PolicyDescription,
    second: &PolicyDescription,
    rules: &[PathRules],
) -> Vec<String> {
    let mut beyond = Vec::new();
    files_beyond(first, second, rules, &mut beyond);
    variables_beyond(first, second, &mut beyond);
    if !second.denies(Denied::Network) {
        for address in &second.listen {
            if first.denies(Denied::Network) || !first.listen.contains(address) {
                beyond.push(format!("listening on {}", quoted(address)));
            }
        }
    }
    for (kind, what) in [(Denied::Clock, "the time"), (Denied::Arguments, "the command line")] {
        if first.denies(kind) && !second.denies(kind) {
            beyond.push(what.to_owned());
        }
    }
    if first.clock.is_some() && second.clock.is_none() && !second.denies(Denied::Clock) {
        beyond.push("the real time".to_owned());
    }
    if first.random.is_some() && second.random.is_none() {
        beyond.push("unpredictable random numbers".to_owned());
    }
    for (stream, name) in STREAM_NAMES.iter().enumerate() {
        let stream = stream as u16;
        if first.null_streams.contains(&stream) && !second.null_streams.contains(&stream) {
            beyond.push((*name).to_owned());
        }
    }
    limits_beyond(first, second, &mut beyond);
    let strength = |policy: &PolicyDescription| match policy.sandbox {
        Sandbox::Require => 2,
        Sandbox::Auto => 1,
        Sandbox::Off => 0,
    };
    if strength(second) < strength(first) {
        let (is, was) = (sandbox_name(second.sandbox), sandbox_name(first.sandbox));
        beyond.push(format!("the kernel's wall is {is}, not {was}"));
    }
    let can_be_narrowed = |policy: &PolicyDescription| policy.narrowing && policy.runtime_variables;
    if can_be_narrowed(first) && !can_be_narrowed(second) {
        beyond.push("whoever runs it cannot take grants away".to_owned());
    }
    beyond
}

/// Whether two grants are of one directory under one name.
fn is_same(one: &Directory, other: &Directory, rules: PathRules) -> bool {
    let hosts = (GrantPath::host(&one.host, rules), GrantPath::host(&other.host, rules));
    let guests = (GrantPath::guest(&one.guest, rules), GrantPath::guest(&other.guest, rules));
    let are_empty = (one.guest.is_empty(), other.guest.is_empty());
    hosts.0.is_same(&hosts.1) && are_empty.0 == are_empty.1 && guests.0.is_same(&guests.1)
}

/// Whether `outer` grants all that `inner` does, as far as text can tell by all of these rules.
fn covers(outer: &Directory, inner: &Directory, rules: &[PathRules]) -> bool {
    let is_writable_enough = inner.read_only || !outer.read_only;
    let is_anywhere = outer.everything && !inner.everything;
    is_writable_enough && (is_anywhere || rules.iter().all(|rules| holds(outer, inner, *rules)))
}

/// Whether `inner` lies in `outer`, and has a name there that it also has by itself.
fn holds(outer: &Directory, inner: &Directory, rules: PathRules) -> bool {
    let outer_host = GrantPath::host(&outer.host, rules);
    let Some(below) = GrantPath::host(&inner.host, rules).below(&outer_host) else { return false };
    let is_named_alike = match (outer.guest.is_empty(), inner.guest.is_empty()) {
        (_, true) => outer.own_path,
        (true, false) => false,
        (false, false) => {
            let outer_name = GrantPath::guest(&outer.guest, rules);
            GrantPath::guest(&inner.guest, rules).below(&outer_name) == Some(below.clone())
        }
    };
    is_named_alike
        && (outer.own_path || !inner.own_path)
        && (outer.create || !inner.create || !below.is_empty())
        && (outer.everything || !inner.everything)
}

fn files_beyond(
    first: &PolicyDescription,
    second: &PolicyDescription,
    rules: &[PathRules],
    beyond: &mut Vec<String>,
) {
    let earlier = first.effective_directories();
    for directory in second.effective_directories() {
        if earlier.iter().any(|outer| covers(outer, &directory, rules)) {
            continue;
        }
        let made = if directory.create { ", made when it is not there" } else { "" };
        beyond.push(directory_clause(&directory) + made);
    }
    if second.effective_arguments() > first.effective_arguments() {
        let rights = match second.effective_arguments() {
            ArgumentGrant::ReadWrite => "read and write",
            _ => "read",
        };
        beyond.push(format!("{rights} files named in arguments"));
    }
    for embedded in &second.embedded {
        if !first.embedded.contains(embedded) {
            beyond.push(format!("embedded files in {}", quoted(embedded)));
        }
    }
}

/// Whether a pattern of names covers another.
fn pattern_covers(outer: &str, inner: &str) -> bool {
    match outer.strip_suffix('*') {
        Some(beginning) => inner.starts_with(beginning),
        None => outer == inner,
    }
}

fn variables_beyond(
    first: &PolicyDescription,
    second: &PolicyDescription,
    beyond: &mut Vec<String>,
) {
    if second.denies(Denied::Environment) {
        return;
    }
    let earlier: &[String] =
        if first.denies(Denied::Environment) { &[] } else { &first.environment_inherited };
    for name in &second.environment_inherited {
        if !earlier.iter().any(|outer| pattern_covers(outer, name)) {
            beyond.push(match &name[..] {
                "*" => "all variables of the environment".to_owned(),
                name => format!("the variable {}", quoted(name)),
            });
        }
    }
    for (name, value) in &second.environment_set {
        let earlier = &first.environment_set;
        if first.denies(Denied::Environment) || !earlier.iter().any(|(other, _)| other == name) {
            beyond.push(format!("the variable {} as {}", quoted(name), quoted(value)));
        }
    }
}

fn limits_beyond(first: &PolicyDescription, second: &PolicyDescription, beyond: &mut Vec<String>) {
    let count = |value: u64| value.to_string();
    let in_words: [&dyn Fn(u64) -> String; 5] = [&size, &size, &count, &count, &duration_in_words];
    let limits = [
        ("memory", first.maximum_memory_bytes, second.maximum_memory_bytes),
        ("stack", Some(first.stack_bytes()), Some(second.stack_bytes())),
        ("table elements", first.maximum_table_elements, second.maximum_table_elements),
        ("open files", first.maximum_files, second.maximum_files),
        ("time", first.timeout_nanoseconds, second.timeout_nanoseconds),
    ];
    for ((what, one, other), in_words) in limits.into_iter().zip(in_words) {
        match (one, other) {
            (Some(_), None) => beyond.push(format!("{what} without limit")),
            (Some(one), Some(other)) if other > one => {
                beyond.push(format!("more {what}: {}", in_words(other)));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::PolicyDifference;
    use crate::PolicyDescription;
    use crate::directory::{Directory, parse_directory};
    use crate::grant::{Environment, Grant};
    use crate::host_calls::HostCalls;
    use crate::path::PathRules;
    use crate::policy::Policy;
    use wasm2native_abi::policy::{DENY_FILES, DENY_WRITE, Preset};

    fn between(first: &Policy, second: &Policy) -> PolicyDifference {
        between_by(&[PathRules::Unix], first, second)
    }

    fn between_by(rules: &[PathRules], first: &Policy, second: &Policy) -> PolicyDifference {
        let read = |policy: &Policy| {
            PolicyDescription::read(&policy.encode(HostCalls::default())).expect("records")
        };
        PolicyDifference::between(&read(first), &read(second), rules)
    }

    fn with(grants: &[Grant]) -> Policy {
        let mut policy = Policy::default();
        grants.iter().for_each(|grant| policy.add(grant.clone()));
        policy
    }

    #[test]
    fn equal_policies_do_not_differ() {
        for preset in [Preset::None, Preset::Cli, Preset::All] {
            let policy = Policy { preset, ..Policy::default() };
            assert_eq!(between(&policy, &policy), PolicyDifference::default());
        }
    }

    #[test]
    fn rights_and_places_count() {
        let read = with(&[Grant::dir("a").read_only()]);
        let write = with(&[Grant::dir("a")]);
        let difference = between(&read, &write);
        assert_eq!(difference.more, ["read and write `a`"]);
        assert_eq!(difference.less, Vec::<String>::new());
        let difference = between(&write, &read);
        assert_eq!((difference.more.len(), difference.less.len()), (0, 1));
        let difference = between(&read, &with(&[Grant::dir("b").read_only()]));
        assert_eq!((difference.more.len(), difference.less.len()), (1, 1));
    }

    #[test]
    fn what_is_in_a_granted_directory_is_no_more() {
        let more = |first: Grant, second: Grant| between(&with(&[first]), &with(&[second])).more;
        let written = |text: &str| Grant::Directory(parse_directory(text).expect("a directory"));
        for (outer, inner) in [(".", "a/b"), ("./a", "a"), ("/srv", "/srv/x/"), ("home:", "home:x")]
        {
            assert_eq!(more(written(outer), written(inner)), Vec::<String>::new(), "{inner}");
            assert_eq!(more(written(outer).read_only(), written(inner)).len(), 1, "{inner}");
        }
        for (outer, inner) in [
            ("a", "ab"),
            (".", ".."),
            (".", "a/../.."),
            (".", "/a"),
            ("home:", "data:x"),
            ("a", "."),
        ] {
            assert_eq!(more(Grant::dir(outer), Grant::dir(inner)).len(), 1, "{outer} {inner}");
        }
        // The same place under another name is something else for the program.
        assert_eq!(more(Grant::dir("a"), Grant::dir("a/b").as_guest("/x")).len(), 1);
        assert_eq!(
            more(Grant::dir("a").as_guest("/x"), Grant::dir("a/b").as_guest("/x/b")).len(),
            0
        );
    }

    #[test]
    fn what_is_denied_is_not_granted() {
        let write = with(&[Grant::dir("a")]);
        let denied = |denied| Policy { denied, ..write.clone() };
        assert_eq!(between(&denied(DENY_WRITE), &write).more, ["read and write `a`"]);
        let read = with(&[Grant::dir("a").read_only()]);
        assert!(between(&read, &denied(DENY_WRITE)).more.is_empty());
        assert!(between(&Policy::default(), &denied(DENY_FILES)).more.is_empty());
    }

    #[test]
    fn patterns_cover_names() {
        let set = |name: &str| Grant::Environment(Environment::Inherit(name.to_owned()));
        assert!(between(&with(&[set("APP_*")]), &with(&[set("APP_X")])).more.is_empty());
        assert_eq!(
            between(&with(&[set("APP_X")]), &with(&[set("APP_*")])).more,
            ["the variable APP_*"]
        );
    }

    #[test]
    fn limits_and_walls_are_grants_too() {
        let mut limited = Policy::default();
        limited.limits.memory = Some(1 << 20);
        limited.limits.stack = Some(1 << 30);
        let difference = between(&limited, &Policy::default());
        assert_eq!(difference.more, ["memory without limit"]);
        assert_eq!(difference.less, ["more stack: 1.0 GiB"]);
        let off = Policy {
            sandbox: wasm2native_abi::policy::Sandbox::Off,
            narrowing: false,
            ..Policy::default()
        };
        assert_eq!(between(&Policy::default(), &off).more.len(), 2);
    }

    #[test]
    fn what_is_neither_more_nor_less_is_told() {
        let policy = Policy::default();
        let silent = Policy { runtime_variables: false, ..Policy::default() };
        let difference = between(&policy, &silent);
        assert_eq!(difference.more, ["whoever runs it cannot take grants away"]);
        assert_eq!(difference.other, ["`WASM2NATIVE_*` variables are not looked at"]);
        let strict = Policy { strict_exit_codes: true, ..Policy::default() };
        assert_eq!(between(&policy, &strict).other, ["exit codes of 126 and more are traps"]);
        let directory = |directory: &Directory| with(&[Grant::Directory(directory.clone())]);
        let plain = Directory::new("a", "a");
        let optional = Directory { optional: true, ..plain.clone() };
        assert_eq!(
            between(&directory(&plain), &directory(&optional)).other,
            ["`a` may be missing"]
        );
        let made = Directory { create: true, ..plain.clone() };
        assert_eq!(between(&directory(&plain), &directory(&made)).more.len(), 1);
        let difference = between(&with(&[Grant::dir(".")]), &directory(&plain));
        assert_eq!((difference.more.len(), difference.other.len()), (0, 1));
    }

    #[test]
    fn places_that_have_two_spellings_are_one() {
        let more = |first: &Directory, second: &Directory| {
            let directory = |each: &Directory| with(&[Grant::Directory(each.clone())]);
            between(&directory(first), &directory(second)).more
        };
        let none = Vec::<String>::new();
        assert_eq!(more(&Directory::new(".", "."), &Directory::new("cwd:in", "in")), none);
        assert_eq!(more(&Directory::new("/", "/"), &Directory::new("root:etc", "/etc")), none);
    }

    #[test]
    fn paths_are_compared_as_the_system_reads_them() {
        let more = |rules: &[PathRules], first: &str, second: &str| {
            let grant = |host: &str| with(&[Grant::dir(host).as_guest("/x")]);
            between_by(rules, &grant(first), &grant(second)).more.len()
        };
        let (unix, windows) = (PathRules::Unix, PathRules::Windows);
        for (first, second) in [(r"C:\Data", "c:/data"), (r"in\a", "in/a"), (r"\\?\C:\a", r"C:\a")]
        {
            assert_eq!(more(&[windows], first, second), 0, "{first} {second}");
            assert_eq!(more(&[unix], first, second), 1, "{first} {second}");
            assert_eq!(more(&[windows, unix], first, second), 1, "{first} {second}");
        }
    }

    #[test]
    fn what_has_no_name_but_its_own_path_grants_no_other_name() {
        let own = Directory { own_path: true, ..Directory::new("home:", "") };
        let named = Directory::new("home:x", "x");
        let own_below = Directory { own_path: true, ..Directory::new("home:x", "") };
        let directory = |directory: &Directory| with(&[Grant::Directory(directory.clone())]);
        assert_eq!(between(&directory(&own), &directory(&named)).more.len(), 1);
        assert_eq!(between(&directory(&own), &directory(&own_below)).more.len(), 0);
    }
}

//! What a run used to the text of a policy file.

use super::trace::Trace;
use std::fmt::Write;
use wasm2native::{PolicyDescription, quoted, sandbox_name};

/// The text of a policy file that grants what the trace used. Settings that are no grants are those of
/// `policy`, with which the program ran.
pub(super) fn policy_file(trace: &Trace, policy: &PolicyDescription) -> String {
    let mut text = String::from("# What a program used, written by `wasm2native policy audit`.\n");
    if !trace.complete {
        text.push_str("# The record of the run is not complete: something may be missing here.\n");
    }
    for refused in &trace.refused {
        line(&mut text, &format!("# It was refused: {}", quoted(refused)));
    }
    for name in &trace.embedded {
        let name = quoted(name);
        line(
            &mut text,
            &format!("# It used the embedded files in {name}: say where they are (`embed`)."),
        );
    }
    if let Some(argv0) = &policy.argv0 {
        line(&mut text, &format!("\n[build]\nargv0 = {}", string(argv0)));
    }
    text.push_str("\n[grants]\npreset = \"none\"\n");
    if let Some(write) = trace.arguments {
        line(&mut text, if write { "args = \"rw\"" } else { "args = \"ro\"" });
    }
    variables(&mut text, trace, policy);
    let denied = policy.denied.iter().map(|kind| string(kind.name())).collect::<Vec<_>>();
    if !denied.is_empty() {
        line(&mut text, &format!("deny = [{}]", denied.join(", ")));
    }
    if trace.socket && !policy.listen.is_empty() {
        let addresses: Vec<String> = policy.listen.iter().map(|address| string(address)).collect();
        line(&mut text, &format!("tcplisten = [{}]", addresses.join(", ")));
    }
    settings(&mut text, policy);
    for directory in &trace.directories {
        text.push_str("\n[[grants.dir]]\n");
        // Known by its own path too: the anchor says that, the path alone does not.
        let is_anchored = directory.host == "." && directory.guest == "." && directory.own_path;
        let host = if is_anchored { "cwd:" } else { &directory.host };
        line(&mut text, &format!("host = {}", string(host)));
        if directory.guest != directory.host && !directory.guest.is_empty() {
            line(&mut text, &format!("guest = {}", string(&directory.guest)));
        }
        line(&mut text, if directory.read_only { "mode = \"ro\"" } else { "mode = \"rw\"" });
        for (name, set) in [("create", directory.create), ("optional", directory.optional)] {
            if set {
                line(&mut text, &format!("{name} = true"));
            }
        }
    }
    limits(&mut text, policy);
    text
}

fn line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

/// A program gets all of its variables at once, so that nobody can tell which it reads.
fn variables(text: &mut String, trace: &Trace, policy: &PolicyDescription) {
    if !trace.environment {
        return;
    }
    let set = |name: &str| policy.environment_set.iter().any(|(other, _)| other == name);
    let inherited: Vec<&String> = policy.environment_inherited.iter().collect();
    if inherited.iter().any(|name| *name == "*") {
        text.push_str(
            "# It asked for its variables; which of them it read cannot be known. It had:\n",
        );
        for name in trace.variables.iter().filter(|name| !set(name)) {
            line(text, &format!("#   {}", quoted(name)));
        }
    } else if !inherited.is_empty() {
        let there = |pattern: &&&String| {
            trace.variables.iter().any(|name| match pattern.strip_suffix('*') {
                Some(beginning) => name.starts_with(beginning),
                None => name == **pattern,
            })
        };
        let names: Vec<String> = inherited.iter().filter(there).map(|name| string(name)).collect();
        text.push_str("# Those of its variables that were set; which it read cannot be known.\n");
        line(text, &format!("env = [{}]", names.join(", ")));
    }
    let fixed: Vec<String> = policy
        .environment_set
        .iter()
        .map(|(name, value)| format!("{} = {}", string(name), string(value)))
        .collect();
    if !fixed.is_empty() {
        line(text, &format!("env-set = {{ {} }}", fixed.join(", ")));
    }
}

/// What the program was told instead of the truth.
fn settings(text: &mut String, policy: &PolicyDescription) {
    if let Some(nanoseconds) = policy.clock {
        line(text, &format!("clock = \"fixed:{}\"", seconds(nanoseconds)));
    }
    if let Some(seed) = policy.random {
        line(text, &format!("random = \"seed:{seed}\""));
    }
    for (number, name) in ["stdin", "stdout", "stderr"].iter().enumerate() {
        if policy.null_streams.contains(&(number as u16)) {
            line(text, &format!("{name} = \"null\""));
        }
    }
}

fn limits(text: &mut String, policy: &PolicyDescription) {
    let bytes = |number: u64| number.to_string();
    let limits = [
        ("memory", policy.maximum_memory_bytes.map(bytes)),
        ("stack", policy.maximum_stack_bytes.map(bytes)),
        ("table", policy.maximum_table_elements.map(|number| number.to_string())),
        ("files", policy.maximum_files.map(|number| number.to_string())),
        ("timeout", policy.timeout_nanoseconds.map(|number| format!("\"{}s\"", seconds(number)))),
    ];
    if limits.iter().any(|(_, limit)| limit.is_some()) {
        text.push_str("\n[limits]\n");
    }
    for (name, limit) in limits {
        if let Some(limit) = limit {
            line(text, &format!("{name} = {limit}"));
        }
    }
    text.push_str("\n[runtime]\n");
    line(text, &format!("sandbox = {}", string(sandbox_name(policy.sandbox))));
    for (is_usual, setting) in [
        (policy.narrowing, "grants = \"none\""),
        (policy.runtime_variables, "env = false"),
        (!policy.strict_exit_codes, "strict-exit-codes = true"),
    ] {
        if !is_usual {
            line(text, setting);
        }
    }
}

/// Nanoseconds as seconds.
fn seconds(nanoseconds: u64) -> String {
    let text = format!("{}.{:09}", nanoseconds / 1_000_000_000, nanoseconds % 1_000_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A basic string of TOML (its specification, "String").
fn string(value: &str) -> String {
    let mut text = String::from("\"");
    for character in value.chars() {
        match character {
            '"' | '\\' => text.extend(['\\', character]),
            character if character.is_control() => {
                // Writing to a string cannot fail.
                let _ = write!(text, "\\u{:04x}", character as u32);
            }
            character => text.push(character),
        }
    }
    text.push('"');
    text
}

#[cfg(test)]
mod tests {
    use super::super::trace::Trace;
    use super::{policy_file, seconds, string};
    use wasm2native::{ArgumentGrant, PathRules, PolicyDifference, PolicyFile};

    /// What a program that was built with `policy` used, written down and read again.
    fn written(policy: &str, record: &str, arguments: &[&str]) -> (String, PolicyFile) {
        let policy = PolicyFile::parse(policy).expect("a policy").description();
        let arguments: Vec<String> = arguments.iter().map(|&word| word.to_owned()).collect();
        let trace = Trace::read(record, &policy, &arguments).expect("a trace");
        let text = policy_file(&trace, &policy);
        let read = PolicyFile::parse(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        let more = PolicyDifference::between(&policy, &read.description(), &[PathRules::Unix]).more;
        let widened = more.iter().any(|more| !more.contains("`in`") && !more.contains("`out`"));
        assert!(!widened, "{more:?}");
        (text, read)
    }

    const START: &str = r#"{"event":"start","environment":["TERM","A\"B"]}"#;

    #[test]
    fn only_what_was_used_is_granted() {
        let record = [
            START,
            r#"{"event":"used","subject":"file","action":"open","access":"read","path":"in/a/x","grant":".","from":"directory","index":0}"#,
            r#"{"event":"used","subject":"file","action":"open","access":"read","path":"in/y","grant":".","from":"directory","index":0}"#,
            r#"{"event":"used","subject":"file","action":"open","access":"create","path":"out/z","grant":".","from":"directory","index":0}"#,
            r#"{"event":"denied","subject":"file","action":"open","access":"read","path":"/etc/x\u001b\u202e","reason":"not-granted"}"#,
            r#"{"event":"end","complete":true}"#,
        ];
        let (text, read) = written("[grants]\ndir = [\".\", \"b\"]\n", &record.join("\n"), &[]);
        let directories = read.description().directories;
        let found: Vec<_> = directories
            .iter()
            .map(|each| (&each.host[..], &each.guest[..], each.read_only))
            .collect();
        assert_eq!(found, [("in", "in", true), ("out", "out", false)]);
        assert!(text.contains("# It was refused: open /etc/x\\u{1b}\\u{202e} (read)"), "{text}");
        assert!(!text.contains("not complete"));
    }

    #[test]
    fn files_that_arguments_name_are_granted_as_such() {
        let record = [
            START,
            r#"{"event":"used","subject":"file","action":"open","access":"read","path":"notes","grant":".","from":"directory","index":0}"#,
            r#"{"event":"used","subject":"file","action":"open","access":"create","path":"sub/out","from":"arguments"}"#,
        ];
        let (text, read) = written(
            "[grants]\npreset = \"cli\"\n",
            &record.join("\n"),
            &["./notes", "--to=sub//out"],
        );
        assert_eq!(read.description().arguments, ArgumentGrant::ReadWrite);
        assert!(read.description().directories.is_empty());
        assert!(text.contains("not complete"));
    }

    /// The runtime looks behind `=` in options only.
    #[test]
    fn words_with_values_name_nothing() {
        let used = r#"{"event":"used","subject":"file","action":"open","access":"read","path":"in","grant":".","from":"directory","index":0}"#;
        let policy = "[grants]\npreset = \"cli\"\n";
        let (_, read) = written(policy, &[START, used].join("\n"), &["if=in"]);
        assert!(read.description().directories.iter().any(|directory| directory.read_only));
        assert_eq!(read.description().arguments, ArgumentGrant::Off);
    }

    #[test]
    fn settings_come_back() {
        let policy = "[grants]\nenv = [\"TERM\", \"X\"]\nenv-set = { \"Q\" = \"a\\\"\\n\" }\n\
            clock = \"fixed:1.5\"\nrandom = \"seed:7\"\nstdin = \"null\"\ndeny = [\"args\"]\n\
            [limits]\nmemory = \"1MiB\"\ntimeout = \"1500ms\"\nfiles = 20\n\
            [runtime]\nsandbox = \"require\"\n";
        let used = r#"{"event":"used","subject":"environment"}"#;
        let (_, read) = written(policy, &[START, used].join("\n"), &[]);
        let (before, after) =
            (PolicyFile::parse(policy).expect("a policy").description(), read.description());
        let difference = PolicyDifference::between(&before, &after, &[PathRules::Unix]);
        assert_eq!(difference.more, Vec::<String>::new());
        assert_eq!(difference.less, ["the variable X"]);
        assert_eq!((after.clock, after.random), (Some(1_500_000_000), Some(7)));
    }

    #[test]
    fn grants_are_found_by_their_place_in_the_policy() {
        let used = |path: &str, grant: &str, index: usize| {
            format!(
                r#"{{"event":"used","subject":"file","action":"open","access":"create","path":"{path}","grant":"{grant}","from":"directory","index":{index}}}"#
            )
        };
        let policy = "[grants]\npreset = \"cli\"\ndir = [\"home:\", \"config:\"]\n";
        let policy = PolicyFile::parse(policy).expect("a policy").description();
        let index = |host: &str| {
            policy.directories.iter().position(|each| each.host == host).expect("a directory")
        };
        // Names of their own that the policy does not tell, and two names of one directory.
        let record = [
            START.to_owned(),
            used("/tmp/wasm2native-00ff/x", "/tmp/wasm2native-00ff", index("tmp:")),
            used("/work/a/y", "/work", index(".")),
            used("a/z", ".", index(".")),
            used("/home/me/z", "/home/me", index("home:")),
            r#"{"event":"end","complete":true}"#.to_owned(),
        ];
        let trace = Trace::read(&record.join("\n"), &policy, &[]).expect("a trace");
        assert!(trace.complete);
        let mut hosts: Vec<_> = trace.directories.iter().map(|each| &each.host[..]).collect();
        hosts.sort_unstable();
        assert_eq!(hosts, ["a", "home:", "tmp:"]);
        let text = policy_file(&trace, &policy);
        let read = PolicyFile::parse(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        let more = PolicyDifference::between(&policy, &read.description(), &[PathRules::Unix]).more;
        assert!(more.iter().all(|more| more.contains("`a`")), "{more:?}");
    }

    #[test]
    fn records_that_do_not_say_what_grants_are_not_complete() {
        let policy =
            PolicyFile::parse("[grants]\ndir = [\".\"]\n").expect("a policy").description();
        let trace = |members: &str| {
            let used = format!(r#"{{"event":"used","subject":"file","path":"x"{members}}}"#);
            let record = [START, &used, r#"{"event":"end","complete":true}"#].join("\n");
            Trace::read(&record, &policy, &[]).expect("a trace")
        };
        assert!(!trace(r#","grant":".""#).complete);
        // In the directory that grants nothing.
        assert!(trace("").complete && trace("").directories.is_empty());
    }

    #[test]
    fn of_everything_what_was_used_is_granted() {
        let policy = PolicyFile::parse("[grants]\npreset = \"all\"\n").expect("a policy");
        let policy = policy.description();
        let index = policy.directories.iter().position(|each| each.everything).expect("everything");
        let used = |path: &str, grant: &str| {
            format!(
                r#"{{"event":"used","subject":"file","action":"open","access":"read","path":"{path}","grant":"{grant}","from":"directory","index":{index}}}"#
            )
        };
        let record =
            [START.to_owned(), used("/etc/app/x", "/etc"), used("/usr/lib/y", "/")].join("\n");
        let trace = Trace::read(&record, &policy, &[]).expect("a trace");
        let hosts: Vec<_> = trace.directories.iter().map(|each| &each.host[..]).collect();
        assert_eq!(hosts, ["/usr/lib", "/etc/app"]);
    }

    /// A program that may use every file leads up by names; one that may not use what arguments name does not get
    /// to, whatever its arguments were.
    #[test]
    fn directories_above_and_names_in_arguments_are_as_they_were_granted() {
        let used = |access: &str, path: &str, grant: &str, index: usize| {
            format!(
                r#"{{"event":"used","subject":"file","action":"open","access":"{access}","path":"{path}","grant":"{grant}","from":"directory","index":{index}}}"#
            )
        };
        let parse = |policy: &str| PolicyFile::parse(policy).expect("a policy").description();
        let all = parse("[grants]\npreset = \"all\"\n");
        let index = all.directories.iter().position(|each| !each.everything).expect("it");
        let record = [
            START.to_owned(),
            used("list", "./..", "./", index),
            used("read", "./../a", "./", index),
            used("read", "./../lib/x", "./", index),
            used("read", "b", "./", index),
        ];
        let arguments = ["..".to_owned(), "../a".to_owned()];
        let trace = Trace::read(&record.join("\n"), &all, &arguments).expect("a trace");
        assert_eq!(trace.arguments, Some(false));
        let hosts: Vec<_> = trace.directories.iter().map(|each| &each.host[..]).collect();
        assert_eq!(hosts, [".", "../lib"]);
        let one = parse("[grants]\ndir = [\".\"]\n");
        let record = [START.to_owned(), used("read", "a", ".", 0)].join("\n");
        let trace = Trace::read(&record, &one, &["a".to_owned()]).expect("a trace");
        assert_eq!((trace.arguments, trace.directories.len()), (None, 1));
    }

    #[test]
    fn embedded_files_are_no_grant_of_the_machine() {
        let used = r#"{"event":"used","subject":"file","action":"open","access":"read","path":"/lib/x","grant":"/lib","from":"embedded","index":0}"#;
        let mut policy = PolicyFile::parse("").expect("a policy").description();
        policy.embedded.push("/lib".to_owned());
        let record = [START, used].join("\n");
        let trace = Trace::read(&record, &policy, &["/lib/x".to_owned()]).expect("a trace");
        assert!(trace.directories.is_empty() && trace.arguments.is_none());
        assert!(policy_file(&trace, &policy).contains("embedded files in /lib"));
    }

    #[test]
    fn strings_are_escaped() {
        assert_eq!(string("a\"b\\c\nd\u{7f}ü"), "\"a\\\"b\\\\c\\u000ad\\u007fü\"");
        assert_eq!((seconds(1_500_000_000), seconds(10_000_000_000)), ("1.5".into(), "10".into()));
    }
}

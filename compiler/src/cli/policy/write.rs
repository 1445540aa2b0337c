//! What a run used to the text of a policy file.

use super::trace::Trace;
use std::fmt::Write;
use wasm2native::PolicyDescription;

/// The text of a policy file that grants what the trace used. Settings that are no grants are those of
/// `policy`, with which the program ran.
pub(super) fn policy_file(trace: &Trace, policy: &PolicyDescription) -> String {
    let mut text = String::from("# What a program used, written by `wasm2native policy audit`.\n");
    if !trace.complete {
        text.push_str("# The record of the run is not complete: something may be missing here.\n");
    }
    for refused in &trace.refused {
        line(&mut text, &format!("# It was refused: {}", refused.replace(['\n', '\r'], " ")));
    }
    text.push_str("\n[grants]\npreset = \"none\"\n");
    if let Some(write) = trace.arguments {
        line(&mut text, if write { "args = \"rw\"" } else { "args = \"ro\"" });
    }
    variables(&mut text, trace, policy);
    let denied = policy.denied.iter().map(|kind| string(kind)).collect::<Vec<_>>();
    if !denied.is_empty() {
        line(&mut text, &format!("deny = [{}]", denied.join(", ")));
    }
    for directory in &trace.directories {
        text.push_str("\n[[grants.dir]]\n");
        line(&mut text, &format!("host = {}", string(&directory.host)));
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
    if trace.socket {
        for address in &policy.listen {
            text.push_str("\n[[grants.net]]\n");
            line(&mut text, &format!("listen = {}", string(address)));
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
            line(text, &format!("#   {}", name.replace(['\n', '\r'], " ")));
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

fn limits(text: &mut String, policy: &PolicyDescription) {
    let bytes = |number: u64| format!("\"{number}B\"");
    let limits = [
        ("memory", policy.maximum_memory_bytes.map(bytes)),
        ("stack", policy.maximum_stack_bytes.map(bytes)),
        ("table", policy.maximum_table_elements.map(|number| number.to_string())),
        ("files", policy.maximum_files.map(|number| number.to_string())),
        ("timeout", policy.timeout_nanoseconds.map(|number| format!("\"{number}ns\""))),
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
    line(text, &format!("sandbox = {}", string(policy.sandbox)));
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
    use super::string;

    #[test]
    fn strings_are_escaped() {
        assert_eq!(string("a\"b\\c\nd\u{7f}ü"), "\"a\\\"b\\\\c\\u000ad\\u007fü\"");
    }
}

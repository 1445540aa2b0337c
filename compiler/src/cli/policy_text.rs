//! A policy in lines of two columns, as `inspect` and the `policy` commands show it.

use super::terminal::Terminal;
use wasm2native::{PolicyDescription, Sandbox, preset_name, quoted, size};

/// A line of two columns.
pub(crate) fn field(terminal: &Terminal, name: &str, value: &str) {
    terminal.result(format!("  {name:<17}{value}").trim_end());
}

/// Shows a policy; `wall` is what it makes of the wall on one target, when there is one.
pub(crate) fn show(terminal: &Terminal, policy: &PolicyDescription, wall: Option<&str>) {
    field(terminal, "preset", preset_name(policy.preset));
    field(terminal, "grants", &policy.in_words());
    for (name, value) in &policy.environment_set {
        field(terminal, "env", &format!("{}={}", quoted(name), quoted(value)));
    }
    if !policy.embedded.is_empty() {
        let (files, bytes) = (policy.embedded_files, size(policy.embedded_bytes));
        let files = if files == 1 { "1 file".to_owned() } else { format!("{files} files") };
        field(terminal, "embedded", &format!("{files}, {bytes}"));
    }
    if !policy.denied.is_empty() {
        let names: Vec<_> = policy.denied.iter().map(|kind| kind.name()).collect();
        field(terminal, "denied", &names.join(", "));
    }
    if let Some(seed) = policy.random {
        field(terminal, "random", &format!("seed {seed}, the same numbers at every start"));
    }
    field(terminal, "limits", &policy.limits_in_words());
    if let Some(argv0) = &policy.argv0 {
        field(terminal, "argv0", &quoted(argv0));
    }
    if policy.strict_exit_codes {
        field(terminal, "exit codes", "126 and more are traps");
    }
    field(terminal, "run time", policy.run_time_in_words());
    field(
        terminal,
        "kernel wall",
        wall.unwrap_or(match policy.sandbox {
            Sandbox::Require => "required to start",
            Sandbox::Off => "off",
            Sandbox::Auto => "as far as the system has it",
        }),
    );
}

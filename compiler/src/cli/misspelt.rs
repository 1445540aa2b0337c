//! Flags that do not exist, with those that were probably meant.
//!
//! The grammar's own suggestions see no swapped letters, and have nothing better for a short flag than to
//! pass it as a value, which would make it the input.

use super::arguments::Arguments;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, CommandFactory};
use wasm2native::similar;

/// The error, with a flag that resembles the unknown one if there is one, and no other suggestion.
pub(super) fn with_suggestion(error: clap::Error) -> clap::Error {
    if error.kind() != ErrorKind::UnknownArgument {
        return error;
    }
    let Some(ContextValue::String(written)) = error.get(ContextKind::InvalidArg) else {
        return error;
    };
    let Some(name) = written.strip_prefix("--") else { return error };
    let name = name.split('=').next().unwrap_or_default();
    let words = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned());
    let mut command = command(words);
    let suggestion = similar(name, flags(&command)).first().map(|flag| format!("--{flag}"));
    let mut better = clap::Error::new(ErrorKind::UnknownArgument).with_cmd(&command);
    better.insert(ContextKind::InvalidArg, ContextValue::String(written.clone()));
    if let Some(flag) = suggestion {
        better.insert(ContextKind::SuggestedArg, ContextValue::String(flag));
    }
    better.insert(ContextKind::Usage, ContextValue::StyledStr(command.render_usage()));
    better
}

/// The command that `words` begin with.
fn command(words: impl Iterator<Item = String>) -> Command {
    let mut command = Arguments::command();
    command.build();
    for word in words {
        command = command.find_subcommand(&word).cloned().unwrap_or(command);
    }
    command
}

/// The long flags of a command.
fn flags(command: &Command) -> impl Iterator<Item = &str> {
    command.get_arguments().filter_map(|flag| flag.get_long())
}

#[cfg(test)]
mod tests {
    use super::{command, flags};

    #[test]
    fn flags_are_those_of_the_command() {
        let has = |words: &[&str], flag: &str| {
            let command = command(words.iter().map(|word| (*word).to_owned()));
            flags(&command).any(|each| each == flag)
        };
        assert!(has(&["-q", "run", "--dri", "x"], "dir"));
        assert!(has(&["policy", "check"], "message-format"));
        assert!(!has(&["inspect"], "dir"));
    }
}

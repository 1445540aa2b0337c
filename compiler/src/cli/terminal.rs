//! How the tool talks: messages and reports on standard error, results on standard output.

use super::arguments::{Color, Global, MessageFormat, ProgressChoice};
use std::cell::RefCell;
use std::io::{ErrorKind, IsTerminal, Write};
use wasm2native::{Code, Diagnostic, Severity};

/// Where and how to write.
pub(crate) struct Terminal {
    quiet: bool,
    verbose: bool,
    color: bool,
    json: bool,
    progress: ProgressChoice,
    /// Why a result could not be written, if one could not.
    lost: RefCell<Option<std::io::Error>>,
}

impl Terminal {
    /// As the command line asks for.
    pub(crate) fn new(global: &Global) -> Self {
        let color = match global.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
                let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
                std::io::stderr().is_terminal() && !set("NO_COLOR") && !dumb
            }
        };
        Self {
            quiet: global.quiet,
            verbose: global.verbose,
            color,
            json: global.message_format == MessageFormat::Json,
            progress: global.progress,
            lost: RefCell::new(None),
        }
    }

    /// For a command line that could not be read but asks for JSON.
    pub(crate) fn json() -> Self {
        Self {
            quiet: false,
            verbose: false,
            color: false,
            json: true,
            progress: ProgressChoice::Off,
            lost: RefCell::new(None),
        }
    }

    /// Whether results and messages are JSON.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// Whether notes are wanted.
    pub(crate) fn is_verbose(&self) -> bool {
        self.verbose
    }

    /// Whether progress is to be shown, and when.
    pub(crate) fn progress(&self) -> ProgressChoice {
        let wanted = self.progress == ProgressChoice::On || !(self.quiet || self.json);
        if wanted { self.progress } else { ProgressChoice::Off }
    }

    /// Shows a message.
    pub(crate) fn message(&self, message: &Diagnostic) {
        if self.json {
            if let Ok(text) = serde_json::to_string(message) {
                self.error_line(&text);
            }
            return;
        }
        let severity = format!("{}[{}]", message.severity.word(), message.tag());
        let severity = match message.severity {
            Severity::Error => self.paint("1;31", &severity),
            Severity::Warning => self.paint("1;33", &severity),
        };
        let mut text = format!("{severity}: {}", message.title);
        for (lead, line) in message.lines() {
            text.push('\n');
            text.push_str(&self.paint("1", &lead));
            text.push_str(line);
        }
        self.error_line(&text);
    }

    /// Shows a line of a report, unless silence is wanted.
    pub(crate) fn report(&self, text: &str) {
        if !self.quiet && !self.json {
            self.error_line(text);
        }
    }

    /// Shows a note, when notes are wanted.
    pub(crate) fn note(&self, text: &str) {
        if self.verbose && !self.json {
            self.error_line(&format!("note: {text}"));
        }
    }

    /// Writes a result.
    pub(crate) fn result(&self, text: &str) {
        if let Err(error) = writeln!(std::io::stdout().lock(), "{text}") {
            self.lost.borrow_mut().get_or_insert(error);
        }
    }

    /// The failure to tell when a result could not be written. Whoever closed a pipe does not want the
    /// rest, and is not told.
    pub(crate) fn lost_result(&self) -> Option<Diagnostic> {
        let lost = self.lost.take().filter(|error| error.kind() != ErrorKind::BrokenPipe)?;
        let message = Diagnostic::error(Code::Write, "cannot write to standard output");
        Some(message.cause(lost.to_string()))
    }

    /// Text that stands out.
    pub(crate) fn strong(&self, text: &str) -> String {
        self.paint("1", text)
    }

    fn paint(&self, attributes: &str, text: &str) -> String {
        if self.color { format!("\x1b[{attributes}m{text}\x1b[0m") } else { text.to_owned() }
    }

    fn error_line(&self, text: &str) {
        // A closed standard error cannot be told anybody.
        let _ = writeln!(std::io::stderr().lock(), "{text}");
    }
}

//! A message for a person as structured text: what happened, why, where, and what to do.
//!
//! It stands between the errors of all phases and the terminal, so that the same message is shown as
//! text and as JSON. Invariants: every line makes sense without colour; text that comes from an input
//! file is passed through [`quoted`], so that it cannot control a terminal.

use crate::Code;
use std::fmt;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Nothing was produced.
    Error,
    /// The result is probably not what was meant.
    Warning,
}

impl Severity {
    /// The word that a message begins with.
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// What a part of a message tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    /// Why it happened.
    Cause,
    /// Where.
    At,
    /// What to do.
    Hint,
}

impl Label {
    /// The word that the part begins with.
    pub fn word(self) -> &'static str {
        match self {
            Self::Cause => "cause",
            Self::At => "at",
            Self::Hint => "hint",
        }
    }
}

/// A message.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// What kind of message it is.
    pub code: Code,
    /// One clause that says what happened.
    pub title: String,
    /// The parts, in order; each may have several lines.
    pub parts: Vec<(Label, String)>,
}

impl Diagnostic {
    /// An error without parts.
    pub fn error(code: Code, title: impl Into<String>) -> Self {
        Self { severity: Severity::Error, code, title: title.into(), parts: Vec::new() }
    }

    /// A warning without parts.
    pub fn warning(code: Code, title: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, code, title: title.into(), parts: Vec::new() }
    }

    /// Adds why.
    #[must_use]
    pub fn cause(self, text: impl Into<String>) -> Self {
        self.part(Label::Cause, text)
    }

    /// Adds where, before what to do.
    #[must_use]
    pub fn at(mut self, text: impl Into<String>) -> Self {
        let hint = self.parts.iter().position(|(label, _)| *label == Label::Hint);
        self.parts.insert(hint.unwrap_or(self.parts.len()), (Label::At, text.into()));
        self
    }

    /// Adds what to do.
    #[must_use]
    pub fn hint(self, text: impl Into<String>) -> Self {
        self.part(Label::Hint, text)
    }

    /// What to do, instead of all that was said of it.
    #[must_use]
    pub fn only_hint(mut self, text: impl Into<String>) -> Self {
        self.parts.retain(|(label, _)| *label != Label::Hint);
        self.hint(text)
    }

    fn part(mut self, label: Label, text: impl Into<String>) -> Self {
        self.parts.push((label, text.into()));
        self
    }

    /// What stands in the brackets behind the severity: errors by name, warnings by number.
    pub fn tag(&self) -> &'static str {
        match self.severity {
            Severity::Error => self.code.name(),
            Severity::Warning => self.code.number(),
        }
    }

    /// The lines below the title, each part with what it begins with.
    pub fn lines(&self) -> impl Iterator<Item = (String, &str)> {
        self.parts.iter().flat_map(move |(label, text)| {
            let first = match self.severity {
                Severity::Error => format!("  {:<7}", format!("{}:", label.word())),
                Severity::Warning => {
                    format!("  = {}: ", if *label == Label::Hint { "help" } else { label.word() })
                }
            };
            let blank = " ".repeat(first.len());
            text.lines().enumerate().map(move |(number, line)| {
                if number == 0 { (first.clone(), line) } else { (blank.clone(), line) }
            })
        })
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}[{}]: {}", self.severity.word(), self.tag(), self.title)?;
        for (lead, line) in self.lines() {
            write!(formatter, "\n{lead}{line}")?;
        }
        Ok(())
    }
}

impl serde::Serialize for Diagnostic {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let of = |wanted: Label| -> Vec<&str> {
            let parts = self.parts.iter().filter(|(label, _)| *label == wanted);
            parts.map(|(_, text)| text.as_str()).collect()
        };
        let mut message = serializer.serialize_struct("message", 9)?;
        message.serialize_field("reason", "message")?;
        message.serialize_field("severity", &self.severity)?;
        message.serialize_field("code", self.code.number())?;
        message.serialize_field("name", self.code.name())?;
        message.serialize_field("documentation", &self.code.documentation())?;
        message.serialize_field("title", &self.title)?;
        message.serialize_field("causes", &of(Label::Cause))?;
        message.serialize_field("locations", &of(Label::At))?;
        message.serialize_field("hints", &of(Label::Hint))?;
        message.end()
    }
}

/// The longest piece of foreign text shown, in characters.
const QUOTED_CHARACTERS: usize = 120;

/// Text from a file as a message may show it: control characters and direction marks escaped, and not
/// longer than a line or two.
pub fn quoted(text: &str) -> String {
    match text.char_indices().nth(QUOTED_CHARACTERS) {
        Some((end, _)) => escaped(&text[..end]) + "…",
        None => escaped(text),
    }
}

/// As [`quoted`], to the end: for text whose length somebody has looked after.
pub fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() || is_direction_mark(character) {
            shown.extend(character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// Whether the character changes the direction of what follows (Unicode annex 9) without being seen.
fn is_direction_mark(character: char) -> bool {
    matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A byte count as people read it: `612 KiB`, `1.8 MiB`.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut scaled = bytes as f64;
    let mut unit = 0;
    while scaled >= 1000.0 && unit + 1 < UNITS.len() {
        scaled /= 1024.0;
        unit += 1;
    }
    if unit == 0 || scaled >= 10.0 {
        format!("{scaled:.0} {}", UNITS[unit])
    } else {
        format!("{scaled:.1} {}", UNITS[unit])
    }
}

#[cfg(test)]
mod tests {
    use super::{Diagnostic, quoted, size};
    use crate::Code;

    #[test]
    fn errors_show_cause_place_and_hint_in_columns() {
        let diagnostic = Diagnostic::error(Code::UnsupportedImport, "cannot build `app.wasm`")
            .cause("it imports `a.b`,\nwhich nobody has")
            .at("import 12, offset 0x1f3")
            .hint("rebuild");
        assert_eq!(
            diagnostic.to_string(),
            "error[unsupported-import]: cannot build `app.wasm`\n  cause: it imports `a.b`,\n         which nobody has\n  at:    import 12, offset 0x1f3\n  hint:  rebuild"
        );
    }

    #[test]
    fn foreign_text_cannot_control_the_terminal() {
        assert_eq!(quoted("a\u{1b}[31mb\u{202e}"), "a\\u{1b}[31mb\\u{202e}");
        assert!(quoted(&"x".repeat(10_000)).chars().count() <= 121);
    }

    #[test]
    fn sizes_are_rounded_to_what_matters() {
        assert_eq!(size(0), "0 B");
        assert_eq!(size(999), "999 B");
        assert_eq!(size(612 << 10), "612 KiB");
        assert_eq!(size(1_887_437), "1.8 MiB");
    }
}

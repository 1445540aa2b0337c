//! Tables of a policy file: each key is asked for once, by name and type, and what nobody asked for is an
//! error.
//!
//! It stands alone because it knows TOML and no setting. Invariant: every error has its place in the text.

use crate::diagnostic::quoted;
use crate::grant::GrantError;
use crate::suggest;
use std::fmt::Display;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// What is wrong with a policy file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PolicyFileError {
    /// What is wrong.
    pub message: String,
    /// Where, as line and column from 1; unknown when two settings contradict each other.
    pub position: Option<(usize, usize)>,
    /// What to write instead, when that is known.
    pub hints: Vec<String>,
}

/// A complaint about a piece of the text.
pub(super) struct Complaint {
    message: String,
    span: Range<usize>,
    hints: Vec<String>,
}

pub(super) type Result<T> = std::result::Result<T, Complaint>;

impl Complaint {
    fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { message: message.into(), span, hints: Vec::new() }
    }

    /// The complaint with its place in `text`.
    pub(super) fn into_error(self, text: &str) -> PolicyFileError {
        let Self { message, hints, span } = self;
        PolicyFileError { message, position: Some(position(text, span.start)), hints }
    }
}

/// Line and column of an offset, from 1.
fn position(text: &str, offset: usize) -> (usize, usize) {
    // A place in the middle of a character cannot be, but is no reason to fail.
    let before = text.get(..offset).unwrap_or(text);
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (before.matches('\n').count() + 1, column)
}

/// Where the value of a setting is: that of `["limits", "memory"]`, or of a list the element of that index.
pub(super) fn place(text: &str, keys: &[&str], index: usize) -> Option<(usize, usize)> {
    let document = DeTable::parse(text).ok()?;
    let mut table = document.get_ref();
    let (last, outer) = keys.split_last()?;
    for key in outer {
        table = table.get(*key)?.get_ref().as_table()?;
    }
    let value = table.get(*last)?;
    let element = value.get_ref().as_array().and_then(|elements| elements.get(index));
    Some(position(text, element.unwrap_or(value).span().start))
}

impl From<toml::de::Error> for Complaint {
    fn from(error: toml::de::Error) -> Self {
        // The parser's message may have a second line, with what it expected.
        let message = error.message().lines().collect::<Vec<_>>().join(", ");
        Self::new(error.span().unwrap_or_default(), quoted(&message))
    }
}

/// A table that is being read.
pub(super) struct Section<'t> {
    /// As it is written between brackets; empty for the whole file.
    name: String,
    table: &'t DeTable<'t>,
    asked: Vec<&'static str>,
}

impl<'t> Section<'t> {
    pub(super) fn new(name: impl Into<String>, table: &'t DeTable<'t>) -> Self {
        Self { name: name.into(), table, asked: Vec::new() }
    }

    /// The value of a key.
    pub(super) fn get(&mut self, key: &'static str) -> Option<Value<'t>> {
        self.asked.push(key);
        let value = self.table.get(key)?;
        let name =
            if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) };
        Some(Value { name, value })
    }

    /// The value of a key as text that `read` understands.
    pub(super) fn parsed<T, E: Into<GrantError>>(
        &mut self,
        key: &'static str,
        read: impl Fn(&str) -> std::result::Result<T, E>,
    ) -> Result<Option<T>> {
        self.get(key).map(|value| value.parsed(&read)).transpose()
    }

    /// The value of a key as text.
    pub(super) fn text(&mut self, key: &'static str) -> Result<Option<String>> {
        self.get(key).map(|value| value.text().map(str::to_owned)).transpose()
    }

    /// The value of a key as true or false.
    pub(super) fn truth(&mut self, key: &'static str) -> Result<Option<bool>> {
        self.get(key).map(|value| value.truth()).transpose()
    }

    /// The elements of a list, none if the key is not there.
    pub(super) fn list(&mut self, key: &'static str) -> Result<Vec<Value<'t>>> {
        self.get(key).map_or(Ok(Vec::new()), |value| value.list())
    }

    /// The table below a key, an empty one if the key is not there, read by `read` to its end.
    pub(super) fn section(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&mut Section<'t>) -> Result<()>,
    ) -> Result<()> {
        match self.get(key) {
            Some(value) => value.section(read),
            None => Ok(()),
        }
    }

    /// Refuses what nobody asked for.
    pub(super) fn finish(&self) -> Result<()> {
        // In the order of the text, so that the first mistake is told first.
        let unknown =
            self.table.iter().filter(|(key, _)| !self.asked.contains(&key.get_ref().as_ref()));
        let Some((key, _)) = unknown.min_by_key(|(key, _)| key.span().start) else { return Ok(()) };
        let shown = quoted(key.get_ref());
        let place = match self.name.as_str() {
            "" => "a policy file".to_owned(),
            name => format!("[{name}]"),
        };
        let mut complaint = Complaint::new(key.span(), format!("{place} has no `{shown}`"));
        complaint.hints.extend(suggest::did_you_mean(key.get_ref(), self.asked.iter().copied()));
        let known: Vec<_> = self.asked.iter().map(|key| format!("`{key}`")).collect();
        complaint.hints.push(format!("it may have {}", known.join(", ")));
        Err(complaint)
    }
}

/// A value that is being read.
pub(super) struct Value<'t> {
    name: String,
    value: &'t Spanned<DeValue<'t>>,
}

impl<'t> Value<'t> {
    fn expected(&self, what: &str) -> Complaint {
        let found = match self.value.get_ref() {
            DeValue::String(_) => "text",
            DeValue::Integer(_) => "a whole number",
            DeValue::Float(_) => "a number with a fraction",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a time",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        self.complaint(format!("`{}` is {found} and must be {what}", quoted(&self.name)))
    }

    /// A complaint about this value.
    pub(super) fn complaint(&self, message: impl Into<String>) -> Complaint {
        Complaint::new(self.value.span(), message)
    }

    pub(super) fn text(&self) -> Result<&'t str> {
        self.value.get_ref().as_str().ok_or_else(|| self.expected("text"))
    }

    /// The text as `read` understands it.
    pub(super) fn parsed<T, E: Into<GrantError>>(
        &self,
        read: impl Fn(&str) -> std::result::Result<T, E>,
    ) -> Result<T> {
        read(self.text()?).map_err(|error| self.refused(error.into()))
    }

    /// The complaint for a value that was not understood.
    pub(super) fn refused(&self, error: GrantError) -> Complaint {
        Complaint { hints: error.hints, ..self.complaint(error.message) }
    }

    pub(super) fn truth(&self) -> Result<bool> {
        self.value.get_ref().as_bool().ok_or_else(|| self.expected("true or false"))
    }

    /// A whole number, not negative.
    pub(super) fn number(&self) -> Result<u64> {
        let number = self.value.get_ref().as_integer();
        let number =
            number.and_then(|number| u64::from_str_radix(number.as_str(), number.radix()).ok());
        number.ok_or_else(|| {
            self.complaint(format!("`{}` is not a whole number from 0 on", quoted(&self.name)))
        })
    }

    /// A number in the unit that text is a spelling for: `8388608` or `"8MiB"`.
    pub(super) fn quantity<E: Display>(
        &self,
        read: impl Fn(&str) -> std::result::Result<u64, E>,
    ) -> Result<u64> {
        match self.value.get_ref() {
            DeValue::Integer(_) => self.number(),
            _ => read(self.text()?).map_err(|error| self.complaint(error.to_string())),
        }
    }

    pub(super) fn is_text(&self) -> bool {
        self.value.get_ref().is_str()
    }

    pub(super) fn list(&self) -> Result<Vec<Value<'t>>> {
        let elements = self.value.get_ref().as_array().ok_or_else(|| self.expected("a list"))?;
        Ok(elements.iter().map(|value| Value { name: self.name.clone(), value }).collect())
    }

    /// Names with their values.
    pub(super) fn pairs(&self) -> Result<Vec<(&'t str, Value<'t>)>> {
        let table = self.value.get_ref().as_table().ok_or_else(|| self.expected("a table"))?;
        let mut pairs: Vec<_> = table.iter().collect();
        pairs.sort_by_key(|(key, _)| key.span().start);
        let pair = |(key, value): (&'t Spanned<_>, &'t Spanned<_>)| {
            let key: &'t std::borrow::Cow<'_, str> = key.get_ref();
            (key.as_ref(), Value { name: format!("{}.{key}", self.name), value })
        };
        Ok(pairs.into_iter().map(pair).collect())
    }

    /// A table, read by `read` to its end.
    pub(super) fn section(&self, read: impl FnOnce(&mut Section<'t>) -> Result<()>) -> Result<()> {
        let table = self.value.get_ref().as_table().ok_or_else(|| self.expected("a table"))?;
        let mut section = Section::new(self.name.clone(), table);
        read(&mut section)?;
        section.finish()
    }
}

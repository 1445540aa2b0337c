//! Directives: lines `;;@ key: value` in a `.wat` case's header, which say how it is built and run and
//! what is expected.

use anyhow::{Result, bail};

/// How a directive begins.
pub const PREFIX: &str = ";;@ ";

/// The directives of a case, in order.
#[derive(Clone, Debug, Default)]
pub struct Directives(Vec<(String, String)>);

impl Directives {
    /// Reads a case, in which only `keys` may occur.
    ///
    /// # Errors
    /// When a directive is malformed or has another key.
    pub fn read(text: &str, keys: &[&str]) -> Result<Self> {
        let mut directives = Vec::new();
        for line in text.lines() {
            let Some(directive) = line.strip_prefix(PREFIX.trim_end()) else { continue };
            let Some((key, value)) = directive.trim_start().split_once(':') else {
                bail!("`{line}` is no directive `key: value`");
            };
            if !keys.contains(&key) {
                bail!("there is no directive `{key}`; there are {}", keys.join(", "));
            }
            directives.push((key.to_owned(), value.strip_prefix(' ').unwrap_or(value).to_owned()));
        }
        Ok(Self(directives))
    }

    /// All values of a key.
    pub fn all<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(found, _)| found == key).map(|(_, value)| value.as_str())
    }

    /// The value of a key that occurs at most once.
    ///
    /// # Errors
    /// When it occurs more often.
    pub fn one<'a>(&'a self, key: &'a str) -> Result<Option<&'a str>> {
        let mut values = self.all(key);
        let value = values.next();
        if values.next().is_some() {
            bail!("`{key}` occurs twice");
        }
        Ok(value)
    }

    /// The words of all values of a key. Single quotes keep words together.
    pub fn words(&self, key: &str) -> Vec<String> {
        self.all(key).flat_map(words).collect()
    }
}

/// Splits at spaces; single quotes keep words together.
pub fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quoted = false;
    for character in text.chars() {
        match character {
            '\'' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            ' ' if !quoted => words.extend(word.take()),
            _ => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    words
}

/// Replaces the directives with the keys of `expected` by these, behind the remaining directives.
pub fn rewrite(text: &str, keys: &[&str], expected: &[(&str, String)]) -> String {
    let is_replaced = |line: &str| {
        line.strip_prefix(PREFIX)
            .and_then(|directive| directive.split_once(':'))
            .is_some_and(|(key, _)| keys.contains(&key))
    };
    let mut lines: Vec<String> =
        text.lines().filter(|line| !is_replaced(line)).map(str::to_owned).collect();
    let header = lines.iter().take_while(|line| line.starts_with(";;")).count();
    let added = expected
        .iter()
        .map(|(key, value)| format!("{PREFIX}{key}: {value}").trim_end().to_owned())
        .collect::<Vec<_>>();
    lines.splice(header..header, added);
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::{Directives, rewrite, words};

    #[test]
    fn quotes_keep_words_together() {
        assert_eq!(words("a 'b c' '' d"), ["a", "b c", "", "d"]);
    }

    #[test]
    fn unknown_keys_are_errors() {
        assert!(Directives::read(";;@ sttus: 1\n", &["status"]).is_err());
    }

    #[test]
    fn rewriting_replaces_only_the_keys_given() {
        let text = ";; What it is.\n;;@ args: 1\n;;@ status: 3\n(module)\n";
        let rewritten = rewrite(text, &["status"], &[("status", "4".to_owned())]);
        assert_eq!(rewritten, ";; What it is.\n;;@ args: 1\n;;@ status: 4\n(module)\n");
    }
}

//! Directives: lines `;;@ key: value` (in C `//@`) in a case's header, which say in order how it is built and
//! run and what is expected.

use anyhow::{Result, bail};
use std::path::Path;

/// How a directive begins.
const PREFIX: &str = ";;@";

/// A directive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive {
    /// What it is about.
    pub key: String,
    /// What it says.
    pub value: String,
}

/// Reads the directives of a case, in which only `keys` may occur.
///
/// # Errors
/// When a directive is malformed or has another key.
pub fn read(text: &str, keys: &[&str]) -> Result<Vec<Directive>> {
    let mut directives = Vec::new();
    for line in text.lines() {
        let Some(directive) = line.strip_prefix(PREFIX) else { continue };
        let Some((key, value)) = directive.trim_start().split_once(':') else {
            bail!("`{line}` is no directive `key: value`");
        };
        if !keys.contains(&key) {
            bail!("there is no directive `{key}`; there are {}", keys.join(", "));
        }
        let value = value.strip_prefix(' ').unwrap_or(value);
        directives.push(Directive { key: key.to_owned(), value: value.to_owned() });
    }
    Ok(directives)
}

/// Replaces all directives of a case by others; they stand behind the comment that opens it.
pub fn rewrite(text: &str, directives: &[Directive]) -> String {
    let mut lines: Vec<String> =
        text.lines().filter(|line| !line.starts_with(PREFIX)).map(str::to_owned).collect();
    let opening = lines.iter().take_while(|line| line.starts_with(";;")).count();
    let added = directives
        .iter()
        .map(|Directive { key, value }| format!("{PREFIX} {key}: {value}").trim_end().to_owned())
        .collect::<Vec<_>>();
    lines.splice(opening..opening, added);
    lines.join("\n") + "\n"
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

/// How a case in C is built and run, which says so in lines `//@ key: value`.
pub struct CProgram {
    /// Flags of the build: `--dir .` unless it says otherwise.
    pub flags: Vec<String>,
    /// Arguments of the run.
    pub arguments: Vec<String>,
    /// Its input.
    pub stdin: String,
}

impl CProgram {
    /// Reads the directives of the case at `path`.
    ///
    /// # Errors
    /// When it cannot be read, or has another directive.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)?.replace("//@", PREFIX);
        let mut program =
            Self { flags: words("--dir ."), arguments: Vec::new(), stdin: String::new() };
        for directive in read(&text, &["build", "arguments", "stdin"])? {
            match directive.key.as_str() {
                "build" => program.flags = words(&directive.value),
                "arguments" => program.arguments = words(&directive.value),
                _ => program.stdin += &(directive.value + "\n"),
            }
        }
        Ok(program)
    }
}

#[cfg(test)]
mod tests {
    use super::{read, rewrite, words};

    #[test]
    fn quotes_keep_words_together() {
        assert_eq!(words("a 'b c' '' d"), ["a", "b c", "", "d"]);
    }

    #[test]
    fn unknown_keys_are_errors() {
        assert!(read(";;@ sttus: 1\n", &["status"]).is_err());
    }

    #[test]
    fn rewriting_changes_nothing_but_directives() {
        let text = ";; What it is.\n;;@ status: 3\n;;@ stdout:\n(module)\n";
        let mut directives = read(text, &["status", "stdout"]).unwrap();
        assert_eq!(rewrite(text, &directives), text);
        directives[0].value = "4".to_owned();
        assert_eq!(rewrite(text, &directives), text.replace('3', "4"));
    }
}

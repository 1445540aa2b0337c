//! Names of one component, from UTF-8 to the system's UTF-16.
//!
//! Sandbox-critical. The native calls give no name a meaning beyond the directory but those with `\`
//! and `:`, which are refused here; what other programs could not open by its name is refused too:
//! device names with any ending, names that end with a dot or a space, and wildcards. Such a name is
//! `noent`, as to a C program of the system: nothing can be there. Source: Microsoft, «Naming Files,
//! Paths, and Namespaces».

use crate::errno::{Errno, Result};
use core::ffi::CStr;

/// As many units as the file systems take.
const MAXIMUM_UNITS: usize = 255;

/// A name that leads nowhere but into the directory where it is used.
#[derive(Clone)]
pub(super) struct Name {
    units: [u16; MAXIMUM_UNITS],
    length: usize,
}

impl Name {
    /// Checks a name, of which the caller knows that it contains no `/` and is not `..`.
    pub(super) fn new(name: &CStr) -> Result<Self> {
        let bytes = name.to_bytes();
        let mut checked = Self { units: [0; MAXIMUM_UNITS], length: 0 };
        if bytes == b"." {
            return Ok(checked);
        }
        let text = core::str::from_utf8(bytes).map_err(|_| Errno::IllegalSequence)?;
        for unit in text.encode_utf16() {
            *checked.units.get_mut(checked.length).ok_or(Errno::NameTooLong)? = unit;
            checked.length += 1;
        }
        let forbidden = |&byte: &u8| byte < b' ' || b"<>:\"/\\|?*".contains(&byte);
        if bytes.iter().any(forbidden)
            || matches!(bytes.last(), None | Some(b'.' | b' '))
            || is_device(text)
        {
            return Err(Errno::NoEntry);
        }
        Ok(checked)
    }

    /// The units; none for the directory itself.
    pub(super) fn units(&self) -> &[u16] {
        self.units.get(..self.length).unwrap_or_default()
    }

    /// Whether it means the directory itself.
    pub(super) fn is_itself(&self) -> bool {
        self.length == 0
    }
}

/// Whether programs of the system take the name, with whatever ending, for a device.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end_matches(' ');
    let is = |device: &str| stem.eq_ignore_ascii_case(device);
    if ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$"].iter().any(|name| is(name)) {
        return true;
    }
    let numbered = stem
        .get(..3)
        .filter(|&port| ["COM", "LPT"].iter().any(|device| port.eq_ignore_ascii_case(device)));
    let mut rest = stem.chars().skip(3);
    numbered.is_some()
        && matches!(rest.next(), Some('0'..='9' | '¹' | '²' | '³'))
        && rest.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::CString;

    fn name(text: &str) -> Result<usize> {
        Name::new(&CString::new(text).unwrap()).map(|name| name.units().len())
    }

    #[test]
    fn names_are_translated() {
        assert_eq!(name("."), Ok(0));
        assert_eq!(name("a"), Ok(1));
        assert_eq!(name("grüße 😀"), Ok(8));
        assert_eq!(name(&"ü".repeat(255)), Ok(255));
        assert_eq!(name(&"ü".repeat(256)), Err(Errno::NameTooLong));
    }

    #[test]
    fn what_would_mean_something_else_is_refused() {
        for text in [
            "",
            "a:b",
            "a:",
            "C:",
            "a::$DATA",
            "a\\b",
            "\\",
            "..\\a",
            "a?",
            "a*",
            "a<",
            "a>",
            "a|",
            "a\"",
            "a\x01",
            "a.",
            "a ",
            "a. ",
            "...",
            "CON",
            "con",
            "Nul.txt",
            "AUX.tar.gz",
            "PRN ",
            "nul .x",
            "COM1",
            "com9.log",
            "COM¹",
            "LPT³.x",
            "lpt0",
            "CONIN$",
            "conout$",
            "CLOCK$",
        ] {
            assert_eq!(name(text), Err(Errno::NoEntry), "{text:?}");
        }
        for text in [
            "CONS", "CON1", "COM", "COM10", "COMA", "LPT¹2", "nulls", ".CON", "a.CON", "-nul",
            " CON", "CO", "c", "é", "日本", "$DATA", "~1", "PROGRA~1", ".hidden", "a.b",
        ] {
            assert!(name(text).is_ok(), "{text:?}");
        }
    }
}

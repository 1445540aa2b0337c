//! Says things on standard error, without allocation or formatting machinery, so that it also works
//! in a signal handler and costs next to nothing in size.

use crate::{process, stream, watch};
use std::ffi::OsStr;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};
use wasm2native_abi::EXIT_SETUP_FAILED;

static NAME: AtomicPtr<u8> = AtomicPtr::new(std::ptr::null_mut());
static NAME_BYTES: AtomicUsize = AtomicUsize::new(0);

/// Takes the last part of `path` as what the program is called in messages.
pub(crate) fn set_name(path: &OsStr) {
    // It is needed until the process ends.
    let name: &'static mut [u8] = Box::leak(process::base_name(path.as_encoded_bytes()).into());
    NAME.store(name.as_mut_ptr(), Ordering::Relaxed);
    NAME_BYTES.store(name.len(), Ordering::Relaxed);
}

/// What the program is called in messages.
pub(crate) fn name() -> &'static [u8] {
    let start = NAME.load(Ordering::Relaxed);
    if start.is_null() {
        return b"program";
    }
    // SAFETY: `set_name` stored a leaked slice of that length.
    unsafe { std::slice::from_raw_parts(start, NAME_BYTES.load(Ordering::Relaxed)) }
}

/// Text for a stream, collected so that a short message is one system call.
pub(crate) struct Text {
    stream: i32,
    used: usize,
    buffer: [u8; 512],
}

impl Text {
    /// Text for standard error.
    pub(crate) fn error() -> Self {
        Self { stream: 2, used: 0, buffer: [0; 512] }
    }

    /// Text for a stream of [`crate::stream`].
    pub(crate) fn to(stream: i32) -> Self {
        Self { stream, used: 0, buffer: [0; 512] }
    }

    /// Text for standard output.
    pub(crate) fn output() -> Self {
        Self { stream: 1, used: 0, buffer: [0; 512] }
    }

    /// Adds bytes.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        for &byte in bytes {
            // No character is cut: none begins in the last three bytes.
            let needed = if byte >= 0xc0 { 4 } else { 1 };
            if self.used + needed > self.buffer.len() {
                self.flush();
            }
            if let Some(place) = self.buffer.get_mut(self.used) {
                *place = byte;
                self.used += 1;
            }
        }
        self
    }

    /// Adds text.
    pub(crate) fn text(&mut self, text: &str) -> &mut Self {
        self.bytes(text.as_bytes())
    }

    /// Adds a number in decimal.
    pub(crate) fn number(&mut self, number: u64) -> &mut Self {
        let mut digits = [0; 20];
        let mut start = digits.len();
        let mut rest = number;
        while let Some(place) = start.checked_sub(1).and_then(|index| digits.get_mut(index)) {
            *place = b'0' + (rest % 10) as u8;
            start -= 1;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        self.bytes(digits.get(start..).unwrap_or_default())
    }

    /// Adds text of the program's, with a `?` for each character that is not seen but does something to a
    /// terminal, and for what is no UTF-8.
    pub(crate) fn visible(&mut self, bytes: &[u8]) -> &mut Self {
        self.characters(bytes, false)
    }

    /// Adds characters, those that must not be there in the way that JSON or a message has for them.
    fn characters(&mut self, bytes: &[u8], is_json: bool) -> &mut Self {
        for chunk in bytes.utf8_chunks() {
            for character in chunk.valid().chars() {
                match character {
                    '"' | '\\' if is_json => self.bytes(&[b'\\', character as u8]),
                    _ if !acts(character) => self.text(character.encode_utf8(&mut [0; 4])),
                    _ if is_json => self.text("\\u").hexadecimal(character.into(), 4),
                    _ => self.text("?"),
                };
            }
            if !chunk.invalid().is_empty() {
                self.text(if is_json { "\u{fffd}" } else { "?" });
            }
        }
        self
    }

    /// Adds a number in hexadecimal with at least as many digits as given.
    pub(crate) fn hexadecimal(&mut self, number: u64, digits: u32) -> &mut Self {
        let digits = digits.max((67 - number.leading_zeros()) / 4);
        for position in (0..digits).rev() {
            let digit = (number >> (4 * position) & 15) as usize;
            self.bytes(&b"0123456789abcdef"[digit..=digit]);
        }
        self
    }

    /// Adds bytes as a string of JSON; what is no UTF-8 becomes U+FFFD.
    pub(crate) fn json(&mut self, bytes: &[u8]) -> &mut Self {
        self.text("\"").characters(bytes, true).text("\"")
    }

    /// Adds as many spaces as messages begin with characters.
    pub(crate) fn indent(&mut self) -> &mut Self {
        for byte in name() {
            // What goes on with a character has no width.
            if byte & 0xc0 != 0x80 {
                self.text(" ");
            }
        }
        self.text("  ")
    }

    /// What was added and not written.
    #[cfg(test)]
    pub(crate) fn contents(&self) -> &[u8] {
        &self.buffer[..self.used]
    }

    /// Adds what messages begin with.
    pub(crate) fn program(&mut self) -> &mut Self {
        self.visible(name()).text(": ")
    }

    /// Writes what was added.
    pub(crate) fn flush(&mut self) {
        let mut rest = self.buffer.get(..self.used).unwrap_or_default();
        while !rest.is_empty() {
            // Nobody can be told when messages cannot be written.
            match stream::write(self.stream, rest) {
                Some(written) if written > 0 => rest = rest.get(written..).unwrap_or_default(),
                _ => break,
            }
        }
        self.used = 0;
    }
}

/// Whether a character does something to a terminal instead of being seen there: it is a control character, or
/// changes the direction of what follows (Unicode annex 9, section 2).
fn acts(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}')
        || matches!(character, '\u{2066}'..='\u{2069}')
}

/// Says why the program cannot be started, and ends the process with status 125.
pub(crate) fn refuse(sentence: &[&str]) -> ! {
    let mut text = Text::error();
    text.program();
    for part in sentence {
        // Sentences quote what the user typed or the environment holds.
        text.visible(part.as_bytes());
    }
    text.text("\n").flush();
    watch::end_abruptly(EXIT_SETUP_FAILED);
    process::exit(EXIT_SETUP_FAILED)
}

#[cfg(test)]
mod tests {
    use super::Text;

    fn collected(add: impl Fn(&mut Text)) -> String {
        let mut text = Text::error();
        add(&mut text);
        String::from_utf8(text.buffer[..text.used].to_vec()).expect("UTF-8")
    }

    #[test]
    fn what_acts_on_a_terminal_is_shown_as_something_else() {
        // The C1 controls (the second of two is CSI), marks of direction, and what is no UTF-8.
        let hostile = "a\u{1b}b\u{7f}c\u{80}\u{9b}d\u{a0}\u{202e}e\u{2066}\u{200f}\u{61c}ü\u{2028}";
        let visible = collected(|text| {
            text.visible(hostile.as_bytes()).visible(b"\x9b1m");
        });
        assert_eq!(visible, "a?b?c??d\u{a0}?e???ü\u{2028}?1m");
        let json = collected(|text| {
            text.json(hostile.as_bytes()).json(b"\x9b\"\\");
        });
        assert_eq!(
            json,
            "\"a\\u001bb\\u007fc\\u0080\\u009bd\u{a0}\\u202ee\\u2066\\u200f\\u061cü\u{2028}\"\"\u{fffd}\\\"\\\\\""
        );
    }
}

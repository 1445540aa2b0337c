//! Consoles: the system takes and gives characters there, and the program bytes of UTF-8.
//!
//! A character that is cut between two writes waits for its rest, and what was read beyond what the
//! program asked for waits for the next read. What is not UTF-8 becomes U+FFFD. A line that was typed
//! ends as on the terminals of other systems, with one character.

use super::error::last_error;
use super::object::Borrowed;
use super::vector::Vectors;
use crate::errno::{Errno, Result};
use core::ptr;
use windows_sys::Win32::Foundation::HANDLE;
use windows_sys::Win32::Networking::WinSock::WSABUF;
use windows_sys::Win32::System::Console::{
    CONSOLE_READCONSOLE_CONTROL, ENABLE_LINE_INPUT, ENABLE_VIRTUAL_TERMINAL_PROCESSING,
    GetConsoleMode, INPUT_RECORD, KEY_EVENT, PeekConsoleInputW, ReadConsoleInputW, ReadConsoleW,
    SetConsoleMode, WriteConsoleW,
};

/// Bytes or units that go to the system at once.
const CHUNK: usize = 1024;

/// Has the console understand the control sequences of terminals, which programs take for granted.
pub(super) fn understand_sequences(console: HANDLE) {
    let mut mode = 0;
    // SAFETY: the handle is a console's; input and consoles of older systems refuse it.
    unsafe {
        if GetConsoleMode(console, &raw mut mode) != 0 {
            SetConsoleMode(console, mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING);
        }
    }
}

/// Writes all pieces.
pub(super) fn write(file: Borrowed<'_>, vectors: &Vectors) -> Result<u32> {
    let mut done = 0_u32;
    for piece in vectors.pieces() {
        let mut rest = (piece.buf, piece.len as usize);
        while rest.1 > 0 {
            let mut pending = file.pending.borrow_mut();
            let kept = pending.len();
            let length = rest.1.min(CHUNK - kept);
            pending.resize(kept + length, 0);
            // SAFETY: the piece has that many bytes left, and so has the buffer behind what was kept.
            unsafe {
                ptr::copy_nonoverlapping(rest.0, pending.as_mut_ptr().add(kept), length);
                rest = (rest.0.add(length), rest.1 - length);
            }
            let whole = pending.len() - cut_bytes(&pending);
            let text = String::from_utf8_lossy(pending.get(..whole).unwrap_or_default());
            let answer = write_text(file.handle(), &text);
            pending.drain(..whole);
            match answer {
                Ok(()) => done = done.saturating_add(length as u32),
                Err(_) if done > 0 => return Ok(done),
                Err(error) => return Err(error),
            }
        }
    }
    Ok(done)
}

/// How many bytes at the end begin a character that goes on behind them.
fn cut_bytes(bytes: &[u8]) -> usize {
    let ends = bytes.len().saturating_sub(4);
    let last = bytes.get(ends..).unwrap_or_default();
    let Some(lead) = last.iter().rposition(|&byte| byte & 0xc0 != 0x80) else { return 0 };
    let present = last.len() - lead;
    let whole = match last.get(lead) {
        Some(0xc2..=0xdf) => 2,
        Some(0xe0..=0xef) => 3,
        Some(0xf0..=0xf4) => 4,
        _ => 1,
    };
    if present < whole { present } else { 0 }
}

fn write_text(console: HANDLE, text: &str) -> Result<()> {
    let units: Vec<u16> = text.encode_utf16().collect();
    let mut rest = &units[..];
    while !rest.is_empty() {
        let mut written = 0;
        let length = rest.len() as u32;
        // SAFETY: the handle is open, and the buffer has that many units.
        let answer =
            unsafe { WriteConsoleW(console, rest.as_ptr(), length, &raw mut written, ptr::null()) };
        if answer == 0 || written == 0 {
            return Err(last_error());
        }
        rest = rest.get(written as usize..).unwrap_or_default();
    }
    Ok(())
}

/// Reads into one piece; 0 is the end, which a user types as Ctrl-Z at the beginning of a line.
pub(super) fn read(file: Borrowed<'_>, piece: &WSABUF) -> Result<u32> {
    let mut pending = file.pending.borrow_mut();
    if pending.is_empty() {
        *pending = read_text(file.handle())?.into_bytes();
    }
    let length = pending.len().min(piece.len as usize);
    // SAFETY: the piece is in linear memory and at least as long.
    unsafe { ptr::copy_nonoverlapping(pending.as_ptr(), piece.buf, length) };
    pending.drain(..length);
    Ok(length as u32)
}

/// Whether the user edits a line before a read gets it.
fn is_edited(console: HANDLE) -> bool {
    let mut mode = 0;
    // SAFETY: the handle is open.
    unsafe { GetConsoleMode(console, &raw mut mode) != 0 && mode & ENABLE_LINE_INPUT != 0 }
}

fn read_text(console: HANDLE) -> Result<String> {
    const CTRL_Z: u16 = 0x1a;
    const RETURN: u16 = 0x0d;
    let is_edited = is_edited(console);
    // Neither a character of two units nor the end of a line is cut: one more is read then.
    let mut units = [0_u16; CHUNK + 1];
    let mut length = 0_usize;
    let read_more = |units: &mut [u16], wanted: usize| -> Result<usize> {
        let control = CONSOLE_READCONSOLE_CONTROL {
            nLength: size_of::<CONSOLE_READCONSOLE_CONTROL>() as u32,
            dwCtrlWakeupMask: 1 << CTRL_Z,
            ..Default::default()
        };
        let mut read = 0;
        let (start, control) = (units.as_mut_ptr().cast(), &raw const control);
        // SAFETY: the handle is open, and the buffer has as many units as wanted.
        if unsafe { ReadConsoleW(console, start, wanted as u32, &raw mut read, control) } == 0 {
            return Err(last_error());
        }
        Ok(read as usize)
    };
    length += match read_more(&mut units, CHUNK) {
        // Ctrl-C, for which the system ends the process if nobody else handles it.
        Err(Errno::Cancelled) => return Err(Errno::Interrupted),
        result => result?,
    };
    let last = length.checked_sub(1).and_then(|last| units.get(last).copied());
    let is_cut = last.is_some_and(|last| {
        (0xd800..0xdc00).contains(&last) || last == RETURN && is_edited && length == CHUNK
    });
    if is_cut && let Some(rest) = units.get_mut(length..) {
        length += read_more(rest, 1)?;
    }
    let read = units.get(..length).unwrap_or_default();
    let read = read.strip_suffix(&[CTRL_Z]).unwrap_or(read);
    let text = String::from_utf16_lossy(read);
    Ok(if is_edited { text.replace("\r\n", "\n") } else { text })
}

/// Whether something was typed that a read would give: a line where lines are edited. What is no
/// character, such as a key that is let go, is taken away.
pub(super) fn is_readable(file: Borrowed<'_>) -> bool {
    if !file.pending.borrow().is_empty() {
        return true;
    }
    let console = file.handle();
    let is_edited = is_edited(console);
    // SAFETY: zeros are a record.
    let mut records: [INPUT_RECORD; 32] = unsafe { core::mem::zeroed() };
    loop {
        let mut count = 0;
        // SAFETY: the buffer has that many records.
        let peeked = unsafe {
            PeekConsoleInputW(console, records.as_mut_ptr(), records.len() as u32, &raw mut count)
        };
        if peeked == 0 || count == 0 {
            // A read tells what is wrong.
            return peeked == 0;
        }
        let records = records.get_mut(..count as usize).unwrap_or_default();
        let typed = |record: &INPUT_RECORD| {
            if u32::from(record.EventType) != KEY_EVENT {
                return 0;
            }
            // SAFETY: the record is a key's, of which every field is a number.
            unsafe {
                let key = &record.Event.KeyEvent;
                if key.bKeyDown != 0 { key.uChar.UnicodeChar } else { 0 }
            }
        };
        let is_enough = |unit: u16| unit != 0 && (!is_edited || unit == u16::from(b'\r'));
        if records.iter().any(|record| is_enough(typed(record))) {
            return true;
        }
        if records.iter().any(|record| typed(record) != 0) {
            // A part of a line; whether its end lies beyond what was looked at, the read tells.
            return records.len() == 32;
        }
        let mut taken = 0;
        // SAFETY: as above; what was looked at is still there, since only this process's thread reads.
        unsafe { ReadConsoleInputW(console, records.as_mut_ptr(), count, &raw mut taken) };
        if taken == 0 {
            return false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::cut_bytes;

    #[test]
    fn only_what_may_become_a_character_waits() {
        for (bytes, cut) in [
            (&b""[..], 0),
            (b"abc", 0),
            ("ü".as_bytes(), 0),
            (&"ü".as_bytes()[..1], 1),
            (&"a日".as_bytes()[..2], 1),
            (&"a日".as_bytes()[..3], 2),
            ("a日".as_bytes(), 0),
            (&"😀".as_bytes()[..3], 3),
            ("😀".as_bytes(), 0),
            (b"\xff", 0),
            (b"\x80\x80\x80\x80", 0),
            (b"\xc0", 0),
        ] {
            assert_eq!(cut_bytes(bytes), cut, "{bytes:?}");
        }
    }
}

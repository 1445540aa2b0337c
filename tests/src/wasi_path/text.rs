//! Bytes that are mostly text: paths, targets, contents, shown so that people can read them.

use std::fmt::{Debug, Formatter, Result};
use std::ops::Deref;

/// Bytes of a path, or of a file.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Text(pub(super) Vec<u8>);

/// So much of it is shown.
const SHOWN_BYTES: usize = 80;

impl Deref for Text {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl Debug for Text {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        let shown = &self.0[..self.0.len().min(SHOWN_BYTES)];
        write!(formatter, "\"{}\"", shown.escape_ascii())?;
        if shown.len() < self.0.len() {
            write!(formatter, "… ({} bytes)", self.0.len())?;
        }
        Ok(())
    }
}

//! A refusal as it is kept until the end of a program: in fixed space.

use super::{Access, Action, Event, Reason, Subject};

/// Bytes of a path that are kept for the end.
const KEPT_BYTES: usize = 256;

/// A refusal, kept in fixed space.
#[derive(Clone, Copy, Debug)]
pub struct Denial {
    /// What it is about.
    pub subject: Subject,
    /// What the program did.
    pub action: Action,
    /// How.
    pub access: Access,
    /// Why it was refused.
    pub reason: Reason,
    path: [u8; KEPT_BYTES],
    path_bytes: u16,
}

impl Denial {
    pub(super) const NONE: Self = Self {
        subject: Subject::File,
        action: Action::Use,
        access: Access::Read,
        reason: Reason::NotGranted,
        path: [0; KEPT_BYTES],
        path_bytes: 0,
    };

    /// The path as the program would spell it, as far as it was kept.
    pub fn path(&self) -> &[u8] {
        self.path.get(..self.path_bytes.into()).unwrap_or_default()
    }

    /// Whether both are of the same thing, as far as it was kept.
    pub fn is_same(&self, other: &Self) -> bool {
        (self.subject, self.action, self.path()) == (other.subject, other.action, other.path())
    }

    pub(super) fn keep(&mut self, event: &Event, reason: Reason) {
        (self.subject, self.action, self.access) = (event.subject, event.action, event.access);
        self.reason = reason;
        // No character is cut: what goes on with one is 0x80 to 0xbf (RFC 3629, section 3).
        let goes_on = |end: usize| event.path.get(end).is_some_and(|byte| byte & 0xc0 == 0x80);
        let mut bytes = event.path.len().min(KEPT_BYTES);
        while bytes > 0 && goes_on(bytes) {
            bytes -= 1;
        }
        if let (Some(kept), Some(path)) = (self.path.get_mut(..bytes), event.path.get(..bytes)) {
            kept.copy_from_slice(path);
            self.path_bytes = bytes as u16;
        }
    }
}

//! The wall on macOS: there is none. What the system has (`sandbox_init`, Seatbelt's profiles) is private or
//! deprecated, and no executable may count on it; the shim's own walk, which follows no link that it has not
//! read, is all that keeps a program in its directories.

use super::{Active, Measure, Plan};
use crate::Wasi;

/// Nothing can be required.
pub(super) const REQUIRED: &[Measure] = &[];

/// Raises nothing.
pub(super) fn raise(_wasi: &Wasi, _plan: &Plan) -> Active {
    Active::default()
}

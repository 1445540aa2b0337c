//! What is taken away after everything else was granted: by the builder, and by whoever runs the program.
//!
//! Sandbox-critical. Invariant: a wish that is not understood is an error, since ignoring it would grant
//! more than was asked for.

use super::Variables;
use crate::{SetupError, host};
use wasm2native_abi::policy::{
    DENY_ARGUMENTS, DENY_CLOCK, DENY_ENVIRONMENT, DENY_FILES, DENY_KINDS, DENY_NETWORK, DENY_WRITE,
    RUNTIME_FIXED_GRANTS, RUNTIME_NO_VARIABLES, RecordKind, Records,
};

/// Names kinds, separated by commas.
const VARIABLE: &[u8] = b"WASM2NATIVE_DENY";

/// The kinds that are denied.
#[derive(Clone, Copy, Default)]
pub(super) struct Denied(u16);

impl Denied {
    /// `DENY_*`.
    pub(super) fn flags(self) -> u16 {
        self.0
    }

    pub(super) fn files(self) -> bool {
        self.0 & DENY_FILES != 0
    }

    pub(super) fn write(self) -> bool {
        self.0 & DENY_WRITE != 0
    }

    pub(super) fn network(self) -> bool {
        self.0 & DENY_NETWORK != 0
    }

    pub(super) fn environment(self) -> bool {
        self.0 & DENY_ENVIRONMENT != 0
    }

    pub(super) fn clock(self) -> bool {
        self.0 & DENY_CLOCK != 0
    }

    pub(super) fn arguments(self) -> bool {
        self.0 & DENY_ARGUMENTS != 0
    }

    /// By the policy, and by the variable where that is looked at.
    pub(super) fn read(
        policy: &Records<'_>,
        environment: &Variables<'_>,
    ) -> Result<Self, SetupError> {
        let flags = |kind| policy.of(kind).fold(0, |flags, record| flags | record.flags);
        let (mut denied, runtime) = (flags(RecordKind::Deny), flags(RecordKind::Runtime));
        let is_it = |(name, _): &&(&[u8], &[u8])| host::same_variable(name, VARIABLE);
        if runtime & RUNTIME_FIXED_GRANTS == 0
            && looks_at_variables(runtime)
            && let Some((_, wishes)) = environment.iter().find(is_it)
        {
            denied |= by_names(wishes)?;
        }
        Ok(Self(denied))
    }
}

/// Whether any `WASM2NATIVE_*` variable is looked at: not when the policy (flags of [`RecordKind::Runtime`])
/// forbids it, nor when the process has more privileges than whoever started it.
pub fn looks_at_variables(runtime_flags: u16) -> bool {
    runtime_flags & RUNTIME_NO_VARIABLES == 0 && !host::is_privileged()
}

fn by_names(wishes: &[u8]) -> Result<u16, SetupError> {
    let mut denied = 0;
    for wish in wishes.split(|&byte| byte == b',').map(<[u8]>::trim_ascii) {
        match DENY_KINDS.iter().find(|(name, _)| name.as_bytes() == wish) {
            Some((_, flag)) => denied |= flag,
            None if wish.is_empty() => {}
            None => {
                let mut sentence = String::from("`WASM2NATIVE_DENY` names `");
                sentence.push_str(&String::from_utf8_lossy(wish));
                sentence.push_str("`, which is no kind; there are");
                for (position, (name, _)) in DENY_KINDS.iter().enumerate() {
                    sentence.push_str(if position == 0 { " `" } else { ", `" });
                    sentence.push_str(name);
                    sentence.push('`');
                }
                return Err(SetupError::new(sentence));
            }
        }
    }
    Ok(denied)
}

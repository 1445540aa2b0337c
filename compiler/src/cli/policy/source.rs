//! Where a policy is read from: an executable, or a policy file.

use crate::cli::Failure;
use crate::cli::input::Input;
use crate::cli::policy_source::PolicySource;
use crate::cli::terminal::Terminal;
use std::path::Path;
use wasm2native::{Error, Inspection, PolicyDescription, inspect, is_our_executable, quoted};

/// Reads the policy of an executable or of a policy file.
pub(super) fn read(path: &Path, terminal: &Terminal) -> Result<PolicyDescription, Failure> {
    let input = Input::read(path)?;
    let refuse = |error: Error| {
        let mut message = error.diagnostic(&input.name);
        message.title = format!("cannot read a policy from `{}`", quoted(&input.name));
        Box::new(message)
    };
    if is_our_executable(&input.bytes)
        && let Inspection::Executable(executable) = inspect(&input.bytes).map_err(refuse)?
    {
        return Ok(executable.policy);
    }
    PolicySource::read(path)?.description(terminal)
}

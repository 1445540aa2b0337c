//! Where a policy is read from: an executable, or a policy file.

use crate::cli::Failure;
use crate::cli::input::Input;
use std::path::Path;
use wasm2native::{Inspection, PolicyDescription, inspect, quoted};

/// A policy that was read.
pub(super) struct Source {
    pub(super) policy: PolicyDescription,
}

/// Reads the policy of an executable or of a policy file.
pub(super) fn read(path: &Path) -> Result<Source, Failure> {
    let input = Input::read(path)?;
    let refuse = |error: wasm2native::Error| {
        let mut message = error.diagnostic(&input.name);
        message.title = format!("cannot read a policy from `{}`", quoted(&input.name));
        Box::new(message)
    };
    match inspect(&input.bytes) {
        Ok(Inspection::Executable(executable)) => Ok(Source { policy: executable.policy }),
        Ok(Inspection::Module(_)) => Err(refuse(wasm2native::Error::NotOurs)),
        Err(error) => Err(refuse(error)),
    }
}

//! Where a policy is read from: an executable, or a policy file.

use crate::cli::Failure;
use crate::cli::input::Input;
use crate::cli::policy_source::{MOST_BYTES, PolicySource};
use crate::cli::terminal::Terminal;
use std::path::Path;
use wasm2native::{
    Error, Inspection, PathRules, PolicyDescription, Target, inspect, is_damaged_executable,
    is_our_executable, quoted,
};

/// A policy, and what it is for.
pub(super) struct Source {
    /// What it grants.
    pub(super) policy: PolicyDescription,
    /// The targets that it is for; none when it does not say.
    pub(super) targets: Vec<Target>,
}

/// Reads the policy of an executable or of a policy file; `-` is standard input.
pub(super) fn read(path: &Path, terminal: &Terminal) -> Result<Source, Failure> {
    let input = Input::read_with(path, MOST_BYTES + 1)?;
    let refuse = |error: Error| {
        let mut message = error.diagnostic(&input.name);
        message.title = format!("cannot read a policy from `{}`", quoted(&input.name));
        Box::new(message)
    };
    if is_our_executable(&input.bytes)
        && let Inspection::Executable(executable) = inspect(&input.bytes).map_err(refuse)?
    {
        let target = executable.manifest.get("target").and_then(|name| name.parse().ok());
        return Ok(Source { policy: executable.policy, targets: target.into_iter().collect() });
    }
    if is_damaged_executable(&input.bytes) {
        return Err(refuse(Error::Damaged));
    }
    let source = PolicySource::of(path, input.bytes)?;
    Ok(Source { policy: source.description(terminal)?, targets: source.targets(terminal)? })
}

/// By which rules the paths of these policies are read.
pub(super) fn rules(sources: &[&Source]) -> Vec<PathRules> {
    let targets: Vec<Target> = sources.iter().flat_map(|source| source.targets.clone()).collect();
    PathRules::of_all(&targets)
}

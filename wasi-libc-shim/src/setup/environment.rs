//! The program's variables: what the policy inherits and sets, and what setting up adds.
//!
//! Invariants: none of ours is ever among them; one that is set is not inherited; of two that are set
//! alike the later counts.

use super::{MALFORMED, RESERVED_PREFIX, Variables, joined};
use crate::{SetupError, host};
use wasm2native_abi::policy::{RecordKind, Records};

/// The variables that the policy inherits, then those that it sets, then the `own` ones that the policy
/// does not set: each as `name=value`.
pub(super) fn select(
    policy: &Records<'_>,
    environment: &Variables<'_>,
    own: &[(&str, Vec<u8>)],
) -> Result<Vec<Vec<u8>>, SetupError> {
    let inherited: Vec<&[u8]> =
        policy.of(RecordKind::EnvironmentInherit).map(|record| record.bytes).collect();
    let mut set: Vec<(&[u8], &[u8])> = Vec::new();
    for record in policy.of(RecordKind::EnvironmentSet) {
        let (name, value) = record.pair().ok_or(MALFORMED)?;
        set.retain(|&(other, _)| !host::same_variable(other, name));
        set.push((name, value));
    }
    for (name, value) in own {
        if !set.iter().any(|(other, _)| host::same_variable(other, name.as_bytes())) {
            set.push((name.as_bytes(), value));
        }
    }
    let begins = |name: &[u8], beginning: &[u8]| {
        name.get(..beginning.len()).is_some_and(|start| host::same_variable(start, beginning))
    };
    let mut variables = Vec::new();
    for (name, value) in environment {
        let inherits = |pattern: &&&[u8]| match pattern.strip_suffix(b"*") {
            Some(beginning) => begins(name, beginning),
            None => host::same_variable(name, pattern),
        };
        let Some(pattern) = inherited.iter().find(inherits) else { continue };
        if begins(name, RESERVED_PREFIX)
            || set.iter().any(|(other, _)| host::same_variable(other, name))
        {
            continue;
        }
        // What is asked for by name has the name by which it was asked for.
        let name = if pattern.ends_with(b"*") { name } else { *pattern };
        variables.push(joined(&[name, b"=", value]));
    }
    variables.extend(set.iter().map(|(name, value)| joined(&[name, b"=", value])));
    Ok(variables)
}

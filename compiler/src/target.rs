//! The target of a build, by any of its usual spellings.

use crate::Error;
use std::str::FromStr;

/// A system and architecture that executables are built for.
#[derive(Clone, Copy)]
pub struct Target(&'static wasm2native_targets::Target);

impl Target {
    /// The target that this process runs on.
    ///
    /// # Errors
    /// [`Error::HostIsNoTarget`].
    pub fn host() -> Result<Self, Error> {
        wasm2native_targets::host().map(Self).ok_or(Error::HostIsNoTarget)
    }

    /// Every target.
    pub fn all() -> impl Iterator<Item = Self> {
        wasm2native_targets::all().iter().map(Self)
    }

    /// The target that is spelt so, and the part of the spelling that makes no difference: executables
    /// use none of the system's C libraries.
    ///
    /// # Errors
    /// [`Error::UnknownTarget`].
    pub fn spelled(spelling: &str) -> Result<(Self, Option<String>), Error> {
        match wasm2native_targets::parse_spelled(spelling) {
            Ok(spelled) => Ok((Self(spelled.target), spelled.ignored)),
            Err(error) => Err(Error::UnknownTarget {
                similar: error.suggestions.iter().map(ToString::to_string).collect(),
                spelling: error.spelling,
            }),
        }
    }

    /// Its description.
    pub fn description(self) -> &'static wasm2native_targets::Target {
        self.0
    }

    /// Whether executables for it run on this machine.
    pub fn is_host(self) -> bool {
        wasm2native_targets::host().is_some_and(|host| host.name == self.0.name)
    }
}

impl FromStr for Target {
    type Err = Error;

    fn from_str(spelling: &str) -> Result<Self, Error> {
        Self::spelled(spelling).map(|(target, _)| target)
    }
}

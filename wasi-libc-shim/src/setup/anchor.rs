//! Host paths as written in a policy to paths of this machine, here and now.
//!
//! A path may begin with a word of [`ANCHORS`] and a colon. What these places are is the system's custom
//! (`host`): XDG's folders, `Library`, `AppData`. Variables decide only when the process has no more rights
//! than its user. Source: freedesktop.org, «XDG Base Directory Specification».

use super::Variables;
use crate::SetupError;
use crate::host::{self, Folder};
use crate::temporary::{self, Temporary};
use wasm2native_abi::policy::ANCHORS;

/// What a path stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The current directory itself.
    Current,
    /// The private temporary directory itself.
    Temporary,
    Other,
}

/// A path of this machine.
pub(super) struct Place {
    /// Absolute, or from the current directory.
    pub(super) path: Vec<u8>,
    pub(super) kind: Kind,
    /// What is made there is the user's alone, as XDG says of its folders.
    pub(super) private: bool,
}

/// Where anchors lead for this process.
pub(super) struct Places<'a> {
    environment: &'a Variables<'a>,
    /// The private temporary directory, with its path, once it was made. There is one for each process.
    pub(super) temporary: Option<(Vec<u8>, &'static Temporary)>,
}

impl<'a> Places<'a> {
    pub(super) fn new(environment: &'a Variables<'a>) -> Self {
        Self { environment, temporary: None }
    }

    /// Where a host path leads. One in the private temporary directory makes that.
    ///
    /// # Errors
    /// A sentence when there is no such place for this user.
    pub(super) fn find(&mut self, written: &[u8]) -> Result<Place, SetupError> {
        let colon = written.iter().position(|&byte| byte == b':').unwrap_or(0);
        let (word, rest) = written.split_at(colon);
        let anchor = ANCHORS.iter().find(|anchor| anchor.as_bytes() == word);
        let Some(anchor) = anchor else {
            let kind = if written == b"." { Kind::Current } else { Kind::Other };
            return Ok(Place { path: written.to_vec(), kind, private: false });
        };
        let mut rest = rest.get(1..).unwrap_or_default();
        while let [first, others @ ..] = rest
            && host::is_separator(*first)
        {
            rest = others;
        }
        let (mut path, kind, private) = match *anchor {
            "cwd" => (b".".to_vec(), Kind::Current, false),
            "exe" => (executable_folder()?, Kind::Other, false),
            "home" => (self.home()?, Kind::Other, false),
            "config" => (self.folder(Folder::Config)?, Kind::Other, true),
            "data" => (self.folder(Folder::Data)?, Kind::Other, true),
            "cache" => (self.folder(Folder::Cache)?, Kind::Other, true),
            "tmp" => (self.temporary()?, Kind::Temporary, false),
            _ => (b"/".to_vec(), Kind::Other, false),
        };
        if rest.is_empty() {
            return Ok(Place { path, kind, private });
        }
        if path == b"." {
            path.clear();
        } else if path.last().is_some_and(|&byte| !host::is_separator(byte)) {
            path.push(host::SEPARATOR);
        }
        path.extend_from_slice(rest);
        Ok(Place { path, kind: Kind::Other, private })
    }

    /// The value of a variable that holds an absolute path.
    fn variable(&self, name: &str) -> Option<&'a [u8]> {
        let found =
            self.environment.iter().find(|(other, _)| host::same_variable(other, name.as_bytes()));
        found
            .map(|&(_, value)| value)
            .filter(|value| host::is_absolute(value) && !host::is_privileged())
    }

    fn home(&self) -> Result<Vec<u8>, SetupError> {
        const UNKNOWN: SetupError = SetupError::constant(host::NO_HOME);
        self.variable(host::HOME)
            .map(<[u8]>::to_vec)
            .or_else(host::home_of_user)
            .filter(|home| host::is_absolute(home))
            .ok_or(UNKNOWN)
    }

    fn folder(&self, folder: Folder) -> Result<Vec<u8>, SetupError> {
        let (variable, below_home) = host::folder(folder);
        if let Some(path) = self.variable(variable) {
            return Ok(path.to_vec());
        }
        let mut path = self.home()?;
        path.push(host::SEPARATOR);
        path.extend_from_slice(below_home.as_bytes());
        Ok(path)
    }

    fn temporary(&mut self) -> Result<Vec<u8>, SetupError> {
        if let Some((path, _)) = &self.temporary {
            return Ok(path.clone());
        }
        let parent = host::temporary_folder(|name| self.variable(name));
        let (path, made) = temporary::make(&parent).map_err(|error| {
            super::refusal("cannot make a private temporary directory in", &parent, error)
        })?;
        self.temporary = Some((path.clone(), made));
        Ok(path)
    }
}

fn executable_folder() -> Result<Vec<u8>, SetupError> {
    const UNKNOWN: SetupError =
        SetupError::constant("the system does not say where the executable is");
    let mut path = host::executable().ok_or(UNKNOWN)?;
    let end = path.iter().rposition(|&byte| host::is_separator(byte)).ok_or(UNKNOWN)?;
    // The separator stays where it is all that there is: in the root.
    path.truncate(end.max(1));
    Ok(path)
}

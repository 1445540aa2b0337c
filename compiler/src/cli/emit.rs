//! What `--emit` asks for: kinds of output, each perhaps with a path.

use std::path::PathBuf;
use std::str::FromStr;

/// A kind of output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An executable.
    Executable,
    /// A relocatable object.
    Object,
    /// Cranelift's intermediate language.
    Clif,
    /// Disassembled machine code.
    Assembly,
}

impl Kind {
    const ALL: [Self; 4] = [Self::Executable, Self::Object, Self::Clif, Self::Assembly];

    /// How the command line calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Executable => "exe",
            Self::Object => "obj",
            Self::Clif => "clif",
            Self::Assembly => "asm",
        }
    }

    /// What its files' names end with; for executables the target says it.
    pub(crate) fn suffix(self) -> &'static str {
        match self {
            Self::Executable => "",
            Self::Object => ".o",
            Self::Clif => ".clif",
            Self::Assembly => ".s",
        }
    }
}

/// One output that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Emit {
    /// Its kind.
    pub(crate) kind: Kind,
    /// Where to write it, when the flag says so.
    pub(crate) path: Option<PathBuf>,
}

impl FromStr for Emit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, path) = match text.split_once('=') {
            Some((_, "")) => return Err("the path is empty".to_owned()),
            Some((name, path)) => (name, Some(PathBuf::from(path))),
            None => (text, None),
        };
        let kind = Kind::ALL.into_iter().find(|kind| kind.name() == name);
        let kind = kind.ok_or_else(|| "the kinds are exe, obj, clif and asm".to_owned())?;
        Ok(Self { kind, path })
    }
}

#[cfg(test)]
mod tests {
    use super::{Emit, Kind};
    use std::path::PathBuf;

    #[test]
    fn kinds_may_have_paths() {
        let emit: Emit = "asm=out/a.s".parse().expect("an output");
        assert_eq!(emit, Emit { kind: Kind::Assembly, path: Some(PathBuf::from("out/a.s")) });
        assert_eq!("exe".parse(), Ok(Emit { kind: Kind::Executable, path: None }));
        assert!("staticlib".parse::<Emit>().is_err());
        assert!("obj=".parse::<Emit>().is_err());
    }
}

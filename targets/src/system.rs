//! Operating systems and the executable formats that they load.

/// An operating system that executables are made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum System {
    /// Linux, whatever its C library: executables are static.
    Linux,
    /// Windows.
    Windows,
    /// macOS.
    Macos,
    /// FreeBSD.
    Freebsd,
}

/// An executable format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// Executable and Linkable Format.
    Elf,
    /// Portable Executable.
    Pe,
    /// Mach object.
    MachO,
}

impl Format {
    /// What it is usually called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Elf => "ELF",
            Self::Pe => "PE",
            Self::MachO => "Mach-O",
        }
    }
}

impl System {
    /// The name that target names end with.
    pub fn name(self) -> &'static str {
        match self {
            Self::Linux => "linux",
            Self::Windows => "windows",
            Self::Macos => "macos",
            Self::Freebsd => "freebsd",
        }
    }

    /// Its name as its makers write it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Linux => "Linux",
            Self::Windows => "Windows",
            Self::Macos => "macOS",
            Self::Freebsd => "FreeBSD",
        }
    }

    /// The format of its executables.
    pub fn format(self) -> Format {
        match self {
            Self::Linux | Self::Freebsd => Format::Elf,
            Self::Windows => Format::Pe,
            Self::Macos => Format::MachO,
        }
    }

    /// What its kernel has that keeps a program to its grants, in words; `None` where there is nothing that
    /// an executable may count on.
    pub fn wall(self) -> Option<&'static str> {
        match self {
            Self::Linux => Some(
                "files beneath grants only (Landlock, Linux 5.13), system calls that the imports need (seccomp), no new privileges, no new code",
            ),
            Self::Freebsd => Some("nothing but what is open (Capsicum)"),
            Self::Windows => Some("no new code, no other processes (mitigation policies)"),
            Self::Macos => None,
        }
    }

    /// What names of executables end with.
    pub fn executable_suffix(self) -> &'static str {
        if self == Self::Windows { ".exe" } else { "" }
    }
}

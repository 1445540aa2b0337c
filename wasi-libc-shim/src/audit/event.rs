//! The words of the record: what a program used or was refused, how, why, and by which grant.
//!
//! It stands alone because the runtime tells events in these words, and `policy audit` reads them. Source of
//! the record's form: `runtime-stub/src/watch/record.rs`.

/// How a program meant to use, or used, what it named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Access {
    /// To look at it.
    Read,
    /// To see what is in it.
    List,
    /// To change or remove it.
    Write,
    /// To make it.
    Create,
}

impl Access {
    /// Its name in records and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::List => "list",
            Self::Write => "write",
            Self::Create => "create",
        }
    }

    /// Whether a grant to read is not enough for it.
    pub fn changes(self) -> bool {
        matches!(self, Self::Write | Self::Create)
    }
}

/// What a program does with what it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Action {
    /// What the subject says.
    Use,
    /// Opens it.
    Open,
    /// Asks for its status.
    Stat,
    /// Asks where a symbolic link leads.
    ReadLink,
    /// Lists a directory.
    List,
    /// Changes an open file's size or times.
    Change,
    /// Changes its times.
    SetTimes,
    /// Makes a directory.
    CreateDirectory,
    /// Makes a symbolic link.
    CreateLink,
    /// Removes a directory.
    RemoveDirectory,
    /// Removes a file.
    Remove,
    /// Gives it another name.
    Rename,
    /// Gives it one more name.
    Link,
}

impl Action {
    /// Its name in records and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Use => "use",
            Self::Open => "open",
            Self::Stat => "stat",
            Self::ReadLink => "read link",
            Self::List => "list",
            Self::Change => "change",
            Self::SetTimes => "set times of",
            Self::CreateDirectory => "create directory",
            Self::CreateLink => "create link",
            Self::RemoveDirectory => "remove directory",
            Self::Remove => "remove",
            Self::Rename => "rename",
            Self::Link => "link",
        }
    }
}

/// Why something was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Reason {
    /// No grant covers it.
    NotGranted,
    /// The names in its path lead out of the directory that it starts from.
    LeadsOut,
    /// A symbolic link in its path leads out of the directory that it starts from.
    LinkLeadsOut,
    /// A symbolic link to it would mean another place to everybody but the program.
    AbsoluteTarget,
    /// It is in or below what may only be read.
    ReadOnly,
    /// The descriptor lacks a right, which the program did not ask for or gave up.
    NoRight,
    /// It is a file of processes that only their owner may read.
    OwnersOnly,
    /// The whole kind was taken away.
    KindDenied,
}

impl Reason {
    /// Its name in records.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotGranted => "not-granted",
            Self::LeadsOut => "leads-out",
            Self::LinkLeadsOut => "link-leads-out",
            Self::AbsoluteTarget => "absolute-target",
            Self::ReadOnly => "read-only",
            Self::NoRight => "no-right",
            Self::OwnersOnly => "owners-only",
            Self::KindDenied => "kind-denied",
        }
    }
}

/// What an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Subject {
    /// A file or directory, by its path.
    File,
    /// The variables of the environment.
    Environment,
    /// The command line.
    Arguments,
    /// A clock.
    Clock,
    /// Random numbers.
    Random,
    /// A connection.
    Socket,
}

impl Subject {
    /// Its name in records and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Environment => "environment",
            Self::Arguments => "arguments",
            Self::Clock => "clock",
            Self::Random => "random",
            Self::Socket => "socket",
        }
    }
}

/// What of the policy something is granted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Source {
    /// Nothing: it is not granted.
    #[default]
    Nothing,
    /// The directory at this index among those of the policy.
    Directory(u16),
    /// The embedded directory at this index among those of the policy.
    Embedded(u16),
    /// The command line, which names it.
    Arguments,
}

impl Source {
    /// Its name in records, if it is any.
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::Nothing => None,
            Self::Directory(_) => Some("directory"),
            Self::Embedded(_) => Some("embedded"),
            Self::Arguments => Some("arguments"),
        }
    }

    /// The index among what has the same name.
    pub fn index(self) -> Option<u16> {
        match self {
            Self::Directory(index) | Self::Embedded(index) => Some(index),
            Self::Nothing | Self::Arguments => None,
        }
    }
}

/// Something that a program used or was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// What it is about.
    pub subject: Subject,
    /// What the program did.
    pub action: Action,
    /// How it did.
    pub access: Access,
    /// The path as the program would spell it; empty where there is none.
    pub path: Vec<u8>,
    /// What grants it, or would.
    pub source: Source,
    /// The index in [`crate::Wasi::watched`] of the directory by which the program reached it.
    pub grant: Option<u16>,
    /// Why it was refused; none when it was not.
    pub refused: Option<Reason>,
}

impl Event {
    /// An event about something that has no path.
    pub(super) fn without_path(subject: Subject, access: Access, refused: Option<Reason>) -> Self {
        Self {
            subject,
            action: Action::Use,
            access,
            path: Vec::new(),
            source: Source::Nothing,
            grant: None,
            refused,
        }
    }
}

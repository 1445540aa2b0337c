//! Turns the host's error numbers into WASI's, which are the only errors that a program sees.
//!
//! It stands alone because every area answers with it. Invariant: a host error that WASI has no word
//! for becomes `io`. Source: `errno` in the witx text of `wasi_snapshot_preview1`.

#[cfg(unix)]
use rustix::io::Errno as HostErrno;

macro_rules! errnos {
    ($($(#[$doc:meta])* $name:ident = $number:literal $(= $($host:ident)|+)?;)*) => {
        /// An error code of WASI preview 1.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u16)]
        pub enum Errno {
            $($(#[$doc])* $name = $number,)*
        }

        #[cfg(unix)]
        impl From<HostErrno> for Errno {
            fn from(error: HostErrno) -> Self {
                match error {
                    $($($(HostErrno::$host)|+ => Self::$name,)?)*
                    // Another number than `NOTSUP` on some systems.
                    error if error == HostErrno::OPNOTSUPP => Self::NotSupported,
                    _ => Self::Io,
                }
            }
        }
    };
}

errnos! {
    /// No error: the call did what it says.
    Success = 0;
    /// An argument list is too long.
    TooBig = 1 = TOOBIG;
    /// The host's file permissions refuse it.
    Access = 2 = ACCESS;
    /// The address is taken.
    AddressInUse = 3 = ADDRINUSE;
    /// The address does not exist here.
    AddressNotAvailable = 4 = ADDRNOTAVAIL;
    /// The address family is not supported.
    AddressFamily = 5 = AFNOSUPPORT;
    /// Nothing to do now; would block.
    Again = 6 = AGAIN;
    /// The same operation is under way.
    Already = 7 = ALREADY;
    /// Not an open descriptor, or not one that can do this.
    BadDescriptor = 8 = BADF;
    /// A malformed message.
    BadMessage = 9 = BADMSG;
    /// The resource is in use.
    Busy = 10 = BUSY;
    /// The operation was cancelled.
    Cancelled = 11 = CANCELED;
    /// No child process.
    NoChild = 12 = CHILD;
    /// The other side closed the connection early.
    ConnectionAborted = 13 = CONNABORTED;
    /// Nobody listens.
    ConnectionRefused = 14 = CONNREFUSED;
    /// The other side closed the connection.
    ConnectionReset = 15 = CONNRESET;
    /// It would deadlock.
    Deadlock = 16 = DEADLK;
    /// A destination is required.
    DestinationRequired = 17 = DESTADDRREQ;
    /// A mathematical argument is out of the domain.
    Domain = 18 = DOM;
    /// The user's quota is used up.
    Quota = 19 = DQUOT;
    /// It exists already.
    Exists = 20 = EXIST;
    /// A pointer or length leaves the linear memory.
    Fault = 21 = FAULT;
    /// The file would be too large.
    FileTooBig = 22 = FBIG;
    /// The host cannot be reached.
    HostUnreachable = 23 = HOSTUNREACH;
    /// The identifier was removed.
    IdentifierRemoved = 24 = IDRM;
    /// Not the bytes of a character: a path is not UTF-8.
    IllegalSequence = 25 = ILSEQ;
    /// The operation goes on.
    InProgress = 26 = INPROGRESS;
    /// A signal interrupted it.
    Interrupted = 27 = INTR;
    /// An argument has a value that is not allowed.
    Invalid = 28 = INVAL;
    /// The device failed.
    Io = 29 = IO;
    /// The socket is connected.
    IsConnected = 30 = ISCONN;
    /// It is a directory.
    IsDirectory = 31 = ISDIR;
    /// Too many symbolic links.
    Loop = 32 = LOOP;
    /// Too many open descriptors.
    TooManyFiles = 33 = MFILE;
    /// Too many links to one file.
    TooManyLinks = 34 = MLINK;
    /// The message is too large.
    MessageSize = 35 = MSGSIZE;
    /// A multihop was attempted.
    Multihop = 36 = MULTIHOP;
    /// A name is too long.
    NameTooLong = 37 = NAMETOOLONG;
    /// The network is down.
    NetworkDown = 38 = NETDOWN;
    /// The network reset the connection.
    NetworkReset = 39 = NETRESET;
    /// The network cannot be reached.
    NetworkUnreachable = 40 = NETUNREACH;
    /// Too many open files in the whole system.
    TooManyFilesInSystem = 41 = NFILE;
    /// No buffer space.
    NoBuffers = 42 = NOBUFS;
    /// No such device.
    NoDevice = 43 = NODEV;
    /// No such file or directory.
    NoEntry = 44 = NOENT;
    /// Not something that can be executed.
    NotExecutable = 45 = NOEXEC;
    /// No locks available.
    NoLocks = 46 = NOLCK;
    /// A link was severed.
    NoLink = 47 = NOLINK;
    /// Not enough memory.
    NoMemory = 48 = NOMEM;
    /// No message of that type.
    NoMessage = 49 = NOMSG;
    /// The protocol is not available.
    NoProtocolOption = 50 = NOPROTOOPT;
    /// No space left on the device.
    NoSpace = 51 = NOSPC;
    /// The function does not exist here.
    NoSystemCall = 52 = NOSYS;
    /// The socket is not connected.
    NotConnected = 53 = NOTCONN;
    /// It is not a directory.
    NotDirectory = 54 = NOTDIR;
    /// The directory is not empty.
    NotEmpty = 55 = NOTEMPTY;
    /// The state cannot be recovered.
    NotRecoverable = 56;
    /// It is not a socket.
    NotSocket = 57 = NOTSOCK;
    /// Not supported.
    NotSupported = 58 = NOTSUP;
    /// The request does not fit the terminal or device.
    NotTerminal = 59 = NOTTY;
    /// No such device or address.
    NoSuchAddress = 60 = NXIO;
    /// The value does not fit.
    Overflow = 61 = OVERFLOW;
    /// The previous owner died.
    OwnerDied = 62;
    /// Not permitted: among others, a path that leads out of its directory.
    NotPermitted = 63 = PERM;
    /// Nobody reads the pipe.
    BrokenPipe = 64 = PIPE;
    /// A protocol error.
    Protocol = 65 = PROTO;
    /// The protocol is not supported.
    ProtocolNotSupported = 66 = PROTONOSUPPORT;
    /// The protocol does not fit the socket.
    ProtocolType = 67 = PROTOTYPE;
    /// The result is too large.
    Range = 68 = RANGE;
    /// The file system is read-only.
    ReadOnlyFileSystem = 69 = ROFS;
    /// The descriptor cannot seek.
    NotSeekable = 70 = SPIPE;
    /// No such process.
    NoProcess = 71 = SRCH;
    /// The handle is stale.
    Stale = 72 = STALE;
    /// It took too long.
    TimedOut = 73 = TIMEDOUT;
    /// The file is being executed.
    TextBusy = 74 = TXTBSY;
    /// The link crosses file systems.
    CrossDevice = 75 = XDEV;
    /// The descriptor lacks the right.
    NotCapable = 76;
}

/// What every function but `proc_exit` answers.
pub(crate) type Result<T> = core::result::Result<T, Errno>;

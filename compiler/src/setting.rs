//! The settings of a policy that are neither paths nor variables, and how each is written, on a command
//! line and in a policy file alike: standard streams, clock, random numbers, sockets, what is denied.
//!
//! Invariant: what is not understood is refused, never guessed.

use crate::diagnostic::quoted;
use crate::grant::{ArgumentGrant, GrantError};
use crate::moment;
use std::net::SocketAddr;
use wasm2native_abi::policy::{DENY_KINDS, Sandbox};

/// What a standard stream is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stream {
    /// What it is for the executable.
    #[default]
    Inherit,
    /// The null device: nothing to read, and what is written is gone.
    Null,
}

/// A standard stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StandardStream {
    /// Standard input.
    Input = 0,
    /// Standard output.
    Output = 1,
    /// Standard error.
    Error = 2,
}

/// What time it is for the program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Clock {
    /// The system's time.
    #[default]
    Real,
    /// Always the same, in nanoseconds since 1970.
    Fixed(u64),
}

/// Where the program's random numbers come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Random {
    /// From the system.
    #[default]
    Real,
    /// From a generator that begins with this number: the same ones at every start.
    Seed(u64),
}

/// A kind of grant that can be taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// Files of the machine, also those that arguments name.
    Files,
    /// Changes to them.
    Write,
    /// Sockets.
    Network,
    /// Variables.
    Environment,
    /// The time.
    Clock,
    /// The command line.
    Arguments,
}

impl Denied {
    /// All of them, in the order of [`DENY_KINDS`].
    pub const ALL: [Self; 6] =
        [Self::Files, Self::Write, Self::Network, Self::Environment, Self::Clock, Self::Arguments];

    /// Its bit in [`wasm2native_abi::policy::RecordKind::Deny`].
    pub(crate) fn flag(self) -> u16 {
        DENY_KINDS[self as usize].1
    }

    /// Its name: `fs`, `write`, `net`, `env`, `clock` or `args`.
    pub fn name(self) -> &'static str {
        DENY_KINDS[self as usize].0
    }
}

impl serde::Serialize for Denied {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// What the standard streams are called, by number.
pub(crate) const STREAM_NAMES: [&str; 3] = ["standard input", "standard output", "standard error"];

fn not_one_of(text: &str, what: &str, names: &[&'static str]) -> GrantError {
    let quoted_names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    GrantError::new(format!("`{}` is not {what}", quoted(text)))
        .similar(text, names.iter().copied())
        .hint(format!("write one of {}", quoted_names.join(", ")))
}

/// Reads a kind that can be denied.
///
/// # Errors
/// When there is none of that name.
pub fn parse_denied(text: &str) -> Result<Denied, GrantError> {
    let found = Denied::ALL.into_iter().find(|kind| kind.name() == text);
    found.ok_or_else(|| {
        not_one_of(text, "a kind that can be denied", &DENY_KINDS.map(|(name, _)| name))
    })
}

/// Reads `off`, `ro` or `rw`.
///
/// # Errors
/// When it is something else.
pub fn parse_arguments(text: &str) -> Result<ArgumentGrant, GrantError> {
    let all = [ArgumentGrant::Off, ArgumentGrant::ReadOnly, ArgumentGrant::ReadWrite];
    let found = all.into_iter().find(|grant| grant.name() == text);
    found.ok_or_else(|| not_one_of(text, "a grant for arguments", &["off", "ro", "rw"]))
}

/// Reads `inherit` or `null`.
///
/// # Errors
/// When it is something else.
pub fn parse_stream(text: &str) -> Result<Stream, GrantError> {
    match text {
        "inherit" => Ok(Stream::Inherit),
        "null" => Ok(Stream::Null),
        other => Err(not_one_of(other, "a standard stream", &["inherit", "null"])),
    }
}

/// The ways to raise the wall.
pub(crate) const SANDBOXES: [Sandbox; 3] = [Sandbox::Auto, Sandbox::Require, Sandbox::Off];

/// The name of a way to raise the wall: `auto`, `require` or `off`.
pub fn sandbox_name(sandbox: Sandbox) -> &'static str {
    match sandbox {
        Sandbox::Auto => "auto",
        Sandbox::Require => "require",
        Sandbox::Off => "off",
    }
}

/// Reads `auto`, `require` or `off`.
///
/// # Errors
/// When it is something else.
pub fn parse_sandbox(text: &str) -> Result<Sandbox, GrantError> {
    let found = SANDBOXES.into_iter().find(|sandbox| sandbox_name(*sandbox) == text);
    found.ok_or_else(|| not_one_of(text, "a way to raise the wall", &SANDBOXES.map(sandbox_name)))
}

/// Reads `none` or `narrow`: whether whoever runs the program may take grants away.
///
/// # Errors
/// When it is something else.
pub fn parse_narrowing(text: &str) -> Result<bool, GrantError> {
    match text {
        "none" => Ok(false),
        "narrow" => Ok(true),
        other => Err(not_one_of(other, "a rule for grants at run time", &["none", "narrow"])),
    }
}

/// Reads `real` or `fixed:TIME`, where `TIME` is seconds since 1970 or a time as RFC 3339 writes it.
///
/// # Errors
/// When it is something else, or a time before 1970 or after 2554.
pub fn parse_clock(text: &str) -> Result<Clock, GrantError> {
    if text == "real" {
        return Ok(Clock::Real);
    }
    let Some(time) = text.strip_prefix("fixed:") else {
        return Err(not_one_of(text, "a clock", &["real", "fixed:TIME"]));
    };
    moment::parse(time).map(Clock::Fixed).ok_or_else(|| {
        GrantError::new(format!("`{}` is not a time", quoted(time)))
            .hint("write seconds since 1970, or a time such as 2026-01-31T12:00:00Z")
    })
}

/// Reads `real` or `seed:N`.
///
/// # Errors
/// When it is something else, or `N` no number of 64 bits.
pub fn parse_random(text: &str) -> Result<Random, GrantError> {
    if text == "real" {
        return Ok(Random::Real);
    }
    let Some(seed) = text.strip_prefix("seed:") else {
        return Err(not_one_of(text, "a source of random numbers", &["real", "seed:N"]));
    };
    seed.parse().map(Random::Seed).map_err(|_| {
        GrantError::new(format!("`{}` is not a seed", quoted(seed)))
            .hint("write a whole number from 0 to 18446744073709551615")
    })
}

/// Reads `ADDRESS:PORT`. Names are refused: what they mean is for the machine that runs the program.
///
/// # Errors
/// When it is something else, or the port is missing.
pub fn parse_listen(text: &str) -> Result<SocketAddr, GrantError> {
    text.parse().map_err(|_| {
        let shown = quoted(text);
        let error = GrantError::new(format!("`{shown}` is not an address with a port"));
        if text.parse::<std::net::IpAddr>().is_ok() {
            let with_port = if text.contains(':') { format!("[{shown}]") } else { shown };
            return error.hint(format!("write the port too, such as `{with_port}:8080`"));
        }
        match text.rsplit_once(':') {
            Some(("localhost", port)) => error.hint(format!("write `127.0.0.1:{}`", quoted(port))),
            Some(("" | "*", port)) => error.hint(format!(
                "for all addresses of the machine, write `0.0.0.0:{}`",
                quoted(port)
            )),
            _ => error.hint("write a numeric address, such as `127.0.0.1:8080` or `[::1]:8080`"),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::{
        Clock, Denied, Random, parse_clock, parse_denied, parse_listen, parse_random,
        parse_sandbox, parse_stream,
    };
    use wasm2native_abi::policy::{DENY_ARGUMENTS, DENY_KINDS, DENY_WRITE};

    #[test]
    fn every_kind_can_be_denied_by_its_name() {
        for (name, flag) in DENY_KINDS {
            let denied = parse_denied(name).expect("a kind");
            assert_eq!((denied.flag(), denied.name()), (flag, name));
        }
        assert_eq!(Denied::Write.flag(), DENY_WRITE);
        assert_eq!(Denied::Arguments.flag(), DENY_ARGUMENTS);
        let error = parse_denied("wrte").expect_err("no kind");
        assert_eq!(error.hints[0], "did you mean `write`?");
        assert_eq!(parse_denied("write"), Ok(Denied::Write));
        assert!(parse_denied("").is_err() && parse_denied("FS").is_err());
    }

    #[test]
    fn clocks_stand_or_go() {
        assert_eq!(parse_clock("real"), Ok(Clock::Real));
        assert_eq!(parse_clock("fixed:0"), Ok(Clock::Fixed(0)));
        assert_eq!(
            parse_clock("fixed:2001-09-09T01:46:40Z"),
            Ok(Clock::Fixed(1_000_000_000 * 1_000_000_000))
        );
        for text in ["", "fixed", "fixed:", "fixed:tomorrow", "0", "Real"] {
            assert!(parse_clock(text).is_err(), "{text}");
        }
    }

    #[test]
    fn random_numbers_are_real_or_have_a_seed() {
        assert_eq!(parse_random("real"), Ok(Random::Real));
        assert_eq!(parse_random("seed:18446744073709551615"), Ok(Random::Seed(u64::MAX)));
        for text in ["", "seed", "seed:", "seed:-1", "seed:18446744073709551616", "7"] {
            assert!(parse_random(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sockets_have_numbers_for_address_and_port() {
        assert!(parse_listen("127.0.0.1:8080").is_ok() && parse_listen("[::1]:0").is_ok());
        for (text, hint) in [
            ("127.0.0.1", "write the port too, such as `127.0.0.1:8080`"),
            ("::1", "write the port too, such as `[::1]:8080`"),
            ("localhost:80", "write `127.0.0.1:80`"),
            (":80", "for all addresses of the machine, write `0.0.0.0:80`"),
            ("example.com:80", "write a numeric address, such as `127.0.0.1:8080` or `[::1]:8080`"),
        ] {
            assert_eq!(parse_listen(text).expect_err(text).hints, [hint]);
        }
    }

    #[test]
    fn words_are_taken_to_the_letter() {
        assert!(parse_sandbox("auto").is_ok() && parse_sandbox("on").is_err());
        assert!(parse_stream("null").is_ok() && parse_stream("/dev/null").is_err());
    }
}

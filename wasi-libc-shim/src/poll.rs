//! `poll_oneoff`: waiting for clocks and files together.
//!
//! It stands alone as one area of WASI. Invariants: what is wrong with one subscription is the error of
//! its event and does not hide the others; at least one event comes back. Source: `subscription` and
//! `event` in the witx text.

use crate::Wasi;
use crate::audit;
use crate::clock::{Clock, Time};
use crate::edition::Edition;
use crate::errno::{Errno, Result};
use crate::file_type::FileType;
use crate::host::{self, PollEntry, Whence};
use crate::memory::GuestMemory;
use crate::object::Object;
use crate::rights;

const EVENT_BYTES: u32 = 32;
/// More subscriptions than any host has descriptors for one process.
const MAXIMUM_SUBSCRIPTIONS: u32 = 1 << 16;

const CLOCK: u8 = 0;
const FD_READ: u8 = 1;
const FD_WRITE: u8 = 2;
/// `subclockflags::subscription_clock_abstime`.
const ABSOLUTE: u16 = 1;
/// `eventrwflags::fd_readwrite_hangup`.
const HANGUP: u16 = 1;

/// What is waited for.
enum Awaited {
    /// The event is settled from the start: with an error.
    Settled(Errno),
    /// The file never waits.
    Ready(u32),
    /// The time on the clock when it is due.
    Clock(Clock, u64),
    /// The file, and the entry's index.
    File(u32, usize),
}

struct Subscription {
    userdata: u64,
    kind: u8,
    awaited: Awaited,
    /// Nanoseconds that its clock goes on by until it is due.
    waits: u64,
}

pub(crate) fn oneoff(
    wasi: &mut Wasi,
    memory: &mut GuestMemory<'_>,
    edition: Edition,
    subscriptions: u32,
    events: u32,
    count: u32,
    result: u32,
) -> Result<()> {
    if count == 0 || count > MAXIMUM_SUBSCRIPTIONS {
        return Err(Errno::Invalid);
    }
    memory.array(subscriptions, count, edition.subscription_bytes())?;
    memory.array(events, count, EVENT_BYTES)?;
    memory.region(result, 4)?;

    let mut entries = Vec::new();
    let mut list = Vec::with_capacity(count as usize);
    for index in 0..count {
        let pointer = subscriptions + index * edition.subscription_bytes();
        list.push(subscribe(wasi, memory, edition, pointer, &mut entries)?);
    }

    let (mut stored, mut passed) = (0, 0);
    while stored == 0 {
        host::poll(&mut entries, timeout(&list)?)?;
        for subscription in &list {
            let Some(event) = outcome(wasi, subscription, &entries)? else { continue };
            passed = passed.max(subscription.waits);
            memory.write(events + stored * EVENT_BYTES, &event)?;
            stored += 1;
        }
    }
    let is_denied = |one: &Subscription| {
        one.kind == CLOCK && matches!(one.awaited, Awaited::Settled(Errno::NotCapable))
    };
    if list.iter().any(is_denied) {
        audit::observe_denied_clock(wasi);
    }
    wasi.time.pass(passed);
    memory.write_u32(result, stored)
}

fn subscribe<'a>(
    wasi: &'a Wasi,
    memory: &GuestMemory<'_>,
    edition: Edition,
    pointer: u32,
    entries: &mut Vec<PollEntry<'a>>,
) -> Result<Subscription> {
    let word = |offset: u32| memory.read(pointer + offset).map(u64::from_le_bytes);
    let kind = word(8)? as u8;
    let mut waits = 0;
    let awaited = match kind {
        CLOCK => {
            let clock = edition.clock_offset();
            let (number, timeout) = (word(clock)? as u32, word(clock + 8)?);
            await_clock(&wasi.time, number, timeout, word(clock + 24)? as u16).map(
                |(clock, due, nanoseconds)| {
                    waits = nanoseconds;
                    Awaited::Clock(clock, due)
                },
            )
        }
        FD_READ | FD_WRITE => {
            let fd = word(16)? as u32;
            // «If `rights::fd_read` is set, includes the right to invoke `poll_oneoff`».
            let right = if kind == FD_READ { rights::FD_READ } else { rights::FD_WRITE };
            let right = right | rights::POLL_FD_READWRITE;
            wasi.descriptors.with_rights(fd, right).map(|file| {
                let Ok(host) = file.object.host() else { return Awaited::Ready(fd) };
                entries.push(PollEntry::new(host, kind == FD_READ));
                Awaited::File(fd, entries.len() - 1)
            })
        }
        _ => return Err(Errno::Invalid),
    };
    let awaited = awaited.unwrap_or_else(Awaited::Settled);
    Ok(Subscription { userdata: word(0)?, kind, awaited, waits })
}

/// A clock of the host, when it is due, and how long that is from now where it is known.
fn await_clock(time: &Time, clock: u32, timeout: u64, flags: u16) -> Result<(Clock, u64, u64)> {
    let clock = Clock::from_number(clock)?;
    if flags & !ABSOLUTE != 0 {
        return Err(Errno::Invalid);
    }
    // Whoever may not know the time learns nothing of it by waiting for one.
    if flags == ABSOLUTE && time.is_denied() {
        return Err(Errno::NotCapable);
    }
    // A processor's time stands still while its thread waits: only what is over can come.
    if matches!(clock, Clock::ProcessCpu | Clock::ThreadCpu) {
        let now = time.now(clock)?;
        let due = if flags == ABSOLUTE { timeout } else { now.saturating_add(timeout) };
        return if due <= now { Ok((Clock::Monotonic, 0, 0)) } else { Err(Errno::NotSupported) };
    }
    let timeout = match time.until(clock, timeout) {
        Some(left) if flags == ABSOLUTE => left,
        None if flags == ABSOLUTE => return Ok((clock, timeout, 0)),
        _ => timeout,
    };
    // A time from now passes alike on every clock, also when somebody sets the date.
    let due = host::clock_time(Clock::Monotonic)?.saturating_add(timeout);
    Ok((Clock::Monotonic, due, timeout))
}

/// How long to wait for the next event that is certain to come.
fn timeout(list: &[Subscription]) -> Result<Option<u64>> {
    let mut shortest = None;
    for subscription in list {
        let left = match subscription.awaited {
            Awaited::Settled(_) | Awaited::Ready(_) => 0,
            Awaited::Clock(clock, due) => due.saturating_sub(host::clock_time(clock)?),
            Awaited::File(..) => continue,
        };
        shortest = Some(shortest.map_or(left, |shortest: u64| shortest.min(left)));
    }
    Ok(shortest)
}

/// The bytes of the subscription's event, if it has come.
fn outcome(
    wasi: &Wasi,
    subscription: &Subscription,
    entries: &[PollEntry<'_>],
) -> Result<Option<[u8; EVENT_BYTES as usize]>> {
    let (mut error, mut bytes, mut flags) = (Errno::Success, 0, 0);
    match subscription.awaited {
        Awaited::Settled(settled) => error = settled,
        Awaited::Clock(clock, due) => {
            if host::clock_time(clock)? < due {
                return Ok(None);
            }
        }
        Awaited::Ready(fd) => bytes = readable_bytes(wasi, fd)?,
        Awaited::File(fd, index) => {
            let Some(entry) = entries.get(index).filter(|entry| entry.is_ready()) else {
                return Ok(None);
            };
            if subscription.kind == FD_READ {
                match readable_bytes(wasi, fd) {
                    Ok(readable) => bytes = readable,
                    Err(settled) => error = settled,
                }
            }
            if entry.is_hung_up() {
                flags = HANGUP;
            }
        }
    }
    let words = [
        subscription.userdata,
        u64::from(error as u16) | u64::from(subscription.kind) << 16,
        bytes,
        u64::from(flags),
    ];
    let mut event = [0; EVENT_BYTES as usize];
    for (place, word) in event.as_chunks_mut::<8>().0.iter_mut().zip(words) {
        *place = word.to_le_bytes();
    }
    Ok(Some(event))
}

fn readable_bytes(wasi: &Wasi, fd: u32) -> Result<u64> {
    let file = wasi.descriptors.get(fd)?;
    let handle = match &file.object {
        Object::Host(handle) => handle.borrow(),
        Object::Embedded(embedded) => return Ok(embedded.readable_bytes()),
    };
    if file.file_type == FileType::RegularFile {
        let position = host::seek(handle, 0, Whence::Current)?;
        return Ok(host::file_status(handle)?.size_bytes.saturating_sub(position));
    }
    Ok(PollEntry::readable_bytes(handle))
}

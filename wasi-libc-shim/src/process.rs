//! `proc_raise`, `sched_yield` and `random_get`: what a program asks of its own process.
//!
//! It stands alone as one area of WASI. Invariant: a signal goes to this process only.

use crate::errno::Result;
use crate::host;
use crate::memory::GuestMemory;

/// Where random numbers come from.
pub(crate) enum Random {
    /// The host's generator.
    Real,
    /// The state of a generator whose numbers repeat in every run: «SplitMix64» (Steele, Lea and Flood,
    /// «Fast splittable pseudorandom number generators», 2014). Nothing secret may come of it.
    Seeded(u64),
}

impl Random {
    /// The generator that begins with `seed`.
    pub(crate) fn seeded(seed: u64) -> Self {
        Self::Seeded(seed)
    }

    fn next(state: &mut u64) -> u64 {
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = *state;
        word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ word >> 31
    }
}

/// Raises a signal, given by WASI's number; 0 raises none.
pub(crate) fn raise(signal: u32) -> Result<()> {
    host::raise(signal)
}

pub(crate) fn sched_yield() -> Result<()> {
    host::sched_yield();
    Ok(())
}

/// Each call takes whole words of a seeded generator, in little-endian order, and drops what it does not
/// need of the last.
pub(crate) fn random_get(
    random: &mut Random,
    memory: &mut GuestMemory<'_>,
    buffer: u32,
    length: u32,
) -> Result<()> {
    let region = memory.region(buffer, length)?;
    let Random::Seeded(state) = random else { return host::random(region, length as usize) };
    let mut done = 0;
    while done < length {
        let word = Random::next(state).to_le_bytes();
        let taken = (length - done).min(8);
        memory.write(buffer + done, word.get(..taken as usize).unwrap_or_default())?;
        done += taken;
    }
    Ok(())
}

//! x86-64, on every system. Source: Intel's and AMD's manuals, `CPUID`.
//!
//! Under a hypervisor each `CPUID` costs several microseconds, so only leaves that matter are read.

use std::arch::x86_64::{__cpuid, __cpuid_count};

/// Where a feature is announced.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    /// Leaf 1, ecx.
    First,
    /// Leaf 7, ebx.
    SeventhLow,
    /// Leaf 7, ecx.
    SeventhHigh,
    /// Leaf 7, subleaf 1, eax.
    SeventhNext,
    /// Leaf 0x80000001, ecx.
    Extended,
}

/// The registers that the system must save for a feature.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Those that every system saves.
    Usual,
    /// Vectors of 256 bits.
    Wide,
    /// Vectors of 512 bits and their masks.
    Widest,
}

const PLACES: [(&str, Word, u32, State); 19] = [
    ("sse3", Word::First, 0, State::Usual),
    ("ssse3", Word::First, 9, State::Usual),
    ("sse4.1", Word::First, 19, State::Usual),
    ("sse4.2", Word::First, 20, State::Usual),
    ("cmpxchg16b", Word::First, 13, State::Usual),
    ("popcnt", Word::First, 23, State::Usual),
    ("avx", Word::First, 28, State::Wide),
    ("avx2", Word::SeventhLow, 5, State::Wide),
    ("fma", Word::First, 12, State::Wide),
    ("bmi1", Word::SeventhLow, 3, State::Usual),
    ("bmi2", Word::SeventhLow, 8, State::Usual),
    ("lzcnt", Word::Extended, 5, State::Usual),
    ("avx512f", Word::SeventhLow, 16, State::Widest),
    ("avx512dq", Word::SeventhLow, 17, State::Widest),
    ("avx512vl", Word::SeventhLow, 31, State::Widest),
    ("avx512bitalg", Word::SeventhHigh, 12, State::Widest),
    ("avx512vbmi", Word::SeventhHigh, 1, State::Widest),
    ("avx512vnni", Word::SeventhHigh, 11, State::Widest),
    ("avxvnni", Word::SeventhNext, 4, State::Wide),
];

/// Which of the `needed` features this processor has, as the bits of the shared ABI.
pub(super) fn present(needed: u32) -> u32 {
    let first = __cpuid(1).ecx;
    // `OSXSAVE` says that the system's own settings can be asked for.
    // SAFETY: it is asked for only then.
    let saved = if first & 1 << 27 != 0 { unsafe { enabled_state() } } else { 0 };
    let (mut seventh, mut extended) = (None, None);
    super::select(needed, |name| {
        let Some((_, word, bit, state)) = PLACES.iter().find(|place| place.0 == name) else {
            return false;
        };
        let mut seventh = || {
            *seventh.get_or_insert_with(|| {
                if __cpuid(0).eax < 7 {
                    return [0; 3];
                }
                let leaf = __cpuid_count(7, 0);
                let next = if leaf.eax >= 1 { __cpuid_count(7, 1).eax } else { 0 };
                [leaf.ebx, leaf.ecx, next]
            })
        };
        let word = match word {
            Word::First => first,
            Word::SeventhLow => seventh()[0],
            Word::SeventhHigh => seventh()[1],
            Word::SeventhNext => seventh()[2],
            Word::Extended => *extended.get_or_insert_with(|| __cpuid(0x8000_0001).ecx),
        };
        word & 1 << bit != 0 && is_saved(*state, saved)
    })
}

/// Whether `saved` (`XCR0`) includes what a feature needs: bits 1 and 2 are vectors of up to 256 bits,
/// bits 5 to 7 what comes with 512.
fn is_saved(state: State, saved: u64) -> bool {
    // macOS enables the widest registers when they are first used.
    let widest = if cfg!(target_os = "macos") { 0x06 } else { 0xe6 };
    let needed = match state {
        State::Usual => 0,
        State::Wide => 0x06,
        State::Widest => widest,
    };
    saved & needed == needed
}

/// The register state that the system saves (`XCR0`).
///
/// # Safety
/// - The processor announces `OSXSAVE`.
unsafe fn enabled_state() -> u64 {
    let (low, high): (u32, u32);
    // SAFETY: by the caller's promise; the instruction reads a control register.
    unsafe {
        std::arch::asm!("xgetbv", in("ecx") 0, out("eax") low, out("edx") high, options(nomem, nostack));
    }
    u64::from(high) << 32 | u64::from(low)
}

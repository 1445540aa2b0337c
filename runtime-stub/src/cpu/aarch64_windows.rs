//! AArch64 on Windows. Source: Microsoft, `IsProcessorFeaturePresent`; the numbers are `winnt.h`'s.

use windows_sys::Win32::System::Threading::IsProcessorFeaturePresent;

/// `PF_ARM_V81_ATOMIC_INSTRUCTIONS_AVAILABLE` and others. Systems older than a number answer that the
/// feature is absent.
const PLACES: [(&str, u32); 4] = [("lse", 34), ("dotprod", 43), ("i8mm", 66), ("fp16", 67)];

/// Which of the `needed` features this processor has, as the bits of the shared ABI.
pub(super) fn present(needed: u32) -> u32 {
    super::select(needed, |name| {
        let place = PLACES.iter().find(|place| place.0 == name);
        // SAFETY: the call has no preconditions.
        place.is_some_and(|place| unsafe { IsProcessorFeaturePresent(place.1) } != 0)
    })
}

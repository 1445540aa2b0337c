//! x86-64 relocations.
//!
//! Code refers to code and data by 32-bit distances that count from the field itself (the addend
//! holds the -4 or so to the end of the instruction). Functions of the stub may be called through a
//! table when the code generator did not know them to be near: there is no table, the load becomes
//! an address computation. Source: System V psABI for AMD64, 4.4.1 and B.2 (relaxation).

use super::{ABSOLUTE, Fault, NO_TABLE, Place, UNKNOWN, names};
use object::elf;

names! {
    R_X86_64_NONE R_X86_64_64 R_X86_64_PC32 R_X86_64_GOT32 R_X86_64_PLT32 R_X86_64_GOTPCREL
    R_X86_64_32 R_X86_64_32S R_X86_64_16 R_X86_64_8 R_X86_64_PC64 R_X86_64_GOTPCRELX
    R_X86_64_REX_GOTPCRELX R_X86_64_TLSGD R_X86_64_TLSLD R_X86_64_GOTTPOFF R_X86_64_TPOFF32
}

pub(super) fn apply(kind: u32, mut place: Place<'_>) -> Result<(), Fault> {
    match kind {
        elf::R_X86_64_NONE => Ok(()),
        elf::R_X86_64_PC32 | elf::R_X86_64_PLT32 => {
            let distance = place.signed(32)? as i32;
            place.store(0, distance.to_le_bytes())
        }
        elf::R_X86_64_PC64 => {
            let distance = place.signed(64)?;
            place.store(0, distance.to_le_bytes())
        }
        elf::R_X86_64_GOTPCREL | elf::R_X86_64_GOTPCRELX | elf::R_X86_64_REX_GOTPCRELX => {
            load_to_address(&mut place)?;
            let distance = place.signed(32)? as i32;
            place.store(0, distance.to_le_bytes())
        }
        elf::R_X86_64_64
        | elf::R_X86_64_32
        | elf::R_X86_64_32S
        | elf::R_X86_64_16
        | elf::R_X86_64_8 => Err(ABSOLUTE),
        _ => Err(UNKNOWN),
    }
}

/// Turns `mov r64, [rip + field]` into `lea r64, [rip + field]` (psABI B.2).
fn load_to_address(place: &mut Place<'_>) -> Result<(), Fault> {
    let [rex, opcode, mod_rm] = place.bytes(-3)?;
    // REX.W with at most REX.R; `mov r64, r/m64`; mod 00 and r/m 101: relative to the next
    // instruction.
    if rex & 0xfb != 0x48 || opcode != 0x8b || mod_rm & 0xc7 != 0x05 {
        return Err(NO_TABLE);
    }
    place.store(-2, [0x8d])
}

#[cfg(test)]
mod tests {
    use super::super::tests::relocated;
    use super::*;

    const PLACE: u64 = 0x1_0000_0000;

    fn at_distance(kind: u32, distance: i128) -> Result<Vec<u8>, Fault> {
        relocated(&[0; 8], 0, PLACE, i128::from(PLACE) + distance, |place| apply(kind, place))
    }

    #[test]
    fn near_references_hold_to_their_edges_and_not_past_them() {
        for kind in [elf::R_X86_64_PC32, elf::R_X86_64_PLT32] {
            assert_eq!(at_distance(kind, 0x1234).unwrap()[..4], 0x1234_u32.to_le_bytes());
            assert_eq!(at_distance(kind, -4).unwrap()[..4], (-4_i32).to_le_bytes());
            assert_eq!(at_distance(kind, 0x7fff_ffff).unwrap()[..4], i32::MAX.to_le_bytes());
            assert_eq!(at_distance(kind, -0x8000_0000).unwrap()[..4], i32::MIN.to_le_bytes());
            assert_eq!(at_distance(kind, 0x8000_0000), Err(Fault::Overflow(0x8000_0000)));
            assert_eq!(at_distance(kind, -0x8000_0001), Err(Fault::Overflow(-0x8000_0001)));
        }
    }

    #[test]
    fn far_references_hold_to_their_edges_and_not_past_them() {
        let kind = elf::R_X86_64_PC64;
        assert_eq!(at_distance(kind, -9).unwrap(), (-9_i64).to_le_bytes());
        assert_eq!(at_distance(kind, i64::MAX.into()).unwrap(), i64::MAX.to_le_bytes());
        assert_eq!(at_distance(kind, i64::MIN.into()).unwrap(), i64::MIN.to_le_bytes());
        let past = i128::from(i64::MAX) + 1;
        assert_eq!(at_distance(kind, past), Err(Fault::Overflow(past)));
    }

    #[test]
    fn absolute_and_unknown_kinds_are_refused() {
        assert_eq!(at_distance(elf::R_X86_64_64, 0), Err(ABSOLUTE));
        assert_eq!(at_distance(elf::R_X86_64_32S, 0), Err(ABSOLUTE));
        assert_eq!(at_distance(elf::R_X86_64_TLSGD, 0), Err(UNKNOWN));
        assert_eq!(at_distance(9999, 0), Err(UNKNOWN));
    }

    #[test]
    fn a_load_of_an_address_becomes_its_computation() {
        let at = |code: &[u8], distance| {
            relocated(code, 3, PLACE, i128::from(PLACE) + distance, |place| {
                apply(elf::R_X86_64_GOTPCREL, place)
            })
        };
        // mov r11, [rip + field] and lea r11, [rip + field]
        let load = [0x4c, 0x8b, 0x1d, 0, 0, 0, 0];
        assert_eq!(at(&load, 0x10).unwrap(), [0x4c, 0x8d, 0x1d, 0x10, 0, 0, 0]);
        assert_eq!(at(&load, 0x7fff_ffff).unwrap()[3..], i32::MAX.to_le_bytes());
        assert_eq!(at(&load, 0x8000_0000), Err(Fault::Overflow(0x8000_0000)));
        // cmp r11, [rip + field] has no such form.
        assert_eq!(at(&[0x4c, 0x3b, 0x1d, 0, 0, 0, 0], 0x10), Err(NO_TABLE));
    }

    #[test]
    fn a_field_outside_its_section_is_refused() {
        for offset in [5, 8, u64::MAX - 1, u64::MAX] {
            let result = relocated(&[0; 8], offset, PLACE, i128::from(PLACE), |place| {
                apply(elf::R_X86_64_PC32, place)
            });
            assert_eq!(result, Err(super::super::OUTSIDE));
        }
        let result = relocated(&[0; 8], 1, PLACE, i128::from(PLACE), |place| {
            apply(elf::R_X86_64_GOTPCREL, place)
        });
        assert_eq!(result, Err(super::super::OUTSIDE));
    }
}

//! AArch64 relocations.
//!
//! A call reaches 128 MiB; data is addressed by a page distance (`adrp`, 4 KiB whatever the kernel's
//! pages, 4 GiB far) and the low twelve bits. An address loaded from a table is computed instead,
//! since there is no table. Source: ELF for the Arm 64-bit Architecture (AAELF64), 5.7.

use super::{ABSOLUTE, Fault, MISALIGNED, NO_TABLE, Place, UNKNOWN, fit, names};
use object::elf;

names! {
    R_AARCH64_NONE R_AARCH64_ABS64 R_AARCH64_ABS32 R_AARCH64_ABS16 R_AARCH64_PREL64
    R_AARCH64_PREL32 R_AARCH64_CALL26 R_AARCH64_JUMP26 R_AARCH64_ADR_PREL_PG_HI21
    R_AARCH64_ADD_ABS_LO12_NC R_AARCH64_ADR_GOT_PAGE R_AARCH64_LD64_GOT_LO12_NC
}

const PAGE_MASK: i128 = 0xfff;

pub(super) fn apply(kind: u32, mut place: Place<'_>) -> Result<(), Fault> {
    match kind {
        elf::R_AARCH64_NONE => Ok(()),
        elf::R_AARCH64_PREL32 => {
            let distance = place.signed(32)? as i32;
            place.store(0, distance.to_le_bytes())
        }
        elf::R_AARCH64_PREL64 => {
            let distance = place.signed(64)?;
            place.store(0, distance.to_le_bytes())
        }
        elf::R_AARCH64_CALL26 | elf::R_AARCH64_JUMP26 => {
            let distance = place.signed(28)?;
            if distance & 3 != 0 {
                return Err(MISALIGNED);
            }
            place.patch_instruction(0, 0x03ff_ffff, (distance >> 2) as u32)
        }
        elf::R_AARCH64_ADR_PREL_PG_HI21 | elf::R_AARCH64_ADR_GOT_PAGE => {
            let pages = (place.target & !PAGE_MASK) - (i128::from(place.address) & !PAGE_MASK);
            let distance = (fit(pages, 33)? >> 12) as u32;
            // immlo is bits 29 and 30, immhi bits 5 to 23.
            place.patch_instruction(
                0,
                0x60ff_ffe0,
                (distance & 3) << 29 | (distance >> 2 & 0x7_ffff) << 5,
            )
        }
        elf::R_AARCH64_ADD_ABS_LO12_NC => {
            let low = (place.target & PAGE_MASK) as u32;
            place.patch_instruction(0, 0x003f_fc00, low << 10)
        }
        elf::R_AARCH64_LD64_GOT_LO12_NC => {
            let word = u32::from_le_bytes(place.bytes(0)?);
            // ldr xt, [xn, #imm]
            if word & 0xffc0_0000 != 0xf940_0000 {
                return Err(NO_TABLE);
            }
            let low = (place.target & PAGE_MASK) as u32;
            // add xt, xn, #imm; both have the registers in the same bits.
            place.store(0, (0x9100_0000 | low << 10 | word & 0x3ff).to_le_bytes())
        }
        elf::R_AARCH64_ABS64 | elf::R_AARCH64_ABS32 | elf::R_AARCH64_ABS16 => Err(ABSOLUTE),
        _ => Err(UNKNOWN),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::relocated;
    use super::*;

    const PLACE: u64 = 0x1_0000_0000;

    fn word_at(kind: u32, word: u32, distance: i128) -> Result<u32, Fault> {
        let bytes = word.to_le_bytes();
        let target = i128::from(PLACE) + distance;
        let result = relocated(&bytes, 0, PLACE, target, |place| apply(kind, place))?;
        Ok(u32::from_le_bytes(result.try_into().unwrap()))
    }

    #[test]
    fn calls_hold_to_their_edges_and_not_past_them() {
        let bl = 0x9400_0000;
        for kind in [elf::R_AARCH64_CALL26, elf::R_AARCH64_JUMP26] {
            assert_eq!(word_at(kind, bl, 8), Ok(0x9400_0002));
            assert_eq!(word_at(kind, bl, -4), Ok(0x97ff_ffff));
            assert_eq!(word_at(kind, bl, 0x7ff_fffc), Ok(0x95ff_ffff));
            assert_eq!(word_at(kind, bl, -0x800_0000), Ok(0x9600_0000));
            assert_eq!(word_at(kind, bl, 0x800_0000), Err(Fault::Overflow(0x800_0000)));
            assert_eq!(word_at(kind, bl, -0x800_0004), Err(Fault::Overflow(-0x800_0004)));
            assert_eq!(word_at(kind, bl, 2), Err(MISALIGNED));
        }
    }

    #[test]
    fn page_distances_hold_to_their_edges_and_not_past_them() {
        let adrp = 0x9000_0000;
        for kind in [elf::R_AARCH64_ADR_PREL_PG_HI21, elf::R_AARCH64_ADR_GOT_PAGE] {
            assert_eq!(word_at(kind, adrp, 0xfff), Ok(adrp));
            assert_eq!(word_at(kind, adrp, 0x1000), Ok(adrp | 1 << 29));
            assert_eq!(word_at(kind, adrp, 0x4000), Ok(adrp | 1 << 5));
            assert_eq!(word_at(kind, adrp, -1), Ok(0xf0ff_ffe0));
            assert_eq!(word_at(kind, adrp, 0xffff_ffff), Ok(adrp | 3 << 29 | 0x3_ffff << 5));
            assert_eq!(word_at(kind, adrp, -0x1_0000_0000), Ok(adrp | 0x4_0000 << 5));
            assert!(matches!(word_at(kind, adrp, 0x1_0000_0000), Err(Fault::Overflow(_))));
            assert!(matches!(word_at(kind, adrp, -0x1_0000_0001), Err(Fault::Overflow(_))));
        }
    }

    #[test]
    fn low_parts_are_the_low_twelve_bits() {
        let add = 0x9100_0021;
        assert_eq!(word_at(elf::R_AARCH64_ADD_ABS_LO12_NC, add, 0x7_fabc), Ok(add | 0xabc << 10));
        let ldr = 0xf940_0021;
        assert_eq!(word_at(elf::R_AARCH64_LD64_GOT_LO12_NC, ldr, 0x7_fabc), Ok(add | 0xabc << 10));
        assert_eq!(word_at(elf::R_AARCH64_LD64_GOT_LO12_NC, add, 0), Err(NO_TABLE));
    }

    #[test]
    fn data_distances_hold_to_their_edges_and_not_past_them() {
        let kind = elf::R_AARCH64_PREL32;
        assert_eq!(word_at(kind, 0, -0x8000_0000), Ok(0x8000_0000));
        assert_eq!(word_at(kind, 0, 0x7fff_ffff), Ok(0x7fff_ffff));
        assert_eq!(word_at(kind, 0, 0x8000_0000), Err(Fault::Overflow(0x8000_0000)));
        assert_eq!(word_at(kind, 0, -0x8000_0001), Err(Fault::Overflow(-0x8000_0001)));
        let wide = |distance: i128| {
            relocated(&[0; 8], 0, PLACE, i128::from(PLACE) + distance, |place| {
                apply(elf::R_AARCH64_PREL64, place)
            })
        };
        assert_eq!(wide(i64::MIN.into()).unwrap(), i64::MIN.to_le_bytes());
        assert!(matches!(wide(i128::from(i64::MAX) + 1), Err(Fault::Overflow(_))));
        assert_eq!(word_at(elf::R_AARCH64_ABS64, 0, 0), Err(ABSOLUTE));
        assert_eq!(word_at(9999, 0, 0), Err(UNKNOWN));
    }
}

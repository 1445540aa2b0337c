//! Writes the program by which the kernel judges system calls: classic BPF, over `struct seccomp_data`.
//!
//! The convention is looked at first, then the number by halves: the kernel runs the program once for every
//! number there is when it is installed, and a chain would cost as many steps as it has links. Invariant: a
//! number without a check is decided without loading an argument, which is what the kernel's cache asks for.

use super::architecture::{CONVENTION, FIRST_FOREIGN_NUMBER};
use super::table::{COUNT, Call, Check};
use core::mem::offset_of;
use libc::{seccomp_data, sock_filter};

/// Each call takes three instructions, a check at most six more, and each half of a half two.
const MAXIMUM: usize = 6 * COUNT + 64;

/// Wrong conventions and numbers: nothing that was compiled for this architecture makes such a call.
const KILL: u32 = libc::SECCOMP_RET_KILL_PROCESS;
/// Everything else is an error, `EPERM`, and not the end. A program whose imports ask for something that is
/// not in the table is told so and goes on; an attacker gains nothing from a second try; and the shim and C
/// libraries go another way where they have one. `ENOSYS` would do too, but is what programs cache.
const REFUSE: u32 = libc::SECCOMP_RET_ERRNO | libc::EPERM as u32;
const ALLOW: u32 = libc::SECCOMP_RET_ALLOW;

const LOAD: u32 = libc::BPF_LD | libc::BPF_W | libc::BPF_ABS;
const RETURN: u32 = libc::BPF_RET | libc::BPF_K;
const IF_EQUAL: u32 = libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K;
const IF_NOT_LESS: u32 = libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K;
const IF_ANY_BIT: u32 = libc::BPF_JMP | libc::BPF_JSET | libc::BPF_K;

/// The requests that ask about a terminal, as C libraries do, or how much can be read.
const QUESTIONS: [u32; 3] = [libc::TIOCGWINSZ as u32, libc::TCGETS as u32, libc::FIONREAD as u32];
const STATUS_FLAGS: [u32; 2] = [libc::F_GETFL as u32, libc::F_SETFL as u32];

/// The process that the program is for.
#[derive(Clone, Copy)]
pub(super) struct Own {
    pub(super) process: u32,
    pub(super) thread: u32,
}

/// A program being written.
pub(super) struct Filter {
    instructions: [sock_filter; MAXIMUM],
    length: usize,
    /// Something had no place, or was too far away.
    failed: bool,
    own: Own,
}

impl Filter {
    /// The program that allows these calls, which are ordered by their numbers.
    pub(super) fn new(calls: &[Call], own: Own) -> Self {
        const NOTHING: sock_filter = sock_filter { code: 0, jt: 0, jf: 0, k: 0 };
        let mut filter = Self { instructions: [NOTHING; MAXIMUM], length: 0, failed: false, own };
        filter.push(LOAD, offset_of!(seccomp_data, arch) as u32, 0, 0);
        filter.push(IF_EQUAL, CONVENTION, 1, 0);
        filter.push(RETURN, KILL, 0, 0);
        filter.push(LOAD, offset_of!(seccomp_data, nr) as u32, 0, 0);
        if let Some(number) = FIRST_FOREIGN_NUMBER {
            filter.push(IF_NOT_LESS, number, 0, 1);
            filter.push(RETURN, KILL, 0, 0);
        }
        filter.search(calls);
        filter
    }

    /// The instructions, unless there were too many.
    pub(super) fn instructions(&mut self) -> Option<&mut [sock_filter]> {
        if self.failed { None } else { self.instructions.get_mut(..self.length) }
    }

    /// Adds an instruction, and says where.
    fn push(&mut self, code: u32, value: u32, if_true: u8, if_false: u8) -> usize {
        let place = self.length;
        match self.instructions.get_mut(place) {
            Some(instruction) => {
                *instruction =
                    sock_filter { code: code as u16, jt: if_true, jf: if_false, k: value };
                self.length += 1;
            }
            None => self.failed = true,
        }
        place
    }

    /// Finds the number among those of `calls`; ends with an answer.
    fn search(&mut self, calls: &[Call]) {
        const FEW: usize = 3;
        if calls.len() <= FEW {
            for call in calls {
                let place = self.push(IF_EQUAL, call.number, 0, 0);
                self.answer(call.check);
                let distance = self.length - place - 1;
                self.jump_over(place, distance, false);
            }
            self.push(RETURN, REFUSE, 0, 0);
            return;
        }
        let (lower, upper) = calls.split_at(calls.len() / 2);
        let Some(middle) = upper.first() else { return };
        let place = self.push(IF_NOT_LESS, middle.number, 0, 0);
        self.search(lower);
        let distance = self.length - place - 1;
        self.jump_over(place, distance, true);
        self.search(upper);
    }

    /// Has the jump at `place` skip so many instructions.
    fn jump_over(&mut self, place: usize, distance: usize, if_true: bool) {
        match (u8::try_from(distance), self.instructions.get_mut(place)) {
            (Ok(distance), Some(jump)) if if_true => jump.jt = distance,
            (Ok(distance), Some(jump)) => jump.jf = distance,
            _ => self.failed = true,
        }
    }

    /// What becomes of a call whose number was found.
    fn answer(&mut self, check: Check) {
        match check {
            Check::Nothing => {}
            Check::NotExecutable => {
                self.load_argument(2);
                self.push(IF_ANY_BIT, libc::PROT_EXEC as u32, 0, 1);
                self.push(RETURN, REFUSE, 0, 0);
            }
            Check::StatusFlags => self.require(1, &STATUS_FLAGS),
            Check::Questions => self.require(1, &QUESTIONS),
            Check::OwnThread => self.require(0, &[self.own.thread]),
            Check::OwnProcessAndThread => {
                self.require(0, &[self.own.process]);
                self.require(1, &[self.own.thread]);
            }
        }
        self.push(RETURN, ALLOW, 0, 0);
    }

    /// Goes on only when an argument is one of `values`.
    fn require(&mut self, argument: usize, values: &[u32]) {
        self.load_argument(argument);
        for (index, &value) in values.iter().enumerate() {
            // Over the other values and the refusal behind them.
            let distance = (values.len() - index) as u8;
            self.push(IF_EQUAL, value, distance, 0);
        }
        self.push(RETURN, REFUSE, 0, 0);
    }

    /// Loads the lower half of an argument: the kernel takes no more of those that are looked at.
    fn load_argument(&mut self, index: usize) {
        let lower = if cfg!(target_endian = "big") { 4 } else { 0 };
        let offset = offset_of!(seccomp_data, args) + 8 * index + lower;
        self.push(LOAD, offset as u32, 0, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::super::table::CALLS;
    use super::*;

    /// Runs the program as the kernel does: the answer, and whether an argument was looked at.
    fn run(
        program: &[sock_filter],
        convention: u32,
        number: u32,
        arguments: [u64; 6],
    ) -> (u32, bool) {
        let mut data = [number.to_ne_bytes(), convention.to_ne_bytes()].concat();
        data.extend([0; 8]);
        data.extend(arguments.iter().flat_map(|argument| argument.to_ne_bytes()));
        let (mut accumulator, mut place, mut looked) = (0, 0, false);
        loop {
            let sock_filter { code, jt, jf, k } = program[place];
            place += 1;
            let mut jump = |holds: bool| place += usize::from(if holds { jt } else { jf });
            match u32::from(code) {
                LOAD => {
                    let offset = k as usize;
                    looked |= offset >= 16;
                    let word = data[offset..offset + 4].try_into().unwrap();
                    accumulator = u32::from_ne_bytes(word);
                }
                RETURN => return (k, looked),
                IF_EQUAL => jump(accumulator == k),
                IF_NOT_LESS => jump(accumulator >= k),
                IF_ANY_BIT => jump(accumulator & k != 0),
                other => panic!("unknown instruction {other:#x}"),
            }
        }
    }

    const OWN: Own = Own { process: 1000, thread: 1001 };

    #[test]
    fn every_number_has_the_answer_of_the_table() {
        for calls in [&CALLS[..], &CALLS[..1], &CALLS[3..9], &[]] {
            let mut filter = Filter::new(calls, OWN);
            let program = filter.instructions().expect("room for all calls");
            for number in 0..700 {
                let answer = run(program, CONVENTION, number, [0; 6]);
                let expected = match calls.iter().find(|call| call.number == number) {
                    Some(Call { check: Check::Nothing, .. }) => (ALLOW, false),
                    Some(Call { check: Check::NotExecutable, .. }) => (ALLOW, true),
                    Some(_) => (REFUSE, true),
                    None => (REFUSE, false),
                };
                assert_eq!(answer, expected, "{number}");
                assert_eq!(run(program, CONVENTION ^ 1, number, [0; 6]), (KILL, false));
                if let Some(first) = FIRST_FOREIGN_NUMBER {
                    assert_eq!(run(program, CONVENTION, first | number, [0; 6]), (KILL, false));
                }
            }
        }
    }

    #[test]
    fn arguments_decide_where_they_are_looked_at() {
        let mut filter = Filter::new(&CALLS, OWN);
        let program = filter.instructions().expect("room for all calls");
        let answer = |number: libc::c_long, arguments: [u64; 3]| {
            let [a, b, c] = arguments;
            run(program, CONVENTION, number as u32, [a, b, c, 0, 0, 0]).0
        };
        let (own, thread) = (u64::from(OWN.process), u64::from(OWN.thread));
        for (number, allowed, refused) in [
            (libc::SYS_mmap, [0, 0, 3], [0, 0, 7]),
            (libc::SYS_mprotect, [0, 0, 0], [0, 0, 4]),
            (libc::SYS_fcntl, [5, 3, 0], [5, 0, 0]),
            (libc::SYS_fcntl, [5, 4, 0], [5, 1030, 0]),
            // Another one puts characters into a terminal, as if they were typed (`TIOCSTI`).
            (libc::SYS_ioctl, [5, u64::from(QUESTIONS[2]), 0], [5, 0x5412, 0]),
            (libc::SYS_tkill, [thread, 9, 0], [own, 9, 0]),
            (libc::SYS_tgkill, [own, thread, 9], [own, own, 9]),
            (libc::SYS_tgkill, [own, thread, 9], [1, thread, 9]),
        ] {
            assert_eq!(answer(number, allowed), ALLOW, "{number}");
            assert_eq!(answer(number, refused), REFUSE, "{number}");
        }
    }
}

//! Numbers that no honest program passes: every call answers with an error and nothing breaks.

use super::*;
use wasm2native_abi::policy::ARGUMENTS_READ_WRITE;

/// Values that are wrong as pointers, lengths, descriptors and flags.
const HOSTILE: [u64; 12] = [
    0,
    1,
    3,
    4,
    99,
    0x1_ffff,
    0x2_0000,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_fff8,
    0xffff_ffff,
    u64::MAX,
];

#[test]
fn hostile_arguments_are_survived() {
    // Every function with every pair of hostile arguments, the others being harmless.
    for (index, function) in PREVIEW1.iter().enumerate() {
        // These end the test or change the process that runs it.
        if matches!(function.name, "proc_exit" | "proc_raise") {
            continue;
        }
        let count = function.parameters.len();
        let mut granted = Program::with_flags(&[0, READ_ONLY]);
        granted.open("file", CREATE).unwrap();
        let mut elsewhere = without_directories();
        let pairs = (0..count).flat_map(|first| (first..count).map(move |second| (first, second)));
        for (first, second) in pairs {
            for program in [&mut granted, &mut elsewhere] {
                for &one in &HOSTILE {
                    for &two in &HOSTILE {
                        let mut arguments = vec![u64::from(ROOT); count];
                        arguments[first] = one;
                        arguments[second] = two;
                        // Not the standard streams of the test itself, and no waiting for them.
                        let stream = arguments[0] <= 2 || arguments[0] > 0xffff_ffff;
                        if stream
                            && (function.name.starts_with("fd_")
                                || function.name.starts_with("sock_"))
                            || function.name == "fd_renumber" && arguments[1] as u32 <= 2
                            || function.name == "poll_oneoff"
                        {
                            continue;
                        }
                        program.outcome(PREVIEW1[index].name, &arguments);
                    }
                }
            }
        }
    }
}

/// A program with embedded files, [`ROOT`], a `/` with a designated name, [`SECOND`], and an open file.
fn without_directories() -> Program {
    let mut program = Program::new();
    let file = program.path("named");
    let policy = embedded::policy().record(RecordKind::EmbeddedDirectory, 0, b"/usr/lib").record(
        RecordKind::Arguments,
        ARGUMENTS_READ_WRITE,
        b"",
    );
    program.wasi = policy.start(&["program", file.to_str().unwrap()], &[]).unwrap();
    program.open_to_read("text").unwrap();
    program
}

#[test]
fn pointers_out_of_range_are_faults() {
    let mut program = Program::new();
    let file = program.open("file", CREATE).unwrap();
    program.write(file, &[7; 64]).unwrap();
    program.seek(file, 0, 0).unwrap();
    let end = program.memory.len() as u32;
    for (pointer, length) in [
        (end - 7, 8),
        (end, 1),
        (end + 1, 0),
        (u32::MAX, 1),
        (u32::MAX, u32::MAX),
        (0, u32::MAX),
        (1, u32::MAX),
        (end - 1, 0xffff_ffff - end + 3),
    ] {
        program.put_vectors(&[(DATA, 8), (pointer, length)]);
        let arguments = [file.into(), VECTORS.into(), 2, RESULT.into()];
        for name in ["fd_read", "fd_write"] {
            assert_eq!(program.call(name, &arguments), Err(Errno::Fault), "{pointer} {length}");
        }
    }
    assert_eq!(program.seek(file, 0, 1), Ok(0), "nothing was read before the fault was seen");
    // The list itself, and the result.
    for (list, count, result) in [
        (end - 8, 2, RESULT),
        (u32::MAX - 6, 1, RESULT),
        (0, 0x2000_0000, RESULT),
        (0, 0x2000_0001, RESULT),
        (VECTORS, 0, end - 3),
        (VECTORS, 0, u32::MAX),
    ] {
        let arguments = [file.into(), list.into(), count, result.into()];
        assert_eq!(program.call("fd_read", &arguments), Err(Errno::Fault), "{list} {count}");
    }
    program.put_vectors(&[(end - 8, 8), (end, 0)]);
    program.call("fd_read", &[file.into(), VECTORS.into(), 2, RESULT.into()]).unwrap();
    assert_eq!(program.bytes(end - 8, 8), [7; 8]);
    // Unaligned is fine.
    program.memory.copy_within(VECTORS as usize..VECTORS as usize + 8, VECTORS as usize + 3);
    let arguments = [file.into(), u64::from(VECTORS) + 3, 1, u64::from(RESULT) + 1];
    program.call("fd_read", &arguments).unwrap();
    assert_eq!(program.u32(RESULT + 1), 8);
}

#[test]
fn a_memory_of_4_gib_ends_where_it_ends() {
    // Reserved, not touched but at its ends.
    let length = 1_u64 << 32;
    let Some(base) = machine::reserve(length as usize) else {
        // The machine does not let a process have so much address space.
        return;
    };
    let mut wasi = Policy::default().start(&["program"], &[("A", "b")]).unwrap();
    // SAFETY: the mapping is that long, and nothing else uses it.
    #[allow(unsafe_code)]
    let mut memory = unsafe { GuestMemory::from_raw_parts(base, length) };
    let mut call = |name: &str, arguments: &[u32]| {
        let slots: Vec<Slot> = arguments.iter().map(|&value| Slot::from_u32(value)).collect();
        crate::call(&mut wasi, preview1_index(name).unwrap(), &mut memory, &slots)
    };
    let (done, fault) = (Outcome::Return(0), Outcome::Return(Errno::Fault as u32));
    assert_eq!(call("random_get", &[0xffff_ff00, 0x100]), done);
    assert_eq!(call("random_get", &[0xffff_ff00, 0x101]), fault);
    // A list that ends with the memory, and one that would go on at 0.
    assert_eq!(call("args_get", &[16, 0xffff_fff8]), done);
    assert_eq!(call("args_get", &[0xffff_fffc, 0xffff_fff8]), done);
    assert_eq!(call("args_get", &[16, 0xffff_fff9]), fault);
    assert_eq!(call("args_get", &[0xffff_fffd, 32]), fault);
    assert_eq!(call("args_sizes_get", &[0xffff_fffc, 0xffff_fffc]), done);
    // SAFETY: mapped above.
    #[allow(unsafe_code)]
    unsafe {
        machine::release(base, length as usize)
    };
}

#[test]
fn descriptors_after_close_are_gone() {
    let mut program = Program::new();
    let file = program.open("file", CREATE).unwrap();
    program.close(file).unwrap();
    for fd in [file, 99, 0x7fff_ffff, u32::MAX] {
        for function in PREVIEW1.iter().filter(|function| function.name.starts_with("fd_")) {
            let mut arguments = vec![0; function.parameters.len()];
            arguments[0] = fd.into();
            let answer = program.call(function.name, &arguments);
            assert_eq!(answer, Err(Errno::BadDescriptor), "{} {fd}", function.name);
        }
        for name in ["sock_recv", "sock_send", "sock_shutdown", "sock_accept"] {
            let index = preview1_index(name).unwrap();
            let mut arguments = vec![u64::from(RESULT); PREVIEW1[index].parameters.len()];
            arguments[0] = fd.into();
            assert_eq!(program.call(name, &arguments), Err(Errno::BadDescriptor), "{name}");
        }
    }
}

#[test]
fn a_program_without_memory_gets_faults() {
    let mut wasi = Policy::default().start(&["program"], &[]).unwrap();
    let mut call = |name: &str, slots: &[Slot]| {
        let index = preview1_index(name).unwrap();
        crate::call(&mut wasi, index, &mut GuestMemory::none(), slots)
    };
    let zero = [Slot::ZERO; 9];
    for name in ["args_sizes_get", "clock_time_get", "fd_fdstat_get"] {
        assert_eq!(call(name, &zero), Outcome::Return(Errno::Fault as u32), "{name}");
    }
    assert_eq!(call("sched_yield", &[]), Outcome::Return(0));
    assert_eq!(call("proc_exit", &[Slot::from_u32(300)]), Outcome::Exit(300));
}

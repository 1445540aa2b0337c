//! What a program starts with: arguments, environment, grants; clocks, random numbers and its end.

use super::*;

/// The strings of `args` or `environ`.
pub(super) fn strings(program: &mut Program, area: &str) -> Vec<String> {
    let sizes = [RESULT.into(), u64::from(RESULT) + 4];
    program.call(&format!("{area}_sizes_get"), &sizes).unwrap();
    let (count, bytes) = (program.u32(RESULT), program.u32(RESULT + 4));
    program.call(&format!("{area}_get"), &[VECTORS.into(), DATA.into()]).unwrap();
    let all = program.bytes(DATA, bytes).to_vec();
    let strings: Vec<String> = (0..count)
        .map(|index| {
            let start = (program.u32(VECTORS + index * 4) - DATA) as usize;
            let end = start + all[start..].iter().position(|&byte| byte == 0).unwrap();
            String::from_utf8(all[start..end].to_vec()).unwrap()
        })
        .collect();
    assert_eq!(strings.iter().map(|string| string.len() + 1).sum::<usize>(), bytes as usize);
    strings
}

fn started(policy: &Policy, arguments: &[&str], environment: &[(&str, &str)]) -> Program {
    let mut program = Program::new();
    program.wasi = policy.start(arguments, environment).unwrap();
    program
}

#[test]
fn arguments_are_passed_and_the_environment_is_not() {
    let environment = [("PATH", "/bin"), ("HOME", "/root")];
    let mut program = started(&Policy::default(), &["name", "", "--help", "ü"], &environment);
    assert_eq!(strings(&mut program, "args"), ["name", "", "--help", "ü"]);
    assert_eq!(strings(&mut program, "environ"), [""; 0]);
}

#[test]
fn the_first_argument_can_be_fixed() {
    let policy = Policy::default().record(RecordKind::Argv0, 0, b"python");
    assert_eq!(strings(&mut started(&policy, &["./a.out", "-c"], &[]), "args"), ["python", "-c"]);
    assert_eq!(strings(&mut started(&policy, &[], &[]), "args"), ["python"]);
}

#[test]
fn variables_are_inherited_by_name_and_pattern() {
    let environment = [
        ("LC_ALL", "C"),
        ("LANG", "de"),
        ("LANGUAGE", "x"),
        ("LC_", ""),
        ("SECRET", "s"),
        ("TZ", "UTC=1"),
        ("WASM2NATIVE_DENY", "net"),
    ];
    let inherit = |names: &[&str]| {
        names.iter().fold(Policy::default(), |policy, name| {
            policy.record(RecordKind::EnvironmentInherit, 0, name.as_bytes())
        })
    };
    let mut program = started(&inherit(&["LC_*", "LANG", "TZ", "NONE"]), &[], &environment);
    assert_eq!(strings(&mut program, "environ"), ["LC_ALL=C", "LANG=de", "LC_=", "TZ=UTC=1"]);
    let mut program = started(&inherit(&["*"]), &[], &environment);
    assert_eq!(strings(&mut program, "environ").len(), 6, "all but our own");
    let policy = inherit(&["TZ"])
        .record(RecordKind::EnvironmentSet, 0, b"TZ\0CET")
        .record(RecordKind::EnvironmentSet, 0, b"A\x001")
        .record(RecordKind::EnvironmentSet, 0, b"A\x00two words");
    let mut program = started(&policy, &[], &environment);
    assert_eq!(strings(&mut program, "environ"), ["TZ=CET", "A=two words"]);
}

#[test]
fn nothing_is_granted_by_default() {
    let mut program = started(&Policy::default(), &["name"], &[]);
    // But for the empty `/`, see `virtual_root`.
    for fd in 4..10 {
        assert_eq!(program.descriptor_status(fd), Err(Errno::BadDescriptor));
        let arguments = [u64::from(fd), RESULT.into()];
        assert_eq!(program.call("fd_prestat_get", &arguments), Err(Errno::BadDescriptor));
    }
    assert_eq!(program.open_with(0, b"x", 0, CREATE, EVERYTHING, 0), Err(Errno::NotDirectory));
}

#[test]
fn a_grant_that_cannot_be_opened_is_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "").unwrap();
    let start = |name: &str| {
        Policy::default().directory(&folder.path().join(name), ".", 0).start(&[], &[]).err()
    };
    for (name, reason) in [("missing", "it does not exist"), ("file", "it is not a directory")] {
        let shown = folder.path().join(name);
        assert_eq!(
            start(name).unwrap(),
            format!("cannot open the granted directory `{}`: {reason}", shown.display())
        );
    }
    let relative = Policy::default().directory("not there".as_ref(), ".", 0).start(&[], &[]);
    let here = std::env::current_dir().unwrap();
    assert_eq!(
        relative.err().unwrap(),
        format!(
            "cannot open the granted directory `{}`: it does not exist",
            here.join("not there").display()
        )
    );
}

#[test]
fn a_damaged_policy_is_refused() {
    let good = Policy::default().record(RecordKind::Argv0, 0, b"name");
    for length in 1..good.0.len() {
        assert!(Policy(good.0[..length].to_vec()).start(&[], &[]).is_err(), "{length}");
    }
    for kind in [RecordKind::Directory, RecordKind::EnvironmentSet] {
        assert!(Policy::default().record(kind, 0, b"no pair").start(&[], &[]).is_err());
    }
}

#[test]
fn clocks_run() {
    let mut program = Program::new();
    for clock in 0..4 {
        program.call("clock_res_get", &[clock, RESULT.into()]).unwrap();
        assert_ne!(program.u64(RESULT), 0);
        program.call("clock_time_get", &[clock, 1, RESULT.into()]).unwrap();
        let first = program.u64(RESULT);
        program.call("clock_time_get", &[clock, 0, RESULT.into()]).unwrap();
        // Behind a wall each call is a thread's of its own, with a clock of its own.
        let other_clock = clock == 3 && is_walled();
        assert!(program.u64(RESULT) >= first || other_clock);
        if clock == 0 {
            assert!(first > 1_600_000_000_000_000_000);
        }
    }
    for clock in [4, u64::from(u32::MAX)] {
        assert_eq!(program.call("clock_res_get", &[clock, RESULT.into()]), Err(Errno::Invalid));
        assert_eq!(program.call("clock_time_get", &[clock, 0, RESULT.into()]), Err(Errno::Invalid));
    }
}

#[test]
fn random_bytes_fill_the_buffer_and_no_more() {
    let mut program = Program::new();
    let length = 0x8000;
    program.call("random_get", &[DATA.into(), length]).unwrap();
    let zeros = program.bytes(DATA, length as u32).iter().filter(|&&byte| byte == 0).count();
    assert!((50..250).contains(&zeros), "{zeros}");
    assert_eq!(program.memory[DATA as usize + length as usize], 0);
    program.call("random_get", &[DATA.into(), 0]).unwrap();
}

#[test]
fn signals_are_checked() {
    let mut program = Program::new();
    assert_eq!(program.call("proc_raise", &[0]), Ok(()));
    // Ignored by default, or made so at the start.
    for signal in [13, 16, 17, 22, 27] {
        assert_eq!(program.call("proc_raise", &[signal]), Ok(()), "{signal}");
    }
    for signal in [31, 64, u64::from(u32::MAX)] {
        assert_eq!(program.call("proc_raise", &[signal]), Err(Errno::Invalid));
    }
}

//! Objects: what a program becomes, read back from the bytes and from listings.

use object::read::elf::ElfFile64;
use object::{Object as _, ObjectSection, ObjectSymbol};
use std::num::NonZeroUsize;
use wasm2native_abi::instance::MemoryStrategy;
use wasm2native_abi::program::EntryKind;
use wasm2native_abi::runtime::RuntimeFunction;
use wasm2native_codegen::{
    Entry, Error, ImportTarget, Instance, Object, OptLevel, Options, Program, compile, emit_asm,
    emit_clif,
};
use wasm2native_targets::{Architecture, CpuLevel};
use wasm2native_wasm::Module;

fn options() -> Options {
    Options {
        architecture: Architecture::X86_64,
        cpu: CpuLevel::baseline(Architecture::X86_64),
        opt_level: OptLevel::Speed,
        jobs: NonZeroUsize::new(1),
        memory_strategy: MemoryStrategy::Guard,
        names: true,
    }
}

/// Parses a text and hands the program of its one instance to `use_it`.
fn with_program<T>(
    text: &str,
    imports: Vec<ImportTarget>,
    use_it: impl FnOnce(&Program<'_>) -> T,
) -> T {
    let bytes = wat::parse_str(text).expect("a well-formed text");
    let module = Module::parse(&bytes).expect("a valid module");
    let entries = module
        .exported_function("_start")
        .map(|function| Entry {
            instance: 0,
            export_name: "_start".to_owned(),
            function,
            kind: EntryKind::Start,
        })
        .into_iter()
        .collect();
    use_it(&Program {
        instances: vec![Instance { module: &module, imports, host_memory: None }],
        entries,
    })
}

fn object(text: &str) -> Object {
    with_program(text, Vec::new(), |program| {
        compile(program, &options(), &()).expect("a program that compiles")
    })
}

fn clif(text: &str) -> String {
    with_program(text, Vec::new(), |program| {
        emit_clif(program, &options()).expect("a program that compiles")
    })
}

#[test]
fn the_header_is_a_global_symbol_in_read_only_data() {
    let object = object("(module (func (export \"_start\")))");
    let file = ElfFile64::<object::Endianness>::parse(&*object.bytes).expect("an ELF object");
    let header = file.symbol_by_name("w2n_program").expect("a header");
    assert!(header.is_global());
    let section = file.section_by_name(".rodata").expect("read-only data");
    let data = section.data().expect("data");
    let offset = header.address() as usize;
    assert_eq!(data[offset..offset + 8], *b"w2nprog\0");
}

/// The linker's unwind information says so of every function that has a symbol.
#[test]
fn every_function_has_a_symbol_and_begins_with_a_frame() {
    let text = "(module (memory 1)
        (func $leaf (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
        (func $empty)
        (func (export \"_start\") (drop (call $leaf (i32.load (i32.const 0)))) (call $empty)))";
    let prologues: [(Architecture, &[u8]); 2] = [
        (Architecture::X86_64, &[0x55, 0x48, 0x89, 0xe5]),
        (Architecture::Aarch64, &[0xfd, 0x7b, 0xbf, 0xa9, 0xfd, 0x03, 0x00, 0x91]),
    ];
    for (architecture, prologue) in prologues {
        for names in [true, false] {
            let cpu = CpuLevel::baseline(architecture);
            let options = Options { architecture, cpu, names, ..options() };
            let object = with_program(text, Vec::new(), |program| {
                compile(program, &options, &()).expect("a program that compiles")
            });
            let file = ElfFile64::<object::Endianness>::parse(&*object.bytes).expect("an object");
            let code = file.section_by_name(".text").expect("code").data().expect("data");
            let functions: Vec<_> = file
                .symbols()
                .filter(|symbol| symbol.kind() == object::SymbolKind::Text)
                .filter(|symbol| !symbol.is_undefined())
                .collect();
            assert_eq!(functions.len(), object.report.functions);
            for function in functions {
                let start = function.address() as usize;
                assert!(code[start..start + function.size() as usize].starts_with(prologue));
                assert_eq!(function.name() != Ok(""), names);
            }
        }
    }
}

#[test]
fn bytes_do_not_depend_on_the_number_of_threads() {
    let mut text = String::from("(module (table 100 funcref)");
    for index in 0..100 {
        let callee = (index * 7 + 3) % 100;
        text.push_str(&format!(
            "(func $f{index} (param i32) (result i32) (call $f{callee} (local.get 0)))"
        ));
    }
    text.push_str("(elem (i32.const 0) $f1 $f2 $f3))");
    let with_jobs = |jobs| {
        with_program(&text, Vec::new(), |program| {
            let options = Options { jobs: NonZeroUsize::new(jobs), ..options() };
            compile(program, &options, &()).expect("a program that compiles").bytes
        })
    };
    assert_eq!(with_jobs(1), with_jobs(4));
}

#[test]
fn code_refers_to_the_runtime_by_its_symbols() {
    let text = "(module (import \"wasi_snapshot_preview1\" \"proc_exit\" (func (param i32)))
        (func (export \"_start\") (call 0 (i32.const 7))))";
    let exit = RuntimeFunction::by_symbol("w2n_wasi_proc_exit").expect("a WASI function");
    let object = with_program(text, vec![ImportTarget::Host(exit)], |program| {
        compile(program, &options(), &()).expect("a program that compiles")
    });
    let file = ElfFile64::<object::Endianness>::parse(&*object.bytes).expect("an ELF object");
    let symbol = file.symbol_by_name("w2n_wasi_proc_exit").expect("the host function");
    assert!(symbol.is_undefined());
}

#[test]
fn the_first_invalid_function_is_reported_by_name() {
    // The second and third functions leave nothing where an i32 is due.
    let bytes =
        wat::parse_str("(module (func $good) (func $bad (result i32)) (func $worse (result i64)))")
            .expect("a well-formed text");
    let module = Module::parse(&bytes).expect("valid declarations");
    let program = Program {
        instances: vec![Instance { module: &module, imports: Vec::new(), host_memory: None }],
        entries: Vec::new(),
    };
    for jobs in 1..4 {
        let options = Options { jobs: NonZeroUsize::new(jobs), ..options() };
        let error = compile(&program, &options, &()).expect_err("an invalid program");
        assert!(error.to_string().starts_with("function bad:"), "{error}");
        assert!(error.wasm_offset().is_some());
    }
}

#[test]
fn small_offsets_need_no_check_and_large_ones_do() {
    let access = |offset: u32| {
        clif(&format!(
            "(module (memory 1) (func (param i32) (result i32)
                (i32.load offset={offset} (local.get 0))))"
        ))
    };
    assert!(!access(1000).contains("icmp"));
    assert!(access(0x8000_0000).contains("select_spectre_guard"));
}

#[test]
fn a_table_that_nothing_changes_is_read_only_and_bounded_by_a_constant() {
    let table = |rest: &str| {
        clif(&format!(
            "(module (type $t (func)) (table 2 funcref) (elem (i32.const 0) $f $g)
              (func $f) (func $g)
              (func (param i32) (call_indirect (type $t) (local.get 0))) {rest})"
        ))
    };
    let fixed = table("");
    assert!(fixed.contains("trapnz") && !fixed.contains("ushr"), "{fixed}");
    let written = table("(func (table.set (i32.const 0) (ref.null func)))");
    assert!(written.contains("ushr"), "{written}");
}

#[test]
fn a_call_with_one_candidate_is_direct() {
    let text = "(module (type $t (func (param i32))) (table 3 funcref)
        (elem (i32.const 1) $f) (func $f (param i32)) (func $g)
        (func (call_indirect (type $t) (i32.const 5) (i32.const 1))))";
    assert!(!clif(text).contains("call_indirect"));
}

#[test]
fn an_immutable_global_is_a_constant() {
    let text = "(module (global i32 (i32.const 1234567))
        (func (result i32) (global.get 0)))";
    assert!(clif(text).contains("iconst.i32 0x0012_d687"), "{}", clif(text));
}

#[test]
fn a_large_branch_table_compiles() {
    let mut text = String::from("(module (func (param i32) (block (block (br_table");
    for index in 0..60_000 {
        text.push_str(if index % 2 == 0 { " 0" } else { " 1" });
    }
    text.push_str(" 0 (local.get 0))))))");
    assert!(object(&text).report.code_bytes > 60_000 * 4);
}

#[test]
fn results_beyond_registers_are_returned_in_memory() {
    let text = "(module (func $f (result i32 i64 f32 i32 i32)
          (i32.const 1) (i64.const 2) (f32.const 3) (i32.const 4) (i32.const 5))
        (func (result i32 i64 f32 i32 i32) (call $f)))";
    assert!(clif(text).contains("stack_addr"));
}

#[test]
fn assembly_lists_functions_by_name() {
    let text = "(module (func $answer (result i32) (i32.const 42)))";
    let listing = with_program(text, Vec::new(), |program| {
        emit_asm(program, &options()).expect("a program that compiles")
    });
    assert!(listing.contains("; 0: answer") && listing.contains("ret"), "{listing}");
}

fn options_for(architecture: Architecture, cpu: &str) -> Options {
    let cpu = CpuLevel::parse(architecture, cpu).expect("a level");
    Options { architecture, cpu, ..options() }
}

#[test]
fn vectors_without_their_feature_are_an_error() {
    let text = "(module (func (export \"_start\") (drop (i32x4.splat (i32.const 1)))))";
    let compiled = |cpu: &str| {
        let options = options_for(Architecture::Riscv64, cpu);
        with_program(text, Vec::new(), |program| compile(program, &options, &()).map(|_| ()))
    };
    let error = compiled("rva22").expect_err("there are no vectors");
    assert!(matches!(error, Error::NoVectors { feature: "v", .. }), "{error}");
    assert!(compiled("rva22,+v").is_ok());
}

#[test]
fn small_copies_need_no_vectors() {
    let text = r#"(module (memory 1) (func (export "_start")
        (memory.copy (i32.const 0) (i32.const 100) (i32.const 63))
        (memory.fill (i32.const 0) (i32.const 7) (i32.const 63))))"#;
    for cpu in ["rv64gc", "+v"] {
        let options = options_for(Architecture::Riscv64, cpu);
        let listing = with_program(text, Vec::new(), |program| emit_clif(program, &options));
        let listing = listing.expect("a program that compiles");
        assert_eq!(listing.contains("i8x16"), cpu == "+v", "{listing}");
    }
}

#[test]
fn vector_results_are_returned_on_every_architecture() {
    let text = r#"(module
        (func $two (param v128) (result v128 i32 v128) (local.get 0) (i32.const 1) (local.get 0))
        (func $one (param v128) (result v128) (local.get 0))
        (func (export "_start")
            (call $two (call $one (i32x4.splat (i32.const 1)))) (drop) (drop) (drop)))"#;
    for (architecture, cpu) in [
        (Architecture::X86_64, "baseline"),
        (Architecture::Aarch64, "baseline"),
        (Architecture::Riscv64, "+v"),
        (Architecture::S390x, "baseline"),
    ] {
        let options = options_for(architecture, cpu);
        let result = with_program(text, Vec::new(), |program| compile(program, &options, &()));
        assert!(result.is_ok(), "{architecture:?}");
    }
}

#[test]
fn levels_reach_the_back_end() {
    let text = r#"(module (memory 1) (func (export "_start") (local i32 f32)
        (local.set 0 (i32.load (i32.const 0)))
        (i32.store (i32.const 0) (i32.popcnt (i32.clz (i32.ctz (local.get 0)))))
        (i32.store (i32.const 4) (i32.rotl (local.get 0) (i32.const 5)))
        (f32.store (i32.const 8) (f32.const 0x1.ep-136))))"#;
    for (architecture, cpu) in [
        (Architecture::X86_64, "x86-64-v3"),
        (Architecture::Aarch64, "armv8.6-a,+fp16"),
        (Architecture::Riscv64, "rva22"),
        (Architecture::S390x, "z15"),
    ] {
        let listing = |cpu: &str| {
            let options = options_for(architecture, cpu);
            with_program(text, Vec::new(), |program| emit_asm(program, &options))
                .expect("a program that compiles")
        };
        assert_ne!(listing("baseline"), listing(cpu), "{architecture:?}");
    }
}

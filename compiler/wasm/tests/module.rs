//! Modules: what is read from bytes, and what is refused with which words and where.

use wasm2native_wasm::{Constant, DataMode, Entity, Error, FuncIndex, FunctionAllocations, Module};

fn bytes(text: &str) -> Vec<u8> {
    wat::parse_str(text).expect("a well-formed text")
}

#[test]
fn imported_functions_come_before_defined_ones() {
    let bytes = bytes(
        "(module (import \"m\" \"f\" (func $f (param i32))) (func $g (export \"g\") (result i64)
           (i64.const 1)))",
    );
    let module = Module::parse(&bytes).expect("a valid module");
    assert_eq!(module.imported_functions, 1);
    let exported = module.exported_function("g").expect("an export");
    assert_eq!(exported, FuncIndex::from_u32(1));
    assert_eq!(module.defined(exported).map(|index| index.as_u32()), Some(0));
    assert_eq!(module.defined(FuncIndex::from_u32(0)), None);
    assert_eq!(module.function_type(exported).results().len(), 1);
    assert_eq!(module.function_name(exported), Some("g"));
    assert!(matches!(module.exports[0].entity, Entity::Function(_)));
}

#[test]
fn constants_of_segments_and_globals_are_read() {
    let bytes = bytes(
        "(module (memory 1) (global (mut f64) (f64.const 1.5)) (data (i32.const 16) \"abc\"))",
    );
    let module = Module::parse(&bytes).expect("a valid module");
    assert_eq!(module.globals[0].initial, Some(Constant::F64(1.5_f64.to_bits())));
    let segment = module.data[0];
    assert_eq!(segment.bytes, b"abc");
    assert!(matches!(segment.mode, DataMode::Active { offset: Constant::I32(16), .. }));
}

#[test]
fn every_truncation_is_an_error_or_a_module_without_panic() {
    let bytes = bytes("(module (func (export \"f\") (result i32) (i32.const 1)) (memory 1))");
    for length in 0..bytes.len() {
        if let Err(error) = Module::parse(&bytes[..length]) {
            assert!(error.wasm_offset().is_some_and(|offset| offset <= length as u64));
        }
    }
}

#[test]
fn a_body_is_validated_when_it_is_read() {
    let bytes = bytes("(module (func (result i32)))");
    let module = Module::parse(&bytes).expect("valid declarations");
    let error = module.functions[0].validate(FunctionAllocations::default());
    assert!(matches!(error, Err(Error::Invalid { .. })));
}

#[test]
fn a_component_is_told_apart() {
    let bytes = b"\0asm\x0d\0\x01\0";
    assert_eq!(Module::parse(bytes).err(), Some(Error::Component));
}

#[test]
fn a_malformed_name_section_is_passed_over() {
    let mut bytes = bytes("(module (func))");
    bytes.extend_from_slice(b"\0\x07\x04name\x01\xff");
    let module = Module::parse(&bytes).expect("custom sections do not matter");
    assert!(module.names.functions.is_empty());
}

#[test]
fn target_features_are_those_that_are_used() {
    let mut bytes = bytes("(module)");
    let mut section = b"\x0ftarget_features\x02+\x07simd128-\x07atomics".to_vec();
    bytes.push(0);
    bytes.push(u8::try_from(section.len()).expect("short"));
    bytes.append(&mut section);
    let module = Module::parse(&bytes).expect("a valid module");
    assert_eq!(module.declared_features, ["simd128"]);
}

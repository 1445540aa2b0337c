//! Every operator on values, scalar or vector, is translated to CLIF that is well-formed, has the types
//! that validation expects and that back ends accept.

use super::super::{stack::OperandStack, vector};
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::{
    AbiParam, Endianness, Function, InstBuilder, InstructionData, MemFlagsData, Opcode, Signature,
    Type, UserFuncName, types,
};
use cranelift_codegen::isa::{self, CallConv, OwnedTargetIsa};
use cranelift_codegen::settings::{self, Configurable};
use cranelift_codegen::{Context, verify_function};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use wasm2native_wasm::wasmparser::{
    self, FuncToValidate, FuncValidatorAllocations, Ieee32, Ieee64, Operator, Parser, V128,
    ValType, ValidPayload, Validator, ValidatorResources, WasmFeatures,
};

/// An immediate to build an operator with.
trait Sample {
    fn sample() -> Self;
}

macro_rules! sample {
    ($($immediate:ty: $value:expr;)*) => {
        $(impl Sample for $immediate { fn sample() -> Self { $value } })*
    };
}

sample! {
    i32: -1;
    i64: i64::MIN;
    Ieee32: Ieee32::from(f32::from_bits(0xffa0_1234));
    Ieee64: Ieee64::from(f64::from_bits(0x7ff4_0000_0000_1234));
    V128: V128::from(0x0f0e_0d0c_0b0a_0908_0706_0504_0302_0100_i128);
    u8: 1;
    [u8; 16]: [31, 0, 30, 1, 29, 2, 28, 3, 27, 4, 26, 5, 25, 6, 24, 7];
}

/// Operators that use nothing but the operand stack.
macro_rules! value_operators {
    ($( @$proposal:ident $operator:ident $({ $($name:ident: $type:ty),* })? => $visit:ident
        ($($arity:tt)*) )*) => {{
        let mut operators = Vec::with_capacity(600);
        $(value_operators!(one operators @$proposal $operator $({ $($name: $type),* })?);)*
        operators
    }};
    (one $list:ident @mvp $operator:ident { value: $type:ty }) => {
        $list.push(Operator::$operator { value: <$type>::sample() });
    };
    (one $list:ident @mvp $operator:ident) => { $list.push(Operator::$operator); };
    (one $list:ident @sign_extension $operator:ident) => { $list.push(Operator::$operator); };
    (one $list:ident @saturating_float_to_int $operator:ident) => {
        $list.push(Operator::$operator);
    };
    (one $list:ident @simd $operator:ident { memarg: $($rest:tt)* }) => {};
    (one $list:ident @simd $operator:ident $({ $name:ident: $type:ty })?) => {
        $list.push(Operator::$operator $({ $name: <$type>::sample() })?);
    };
    (one $list:ident $($rest:tt)*) => {};
}

fn operators() -> Vec<Operator<'static>> {
    let mut operators = wasmparser::for_each_operator!(value_operators);
    operators.retain(|operator| {
        !matches!(
            operator,
            Operator::Unreachable
                | Operator::Nop
                | Operator::Else
                | Operator::End
                | Operator::Return
                | Operator::Drop
                | Operator::Select
        )
    });
    operators
}

/// A function `[] -> []` that is to be validated, in a module that has nothing else.
fn to_validate() -> FuncToValidate<ValidatorResources> {
    const MODULE: &[u8] =
        b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x0a\x04\x01\x02\0\x0b";
    let mut validator = Validator::new_with_features(WasmFeatures::WASM2);
    for payload in Parser::new(0).parse_all(MODULE) {
        let payload = validator.payload(&payload.expect("the module is well-formed"));
        if let ValidPayload::Func(function, _) = payload.expect("the module is valid") {
            return function;
        }
    }
    panic!("the module has a function");
}

/// The types of an operator's operands and of its result, found by validating with all types.
fn signature(operator: &Operator<'_>) -> (Vec<ValType>, ValType) {
    const TYPES: [ValType; 5] =
        [ValType::I32, ValType::I64, ValType::F32, ValType::F64, ValType::V128];
    for count in 0..=3_u32 {
        for code in 0..5_usize.pow(count) {
            let operands: Vec<_> =
                (0..count).map(|position| TYPES[code / 5_usize.pow(position) % 5]).collect();
            let function = to_validate();
            let mut validator = function.into_validator(FuncValidatorAllocations::default());
            for operand in &operands {
                validator.define_locals(0, 1, *operand).expect("few locals");
            }
            for local_index in 0..count {
                validator.op(0, &Operator::LocalGet { local_index }).expect("the local exists");
            }
            if validator.op(0, operator).is_ok() {
                assert_eq!(validator.operand_stack_height(), 1, "{operator:?}");
                let result = validator.get_operand_type(0).flatten().expect("it has a type");
                return (operands, result);
            }
        }
    }
    panic!("no operands for {operator:?}");
}

fn clif_type(value: ValType) -> Type {
    match value {
        ValType::I32 => types::I32,
        ValType::I64 => types::I64,
        ValType::F32 => types::F32,
        ValType::F64 => types::F64,
        ValType::V128 => types::I8X16,
        ValType::Ref(_) => types::I64,
    }
}

/// A function that is one operator on operands from memory; `None` when no file translates it.
///
/// Operands are in memory because not every back end passes vectors in registers.
fn function(operator: &Operator<'_>) -> Option<Function> {
    let (operands, result) = signature(operator);
    let mut signature = Signature::new(CallConv::Tail);
    signature.params = vec![AbiParam::new(types::I64)];
    let mut function = Function::with_name_signature(UserFuncName::default(), signature);
    let mut context = FunctionBuilderContext::new();
    let mut builder = FunctionBuilder::new(&mut function, &mut context);
    let entry = builder.create_block();
    builder.append_block_params_for_function_params(entry);
    builder.switch_to_block(entry);
    builder.seal_block(entry);
    let mut stack = OperandStack::default();
    let memory = builder.block_params(entry)[0];
    let flags = MemFlagsData::trusted().with_endianness(Endianness::Little);
    for (operand, offset) in operands.iter().zip((0..).step_by(16)) {
        stack.push(builder.ins().load(clif_type(*operand), flags, memory, offset));
    }
    if !super::translate(operator, &mut builder, &mut stack)
        && !vector::translate(operator, &mut builder, &mut stack)
    {
        return None;
    }
    assert_eq!(stack.height(), 1, "{operator:?}");
    let value = stack.pop();
    assert_eq!(builder.func.dfg.value_type(value), clif_type(result), "{operator:?}");
    builder.ins().store(flags, value, memory, 48);
    builder.ins().return_(&[]);
    let back_end = back_ends().swap_remove(0);
    builder.finalize(back_end.frontend_config());
    Some(function)
}

/// The back ends that this build of Cranelift has, at the level that we compile for by default.
fn back_ends() -> Vec<OwnedTargetIsa> {
    let mut flags = settings::builder();
    flags.set("opt_level", "speed").expect("the setting exists");
    let flags = settings::Flags::new(flags);
    let levels: [(&str, &[&str]); 4] = [
        (
            "x86_64",
            &["has_cmpxchg16b", "has_sse3", "has_ssse3", "has_sse41", "has_sse42", "has_popcnt"],
        ),
        ("aarch64", &[]),
        ("riscv64", &["has_v", "has_zvl128b", "has_m", "has_a", "has_f", "has_d"]),
        ("s390x", &[]),
    ];
    let mut back_ends = Vec::new();
    for (name, features) in levels {
        let Ok(mut builder) = isa::lookup_by_name(name) else { continue };
        for feature in features {
            builder.enable(feature).expect("the feature exists");
        }
        back_ends.push(builder.finish(flags.clone()).expect("settings fit"));
    }
    assert!(!back_ends.is_empty());
    back_ends
}

fn instructions(function: &Function) -> Vec<InstructionData> {
    let blocks = function.layout.blocks();
    blocks
        .flat_map(|block| function.layout.block_insts(block))
        .map(|instruction| function.dfg.insts[instruction])
        .collect()
}

#[test]
fn every_operator_on_values_is_translated() {
    let operators = operators();
    // 4 constants and 123 more in 1.0, 5 sign extensions, 8 saturating conversions, and vector
    // instructions without their 22 memory accesses.
    assert_eq!(operators.len(), 4 + 123 + 5 + 8 + (236 - 22));
    for operator in operators {
        let function = function(&operator).unwrap_or_else(|| panic!("no {operator:?}"));
        let flags = settings::Flags::new(settings::builder());
        if let Err(errors) = verify_function(&function, &flags) {
            panic!("{operator:?}: {errors}\n{function}");
        }
    }
}

#[test]
fn every_back_end_compiles_every_operator() {
    let back_ends = back_ends();
    for operator in operators() {
        let function = function(&operator).expect("another test says which are missing");
        for back_end in &back_ends {
            let mut context = Context::for_function(function.clone());
            if let Err(error) = context.compile(&**back_end, &mut ControlPlane::default()) {
                panic!("{} on {}: {error:?}", function, back_end.name());
            }
        }
    }
}

#[test]
fn constants_keep_the_bits_of_a_nan() {
    let single = function(&Operator::F32Const { value: Ieee32::sample() }).expect("it is numeric");
    let double = function(&Operator::F64Const { value: Ieee64::sample() }).expect("it is numeric");
    let constants: Vec<_> = [&single, &double]
        .into_iter()
        .flat_map(instructions)
        .filter_map(|instruction| match instruction {
            InstructionData::UnaryIeee32 { imm, .. } => Some(u64::from(imm.bits())),
            InstructionData::UnaryIeee64 { imm, .. } => Some(imm.bits()),
            _ => None,
        })
        .collect();
    assert_eq!(constants, [0xffa0_1234, 0x7ff4_0000_0000_1234]);
}

#[test]
fn a_vector_is_not_cast_between_operators_of_the_same_lanes() {
    let mut signature = Signature::new(CallConv::Tail);
    signature.params = vec![AbiParam::new(types::I8X16); 3];
    let mut function = Function::with_name_signature(UserFuncName::default(), signature);
    let mut context = FunctionBuilderContext::new();
    let mut builder = FunctionBuilder::new(&mut function, &mut context);
    let entry = builder.create_block();
    builder.append_block_params_for_function_params(entry);
    builder.switch_to_block(entry);
    let mut stack = OperandStack::default();
    stack.push_all(builder.block_params(entry));
    assert!(vector::translate(&Operator::F32x4Mul, &mut builder, &mut stack));
    assert!(vector::translate(&Operator::F32x4Add, &mut builder, &mut stack));
    let casts = instructions(builder.func)
        .into_iter()
        .filter(|instruction| instruction.opcode() == Opcode::Bitcast)
        .count();
    // Three operands in; the product and the sum out.
    assert_eq!(casts, 5);
}

//! A program to readable text: what its functions are before and after Cranelift.
//!
//! Functions appear in the order of the code section, each under its name.

use crate::compile::Compiler;
use crate::names::function_name;
use crate::plan::{FunctionNumber, Plan};
use crate::{Error, Options, Program, convention, isa};

/// The CLIF of every function, before optimisation.
///
/// # Errors
/// As [`crate::compile()`].
pub fn emit_clif(program: &Program<'_>, options: &Options) -> Result<String, Error> {
    list(program, options, |compiler, number| compiler.clif(number))
}

/// The assembly of every function.
///
/// # Errors
/// As [`crate::compile()`].
pub fn emit_asm(program: &Program<'_>, options: &Options) -> Result<String, Error> {
    list(program, options, |compiler, number| compiler.assembly(number))
}

fn list(
    program: &Program<'_>,
    options: &Options,
    listing: impl Fn(&Compiler<'_>, FunctionNumber) -> Result<String, Error>,
) -> Result<String, Error> {
    let isa = isa::Isa::new(options)?;
    let plan = Plan::new(program, options)?;
    let conventions = convention::Conventions::new(&plan.signatures, options.architecture);
    let compiler = Compiler::new(&plan, &conventions, &isa, options);
    let mut text = String::new();
    for position in 0..plan.functions.bodies().len() {
        let number = FunctionNumber::from_position(position);
        let name: String = function_name(&plan, number)
            .chars()
            .map(|character| if character.is_control() { '_' } else { character })
            .collect();
        text.push_str(&format!("; {position}: {name}\n"));
        text.push_str(&listing(&compiler, number)?);
        text.push('\n');
    }
    Ok(text)
}

//! Function bodies, validated as they are read.

use crate::{Error, FuncIndex, TypeIndex};
use wasmparser::{
    FuncToValidate, FuncValidator, FuncValidatorAllocations, FunctionBody, ValidatorResources,
};

/// Memory that validators of function bodies reuse; one for each thread.
#[derive(Default)]
pub struct FunctionAllocations(FuncValidatorAllocations);

/// A function that the module defines.
pub struct Function<'a> {
    /// Its index among all functions.
    pub index: FuncIndex,
    /// Its type.
    pub type_index: TypeIndex,
    /// Its locals and instructions.
    pub body: FunctionBody<'a>,
    pub(crate) to_validate: FuncToValidate<ValidatorResources>,
}

impl Function<'_> {
    /// Size of the body in bytes.
    pub fn size_bytes(&self) -> u64 {
        let range = self.body.range();
        range.end - range.start
    }

    /// A validator that the reader of the body must show every local declaration and operator to,
    /// in order, before it acts on it (core specification, 3.3).
    pub fn validator(&self, allocations: FunctionAllocations) -> FuncValidator<ValidatorResources> {
        let FuncToValidate { resources, index, ty, features } = &self.to_validate;
        FuncToValidate { resources: resources.clone(), index: *index, ty: *ty, features: *features }
            .into_validator(allocations.0)
    }

    /// Validates the body and does nothing else.
    ///
    /// # Errors
    /// When it is invalid.
    pub fn validate(&self, allocations: FunctionAllocations) -> Result<FunctionAllocations, Error> {
        let mut validator = self.validator(allocations);
        validator.validate(&self.body)?;
        Ok(FunctionAllocations::from(validator))
    }
}

impl From<FuncValidator<ValidatorResources>> for FunctionAllocations {
    fn from(validator: FuncValidator<ValidatorResources>) -> Self {
        Self(validator.into_allocations())
    }
}

//! Modules to instances: each import is bound to what an earlier instance exports under the name, if
//! its type matches (core specification 4.5.1, import matching).
//!
//! Everything is known while building but the current size of a memory or table, which is what the
//! specification compares: see [`Strictness`].

use std::collections::HashMap;
use wasm2native_abi::runtime::RuntimeFunction;
use wasm2native_codegen::{ImportTarget, Instance};
use wasm2native_wasm::{Entity, Import, ImportType, Module};

/// The module whose functions are the test stub's.
const HOST_MODULE: &str = "w2n";

/// How the minimum of an imported memory or table is compared.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Strictness {
    /// With the exporter's declared minimum: for a module that must be refused.
    Declared,
    /// Not at all, since the exporter may have grown by then: for a module that must be accepted.
    Grown,
}

/// The instances so far, and the names that commands and imports find them by.
#[derive(Default)]
pub(super) struct Instances<'m> {
    /// In the order in which they are instantiated.
    pub(super) list: Vec<Instance<'m>>,
    by_id: HashMap<String, usize>,
    registered: HashMap<String, usize>,
    latest: Option<usize>,
}

impl<'m> Instances<'m> {
    /// Adds the instance of `module`; a module that cannot be linked leaves everything as it was.
    pub(super) fn add(
        &mut self,
        module: &'m Module<'m>,
        strictness: Strictness,
    ) -> Result<usize, String> {
        let imports = self.resolve(module, strictness)?;
        self.list.push(Instance { module, imports, host_memory: None });
        Ok(self.list.len() - 1)
    }

    /// Makes an instance the latest one, and the one that `id` means. `None` stands for a module that
    /// could not be instantiated: what refers to it fails.
    pub(super) fn name(&mut self, id: Option<&str>, instance: Option<usize>) {
        self.latest = instance;
        if let Some(id) = id {
            match instance {
                Some(instance) => self.by_id.insert(id.to_owned(), instance),
                None => self.by_id.remove(id),
            };
        }
    }

    /// Makes an instance visible to imports.
    pub(super) fn register(&mut self, name: &str, instance: usize) {
        self.registered.insert(name.to_owned(), instance);
    }

    /// The instance that `id` means, the latest without one.
    pub(super) fn find(&self, id: Option<&str>) -> Result<usize, String> {
        let found = match id {
            Some(id) => self.by_id.get(id).copied(),
            None => self.latest,
        };
        found.ok_or_else(|| match id {
            Some(id) => format!("there is no instance ${id}"),
            None => "there is no instance".to_owned(),
        })
    }

    /// Where an item of an instance is defined: imports are followed to their end.
    pub(super) fn definition(&self, instance: usize, item: Entity) -> ImportTarget {
        let owner = &self.list[instance];
        let import = owner.module.imports.iter().position(|import| entity(import) == item);
        match import {
            Some(position) => owner.imports[position],
            None => ImportTarget::Export { instance, item },
        }
    }

    /// What each import of `module` is bound to, or what is wrong with one of them.
    pub(super) fn resolve(
        &self,
        module: &Module<'_>,
        strictness: Strictness,
    ) -> Result<Vec<ImportTarget>, String> {
        let resolve = |import| self.resolve_import(module, import, strictness);
        module.imports.iter().map(resolve).collect()
    }

    fn resolve_import(
        &self,
        module: &Module<'_>,
        import: &Import<'_>,
        strictness: Strictness,
    ) -> Result<ImportTarget, String> {
        let Import { module: from, name, .. } = import;
        if *from == HOST_MODULE && self.list.is_empty() {
            return Ok(ImportTarget::Host(RuntimeFunction::spectest_print()));
        }
        let provider = self.registered.get(*from).copied();
        let unknown = || format!("unknown import `{from}.{name}`");
        let provider = provider.ok_or_else(unknown)?;
        let exporter = self.list[provider].module;
        let export = exporter.export(name).ok_or_else(unknown)?;
        if !matches(exporter, export.entity, module, import, strictness) {
            return Err(format!("incompatible import type of `{from}.{name}`"));
        }
        Ok(self.definition(provider, export.entity))
    }
}

/// The item of its module that an import occupies.
fn entity(import: &Import<'_>) -> Entity {
    match import.import_type {
        ImportType::Function(function, _) => Entity::Function(function),
        ImportType::Table(table, _) => Entity::Table(table),
        ImportType::Memory(memory, _) => Entity::Memory(memory),
        ImportType::Global(global, _) => Entity::Global(global),
    }
}

/// Whether an export has the type that an import asks for.
fn matches(
    exporter: &Module<'_>,
    export: Entity,
    importer: &Module<'_>,
    import: &Import<'_>,
    strictness: Strictness,
) -> bool {
    match (export, import.import_type) {
        (Entity::Function(function), ImportType::Function(_, type_index)) => {
            *exporter.function_type(function) == importer.types[type_index.position()]
        }
        (Entity::Table(table), ImportType::Table(_, wanted)) => {
            let actual = exporter.tables[table.position()].table_type;
            actual.element_type == wanted.element_type
                && actual.table64 == wanted.table64
                && limits_match(
                    (actual.initial, actual.maximum),
                    (wanted.initial, wanted.maximum),
                    strictness,
                )
        }
        (Entity::Memory(memory), ImportType::Memory(_, wanted)) => {
            let actual = exporter.memories[memory.position()].memory_type;
            actual.memory64 == wanted.memory64
                && actual.shared == wanted.shared
                && actual.page_size_log2 == wanted.page_size_log2
                && limits_match(
                    (actual.initial, actual.maximum),
                    (wanted.initial, wanted.maximum),
                    strictness,
                )
        }
        (Entity::Global(global), ImportType::Global(_, wanted)) => {
            exporter.globals[global.position()].global_type == wanted
        }
        _ => false,
    }
}

/// Limits matching (core specification 3.2.9), of (minimum, maximum).
fn limits_match(
    actual: (u64, Option<u64>),
    wanted: (u64, Option<u64>),
    strictness: Strictness,
) -> bool {
    let minimum = strictness == Strictness::Grown || actual.0 >= wanted.0;
    let maximum = match (actual.1, wanted.1) {
        (_, None) => true,
        (Some(actual), Some(wanted)) => actual <= wanted,
        (None, Some(_)) => false,
    };
    minimum && maximum
}

//! Bytes to a [`Module`]: one pass over the sections, each validated before it is read.

use crate::{
    Constant, DataMode, DataSegment, ElementItems, ElementMode, ElementSegment, Entity, Error,
    Export, FuncIndex, Function, Global, GlobalIndex, Import, ImportType, Memory, MemoryIndex,
    Module, Names, Table, TableIndex, TypeIndex,
};
use wasmparser::{
    CustomSectionReader, DataKind, ElementKind, Encoding, ExternalKind, KnownCustom, Parser,
    Payload, TypeRef, ValidPayload, Validator, WasmFeatures,
};

impl<'a> Module<'a> {
    /// Reads and validates everything but function bodies, with the features of [`crate::SUPPORTED`].
    ///
    /// # Errors
    /// When the bytes are not a valid module, with the offset of what is wrong.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Error> {
        Self::parse_with_features(bytes, crate::SUPPORTED)
    }

    /// As [`Self::parse`], with the given features.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn parse_with_features(bytes: &'a [u8], features: WasmFeatures) -> Result<Self, Error> {
        let mut module = Self::empty(features);
        let mut validator = Validator::new_with_features(features);
        let mut parser = Parser::new(0);
        parser.set_features(features);
        for payload in parser.parse_all(bytes) {
            let payload = payload?;
            if let Payload::Version { encoding: Encoding::Component, .. } = payload {
                return Err(Error::Component);
            }
            if let ValidPayload::Func(to_validate, body) = validator.payload(&payload)? {
                let type_index = TypeIndex::from_u32(to_validate.ty);
                let index = FuncIndex::from_u32(to_validate.index);
                module.functions.push(Function { index, type_index, body, to_validate });
            } else {
                module.read_section(payload)?;
            }
        }
        module.names.add_exports(&module.exports);
        Ok(module)
    }

    fn empty(features: WasmFeatures) -> Self {
        Self {
            types: Vec::new(),
            imports: Vec::new(),
            function_types: Vec::new(),
            imported_functions: 0,
            functions: Vec::new(),
            tables: Vec::new(),
            imported_tables: 0,
            memories: Vec::new(),
            imported_memories: 0,
            globals: Vec::new(),
            imported_globals: 0,
            exports: Vec::new(),
            start: None,
            elements: Vec::new(),
            data: Vec::new(),
            names: Names::default(),
            declared_features: Vec::new(),
            producers: Vec::new(),
            features,
        }
    }

    fn read_section(&mut self, payload: Payload<'a>) -> Result<(), Error> {
        match payload {
            Payload::TypeSection(section) => {
                for function_type in section.into_iter_err_on_gc_types() {
                    self.types.push(function_type?);
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports_with_offsets() {
                    let (wasm_offset, import) = import?;
                    self.read_import(wasm_offset, import)?;
                }
            }
            Payload::FunctionSection(section) => {
                self.functions.reserve(section.count() as usize);
                for type_index in section {
                    self.function_types.push(TypeIndex::from_u32(type_index?));
                }
            }
            Payload::TableSection(section) => {
                for table in section {
                    self.tables.push(Table { table_type: table?.ty, exported: false });
                }
            }
            Payload::MemorySection(section) => {
                for memory_type in section {
                    self.memories.push(Memory { memory_type: memory_type?, exported: false });
                }
            }
            Payload::GlobalSection(section) => {
                for global in section {
                    let global = global?;
                    self.globals.push(Global {
                        global_type: global.ty,
                        initial: Some(Constant::read(&global.init_expr)?),
                        exported: false,
                    });
                }
            }
            Payload::ExportSection(section) => {
                for export in section.into_iter_with_offsets() {
                    let (wasm_offset, export) = export?;
                    self.read_export(wasm_offset, export)?;
                }
            }
            Payload::StartSection { func, .. } => self.start = Some(FuncIndex::from_u32(func)),
            Payload::ElementSection(section) => {
                for element in section {
                    self.elements.push(read_element(element?)?);
                }
            }
            Payload::DataSection(section) => {
                for data in section {
                    self.data.push(read_data(data?)?);
                }
            }
            Payload::CustomSection(section) => self.read_custom(&section),
            _ => {}
        }
        Ok(())
    }

    fn read_import(
        &mut self,
        wasm_offset: u64,
        import: wasmparser::Import<'a>,
    ) -> Result<(), Error> {
        let import_type = match import.ty {
            TypeRef::Func(index) => {
                let type_index = TypeIndex::from_u32(index);
                let function = FuncIndex::from_position(self.function_types.len());
                self.function_types.push(type_index);
                self.imported_functions += 1;
                ImportType::Function(function, type_index)
            }
            TypeRef::Table(table_type) => {
                let table = TableIndex::from_position(self.tables.len());
                self.tables.push(Table { table_type, exported: false });
                self.imported_tables += 1;
                ImportType::Table(table, table_type)
            }
            TypeRef::Memory(memory_type) => {
                let memory = MemoryIndex::from_position(self.memories.len());
                self.memories.push(Memory { memory_type, exported: false });
                self.imported_memories += 1;
                ImportType::Memory(memory, memory_type)
            }
            TypeRef::Global(global_type) => {
                let global = GlobalIndex::from_position(self.globals.len());
                self.globals.push(Global { global_type, initial: None, exported: false });
                self.imported_globals += 1;
                ImportType::Global(global, global_type)
            }
            TypeRef::Tag(_) | TypeRef::FuncExact(_) => {
                return Err(unsupported("imports of this type are not supported", wasm_offset));
            }
        };
        let wasmparser::Import { module, name, .. } = import;
        self.imports.push(Import { module, name, import_type, wasm_offset });
        Ok(())
    }

    fn read_export(
        &mut self,
        wasm_offset: u64,
        export: wasmparser::Export<'a>,
    ) -> Result<(), Error> {
        let position = export.index as usize;
        let entity = match export.kind {
            ExternalKind::Func => Entity::Function(FuncIndex::from_u32(export.index)),
            ExternalKind::Table => {
                self.tables[position].exported = true;
                Entity::Table(TableIndex::from_u32(export.index))
            }
            ExternalKind::Memory => {
                self.memories[position].exported = true;
                Entity::Memory(MemoryIndex::from_u32(export.index))
            }
            ExternalKind::Global => {
                self.globals[position].exported = true;
                Entity::Global(GlobalIndex::from_u32(export.index))
            }
            ExternalKind::Tag | ExternalKind::FuncExact => {
                return Err(unsupported("exports of this type are not supported", wasm_offset));
            }
        };
        self.exports.push(Export { name: export.name, entity });
        Ok(())
    }

    /// Reads the custom sections that are of use; a malformed one is passed over, as the
    /// specification asks (5.5.3).
    fn read_custom(&mut self, section: &CustomSectionReader<'a>) {
        match section.as_known() {
            KnownCustom::Name(names) => self.names.read(names),
            KnownCustom::Producers(fields) => {
                for field in fields.into_iter().flatten() {
                    for value in field.values.into_iter().flatten() {
                        self.producers.push((value.name, value.version));
                    }
                }
            }
            _ if section.name() == "target_features" => {
                self.declared_features = read_target_features(section.data()).unwrap_or_default();
            }
            _ => {}
        }
    }
}

fn unsupported(message: &str, wasm_offset: u64) -> Error {
    Error::Invalid { message: message.to_owned(), wasm_offset }
}

fn read_element(element: wasmparser::Element<'_>) -> Result<ElementSegment, Error> {
    let mode = match element.kind {
        ElementKind::Passive => ElementMode::Passive,
        ElementKind::Declared => ElementMode::Declared,
        ElementKind::Active { table_index, offset_expr } => ElementMode::Active {
            table: TableIndex::from_u32(table_index.unwrap_or(0)),
            offset: Constant::read(&offset_expr)?,
        },
    };
    let (element_type, items) = match element.items {
        wasmparser::ElementItems::Functions(section) => {
            let functions = section.into_iter().map(|index| index.map(FuncIndex::from_u32));
            let functions = functions.collect::<Result<Vec<_>, _>>()?;
            (wasmparser::RefType::FUNCREF, ElementItems::Functions(functions))
        }
        wasmparser::ElementItems::Expressions(element_type, section) => {
            let constants = section.into_iter().map(|expression| Constant::read(&expression?));
            (element_type, ElementItems::Expressions(constants.collect::<Result<Vec<_>, Error>>()?))
        }
    };
    Ok(ElementSegment { mode, element_type, items })
}

fn read_data(data: wasmparser::Data<'_>) -> Result<DataSegment<'_>, Error> {
    let mode = match data.kind {
        DataKind::Passive => DataMode::Passive,
        DataKind::Active { memory_index, offset_expr } => DataMode::Active {
            memory: MemoryIndex::from_u32(memory_index),
            offset: Constant::read(&offset_expr)?,
        },
    };
    Ok(DataSegment { mode, bytes: data.data })
}

/// The names in the tool conventions' `target_features` section that are marked as used.
fn read_target_features(data: &[u8]) -> Option<Vec<&str>> {
    let mut reader = wasmparser::BinaryReader::new(data, 0);
    let count = reader.read_var_u32().ok()?;
    let mut features = Vec::new();
    for _ in 0..count {
        let prefix = reader.read_u8().ok()?;
        let name = reader.read_string().ok()?;
        if prefix == b'+' {
            features.push(name);
        }
    }
    Some(features)
}

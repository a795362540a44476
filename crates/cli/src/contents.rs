//! What is in a module besides what it imports and exports: for `wasmill inspect --verbose`.

use std::fmt::Write;

use anyhow::Result;
use serde::Serialize;
use wasmill::Features;
use wasmill_types::ModuleInfo;
use wasmparser::{BinaryReaderError, CustomSectionReader, KnownCustom, Parser, Payload};

use crate::size::size;
use crate::store_options::StoreOptions;

/// What is in a module.
#[derive(Default, Serialize)]
pub(crate) struct Contents {
    /// Functions that it defines.
    functions: usize,
    start_function: Option<u32>,
    /// What it needs that WebAssembly did not have at first.
    features: Vec<&'static str>,
    debug_information: Debug,
    producers: Vec<Producer>,
    sections: Vec<Section>,
}

/// What debuggers find.
#[derive(Default, Serialize)]
struct Debug {
    /// The module has names of functions.
    names: bool,
    /// Bytes of DWARF.
    dwarf: usize,
    /// Where DWARF or a source map is, if the module says so.
    elsewhere: Option<String>,
}

/// A program or language that took part.
#[derive(Serialize)]
struct Producer {
    field: String,
    name: String,
    version: String,
}

#[derive(Serialize)]
struct Section {
    /// Of a custom section it is that of the section.
    name: String,
    custom: bool,
    offset: u64,
    size: u64,
}

/// The sections, by their number.
const SECTIONS: [&str; 14] = [
    "custom",
    "type",
    "import",
    "function",
    "table",
    "memory",
    "global",
    "export",
    "start",
    "element",
    "code",
    "data",
    "data count",
    "tag",
];

impl Contents {
    /// Looks into a module that is valid.
    pub(crate) fn read(wasm: &[u8], info: &ModuleInfo, store: &StoreOptions) -> Result<Self> {
        let mut contents = Self {
            functions: info.functions.len() - info.num_imported_functions,
            start_function: info.start_function.map(|index| index.as_u32()),
            features: needed(wasm, store),
            ..Self::default()
        };
        for payload in Parser::new(0).parse_all(wasm) {
            contents.add(&payload?)?;
        }
        Ok(contents)
    }

    fn add(&mut self, payload: &Payload<'_>) -> Result<(), BinaryReaderError> {
        let Some((id, range)) = payload.as_section() else {
            return Ok(());
        };
        let custom = match payload {
            Payload::CustomSection(section) => {
                self.add_custom(section);
                Some(section.name().to_owned())
            }
            _ => None,
        };
        let known = SECTIONS.get(usize::from(id)).copied();
        self.sections.push(Section {
            custom: custom.is_some(),
            name: custom.unwrap_or_else(|| known.unwrap_or("unknown").to_owned()),
            offset: range.start,
            size: range.end - range.start,
        });
        Ok(())
    }

    /// What a custom section says. Nobody has checked them: what is damaged says nothing.
    fn add_custom(&mut self, section: &CustomSectionReader<'_>) {
        match section.name() {
            "name" => self.debug_information.names = true,
            name if name.starts_with(".debug_") => {
                self.debug_information.dwarf += section.data().len();
            }
            "sourceMappingURL" | "external_debug_info" => {
                // A length comes first, in one byte or more.
                let text = section
                    .data()
                    .iter()
                    .skip_while(|byte| **byte >= 0x80)
                    .skip(1);
                let text: Vec<u8> = text.copied().collect();
                let text = String::from_utf8_lossy(&text).into_owned();
                self.debug_information.elsewhere = Some(text);
            }
            _ => {}
        }
        if let KnownCustom::Producers(fields) = section.as_known() {
            for field in fields.into_iter().flatten() {
                let values = field.values.into_iter().flatten();
                self.producers.extend(values.map(|value| Producer {
                    field: field.name.to_owned(),
                    name: value.name.to_owned(),
                    version: value.version.to_owned(),
                }));
            }
        }
    }

    /// The same for people.
    pub(crate) fn text(&self, text: &mut String) -> Result<()> {
        writeln!(text, "Contents:\n  Functions: {}", self.functions)?;
        if let Some(start) = self.start_function {
            writeln!(text, "  Start function: {start}")?;
        }
        if !self.features.is_empty() {
            writeln!(text, "  Features: {}", self.features.join(", "))?;
        }
        writeln!(
            text,
            "  Debug information: {}",
            self.debug_information.text()
        )?;
        writeln!(text, "Producers:")?;
        for Producer {
            field,
            name,
            version,
        } in &self.producers
        {
            // Quoted, as all names from a module.
            let version = match version.is_empty() {
                true => String::new(),
                false => format!(" {version:?}"),
            };
            writeln!(text, "  {}: {name:?}{version}", field.escape_debug())?;
        }
        writeln!(text, "Sections:")?;
        for section in &self.sections {
            let name = match section.custom {
                true => format!("custom {:?}", section.name),
                false => section.name.clone(),
            };
            let (offset, size) = (section.offset, size(section.size));
            writeln!(text, "  {offset:#010x} {size:>9}  {name}")?;
        }
        Ok(())
    }
}

impl Debug {
    fn text(&self) -> String {
        let mut parts = Vec::new();
        if self.names {
            parts.push("names".to_owned());
        }
        if self.dwarf > 0 {
            parts.push(format!("DWARF ({})", size(self.dwarf as u64)));
        }
        if let Some(elsewhere) = &self.elsewhere {
            parts.push(format!("at {elsewhere:?}"));
        }
        match parts.is_empty() {
            true => "none".to_owned(),
            false => parts.join(", "),
        }
    }
}

/// The features without any one of which the module is not valid.
fn needed(wasm: &[u8], store: &StoreOptions) -> Vec<&'static str> {
    let features: [(_, fn(&mut Features)); 5] = [
        ("bulk-memory", |features| features.bulk_memory = false),
        ("multi-memory", |features| features.multi_memory = false),
        ("multi-value", |features| features.multi_value = false),
        ("reference-types", |features| {
            features.reference_types = false;
        }),
        ("simd", |features| features.simd = false),
    ];
    let mut needed = Vec::new();
    for (name, disable) in features {
        let mut without = store.features();
        disable(&mut without);
        if !store.is_valid(wasm, without) {
            needed.push(name);
        }
    }
    needed
}

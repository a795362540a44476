//! The name section: what the module and its functions are called.
//!
//! Names are for people, so a name section that is malformed makes no module invalid: what can be read of it is used.

use super::Sections;
use wasmill_types::FunctionIndex;
use wasmparser::{Name, NameMap};

impl Sections<'_> {
    /// Reads the name sections; of several, later ones win.
    pub(super) fn read_names(&mut self) {
        for section in std::mem::take(&mut self.names) {
            for name in section.map_while(Result::ok) {
                match name {
                    Name::Module { name, .. } => self.info.name = Some(name.to_owned()),
                    Name::Function(names) => self.function_names(names),
                    _ => {}
                }
            }
        }
    }

    fn function_names(&mut self, names: NameMap<'_>) {
        for naming in names.into_iter().map_while(Result::ok) {
            let index = naming.index as usize;
            if index < self.info.functions.len() {
                let function = FunctionIndex::from_u32(naming.index);
                let name = naming.name.to_owned();
                self.info.function_names.insert(function, name);
            }
        }
    }
}

//! What a module imports and exports, one by one.

use crate::*;
use std::sync::Arc;

impl ModuleInfo {
    /// What the module imports, in order.
    ///
    /// ```
    /// # use wasmill_types::*;
    /// # let mut info = ModuleInfo::new();
    /// # let ty = info.signatures.push(FunctionType::new([Type::I32], []));
    /// # let function = info.functions.push(ty);
    /// # info.num_imported_functions = 1;
    /// # info.imports.insert(("env".into(), "log".into(), 0), ImportIndex::Function(function));
    /// # info.exports.insert("log".into(), ExportIndex::Function(function));
    /// let import = info.imports().next().unwrap();
    /// assert_eq!((import.module(), import.name()), ("env", "log"));
    /// ```
    pub fn imports(&self) -> ImportsIterator<impl ExactSizeIterator<Item = ImportType> + '_> {
        let iter = self.imports.iter().map(move |((module, name, _), index)| {
            ImportType::new(module, name, self.import_type(*index))
        });
        ImportsIterator { iter }
    }

    /// What the module exports, in order.
    ///
    /// ```
    /// # use wasmill_types::*;
    /// # let mut info = ModuleInfo::new();
    /// # let ty = info.signatures.push(FunctionType::new([Type::I32], []));
    /// # let function = info.functions.push(ty);
    /// # info.num_imported_functions = 1;
    /// # info.imports.insert(("env".into(), "log".into(), 0), ImportIndex::Function(function));
    /// # info.exports.insert("log".into(), ExportIndex::Function(function));
    /// assert_eq!(info.exports().next().unwrap().name(), "log");
    /// ```
    pub fn exports(&self) -> ExportsIterator<impl ExactSizeIterator<Item = ExportType> + '_> {
        let exports = self.exports.iter();
        let iter =
            exports.map(move |(name, index)| ExportType::new(name, self.export_type(*index)));
        ExportsIterator { iter }
    }

    /// The contents of all custom sections of this name, in order. Those of an artifact that turn out to be damaged are left out.
    ///
    /// ```
    /// # use wasmill_types::*;
    /// # let mut info = ModuleInfo::new();
    /// # let ty = info.signatures.push(FunctionType::new([Type::I32], []));
    /// # let function = info.functions.push(ty);
    /// # info.num_imported_functions = 1;
    /// # info.imports.insert(("env".into(), "log".into(), 0), ImportIndex::Function(function));
    /// # info.exports.insert("log".into(), ExportIndex::Function(function));
    /// let notes = info.custom_sections_data.push(SharedBytes::from(&b"text"[..]));
    /// info.custom_sections.push(("notes".into(), notes));
    /// assert_eq!(*info.custom_sections("notes").next().unwrap(), *b"text");
    /// ```
    pub fn custom_sections<'a>(&'a self, name: &'a str) -> impl Iterator<Item = Arc<[u8]>> + 'a {
        let sections = self.custom_sections.iter();
        sections
            .filter(move |(section, _)| section == name)
            .map(move |(_, index)| &self.custom_sections_data[*index])
            .filter(|contents| contents.are_whole())
            .map(SharedBytes::to_arc)
    }

    /// The types of the exported functions, in order.
    ///
    /// ```
    /// # use wasmill_types::*;
    /// # let mut info = ModuleInfo::new();
    /// # let ty = info.signatures.push(FunctionType::new([Type::I32], []));
    /// # let function = info.functions.push(ty);
    /// # info.num_imported_functions = 1;
    /// # info.imports.insert(("env".into(), "log".into(), 0), ImportIndex::Function(function));
    /// # info.exports.insert("log".into(), ExportIndex::Function(function));
    /// assert_eq!(info.exported_signatures(), [FunctionType::new([Type::I32], [])]);
    /// ```
    pub fn exported_signatures(&self) -> Vec<FunctionType> {
        let functions = self.exports().functions();
        functions.map(|export| export.ty().clone()).collect()
    }

    /// The types of the imported functions, in order.
    ///
    /// ```
    /// # use wasmill_types::*;
    /// # let mut info = ModuleInfo::new();
    /// # let ty = info.signatures.push(FunctionType::new([Type::I32], []));
    /// # let function = info.functions.push(ty);
    /// # info.num_imported_functions = 1;
    /// # info.imports.insert(("env".into(), "log".into(), 0), ImportIndex::Function(function));
    /// # info.exports.insert("log".into(), ExportIndex::Function(function));
    /// assert_eq!(info.imported_function_types().next().unwrap().params(), [Type::I32]);
    /// ```
    pub fn imported_function_types(&self) -> impl Iterator<Item = FunctionType> + '_ {
        let functions = self.imports().functions();
        functions.map(|import| import.ty().clone())
    }

    /// The functions of a passive element segment; `None` for other segments, and for one whose elements are expressions.
    ///
    /// ```
    /// # use wasmill_types::*;
    /// # let mut info = ModuleInfo::new();
    /// # let ty = info.signatures.push(FunctionType::new([Type::I32], []));
    /// # let function = info.functions.push(ty);
    /// # info.num_imported_functions = 1;
    /// # info.imports.insert(("env".into(), "log".into(), 0), ImportIndex::Function(function));
    /// # info.exports.insert("log".into(), ExportIndex::Function(function));
    /// let segment = info.element_segments.push(ElementSegment {
    ///     mode: SegmentMode::Passive,
    ///     ty: Type::FuncRef,
    ///     items: ElementItems::Functions([function].into()),
    /// });
    /// assert_eq!(info.get_passive_element(segment), Some(&[function][..]));
    /// ```
    pub fn get_passive_element(&self, index: ElemIndex) -> Option<&[FunctionIndex]> {
        let segment = self.element_segments.get(index)?;
        match (&segment.mode, &segment.items) {
            (SegmentMode::Passive, ElementItems::Functions(functions)) => Some(functions),
            _ => None,
        }
    }
}

macro_rules! type_iterators {
    ($($(#[$doc:meta])* $name:ident of $item:ident, $method:ident, |$part:ident, $ty:ident| $make:expr;)*) => { $(
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub struct $name<I> {
            iter: I,
        }

        impl<I: Iterator<Item = $item>> $name<I> {
            type_iterators! { @kind $item, $method, |$part, $ty| $make;
                Function(FunctionType) functions;
                Memory(MemoryType) memories;
                Table(TableType) tables;
                Global(GlobalType) globals;
            }
        }

        impl<I: Iterator<Item = $item>> Iterator for $name<I> {
            type Item = $item;
            fn next(&mut self) -> Option<$item> {
                self.iter.next()
            }
            fn size_hint(&self) -> (usize, Option<usize>) {
                self.iter.size_hint()
            }
        }

        impl<I: ExactSizeIterator<Item = $item>> ExactSizeIterator for $name<I> {}
    )* };
    (@kind $item:ident, $method:ident, |$part:ident, $ty:ident| $make:expr; $($kind:ident($type:ident) $name:ident;)*) => { $(
        #[doc = concat!("Only the ", stringify!($name), ", each with its [`", stringify!($type), "`].")]
        ///
        /// ```
        /// # use wasmill_types::ModuleInfo;
        /// # let info = ModuleInfo::new();
        #[doc = concat!("for item in info.", stringify!($method), "().", stringify!($name), "() {")]
        ///     println!("{}: {}", item.name(), item.ty());
        /// }
        #[doc = concat!("assert_eq!(info.", stringify!($method), "().", stringify!($name), "().count(), 0);")]
        /// ```
        pub fn $name(self) -> impl Iterator<Item = $item<$type>> {
            self.iter.filter_map(|$part| match $part.ty().clone() {
                ExternType::$kind($ty) => Some($make),
                _ => None,
            })
        }
    )* };
}

type_iterators! {
    /// What a module imports, in order; all of it, or one kind.
    ///
    /// ```
    /// # use wasmill_types::*;
    /// let mut info = ModuleInfo::new();
    /// let memory = info.memories.push(MemoryType::new(1, None, false));
    /// info.imports.insert(("env".into(), "m".into(), 0), ImportIndex::Memory(memory));
    /// assert_eq!(info.imports().memories().next().unwrap().name(), "m");
    /// assert_eq!(info.imports().functions().count(), 0);
    /// ```
    ImportsIterator of ImportType, imports, |import, ty| ImportType::new(import.module(), import.name(), ty);
    /// What a module exports, in order; all of it, or one kind.
    ///
    /// ```
    /// # use wasmill_types::*;
    /// let mut info = ModuleInfo::new();
    /// let memory = info.memories.push(MemoryType::new(1, None, false));
    /// info.exports.insert("m".into(), ExportIndex::Memory(memory));
    /// assert_eq!(info.exports().memories().next().unwrap().ty().minimum, Pages(1));
    /// assert_eq!(info.exports().functions().count(), 0);
    /// ```
    ExportsIterator of ExportType, exports, |export, ty| ExportType::new(export.name(), ty);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_of_a_description() {
        let mut info = ModuleInfo::new();
        let types = [[Type::I32], [Type::F64]].map(|params| FunctionType::new(params, []));
        for (nth, ty) in types.iter().enumerate() {
            let signature = info.signatures.push(ty.clone());
            let function = info.functions.push(signature);
            let name = ("env".to_owned(), nth.to_string(), nth as u32);
            info.imports.insert(name, ImportIndex::Function(function));
            let last_first = ExportIndex::Function(FunctionIndex::new(1 - nth));
            info.exports.insert(nth.to_string(), last_first);
        }
        let imported: Vec<_> = info.imported_function_types().collect();
        assert_eq!(imported, types);
        let [first, second] = types;
        assert_eq!(info.exported_signatures(), [second, first]);
    }

    #[test]
    fn passive_elements_are_functions() {
        let functions = [FunctionIndex::new(3)];
        let listed = ElementItems::Functions(functions.into());
        let null = ElementItems::Expressions([GlobalInit::RefNullConst].into());
        let mut info = ModuleInfo::new();
        let mut add = |mode, items| {
            let ty = Type::FuncRef;
            info.element_segments
                .push(ElementSegment { mode, ty, items })
        };
        let passive = add(SegmentMode::Passive, listed.clone());
        let others = [
            add(SegmentMode::Declared, listed),
            add(SegmentMode::Passive, null),
            ElemIndex::new(9),
        ];
        assert_eq!(info.get_passive_element(passive), Some(&functions[..]));
        assert!(
            others
                .iter()
                .all(|&index| info.get_passive_element(index).is_none())
        );
    }
}

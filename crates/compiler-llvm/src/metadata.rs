//! What LLVM may assume of accesses to memory.
//!
//! Memories, tables, globals, the definitions of memories and tables, and the stack never overlap: each kind of access carries
//! a node of a tree of types (TBAA) that tells it from the others.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use inkwell::context::Context;
use inkwell::llvm_sys::core::{LLVMReplaceMDNodeOperandWith, LLVMValueAsMetadata};
use inkwell::values::{AsValueRef, BasicMetadataValueEnum, InstructionValue, MetadataValue};
use wasmill_types::{EntityRef, GlobalIndex, MemoryIndex, ModuleInfo, TableIndex};

/// Where innermost loops start: their first instructions are fetched at once.
const LOOP_ALIGNMENT: u64 = 64;

/// Places that do not overlap those of another region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Region {
    /// A memory; imported ones may be the same.
    Memory(Option<MemoryIndex>),
    /// The elements of a table.
    Table(Option<TableIndex>),
    /// A global.
    Global(Option<GlobalIndex>),
    /// Where memories and tables are, and how large.
    Definitions,
    /// Results on the stack.
    Stack,
}

impl Region {
    /// That of a memory.
    pub(crate) fn memory(module: &ModuleInfo, index: MemoryIndex) -> Self {
        Self::Memory(module.local_memory_index(index).map(|_| index))
    }

    /// That of a table.
    pub(crate) fn table(module: &ModuleInfo, index: TableIndex) -> Self {
        Self::Table(module.local_table_index(index).map(|_| index))
    }

    /// That of a global.
    pub(crate) fn global(module: &ModuleInfo, index: GlobalIndex) -> Self {
        Self::Global(module.local_global_index(index).map(|_| index))
    }

    fn name(self) -> String {
        let number =
            |index: Option<usize>| index.map_or("imported".into(), |index| index.to_string());
        match self {
            Self::Memory(index) => format!("memory {}", number(index.map(EntityRef::index))),
            Self::Table(index) => format!("table {}", number(index.map(EntityRef::index))),
            Self::Global(index) => format!("global {}", number(index.map(EntityRef::index))),
            Self::Definitions => "definitions".into(),
            Self::Stack => "stack".into(),
        }
    }
}

/// The nodes of one unit.
pub(crate) struct Metadata<'ctx> {
    context: &'ctx Context,
    tbaa: u32,
    invariant: u32,
    weights: u32,
    loops: u32,
    root: MetadataValue<'ctx>,
    empty: MetadataValue<'ctx>,
    rare: MetadataValue<'ctx>,
    aligned: MetadataValue<'ctx>,
    short: MetadataValue<'ctx>,
    optional: u32,
    tags: RefCell<HashMap<Region, MetadataValue<'ctx>>>,
    alias_scope: u32,
    noalias: u32,
    /// How many loops have scopes.
    scoped: Cell<u32>,
}

impl<'ctx> Metadata<'ctx> {
    pub(crate) fn new(context: &'ctx Context) -> Self {
        let text = |text| context.metadata_string(text).into();
        let number = |number| context.i32_type().const_int(number, false).into();
        Self {
            context,
            tbaa: context.get_kind_id("tbaa"),
            invariant: context.get_kind_id("invariant.load"),
            weights: context.get_kind_id("prof"),
            loops: context.get_kind_id("llvm.loop"),
            root: context.metadata_node(&[text("wasm")]),
            empty: context.metadata_node(&[]),
            rare: context.metadata_node(&[text("branch_weights"), number(1), number(100_000)]),
            aligned: context.metadata_node(&[text("llvm.loop.align"), number(LOOP_ALIGNMENT)]),
            short: context.metadata_node(&[text("llvm.loop.unroll.disable")]),
            optional: context.get_kind_id("wasmill.optional"),
            tags: RefCell::default(),
            alias_scope: context.get_kind_id("alias.scope"),
            noalias: context.get_kind_id("noalias"),
            scoped: Cell::new(0),
        }
    }

    /// An access goes to a region.
    pub(crate) fn set_region(&self, access: InstructionValue<'ctx>, region: Region) {
        let mut tags = self.tags.borrow_mut();
        let tag = *tags.entry(region).or_insert_with(|| self.tag(region));
        access.set_metadata(tag, self.tbaa).expect("a node");
    }

    fn tag(&self, region: Region) -> MetadataValue<'ctx> {
        let zero = self.context.i64_type().const_zero();
        let name = self.context.metadata_string(&region.name());
        let ty = self
            .context
            .metadata_node(&[name.into(), self.root.into(), zero.into()]);
        self.context
            .metadata_node(&[ty.into(), ty.into(), zero.into()])
    }

    /// So many new scopes, for the accesses of one loop.
    pub(crate) fn scopes(&self, count: usize) -> Vec<MetadataValue<'ctx>> {
        let number = self.scoped.get();
        self.scoped.set(number + 1);
        let name = |name: String| self.context.metadata_string(&name).into();
        let domain = self
            .context
            .metadata_node(&[name(format!("loop {number}"))]);
        let scopes = (0..count).map(|nth| {
            let name = name(format!("loop {number} range {nth}"));
            self.context.metadata_node(&[name, domain.into()])
        });
        scopes.collect()
    }

    /// An access is in one scope, and does not touch what others in a list do.
    pub(crate) fn set_scopes(
        &self,
        access: InstructionValue<'ctx>,
        scope: MetadataValue<'ctx>,
        others: MetadataValue<'ctx>,
    ) {
        access
            .set_metadata(scope, self.alias_scope)
            .expect("a node");
        access.set_metadata(others, self.noalias).expect("a node");
    }

    /// A load always gives the same value.
    pub(crate) fn set_invariant(&self, load: InstructionValue<'ctx>) {
        load.set_metadata(self.empty, self.invariant)
            .expect("a node");
    }

    /// The first target of a branch is hardly ever taken.
    pub(crate) fn set_rare(&self, branch: InstructionValue<'ctx>) {
        branch
            .set_metadata(self.rare, self.weights)
            .expect("a node");
    }

    /// These are the branches back to the start of an innermost loop.
    pub(crate) fn set_innermost(&self, branches: &[InstructionValue<'ctx>]) {
        let node = self.distinct(self.aligned);
        for branch in branches {
            branch.set_metadata(node, self.loops).expect("a node");
        }
    }

    /// The loop that this branch goes back to hardly ever runs: it is not made faster at the cost of more code.
    pub(crate) fn set_short(&self, branch: InstructionValue<'ctx>) {
        let node = self.distinct(self.short);
        branch.set_metadata(node, self.loops).expect("a node");
    }

    /// Whether LLVM made vectors of the loop that this branch goes back to, or of what it is the rest of.
    pub(crate) fn is_vectorized(&self, branch: InstructionValue<'ctx>) -> bool {
        let has_name = |property: MetadataValue<'ctx>| {
            let mut parts = operands(property).into_iter();
            parts.any(|part| part.get_string_value() == Some(b"llvm.loop.isvectorized"))
        };
        let node = branch.get_metadata(self.loops);
        let properties = node.map(operands).unwrap_or_default();
        // The first operand is the node itself.
        properties.into_iter().skip(1).any(has_name)
    }

    /// A branch leads to what may be dropped.
    pub(crate) fn set_optional(&self, branch: InstructionValue<'ctx>) {
        branch
            .set_metadata(self.empty, self.optional)
            .expect("a node");
    }

    /// Whether it was said to.
    pub(crate) fn is_optional(&self, branch: InstructionValue<'ctx>) -> bool {
        branch.get_metadata(self.optional).is_some()
    }

    /// A node that is like no other: the first thing that it holds is itself, which is how LLVM tells one loop from another.
    #[expect(unsafe_code, reason = "inkwell has no nodes that hold themselves")]
    fn distinct(&self, property: MetadataValue<'ctx>) -> MetadataValue<'ctx> {
        let node = self
            .context
            .metadata_node(&[self.empty.into(), property.into()]);
        let raw = node.as_value_ref();
        // SAFETY: `raw` is a node of two operands that lives as long as the context.
        unsafe { LLVMReplaceMDNodeOperandWith(raw, 0, LLVMValueAsMetadata(raw)) };
        node
    }
}

/// What a node holds of nodes and texts.
fn operands(node: MetadataValue<'_>) -> Vec<MetadataValue<'_>> {
    let values = node.get_node_values().unwrap_or_default().into_iter();
    let nodes = values.filter_map(|value| match value {
        BasicMetadataValueEnum::MetadataValue(value) => Some(value),
        _ => None,
    });
    nodes.collect()
}

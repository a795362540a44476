//! Instances of modules without code of their own: how they are laid out, linked and freed.

use super::*;
use crate::function::HostFunction;
use crate::module::{CodePointer, Images, RuntimeModuleParts};
use crate::store::VMStore;
use crate::table::TableElement;
use wasmill_abi::ContextLayout;
use wasmill_types::{
    ExternRef, GlobalInit, GlobalType, MemoryStyle, MemoryType, ModuleInfo, Mutability,
    SignatureIndex, TableType, Type, Value,
};

/// A module that imports a function and has a memory, a table with that function, and two globals.
fn module(store: &Arc<VMStore>) -> Arc<RuntimeModule> {
    let mut info = ModuleInfo::new();
    info.signatures.push(([Type::I32], [Type::I32]).into());
    info.functions.push(SignatureIndex::from_u32(0));
    info.num_imported_functions = 1;
    info.escaping_functions = vec![FunctionIndex::from_u32(0)];
    info.memories.push(MemoryType::new(1, Some(2), false));
    info.tables.push(TableType::new(Type::FuncRef, 3, None));
    for (ty, init) in [
        (Type::ExternRef, GlobalInit::RefNullConst),
        (Type::I64, GlobalInit::I64Const(-5)),
    ] {
        info.globals.push(GlobalType::new(ty, Mutability::Var));
        info.global_initializers.push(init);
    }
    let signature = store
        .signatures()
        .register(&info.signatures[SignatureIndex::from_u32(0)]);
    let image: Box<[_]> = [None, Some(FunctionIndex::from_u32(0))].into();
    let parts = RuntimeModuleParts {
        store: store.clone(),
        layout: Arc::new(ContextLayout::new(&info).unwrap()),
        info: Arc::new(info),
        entry: Box::new(|_| CodePointer(ptr::null())),
        type_ids: [signature.id()].into_iter().collect(),
        memory_styles: [MemoryStyle::Dynamic {
            offset_guard_size: 0x1_0000,
        }]
        .into_iter()
        .collect(),
        make_images: Box::new(move || Images {
            memories: [None].into_iter().collect(),
            tables: [image.clone()].into_iter().collect(),
            ..Images::default()
        }),
        resources: Box::new(signature),
    };
    // SAFETY: there is no code; the type's id is that of the store.
    Arc::new(unsafe { RuntimeModule::new(parts) })
}

#[test]
fn an_instance_without_code_has_all_its_parts() {
    let (store, captured) = (VMStore::new(), Arc::new(()));
    let module = module(&store);
    let kept = captured.clone();
    let host = HostFunction::typed(&store, move |n: i32| n + Arc::strong_count(&kept) as i32);
    let imports = InstanceImports {
        functions: vec![host.clone()],
        ..InstanceImports::default()
    };
    // SAFETY: that is what the module imports.
    let instance = unsafe { VMInstance::new(module, imports, None, None) }.unwrap();
    instance.check_segments().unwrap();
    let VMExtern::Table(table) = instance.export(ExportIndex::Table(TableIndex::from_u32(0)))
    else {
        panic!("a table");
    };
    assert_eq!(table.get(0), Some(TableElement::Function(None)));
    assert_eq!(
        table.get(1),
        Some(TableElement::Function(Some(host.clone())))
    );
    table
        .grow(1, TableElement::Function(Some(host.clone())))
        .unwrap();
    assert_eq!(table.get(3), table.get(1));
    let global = |index| match instance.export(ExportIndex::Global(GlobalIndex::from_u32(index))) {
        VMExtern::Global(global) => global,
        other => panic!("{other:?}"),
    };
    assert_eq!(global(1).get(), Value::I64(-5));
    // More references than a collection waits for: the global's is a root.
    let value = ExternRef::new(1u8);
    global(0).set(Value::ExternRef(value.clone()));
    for nth in 0..if cfg!(miri) { 1100 } else { 5000 } {
        let passing = VMGlobal::new(
            &store,
            Mutability::Var,
            Value::ExternRef(ExternRef::new(nth)),
        );
        drop(passing);
    }
    assert_eq!(global(0).get(), Value::ExternRef(value));
    assert!(store.refs().len() < 1100);
    let exported = instance.export(ExportIndex::Function(FunctionIndex::from_u32(0)));
    drop((table, instance, host));
    let VMExtern::Function(exported) = exported else {
        panic!("a function");
    };
    assert_eq!(exported.ty().params(), [Type::I32]);
    drop(exported);
    assert_eq!(Arc::strong_count(&captured), 1);
}

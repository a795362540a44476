//! Who may adopt what, and what those see who keep it.

use super::*;
use crate::domain::Domain;
use crate::externs::{VMGlobal, VMMemory};
use crate::function::VMFunction;
use crate::limits::{Account, StoreLimits, StoreUsage};
use crate::memory::{MemoryError, MemoryImage};
use crate::store::VMStore;
use crate::table::{TableElement, TableError, VMTable};
use wasmill_abi::TrapCode;
use wasmill_types::{
    ExternRef, GlobalType, MemoryStyle, MemoryType, Mutability, Pages, TableStyle, TableType, Type,
    Value,
};

const CHECKED: MemoryStyle = MemoryStyle::Dynamic {
    offset_guard_size: 0x1_0000,
};

fn memory_type(minimum: u32, maximum: Option<u32>) -> MemoryType {
    MemoryType::new(minimum, maximum, false)
}

fn memory(minimum: u32, maximum: Option<u32>) -> Arc<dyn Memory> {
    make_memory(&memory_type(minimum, maximum), &CHECKED).unwrap()
}

fn table_type(ty: Type, minimum: u32) -> TableType {
    TableType::new(ty, minimum, Some(minimum + 2))
}

fn table(ty: Type, minimum: u32) -> Arc<dyn Table> {
    let style = TableStyle::CallerChecksSignature;
    make_table(&table_type(ty, minimum), &style).unwrap()
}

const NULL: TableElement = TableElement::Function(None);

#[test]
fn a_memory_is_the_same_before_and_after_it_is_adopted() {
    let store = VMStore::new();
    let made = memory(1, Some(4));
    assert_eq!(made.grow(Pages(1)), Ok(Pages(1)));
    // SAFETY: nothing grows the memory meanwhile, and it has this byte.
    unsafe { made.vmmemory().as_ref().base.add(70_000).write(7) };
    let adopted = VMMemory::adopt(&store, &*made, &memory_type(2, None), None).unwrap();
    let mut byte = [0];
    adopted.read(70_000, &mut byte).unwrap();
    assert_eq!((byte, adopted.size()), ([7], Pages(2)));
    assert_eq!(adopted.definition(), made.vmmemory());
    adopted.grow(Pages(1)).unwrap();
    assert_eq!(made.size(), Pages(3));
    assert_eq!(made.ty(), memory_type(3, Some(4)));
    assert_eq!(*made.style(), CHECKED);
}

#[test]
fn a_memory_that_is_gone_is_empty() {
    let store = VMStore::new();
    let made = memory(1, None);
    let adopted = VMMemory::adopt(&store, &*made, &memory_type(1, None), None).unwrap();
    drop(adopted);
    assert_eq!(made.ty(), memory_type(0, Some(0)));
    let refused = MemoryError::CouldNotGrow {
        current: Pages(0),
        attempted_delta: Pages(0),
    };
    assert_eq!(made.grow(Pages(0)), Err(refused));
    // SAFETY: what stands for nothing belongs to `made`.
    assert_eq!(unsafe { made.vmmemory().as_ref() }.current_length, 0);
    VMMemory::adopt(&store, &*made, &memory_type(0, None), None).unwrap_err();
}

#[test]
fn nothing_is_adopted_twice_or_where_it_does_not_fit() {
    let store = VMStore::new();
    let made = memory(1, Some(4));
    let error = |minimum, maximum| {
        VMMemory::adopt(&store, &*made, &memory_type(minimum, maximum), None)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        error(2, None),
        "A user-defined error occurred: the tunables made a memory that is not shared (1 pages..4 pages) \
         where not shared (2 pages..) is asked for"
    );
    error(1, Some(3));
    // What was refused is still free.
    let _adopted = VMMemory::adopt(&store, &*made, &memory_type(1, Some(4)), None).unwrap();
    assert_eq!(
        error(1, None),
        "A user-defined error occurred: the tunables made a memory that is in use already"
    );
    VMMemory::adopt(&VMStore::new(), &*made, &memory_type(1, None), None).unwrap_err();
}

#[test]
fn of_many_threads_one_adopts() {
    let rounds = if cfg!(miri) { 2 } else { 50 };
    for _ in 0..rounds {
        let (made, store) = (memory(1, None), VMStore::new());
        let adopt = || VMMemory::adopt(&store, &*made, &memory_type(1, None), None).is_ok();
        let adopted = std::thread::scope(|scope| {
            let look = scope.spawn(|| made.size());
            let threads = [scope.spawn(adopt), scope.spawn(adopt)];
            let adopted = threads.map(|thread| usize::from(thread.join().unwrap()));
            // The memory is there until its adopter lets go of it.
            assert!(look.join().unwrap() <= Pages(1));
            adopted.iter().sum::<usize>()
        });
        assert_eq!((adopted, made.size()), (1, Pages(0)));
    }
}

/// What an instance does.
fn adopt_with_image(
    island: &Arc<Island>,
    made: &Arc<dyn Memory>,
    style: &MemoryStyle,
    image: &Arc<MemoryImage>,
) -> Result<bool, MemoryError> {
    let ty = memory_type(1, None);
    let (claim, shown) = claim_memory(&**made, (&ty, style), Some(image), None)?;
    let _guard = island.domain().enter();
    claim.adopt(island);
    Ok(shown)
}

#[test]
fn images_are_shown_unless_somebody_has_seen_the_memory() {
    let island = Island::new(VMStore::new(), Domain::new());
    let image = MemoryImage::new(0x1_0000, &[(5, b"abc")]).unwrap();
    let second_page = |made: &Arc<dyn Memory>| {
        made.grow(Pages(1)).unwrap();
        assert_eq!(made.size(), Pages(2));
    };
    let fresh = memory(1, None);
    second_page(&fresh);
    assert_eq!(
        adopt_with_image(&island, &fresh, &CHECKED, &image),
        Ok(true)
    );
    assert_eq!(fresh.size(), Pages(2));
    // SAFETY: the memory has these bytes, and nothing changes them.
    let bytes = unsafe { std::slice::from_raw_parts(fresh.vmmemory().as_ref().base.add(4), 5) };
    assert_eq!(bytes, b"\0abc\0");

    let seen = memory(1, None);
    let place = seen.vmmemory();
    assert_eq!(
        adopt_with_image(&island, &seen, &CHECKED, &image),
        Ok(false)
    );
    assert_eq!(seen.vmmemory(), place);
}

#[test]
fn code_gets_the_layout_that_it_relies_on() {
    let island = Island::new(VMStore::new(), Domain::new());
    let image = MemoryImage::new(0x1_0000, &[(5, b"abc")]).unwrap();
    let unchecked = MemoryStyle::Static {
        bound: Pages(0x1_0000),
        offset_guard_size: 4 << 30,
    };
    let error = adopt_with_image(&island, &memory(1, None), &unchecked, &image).unwrap_err();
    assert!(error.to_string().contains("laid out as Dynamic"), "{error}");
    let large_guard = MemoryStyle::Dynamic {
        offset_guard_size: 0x2_0000,
    };
    adopt_with_image(&island, &memory(1, None), &large_guard, &image).unwrap_err();
}

#[test]
fn tables_hold_nulls_until_they_are_adopted() {
    let store = VMStore::new();
    let made = table(Type::ExternRef, 2);
    let (null, value) = (
        TableElement::Extern(ExternRef::null()),
        TableElement::Extern(ExternRef::new(5)),
    );
    assert_eq!(made.get(1), Some(null.clone()));
    assert_eq!((made.get(2), made.size()), (None, 2));
    made.set(1, null.clone()).unwrap();
    made.set(1, value.clone()).unwrap_err();
    made.set(2, null.clone()).unwrap_err();
    assert_eq!(made.grow(1, value.clone()), None);
    assert_eq!(made.grow(1, NULL), None);
    assert_eq!(made.grow(1, null.clone()), Some(2));
    assert_eq!(made.grow(2, null), None);

    let ty = table_type(Type::ExternRef, 2);
    let adopted = VMTable::adopt(&store, &*made, &ty, value.clone(), None).unwrap();
    assert_eq!(
        (adopted.get(2), made.get(0)),
        (Some(value.clone()), Some(value.clone()))
    );
    assert_eq!((made.ty(), made.size()), (&ty, 3));
    let other = table(Type::ExternRef, 1);
    other.copy(&*made, 0, 0, 1).unwrap_err();
    made.set(0, TableElement::Extern(ExternRef::new(6)))
        .unwrap();
    made.copy(&*made, 1, 0, 2).unwrap();
    assert_ne!(made.get(0), Some(value.clone()));
    assert_eq!(
        (made.get(1), made.get(2)),
        (made.get(0), Some(value.clone()))
    );
    made.copy(&*made, 2, 0, 2).unwrap_err();
    assert_eq!(made.grow(1, value), Some(3));
    assert_eq!(adopted.size(), 4);
    // SAFETY: nothing changes the table meanwhile.
    assert_eq!(unsafe { made.vmtable().as_ref() }.current_elements, 4);
    drop(adopted);
    assert_eq!((made.size(), made.get(0)), (0, None));
    // SAFETY: what stands for nothing belongs to `made`.
    assert_eq!(unsafe { made.vmtable().as_ref() }.current_elements, 0);
}

#[test]
fn tables_are_adopted_where_they_fit() {
    let store = VMStore::new();
    let made = table(Type::FuncRef, 2);
    let adopt = |ty: TableType, init| VMTable::adopt(&store, &*made, &ty, init, None);
    let extern_null = TableElement::Extern(ExternRef::null());
    let error = adopt(table_type(Type::ExternRef, 2), extern_null.clone()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the tunables made a table that is FuncRef (2..4) where ExternRef (2..4) is asked for"
    );
    adopt(table_type(Type::FuncRef, 3), NULL).unwrap_err();
    let table = adopt(table_type(Type::FuncRef, 2), NULL).unwrap();
    assert_eq!(
        table.set(0, extern_null.clone()),
        Err(TrapCode::BadSignature)
    );
    assert_eq!(table.grow(1, extern_null), Err(TableError::Element));
    let error = adopt(table_type(Type::FuncRef, 2), NULL).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the tunables made a table that is in use already"
    );
}

#[test]
fn a_global_is_bound_once_and_to_its_type() {
    let store = VMStore::new();
    let made = Global::new(GlobalType::new(Type::I64, Mutability::Var));
    assert_eq!(made.get(), Value::I64(0));
    let adopt = |mutability, value| VMGlobal::adopt(&store, &made, mutability, value);
    let error = adopt(Mutability::Const, Value::I64(1)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the tunables made a global that is I64 (mutable) where I64 (constant) is asked for"
    );
    let global = adopt(Mutability::Var, Value::I64(2)).unwrap();
    global.set(Value::I64(3));
    assert_eq!(made.get(), Value::I64(3));
    let error = adopt(Mutability::Var, Value::I64(4)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the tunables made a global that is in use already"
    );
    drop(global);
    assert_eq!(made.get(), Value::I64(0));
    let function = Global::new(GlobalType::new(Type::FuncRef, Mutability::Const));
    assert_eq!(function.get(), Value::<VMFunction>::FuncRef(None));
}

#[test]
fn a_claim_that_is_not_used_leaves_nothing() {
    let account = Account::new(StoreLimits::new());
    let image = MemoryImage::new(0x1_0000, &[(5, b"abc")]).unwrap();
    let (made, ty) = (memory(1, None), memory_type(1, None));
    let claimed = || claim_memory(&*made, (&ty, &CHECKED), Some(&image), Some(&account));
    let (claim, _) = claimed().unwrap();
    assert_eq!((made.size(), account.usage().memories), (Pages(1), 1));
    claimed().err().unwrap();
    drop(claim);
    assert_eq!(account.usage(), StoreUsage::default());
    // It showed a module's data, which is no other's business.
    assert_eq!(made.size(), Pages(0));
    claimed().err().unwrap();

    let made = Global::new(GlobalType::new(Type::I32, Mutability::Var));
    let claim = made.claim(made.ty()).unwrap();
    made.claim(made.ty()).err().unwrap();
    drop(claim);
    made.claim(made.ty()).unwrap();
}

#[test]
fn what_is_adopted_counts_against_the_limits() {
    let store = VMStore::new();
    let account = Account::new(StoreLimits::new().memory_bytes(0x3_0000).table_elements(3));
    let made = memory(1, None);
    made.grow(Pages(1)).unwrap();
    let ty = memory_type(1, None);
    let adopted = VMMemory::adopt(&store, &*made, &ty, Some(&account)).unwrap();
    assert_eq!(account.usage().memory_bytes, 0x2_0000);
    let second = memory(2, None);
    let error = VMMemory::adopt(&store, &*second, &ty, Some(&account)).unwrap_err();
    assert!(
        error.to_string().contains("196608 bytes of memory"),
        "{error}"
    );
    adopted.grow(Pages(1)).unwrap();
    adopted.grow(Pages(1)).unwrap_err();
    made.grow(Pages(1)).unwrap_err();

    let ty = table_type(Type::FuncRef, 2);
    let small = table(Type::FuncRef, 2);
    let elements = VMTable::adopt(&store, &*small, &ty, NULL, Some(&account)).unwrap();
    elements.grow(1, NULL).unwrap();
    assert_eq!(elements.grow(1, NULL), Err(TableError::Grow(1)));
    let usage = account.usage();
    assert_eq!(
        (usage.memories, usage.tables, usage.table_elements),
        (1, 1, 3)
    );
    drop((adopted, elements));
    assert_eq!(account.usage(), StoreUsage::default());
    // What was refused has not changed.
    assert_eq!(second.size(), Pages(2));
}

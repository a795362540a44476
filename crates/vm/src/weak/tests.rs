//! Weak handles of each kind, before and after what they refer to has gone.

use super::*;
use crate::domain::Domain;
use crate::function::HostFunction;
use crate::store::VMStore;
use crate::table::TableElement;
use wasmill_types::{ExternRef, MemoryStyle, MemoryType, Mutability, Pages, Type, Value};

const CHECKED: MemoryStyle = MemoryStyle::Dynamic {
    offset_guard_size: 0x1_0000,
};

fn memory(store: &Arc<VMStore>) -> VMMemory {
    VMMemory::new(store, &MemoryType::new(1, Some(4), false), &CHECKED).unwrap()
}

/// Uses a weak handle while its target lives, and when it has gone.
fn live_and_die<H: Handle>(handle: H, mut works: impl FnMut(&H)) {
    let strong = Link::from(handle);
    let mut weak = strong.clone();
    weak.weaken();
    weak.reach(&mut works).unwrap();
    let kept = weak.clone();
    assert!(matches!(kept, Link::Strong(_)), "a clone keeps");
    drop(strong);
    works(&weak.upgrade().unwrap());
    assert!(weak.same(&kept, |_, _| true));
    drop(kept);
    assert!(weak.upgrade().is_none() && weak.reach(|_| ()).is_none());
    assert!(matches!(weak.clone(), Link::Weak(_)) && !weak.same(&weak, |_, _| true));
}

#[test]
fn a_weak_handle_works_as_long_as_its_target_lives() {
    let store = VMStore::new();
    live_and_die(memory(&store), |memory| {
        assert!(memory.grow(Pages(1)).is_ok());
        memory.write(70_000, b"abc").unwrap();
    });
    for null in [
        TableElement::Function(None),
        TableElement::Extern(ExternRef::null()),
    ] {
        let ty = TableType::new(null.ty(), 1, None);
        let table = VMTable::new(&store, ty, null.clone()).unwrap();
        live_and_die(table, |table| {
            table.grow(1, null.clone()).unwrap();
            table.set(1, null.clone()).unwrap();
            assert_eq!(table.get(1), Some(null.clone()));
        });
    }
    let value = ExternRef::new(7u8);
    for value in [Value::I64(5), Value::ExternRef(value)] {
        let global = VMGlobal::new(&store, Mutability::Var, value.clone());
        live_and_die(global, |global| {
            global.set(value.clone());
            assert_eq!(global.get(), value);
        });
    }
    let function = HostFunction::typed(&store, |n: i32| n);
    live_and_die(function, |function| {
        assert_eq!(function.ty().params(), [Type::I32]);
    });
}

#[test]
fn a_weak_handle_follows_what_a_merge_moved() {
    let store = VMStore::new();
    let ty = TableType::new(Type::FuncRef, 2, None);
    let table = || VMTable::new(&store, ty, TableElement::Function(None)).unwrap();
    let (a, b) = (table(), table());
    let function = HostFunction::typed(&store, || ());
    a.set(0, TableElement::Function(Some(function.clone())))
        .unwrap();
    let mut weak = Link::from(a.clone());
    weak.weaken();
    VMTable::copy(&b, 1, &a, 0, 1).unwrap();
    drop(a);
    // The two tables are one island now, which the other one's handle keeps.
    let found = weak.reach(|a| a.get(0)).unwrap();
    assert_eq!(found, Some(TableElement::Function(Some(function))));
    assert_eq!(b.get(1), found);
    drop(b);
    assert!(weak.upgrade().is_none());
}

#[test]
fn an_upgrade_and_the_last_drop_at_once() {
    let store = VMStore::new();
    for _ in 0..if cfg!(miri) { 4 } else { 200 } {
        let (a, b) = (memory(&store), memory(&store));
        let mut weak = Link::from(a.clone());
        weak.weaken();
        std::thread::scope(|scope| {
            let upgrade = || {
                while weak.reach(|memory| memory.read(0, &mut [0; 8])).is_some() {
                    std::thread::yield_now();
                }
            };
            scope.spawn(upgrade);
            scope.spawn(upgrade);
            scope.spawn(move || {
                a.island().merge(b.island());
                drop(a);
                assert!(b.read(0, &mut [0]).is_some());
                drop(b);
            });
        });
        assert!(weak.upgrade().is_none());
    }
}

#[test]
fn handles_are_of_an_island_of_their_own_domain() {
    let store = VMStore::new();
    let island = Island::new(store.clone(), Domain::new());
    let global = VMGlobal::new(&store, Mutability::Var, Value::FuncRef(None));
    global.island().merge(&island);
    let mut weak = Link::from(global);
    weak.weaken();
    // The island of the global was merged into the one that is kept here, or the other way round.
    assert!(
        weak.reach(|global| global.get() == Value::FuncRef(None))
            .unwrap()
    );
    drop(island);
    assert!(weak.upgrade().is_none());
}

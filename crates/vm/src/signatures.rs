//! The engine-wide registry of function types: equal types have equal ids, so that an indirect call compares one word.
//!
//! Whoever needs ids (a module, a host function) holds a guard ([`Signature`] or [`SignatureSet`]); an id is given back
//! and may be used for another type when the last guard of its type is gone. So nobody may keep an id longer than a
//! guard: funcrefs are kept by the island whose instances hold their modules, and with them the guards.

use std::collections::HashMap;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use wasmill_types::{BoxedSlice, FunctionType, PrimaryMap, SignatureIndex};

/// The registry. Shared by all that an engine makes.
#[derive(Default)]
pub struct SignatureRegistry {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    ids: HashMap<Arc<FunctionType>, u32>,
    /// By id.
    entries: Vec<Entry>,
    /// Ids without a type, the last given back first.
    free: Vec<u32>,
}

struct Entry {
    /// `None` while the id is free.
    ty: Option<Arc<FunctionType>>,
    /// How many guards hold the id.
    guards: usize,
}

impl State {
    fn acquire(&mut self, ty: &FunctionType) -> u32 {
        if let Some(&id) = self.ids.get(ty) {
            self.entries[id as usize].guards += 1;
            return id;
        }
        let ty = Arc::new(ty.clone());
        let entry = Entry {
            ty: Some(ty.clone()),
            guards: 1,
        };
        let id = match self.free.pop() {
            Some(id) => {
                self.entries[id as usize] = entry;
                id
            }
            None => {
                self.entries.push(entry);
                u32::try_from(self.entries.len() - 1).expect("fewer than 2^32 types fit in memory")
            }
        };
        self.ids.insert(ty, id);
        id
    }

    fn release(&mut self, id: u32) {
        let entry = &mut self.entries[id as usize];
        entry.guards -= 1;
        if entry.guards == 0
            && let Some(ty) = entry.ty.take()
        {
            self.ids.remove(&ty);
            self.free.push(id);
        }
    }
}

impl SignatureRegistry {
    /// An empty registry.
    pub fn new() -> Self {
        Self::default()
    }

    /// The id of a type, for as long as the guard lives.
    pub fn register(self: &Arc<Self>, ty: &FunctionType) -> Signature {
        Signature {
            id: self.lock().acquire(ty),
            registry: self.clone(),
        }
    }

    /// The ids of all types of a module, for as long as the guard lives.
    pub fn register_all(
        self: &Arc<Self>,
        types: &PrimaryMap<SignatureIndex, FunctionType>,
    ) -> SignatureSet {
        let mut state = self.lock();
        let ids: PrimaryMap<_, _> = types.values().map(|ty| state.acquire(ty)).collect();
        drop(state);
        SignatureSet {
            ids: ids.into_boxed_slice(),
            registry: self.clone(),
        }
    }

    /// The type with this id, if some guard holds it.
    pub fn lookup(&self, id: u32) -> Option<FunctionType> {
        let state = self.lock();
        let ty = state.entries.get(id as usize)?.ty.as_ref()?;
        Some(FunctionType::clone(ty))
    }

    /// The type that a guard of this registry holds; `None` for one of another registry.
    pub fn type_of(self: &Arc<Self>, signature: &Signature) -> Option<FunctionType> {
        Arc::ptr_eq(self, &signature.registry)
            .then(|| self.lookup(signature.id))
            .flatten()
    }

    /// How many types have an id.
    pub fn len(&self) -> usize {
        self.lock().ids.len()
    }

    /// Whether no type has an id.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Nothing that runs under the lock can leave the state half changed, so a poisoned lock is as good as another.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for SignatureRegistry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignatureRegistry")
            .field("types", &self.len())
            .finish()
    }
}

/// Holds the id of one type.
#[derive(Debug)]
pub struct Signature {
    id: u32,
    registry: Arc<SignatureRegistry>,
}

impl Signature {
    /// The id.
    pub fn id(&self) -> u32 {
        self.id
    }
}

impl PartialEq for Signature {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id && Arc::ptr_eq(&self.registry, &other.registry)
    }
}

impl Eq for Signature {}

impl Hash for Signature {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}

impl Clone for Signature {
    fn clone(&self) -> Self {
        self.registry.lock().entries[self.id as usize].guards += 1;
        Self {
            id: self.id,
            registry: self.registry.clone(),
        }
    }
}

impl Drop for Signature {
    fn drop(&mut self) {
        self.registry.lock().release(self.id);
    }
}

/// Holds the ids of a module's types.
#[derive(Debug)]
pub struct SignatureSet {
    ids: BoxedSlice<SignatureIndex, u32>,
    registry: Arc<SignatureRegistry>,
}

impl SignatureSet {
    /// The ids, in the order of the module's types.
    pub fn ids(&self) -> &BoxedSlice<SignatureIndex, u32> {
        &self.ids
    }
}

impl Drop for SignatureSet {
    fn drop(&mut self) {
        let mut state = self.registry.lock();
        for id in self.ids.values() {
            state.release(*id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmill_types::{EntityRef, Type};

    fn ty(params: &[Type]) -> FunctionType {
        FunctionType::new(params, [])
    }

    #[test]
    fn equal_types_share_an_id() {
        let registry = Arc::new(SignatureRegistry::new());
        let a = registry.register(&ty(&[Type::I32]));
        let b = registry.register(&ty(&[Type::I64]));
        let c = registry.register(&ty(&[Type::I32]));
        assert_eq!(a.id(), c.id());
        assert_ne!(a.id(), b.id());
        assert_eq!(registry.lookup(b.id()), Some(ty(&[Type::I64])));
        assert_eq!(registry.lookup(99), None);
        assert_eq!(registry.type_of(&b), Some(ty(&[Type::I64])));
        assert!(a == c && a != b);
        let other = Arc::new(SignatureRegistry::new());
        let foreign = other.register(&ty(&[Type::I32]));
        assert!(foreign.id() == a.id() && foreign != a);
        assert_eq!(registry.type_of(&foreign), None);
    }

    #[test]
    fn an_id_lives_as_long_as_some_guard() {
        let registry = Arc::new(SignatureRegistry::new());
        let first = registry.register(&ty(&[Type::F32]));
        let (id, second) = (first.id(), first.clone());
        drop(first);
        assert_eq!(registry.lookup(id), Some(ty(&[Type::F32])));
        drop(second);
        assert_eq!(registry.lookup(id), None);
        assert!(registry.is_empty());
        // The number is used again, for another type.
        let other = registry.register(&ty(&[Type::F64]));
        assert_eq!(other.id(), id);
        assert_eq!(registry.lookup(id), Some(ty(&[Type::F64])));
    }

    #[test]
    fn a_module_with_equal_types_counts_each() {
        let registry = Arc::new(SignatureRegistry::new());
        let types: PrimaryMap<SignatureIndex, _> =
            [ty(&[]), ty(&[Type::I32]), ty(&[])].into_iter().collect();
        let set = registry.register_all(&types);
        let id = |index| set.ids()[SignatureIndex::new(index)];
        assert_eq!(id(0), id(2));
        assert_ne!(id(0), id(1));
        let host = registry.register(&ty(&[]));
        let id = host.id();
        drop(set);
        assert_eq!(registry.len(), 1);
        assert_eq!(registry.lookup(id), Some(ty(&[])));
    }

    #[test]
    fn many_modules_leave_nothing_behind() {
        let registry = Arc::new(SignatureRegistry::new());
        for round in 0..if cfg!(miri) { 5 } else { 100 } {
            let types: PrimaryMap<SignatureIndex, _> = (0..10)
                .map(|n: usize| ty(&vec![Type::I32; round + n]))
                .collect();
            drop(registry.register_all(&types));
        }
        assert!(registry.is_empty());
        assert!(registry.lock().entries.len() <= 10);
    }

    #[test]
    fn threads_agree_on_ids() {
        let registry = Arc::new(SignatureRegistry::new());
        let keep = registry.register(&ty(&[Type::V128]));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for n in 0..if cfg!(miri) { 10 } else { 1000 } {
                        let guard = registry.register(&ty(&vec![Type::I32; n % 7]));
                        assert_eq!(registry.register(&ty(&[Type::V128])).id(), keep.id());
                        drop(guard);
                    }
                });
            }
        });
        assert_eq!(registry.len(), 1);
    }
}

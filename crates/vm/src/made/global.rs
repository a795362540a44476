//! Globals that tunables make.

use crate::externs::{VMGlobal, raw_to_number};
use crate::function::VMFunction;
use crate::island::{Island, WeakIsland};
use crate::store::VMStore;
use std::ptr::NonNull;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use wasmill_abi::RawValue;
use wasmill_types::{ExternRef, GlobalType, Mutability, Type, Value};

/// A global as tunables give it to the runtime, which binds it to the place of the value: that is in the instance.
///
/// Whoever keeps it goes on seeing the value, but does not keep the global: before it is bound, and once the global is
/// gone, the value is zero or null.
///
/// ```
/// # use wasmill_types::{GlobalType, Mutability, Type, Value};
/// # use wasmill_vm::{Global, VMGlobal, VMStore};
/// let global = Global::new(GlobalType::new(Type::I32, Mutability::Var));
/// let adopted = VMGlobal::adopt(&VMStore::new(), &global, Mutability::Var, Value::I32(7)).unwrap();
/// assert_eq!(global.get(), Value::I32(7));
/// drop(adopted);
/// assert_eq!(global.get(), Value::I32(0), "it is gone");
/// ```
#[derive(Debug)]
pub struct Global {
    ty: GlobalType,
    state: Mutex<State>,
}

#[derive(Clone, Debug)]
enum State {
    Free,
    Claimed,
    Bound(WeakIsland, NonNull<RawValue>),
}

// SAFETY: the pointer is only followed while the island lives, inside its domain.
unsafe impl Send for State {}

/// What tunables made cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct GlobalError(String);

impl Global {
    /// A global without a place.
    ///
    /// ```
    /// # use wasmill_types::{GlobalType, Mutability, Type, Value};
    /// # use wasmill_vm::{Global, VMGlobal, VMStore};
    /// let global = Global::new(GlobalType::new(Type::I32, Mutability::Var));
    /// assert_eq!(global.get(), Value::I32(0));
    /// ```
    pub fn new(ty: GlobalType) -> Self {
        Self {
            ty,
            state: Mutex::new(State::Free),
        }
    }

    /// Its type.
    ///
    /// ```
    /// # use wasmill_types::{GlobalType, Mutability, Type, Value};
    /// # use wasmill_vm::{Global, VMGlobal, VMStore};
    /// let global = Global::new(GlobalType::new(Type::I32, Mutability::Var));
    /// assert_eq!(global.ty().to_string(), "I32 (mutable)");
    /// ```
    pub fn ty(&self) -> &GlobalType {
        &self.ty
    }

    /// Its value.
    ///
    /// ```
    /// # use wasmill_types::{GlobalType, Mutability, Type, Value};
    /// # use wasmill_vm::{Global, VMGlobal, VMStore};
    /// let global = Global::new(GlobalType::new(Type::I32, Mutability::Var));
    /// let adopted = VMGlobal::adopt(&VMStore::new(), &global, Mutability::Var, Value::I32(7)).unwrap();
    /// adopted.set(Value::I32(8));
    /// assert_eq!(global.get(), Value::I32(8));
    /// ```
    pub fn get(&self) -> Value<VMFunction> {
        // The mutex is given back before the domain is entered.
        let state = self.lock().clone();
        let bound = match state {
            State::Bound(name, place) => name.upgrade().map(|island| (island, place)),
            State::Free | State::Claimed => None,
        };
        match bound {
            // SAFETY: whoever bound it said so.
            Some((island, place)) => unsafe { VMGlobal::from_raw(island, place, self.ty) }.get(),
            None => zero(self.ty.ty),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the caller the only one who may bind it, as a global of type `asked`.
    pub(crate) fn claim(&self, asked: &GlobalType) -> Result<GlobalClaim<'_>, GlobalError> {
        if self.ty != *asked {
            return Err(GlobalError(format!(
                "the tunables made a global that is {} where {asked} is asked for",
                self.ty
            )));
        }
        let mut state = self.lock();
        if !matches!(*state, State::Free) {
            let text = "the tunables made a global that is in use already";
            return Err(GlobalError(text.to_owned()));
        }
        *state = State::Claimed;
        Ok(GlobalClaim(self))
    }
}

/// The right to bind a global; given back if it is not used.
pub(crate) struct GlobalClaim<'a>(&'a Global);

impl GlobalClaim<'_> {
    /// Binds it to a place.
    ///
    /// # Safety
    ///
    /// The place is valid as long as the island lives, and holds a value of the global's type.
    pub(crate) unsafe fn bind(self, island: &Arc<Island>, place: NonNull<RawValue>) {
        let name = island.downgrade();
        *self.0.lock() = State::Bound(name, place);
    }
}

impl Drop for GlobalClaim<'_> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        if matches!(*state, State::Claimed) {
            *state = State::Free;
        }
    }
}

/// Zero or null.
fn zero(ty: Type) -> Value<VMFunction> {
    raw_to_number(ty, RawValue::default()).unwrap_or(match ty {
        Type::ExternRef => Value::ExternRef(ExternRef::null()),
        _ => Value::FuncRef(None),
    })
}

impl VMGlobal {
    /// Gives a global that tunables made a place in an island of its own, and a value.
    ///
    /// ```
    /// # use wasmill_types::{GlobalType, Mutability, Type, Value};
    /// # use wasmill_vm::{Global, VMGlobal, VMStore};
    /// let global = Global::new(GlobalType::new(Type::I32, Mutability::Var));
    /// let store = VMStore::new();
    /// let adopted = VMGlobal::adopt(&store, &global, Mutability::Var, Value::I32(7)).unwrap();
    /// assert_eq!(adopted.get(), Value::I32(7));
    /// let again = VMGlobal::adopt(&store, &global, Mutability::Var, Value::I32(7));
    /// assert!(again.is_err(), "it is in use");
    /// ```
    ///
    /// # Errors
    ///
    /// If it is of another type or in use already.
    pub fn adopt(
        store: &Arc<VMStore>,
        made: &Global,
        mutability: Mutability,
        value: Value<VMFunction>,
    ) -> Result<Self, GlobalError> {
        let claim = made.claim(&GlobalType::new(value.ty(), mutability))?;
        let global = Self::new(store, mutability, value);
        // SAFETY: the place belongs to the global's island and is of its type.
        unsafe { claim.bind(global.island(), global.as_ptr()) };
        Ok(global)
    }
}

//! Globals that tunables make.

use crate::externs::{VMGlobal, raw_to_number};
use crate::function::VMFunction;
use crate::island::{Island, WeakIsland};
use crate::store::VMStore;
use std::ptr::NonNull;
use std::sync::{Arc, Mutex, PoisonError};
use wasmill_abi::RawValue;
use wasmill_types::{ExternRef, GlobalType, Mutability, Type, Value};

/// A global as tunables give it to the runtime, which binds it to the place of the value: that is in the instance.
///
/// Whoever keeps it goes on seeing the value, but does not keep the global: before it is bound, and once the global is
/// gone, the value is zero or null.
#[derive(Debug)]
pub struct Global {
    ty: GlobalType,
    place: Mutex<Option<Place>>,
}

#[derive(Clone, Debug)]
struct Place(WeakIsland, NonNull<RawValue>);

// SAFETY: the pointer is only followed while the island lives, inside its domain.
unsafe impl Send for Place {}

/// What tunables made cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct GlobalError(String);

impl Global {
    /// A global without a place.
    pub fn new(ty: GlobalType) -> Self {
        Self {
            ty,
            place: Mutex::new(None),
        }
    }

    /// Its type.
    pub fn ty(&self) -> &GlobalType {
        &self.ty
    }

    /// Its value.
    pub fn get(&self) -> Value<VMFunction> {
        // The mutex is given back before the domain is entered.
        let place = self.lock().clone();
        let bound = place.and_then(|Place(name, place)| Some((name.upgrade()?, place)));
        match bound {
            // SAFETY: `bind` was told so.
            Some((island, place)) => unsafe { VMGlobal::from_raw(island, place, self.ty) }.get(),
            None => zero(self.ty.ty),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Place>> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Binds it to a place, as a global of type `asked`.
    ///
    /// # Safety
    ///
    /// The place is valid as long as the island lives, and holds a value of that type.
    pub(crate) unsafe fn bind(
        &self,
        island: &Arc<Island>,
        place: NonNull<RawValue>,
        asked: &GlobalType,
    ) -> Result<(), GlobalError> {
        if self.ty != *asked {
            return Err(GlobalError(format!(
                "the tunables made a global that is {} where {asked} is asked for",
                self.ty
            )));
        }
        let name = island.downgrade();
        let mut bound = self.lock();
        if bound.is_some() {
            let text = "the tunables made a global that is in use already";
            return Err(GlobalError(text.to_owned()));
        }
        *bound = Some(Place(name, place));
        Ok(())
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
    /// # Errors
    ///
    /// If it is of another type or in use already.
    pub fn adopt(
        store: &Arc<VMStore>,
        made: &Global,
        mutability: Mutability,
        value: Value<VMFunction>,
    ) -> Result<Self, GlobalError> {
        let global = Self::new(store, mutability, value);
        // SAFETY: the place belongs to the global's island and is of its type.
        unsafe { made.bind(global.island(), global.as_ptr(), global.ty()) }?;
        Ok(global)
    }
}

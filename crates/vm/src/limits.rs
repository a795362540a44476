//! What all objects of one store may take together.
//!
//! A store with limits has an [`Account`]. Every memory, table and instance that belongs to it holds a [`Charge`], which
//! follows its growth and gives everything back when the object is freed. Objects of stores without limits hold none.
//!
//! Invariant:
//! - L1: a counter is the sum of what living charges hold, and never exceeds its limit, whatever happens at once.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What all objects of a store may take together, those of the host and those of instances; by default everything.
///
/// ```
/// # use wasmill_vm::StoreLimits;
/// let limits = StoreLimits::new().memory_bytes(64 << 20).instances(100);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StoreLimits {
    limits: Counters<Option<u64>>,
}

/// What the objects of a store take together now.
///
/// ```
/// # use wasmill_vm::{Account, StoreLimits, StoreUsage};
/// let account = Account::new(StoreLimits::new());
/// assert_eq!(account.usage(), StoreUsage::default(), "nothing was made yet");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StoreUsage {
    /// The sizes of all memories, in bytes.
    pub memory_bytes: u64,
    /// Memories.
    pub memories: u64,
    /// The sizes of all tables, in elements.
    pub table_elements: u64,
    /// Tables.
    pub tables: u64,
    /// Instances.
    pub instances: u64,
}

impl StoreLimits {
    /// No limits.
    ///
    /// ```
    /// # use wasmill_vm::StoreLimits;
    /// assert_eq!(StoreLimits::new(), StoreLimits::default());
    /// ```
    pub fn new() -> Self {
        Self::default()
    }
    /// Limits the sum of the sizes of all memories, in bytes.
    ///
    /// ```
    /// # use wasmill_vm::StoreLimits;
    /// let limits = StoreLimits::new().memory_bytes(64 << 20); // 64 MiB
    /// assert_ne!(limits, StoreLimits::new());
    /// ```
    #[must_use]
    pub fn memory_bytes(mut self, most: u64) -> Self {
        self.limits.memory_bytes = Some(most);
        self
    }
    /// Limits the number of memories.
    ///
    /// ```
    /// # use wasmill_vm::StoreLimits;
    /// assert_ne!(StoreLimits::new().memories(10), StoreLimits::new().memories(11));
    /// ```
    #[must_use]
    pub fn memories(mut self, most: u64) -> Self {
        self.limits.memories = Some(most);
        self
    }
    /// Limits the sum of the sizes of all tables, in elements.
    ///
    /// ```
    /// # use wasmill_vm::StoreLimits;
    /// assert_ne!(StoreLimits::new().table_elements(10_000), StoreLimits::new());
    /// ```
    #[must_use]
    pub fn table_elements(mut self, most: u64) -> Self {
        self.limits.table_elements = Some(most);
        self
    }
    /// Limits the number of tables.
    ///
    /// ```
    /// # use wasmill_vm::StoreLimits;
    /// assert_ne!(StoreLimits::new().tables(10), StoreLimits::new());
    /// ```
    #[must_use]
    pub fn tables(mut self, most: u64) -> Self {
        self.limits.tables = Some(most);
        self
    }
    /// Limits the number of instances.
    ///
    /// ```
    /// # use wasmill_vm::StoreLimits;
    /// assert_ne!(StoreLimits::new().instances(100), StoreLimits::new());
    /// ```
    #[must_use]
    pub fn instances(mut self, most: u64) -> Self {
        self.limits.instances = Some(most);
        self
    }
}

/// One of each thing that is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counters<T> {
    memory_bytes: T,
    memories: T,
    table_elements: T,
    tables: T,
    instances: T,
}

/// A limit of the store stands in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitError {
    what: &'static str,
    limit: u64,
}

impl fmt::Display for LimitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the store's limit of {} {} is exceeded",
            self.limit, self.what
        )
    }
}

impl std::error::Error for LimitError {}

/// The limits of a store, and how much of them is used.
#[derive(Debug, Default)]
pub struct Account {
    limits: StoreLimits,
    used: Counters<AtomicU64>,
}

/// A counter and its limit.
struct Row<'a> {
    used: &'a AtomicU64,
    limit: Option<u64>,
    what: &'static str,
}

impl Row<'_> {
    fn add(&self, amount: u64) -> Result<(), LimitError> {
        let most = self.limit.unwrap_or(u64::MAX);
        let add = |used: u64| used.checked_add(amount).filter(|sum| *sum <= most);
        // Nothing else hangs on the figure, so no order is needed.
        let added = self
            .used
            .try_update(Ordering::Relaxed, Ordering::Relaxed, add);
        added.map(drop).map_err(|_| LimitError {
            what: self.what,
            limit: most,
        })
    }

    fn subtract(&self, amount: u64) {
        self.used.fetch_sub(amount, Ordering::Relaxed);
    }
}

/// What kind of object holds a charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Memory,
    Table,
    Instance,
}

macro_rules! row {
    ($account:ident.$field:ident, $what:literal) => {
        Row {
            used: &$account.used.$field,
            limit: $account.limits.limits.$field,
            what: $what,
        }
    };
}

impl Account {
    /// An account that nothing is charged to yet.
    pub fn new(limits: StoreLimits) -> Arc<Self> {
        Arc::new(Self {
            limits,
            used: Counters::default(),
        })
    }

    /// The limits.
    pub fn limits(&self) -> &StoreLimits {
        &self.limits
    }

    /// What is charged now.
    pub fn usage(&self) -> StoreUsage {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        StoreUsage {
            memory_bytes: read(&self.used.memory_bytes),
            memories: read(&self.used.memories),
            table_elements: read(&self.used.table_elements),
            tables: read(&self.used.tables),
            instances: read(&self.used.instances),
        }
    }

    fn count(&self, kind: Kind) -> Row<'_> {
        match kind {
            Kind::Memory => row!(self.memories, "memories"),
            Kind::Table => row!(self.tables, "tables"),
            Kind::Instance => row!(self.instances, "instances"),
        }
    }

    fn size(&self, kind: Kind) -> Option<Row<'_>> {
        match kind {
            Kind::Memory => Some(row!(self.memory_bytes, "bytes of memory")),
            Kind::Table => Some(row!(self.table_elements, "table elements")),
            Kind::Instance => None,
        }
    }

    /// Charges an object of this size.
    pub(crate) fn charge(self: &Arc<Self>, kind: Kind, size: u64) -> Result<Charge, LimitError> {
        self.count(kind).add(1)?;
        let mut charge = Charge {
            account: self.clone(),
            kind,
            size: 0,
        };
        charge.add(size)?;
        Ok(charge)
    }
}

/// What one object takes; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Charge {
    account: Arc<Account>,
    kind: Kind,
    size: u64,
}

impl Charge {
    /// Charges growth.
    pub(crate) fn add(&mut self, size: u64) -> Result<(), LimitError> {
        if let Some(row) = self.account.size(self.kind) {
            row.add(size)?;
            self.size += size;
        }
        Ok(())
    }

    /// Takes back the charge of growth that did not happen.
    pub(crate) fn subtract(&mut self, size: u64) {
        if let Some(row) = self.account.size(self.kind) {
            row.subtract(size);
            self.size -= size;
        }
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.subtract(self.size);
        self.account.count(self.kind).subtract(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    #[test]
    fn charges_are_given_back() {
        let account = Account::new(StoreLimits::new().memory_bytes(10).memories(2));
        let mut first = account.charge(Kind::Memory, 4).unwrap();
        first.add(5).unwrap();
        let error = first.add(2).unwrap_err().to_string();
        assert_eq!(error, "the store's limit of 10 bytes of memory is exceeded");
        first.subtract(5);
        let second = account.charge(Kind::Memory, 6).unwrap();
        let third = account.charge(Kind::Memory, 0).unwrap_err().to_string();
        assert_eq!(third, "the store's limit of 2 memories is exceeded");
        drop(first);
        // What fails half way is not counted either.
        account.charge(Kind::Memory, 5).unwrap_err();
        let usage = account.usage();
        assert_eq!((usage.memories, usage.memory_bytes), (1, 6));
        drop(second);
        assert_eq!(account.usage(), StoreUsage::default());
    }

    #[test]
    fn without_limits_everything_is_counted_and_nothing_refused() {
        let account = Account::new(StoreLimits::new());
        let table = account.charge(Kind::Table, 1 << 40).unwrap();
        let instance = account.charge(Kind::Instance, 7).unwrap();
        let usage = account.usage();
        assert_eq!((usage.tables, usage.table_elements), (1, 1 << 40));
        assert_eq!(usage.instances, 1);
        account.charge(Kind::Table, u64::MAX).unwrap_err();
        drop((table, instance));
        assert_eq!(account.usage(), StoreUsage::default());
    }

    #[test]
    fn threads_never_exceed_a_limit_together() {
        let account = Account::new(StoreLimits::new().instances(3));
        let rounds = if cfg!(miri) { 20 } else { 2000 };
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..rounds {
                        let charge = account.charge(Kind::Instance, 0);
                        assert!(account.usage().instances <= 3);
                        drop(charge);
                    }
                });
            }
        });
        assert_eq!(account.usage(), StoreUsage::default());
    }
}

//! How memories and tables are laid out: a choice of the host, which decides what code compilers make.

use wasmill_compiler::Target;
use wasmill_types::{MemoryStyle, MemoryType, Pages, TableStyle, TableType};

/// Chooses the layout of memories and tables.
pub trait Tunables: Send + Sync {
    /// The layout of a memory of this type.
    fn memory_style(&self, memory: &MemoryType) -> MemoryStyle;
    /// The layout of a table of this type.
    fn table_style(&self, table: &TableType) -> TableStyle;
}

/// The usual choice: memories whose largest size is at most [`BaseTunables::static_memory_bound`] get a reservation of
/// that size at once and accesses without checks; others are checked.
#[derive(Clone, Debug)]
pub struct BaseTunables {
    /// The pages that static memories reserve.
    pub static_memory_bound: Pages,
    /// Inaccessible bytes behind the pages of a static memory.
    pub static_memory_offset_guard_size: u64,
    /// Inaccessible bytes behind a dynamic memory.
    pub dynamic_memory_offset_guard_size: u64,
}

/// Address space behind a full 4 GiB memory on 64-bit targets: any 32-bit offset of an access, and the access itself,
/// end in it, so that no access needs a check.
const GUARD_64: u64 = 4 << 30;

impl BaseTunables {
    /// The usual choice for a target. When the target is this machine and it refuses reservations of the size that
    /// unchecked memories need, all memories are checked.
    ///
    /// # Panics
    ///
    /// If the width of the target's pointers is not known.
    pub fn for_target(target: &Target) -> Self {
        let width = target
            .triple()
            .pointer_width()
            .expect("the target's pointers must have a known width");
        let (pages, guard) = match width {
            target_lexicon::PointerWidth::U16 => (0x400, 0x1000),
            target_lexicon::PointerWidth::U32 => (0x4000, 0x1_0000),
            target_lexicon::PointerWidth::U64 => (Pages::max_value().0, GUARD_64),
        };
        let refused = *target.triple() == target_lexicon::Triple::host()
            && !wasmill_vm::reservation_available();
        Self {
            static_memory_bound: Pages(if refused { 0 } else { pages }),
            static_memory_offset_guard_size: guard,
            dynamic_memory_offset_guard_size: 0x1_0000,
        }
    }
}

impl Tunables for BaseTunables {
    fn memory_style(&self, memory: &MemoryType) -> MemoryStyle {
        let most = memory.maximum.unwrap_or(Pages::max_value());
        if self.static_memory_bound > Pages(0) && most <= self.static_memory_bound {
            MemoryStyle::Static {
                bound: self.static_memory_bound,
                offset_guard_size: self.static_memory_offset_guard_size,
            }
        } else {
            MemoryStyle::Dynamic {
                offset_guard_size: self.dynamic_memory_offset_guard_size,
            }
        }
    }

    fn table_style(&self, _: &TableType) -> TableStyle {
        TableStyle::CallerChecksSignature
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tunables(bound: u32) -> BaseTunables {
        BaseTunables {
            static_memory_bound: Pages(bound),
            static_memory_offset_guard_size: GUARD_64,
            dynamic_memory_offset_guard_size: 0x1_0000,
        }
    }

    #[test]
    fn a_full_bound_makes_every_memory_unchecked() {
        let style = tunables(0x1_0000).memory_style(&MemoryType::new(1, None, false));
        assert!(style.covers(0, 16));
        assert!(style.covers(GUARD_64 - 16, 16));
        assert!(!style.covers(GUARD_64 - 15, 16));
    }

    #[test]
    fn memories_above_the_bound_are_checked() {
        let tunables = tunables(0x100);
        let style = |maximum| tunables.memory_style(&MemoryType::new(1, maximum, false));
        assert!(matches!(
            style(Some(0x100)),
            MemoryStyle::Static {
                bound: Pages(0x100),
                ..
            }
        ));
        assert!(!style(Some(0x100)).covers(0, 1));
        let checked = MemoryStyle::Dynamic {
            offset_guard_size: 0x1_0000,
        };
        assert_eq!(style(Some(0x101)), checked);
        assert_eq!(style(None), checked);
    }

    #[test]
    fn without_reservations_even_empty_memories_are_checked() {
        let style = tunables(0).memory_style(&MemoryType::new(0, Some(0), false));
        assert!(matches!(style, MemoryStyle::Dynamic { .. }));
    }

    #[test]
    fn foreign_targets_get_the_figures_of_their_width() {
        let target = |triple: &str| {
            let triple = triple.parse().unwrap();
            BaseTunables::for_target(&Target::new(triple, Default::default()))
        };
        let arm = target("armv7-unknown-linux-gnueabihf");
        assert_eq!(arm.static_memory_bound, Pages(0x4000));
        assert_eq!(arm.static_memory_offset_guard_size, 0x1_0000);
        assert_eq!(
            target("aarch64-unknown-none").static_memory_bound,
            Pages(0x1_0000)
        );
        assert_eq!(
            target("msp430-unknown-none-elf").static_memory_bound,
            Pages(0x400)
        );
    }
}

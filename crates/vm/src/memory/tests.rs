//! Limits, growth, initial contents, and that nothing of one guest is left for the next.

use super::*;

const UNCHECKED: MemoryStyle = MemoryStyle::Static {
    bound: Pages(0x1_0000),
    offset_guard_size: 4 << 30,
};
const CHECKED: MemoryStyle = MemoryStyle::Dynamic {
    offset_guard_size: 0x1_0000,
};

/// Miri is slow.
const ROUNDS: u32 = if cfg!(miri) { 2 } else { 20 };

fn ty(minimum: u32, maximum: Option<u32>) -> MemoryType {
    MemoryType::new(minimum, maximum, false)
}

fn memory(minimum: u32, maximum: Option<u32>) -> LinearMemory {
    LinearMemory::new(&ty(minimum, maximum), &UNCHECKED, None).unwrap()
}

/// Whether all bytes have this value. (As one comparison, which is quick under Miri, too.)
fn all(bytes: &[u8], value: u8) -> bool {
    bytes == vec![value; bytes.len()]
}

/// The contents; no guest runs meanwhile.
fn contents(memory: &mut LinearMemory) -> &mut [u8] {
    // SAFETY: M1, and the memory is borrowed as long as the slice.
    unsafe {
        let definition = memory.definition().as_ref();
        std::slice::from_raw_parts_mut(definition.base, definition.current_length)
    }
}

#[test]
fn limits_are_checked() {
    let error = |minimum, maximum| {
        LinearMemory::new(&ty(minimum, maximum), &CHECKED, None)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        error(65_537, None),
        "The minimum requested (65537 pages) memory is greater than the maximum allowed memory (65536 pages)"
    );
    assert_eq!(
        error(1, Some(70_000)),
        "The maximum requested memory (70000 pages) is greater than the maximum allowed memory (65536 pages)"
    );
    assert_eq!(
        error(3, Some(2)),
        "The memory is invalid because the maximum (2 pages) is less than the minimum (3 pages)"
    );
    assert_eq!(
        MemoryError::CouldNotGrow {
            current: Pages(1),
            attempted_delta: Pages(2)
        }
        .to_string(),
        "The memory could not grow: current size 1 pages, requested increase: 2 pages"
    );
    assert_eq!(
        MemoryError::Region("no".into()).to_string(),
        "Error when allocating memory: no"
    );
    assert_eq!(
        MemoryError::Generic("no".into()).to_string(),
        "A user-defined error occurred: no"
    );
}

#[test]
fn memories_grow_to_their_maximum_and_stay_where_they_are() {
    for style in [UNCHECKED, CHECKED] {
        let mut memory = LinearMemory::new(&ty(1, Some(4)), &style, None).unwrap();
        let base = contents(&mut memory).as_ptr();
        contents(&mut memory).fill(7);
        assert_eq!(memory.grow(Pages(0)), Ok(Pages(1)));
        assert_eq!(memory.grow(Pages(2)), Ok(Pages(1)));
        assert_eq!(memory.size(), Pages(3));
        let refused = MemoryError::CouldNotGrow {
            current: Pages(3),
            attempted_delta: Pages(2),
        };
        assert_eq!(memory.grow(Pages(2)), Err(refused));
        assert_eq!(
            memory.grow(Pages(u32::MAX)),
            Err(MemoryError::CouldNotGrow {
                current: Pages(3),
                attempted_delta: Pages(u32::MAX)
            })
        );
        assert_eq!(memory.grow(Pages(1)), Ok(Pages(3)));
        assert_eq!(contents(&mut memory).as_ptr(), base);
        assert!(all(&contents(&mut memory)[..0x1_0000], 7));
        assert!(all(&contents(&mut memory)[0x1_0000..], 0));
        assert_eq!(contents(&mut memory).len(), 4 * WASM_PAGE_SIZE);
    }
}

#[test]
#[cfg(not(miri))]
fn the_last_page_can_be_reached() {
    for style in [UNCHECKED, CHECKED] {
        let mut memory = LinearMemory::new(&ty(0, None), &style, None).unwrap();
        assert_eq!(memory.grow(Pages(65_535)), Ok(Pages(0)));
        assert_eq!(memory.grow(Pages(1)), Ok(Pages(65_535)));
        assert_eq!(contents(&mut memory).len(), 4 << 30);
        contents(&mut memory)[(4 << 30) - 1] = 1;
        let refused = MemoryError::CouldNotGrow {
            current: Pages(65_536),
            attempted_delta: Pages(1),
        };
        assert_eq!(memory.grow(Pages(1)), Err(refused));
    }
}

#[test]
#[cfg(not(miri))]
fn checked_memories_take_address_space_as_they_grow() {
    let reserved = |memory: &LinearMemory| memory.slot().reserved();
    for _ in 0..2 {
        let mut memories: Vec<_> = (0..100)
            .map(|_| LinearMemory::new(&ty(1, None), &CHECKED, None).unwrap())
            .collect();
        for (nth, memory) in memories.iter_mut().enumerate() {
            assert_eq!(reserved(memory), 17 << 16);
            let base = contents(memory).as_ptr();
            for pages in [15, 1, 100 + nth as u32] {
                memory.grow(Pages(pages)).unwrap();
                contents(memory).last_mut().unwrap().clone_from(&7);
                let size = contents(memory).len();
                assert!((size + 0x1_0000..size * 2 + 0x2_0000).contains(&reserved(memory)));
            }
            assert_eq!(contents(memory).as_ptr(), base);
            assert_eq!(
                contents(memory).iter().filter(|byte| **byte != 0).count(),
                3
            );
        }
    }
    // What may not grow beyond it is reserved at once.
    let small = LinearMemory::new(&ty(1, Some(16)), &CHECKED, None).unwrap();
    assert_eq!(reserved(&small), 17 << 16);
}

#[test]
fn a_static_memory_does_not_outgrow_its_bound() {
    let style = MemoryStyle::Static {
        bound: Pages(3),
        offset_guard_size: 0,
    };
    let mut memory = LinearMemory::new(&ty(1, None), &style, None).unwrap();
    assert_eq!(memory.grow(Pages(2)), Ok(Pages(1)));
    assert!(memory.grow(Pages(1)).is_err());
    let memory = LinearMemory::new(&ty(5, None), &style, None).unwrap();
    assert_eq!(memory.size(), Pages(5));
}

#[test]
fn an_empty_memory() {
    let style = MemoryStyle::Dynamic {
        offset_guard_size: 0,
    };
    let mut memory = LinearMemory::new(&ty(0, Some(0)), &style, None).unwrap();
    assert_eq!((memory.size(), contents(&mut memory).len()), (Pages(0), 0));
    assert!(memory.grow(Pages(1)).is_err());
}

#[test]
fn nothing_is_left_for_the_next_guest() {
    for round in 0..ROUNDS {
        let mut memory = memory(1 + round % 3, None);
        assert!(all(contents(&mut memory), 0));
        contents(&mut memory).fill(0xff);
        memory.grow(Pages(1 + round % 2)).unwrap();
        let old = (1 + round as usize % 3) * WASM_PAGE_SIZE;
        assert!(all(&contents(&mut memory)[old..], 0));
        contents(&mut memory).fill(0xff);
    }
}

#[test]
fn images_show_their_segments_again_and_again() {
    // A hole in front, two segments that overlap, an end in the middle of a page.
    let segments: [(u64, &[u8]); 3] = [(5000, b"abcdef"), (5003, b"XYZ"), (70_000, b"end")];
    let image = MemoryImage::new(2 * WASM_PAGE_SIZE as u64, &segments).unwrap();
    let mut expected = vec![0; 2 * WASM_PAGE_SIZE];
    expected[5000..5006].copy_from_slice(b"abcXYZ");
    expected[70_000..70_003].copy_from_slice(b"end");
    for round in 0..ROUNDS {
        let mut memory = LinearMemory::new(&ty(2, None), &UNCHECKED, Some(&image)).unwrap();
        assert!(contents(&mut memory) == expected);
        if round % 2 == 0 {
            contents(&mut memory).fill(0xee);
        }
        if round % 3 == 0 {
            memory.grow(Pages(1)).unwrap();
            assert!(all(&contents(&mut memory)[2 * WASM_PAGE_SIZE..], 0));
            contents(&mut memory).fill(0xdd);
        }
    }
    // A larger memory of the same image, and another image in the same slots.
    let mut larger = LinearMemory::new(&ty(3, None), &UNCHECKED, Some(&image)).unwrap();
    assert!(contents(&mut larger)[..2 * WASM_PAGE_SIZE] == expected);
    drop(larger);
    drop(image);
    let other = MemoryImage::new(WASM_PAGE_SIZE as u64, &[(0, b"other")]).unwrap();
    let mut memory = LinearMemory::new(&ty(1, None), &UNCHECKED, Some(&other)).unwrap();
    assert_eq!(contents(&mut memory)[..6], *b"other\0");
}

#[test]
fn bad_images_are_refused() {
    assert!(MemoryImage::new(10, &[(8, b"abc")]).is_err());
    assert!(MemoryImage::new(10, &[(u64::MAX, b"abc")]).is_err());
    let image = MemoryImage::new(1 << 20, &[(0x1_0000, b"abc")]).unwrap();
    assert!(LinearMemory::new(&ty(1, None), &UNCHECKED, Some(&image)).is_err());
    // Empty segments may lie anywhere; an image of nothing is one of zeros.
    let empty = MemoryImage::new(0, &[(100, b"")]).unwrap();
    assert!(LinearMemory::new(&ty(0, None), &CHECKED, Some(&empty)).is_ok());
}

#[test]
fn untouched_memories_are_used_again_as_they_are() {
    let image = MemoryImage::new(1 << 16, &[(3, b"abc")]).unwrap();
    for round in 0..ROUNDS {
        let mut memory = LinearMemory::new(&ty(1, None), &UNCHECKED, Some(&image)).unwrap();
        assert_eq!(contents(&mut memory)[..7], *b"\0\0\0abc\0");
        match round % 3 {
            0 => contents(&mut memory).fill(1),
            // SAFETY: nothing was written.
            1 => unsafe { memory.assume_untouched() },
            _ => {
                memory.grow(Pages(1)).unwrap();
                // SAFETY: nothing was written, though it grew.
                unsafe { memory.assume_untouched() };
            }
        }
    }
}

#[test]
#[cfg(not(miri))]
fn many_threads_make_memories_at_once() {
    let image = MemoryImage::new(1 << 16, &[(0, b"image")]).unwrap();
    let threads: Vec<_> = (0..8u8)
        .map(|n| {
            let image = image.clone();
            std::thread::spawn(move || {
                for round in 0..200 {
                    let with_image = round % 2 == 0;
                    let image = with_image.then_some(&image);
                    let mut first = LinearMemory::new(&ty(1, None), &UNCHECKED, image).unwrap();
                    let mut second = LinearMemory::new(&ty(2, None), &UNCHECKED, None).unwrap();
                    let start: &[u8] = if with_image { b"image" } else { b"\0\0\0\0\0" };
                    assert_eq!(contents(&mut first)[..5], *start);
                    assert!(all(&contents(&mut first)[5..], 0));
                    assert!(all(contents(&mut second), 0));
                    contents(&mut first).fill(n);
                    contents(&mut second).fill(n);
                    assert!(all(contents(&mut first), n));
                }
            })
        })
        .collect();
    threads
        .into_iter()
        .for_each(|thread| thread.join().unwrap());
}

#[test]
#[cfg(not(miri))]
fn more_memories_than_the_pool_keeps() {
    let memories: Vec<_> = (0..400).map(|n| memory(n % 3, None)).collect();
    drop(memories);
    assert!(pool::drain() <= 256);
    assert!(reservation_available());
}

#[test]
#[cfg(not(miri))]
fn what_lies_behind_the_end_is_not_accessible() {
    use crate::arch::tests::{self as guest, enter_guest};
    let load = |address: usize| enter_guest!(guest::load() => fn(usize) -> i32, address);
    for _ in 0..3 {
        let mut memory = memory(1, None);
        let base = contents(&mut memory).as_ptr().addr();
        assert!(load(base + WASM_PAGE_SIZE - 4).is_ok());
        assert!(load(base + WASM_PAGE_SIZE - 3).is_err());
        assert!(load(base + WASM_PAGE_SIZE).is_err());
        assert!(load(base + (8 << 30) - 4).is_err());
        memory.grow(Pages(1)).unwrap();
        assert!(load(base + WASM_PAGE_SIZE).is_ok());
        assert!(load(base + 2 * WASM_PAGE_SIZE).is_err());
    }
}

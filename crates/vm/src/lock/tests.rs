//! The lock under loom (`loom_*`), and with real threads.
//!
//! ```text
//! RUSTFLAGS="--cfg loom" cargo test -p wasmill-vm --release loom_ --target-dir target/loom
//! ```

use super::*;

/// Enters; false if the lock has given way to another.
fn come(lock: &IslandLock, token: usize) -> bool {
    lock.enter(token).is_some()
}

/// Leaves a lock that the thread is in.
fn leave(lock: &IslandLock) {
    let slot = lock.owner().expect("the thread is in");
    assert!(lock.exit(slot));
}

#[cfg(loom)]
mod model {
    use super::*;
    use loom::cell::UnsafeCell;
    use loom::sync::Arc;
    use loom::thread;

    /// What the lock protects: loom reports every access that is not ordered after the last one.
    struct Island {
        lock: IslandLock,
        parent: loom::sync::Mutex<Option<Arc<Island>>>,
        value: UnsafeCell<u32>,
    }

    // SAFETY: `value` is touched by those who hold the lock; loom checks it.
    unsafe impl Send for Island {}
    // SAFETY: as above.
    unsafe impl Sync for Island {}

    impl Island {
        fn new() -> Arc<Self> {
            Arc::new(Self {
                lock: IslandLock::new(),
                parent: loom::sync::Mutex::new(None),
                value: UnsafeCell::new(0),
            })
        }
        fn increment(&self) {
            // SAFETY: the caller holds the lock.
            self.value.with_mut(|value| unsafe { *value += 1 });
        }
        fn value(&self) -> u32 {
            // SAFETY: the caller holds the lock.
            self.value.with(|value| unsafe { *value })
        }
    }

    /// Enters the lock that stands for an island now.
    fn enter(island: &Arc<Island>, token: usize) -> Arc<Island> {
        let mut node = island.clone();
        while !come(&node.lock, token) {
            let parent = node.parent.lock().unwrap().clone();
            node = parent.expect("set before the lock was merged");
        }
        node
    }

    fn check(preemptions: usize, f: impl Fn() + Sync + Send + 'static) {
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = Some(preemptions);
        builder.check(f);
    }

    /// Enters `times` times, the second time twice over.
    fn work(island: &Arc<Island>, token: usize, times: u32) {
        for round in 0..times {
            assert!(come(&island.lock, token));
            island.increment();
            if round == 1 {
                assert!(come(&island.lock, token));
                island.increment();
                leave(&island.lock);
                assert!(island.lock.is_held_by(token));
            }
            leave(&island.lock);
        }
    }

    #[test]
    fn loom_two_threads() {
        check(4, || {
            let island = Island::new();
            // The first owner is biased before the other thread comes.
            work(&island, 8, 1);
            let other = thread::spawn({
                let island = island.clone();
                move || work(&island, 16, 1)
            });
            work(&island, 8, 2);
            other.join().unwrap();
            assert!(come(&island.lock, 8));
            assert_eq!(island.value(), 5);
            leave(&island.lock);
        });
    }

    #[test]
    fn loom_three_threads() {
        check(3, || {
            let island = Island::new();
            work(&island, 8, 1);
            let others: Vec<_> = [16, 24]
                .into_iter()
                .map(|token| {
                    let island = island.clone();
                    thread::spawn(move || work(&island, token, 1))
                })
                .collect();
            work(&island, 8, 1);
            others.into_iter().for_each(|other| other.join().unwrap());
            assert!(come(&island.lock, 8));
            assert_eq!(island.value(), 4);
            leave(&island.lock);
        });
    }

    #[test]
    fn loom_bias_returns_after_a_revocation() {
        check(3, || {
            let island = Island::new();
            work(&island, 8, 1);
            let other = thread::spawn({
                let island = island.clone();
                move || work(&island, 16, 1)
            });
            // Enough entries in a row to get the quick way back, in some of the orders.
            for _ in 0..FIRST_THRESHOLD + 2 {
                assert!(come(&island.lock, 8));
                island.increment();
                leave(&island.lock);
            }
            other.join().unwrap();
            assert!(come(&island.lock, 8));
            assert_eq!(island.value(), 1 + 1 + FIRST_THRESHOLD + 2);
            leave(&island.lock);
        });
    }

    #[test]
    fn loom_merge_moves_entries_and_waiters() {
        check(4, || {
            let (child, root) = (Island::new(), Island::new());
            let waiter = thread::spawn({
                let child = child.clone();
                move || {
                    // Enters the child, or after the merge what took its place.
                    let entered = enter(&child, 16);
                    entered.increment();
                    leave(&entered.lock);
                }
            });
            let child_now = enter(&child, 8);
            assert!(come(&child.lock, 8));
            let root_now = enter(&root, 8);
            *child.parent.lock().unwrap() = Some(root.clone());
            child.lock.merge_into(&root.lock, 8);
            root.increment();
            // Three entries, all on the root by now.
            drop((child_now, root_now));
            for _ in 0..2 {
                leave(&root.lock);
                assert!(root.lock.is_held_by(8));
                root.increment();
            }
            leave(&root.lock);
            assert!(!root.lock.is_held_by(8));
            waiter.join().unwrap();
            let last = enter(&child, 8);
            assert!(ptr::eq(&*last, &*root));
            // SAFETY: the thread has ended and the lock is held.
            let on_child = child.value.with(|value| unsafe { *value });
            assert_eq!(root.value() + on_child, 4);
            leave(&last.lock);
        });
    }
}

#[cfg(not(loom))]
mod real {
    use super::*;
    use std::cell::UnsafeCell;
    use std::sync::atomic::AtomicBool;
    use std::sync::{Arc, Barrier};

    struct Guarded {
        lock: IslandLock,
        value: UnsafeCell<u64>,
        inside: AtomicBool,
    }

    // SAFETY: `value` is touched by those who hold the lock.
    unsafe impl Sync for Guarded {}

    impl Guarded {
        fn new() -> Arc<Self> {
            Arc::new(Self {
                lock: IslandLock::new(),
                value: UnsafeCell::new(0),
                inside: AtomicBool::new(false),
            })
        }
        fn add(&self, depth: u32) {
            assert!(come(&self.lock, thread::token()));
            if depth == 0 {
                assert!(!self.inside.swap(true, Relaxed), "two threads are in");
                // SAFETY: the lock is held.
                unsafe { *self.value.get() += 1 };
                self.inside.store(false, Relaxed);
            } else {
                self.add(depth - 1);
            }
            leave(&self.lock);
        }
    }

    const ROUNDS: u64 = if cfg!(miri) { 20 } else { 20_000 };

    #[test]
    fn one_thread_enters_again_and_again() {
        let guarded = Guarded::new();
        for round in 0..ROUNDS {
            guarded.add(round as u32 % 3);
        }
        let token = thread::token();
        assert!(!guarded.lock.is_held_by(token));
        assert!(come(&guarded.lock, token));
        assert!(guarded.lock.is_held_by(token));
        assert!(!guarded.lock.is_held_by(token + 1));
        leave(&guarded.lock);
    }

    #[test]
    fn many_threads_exclude_each_other() {
        for threads in [2, 4, 16] {
            let guarded = Guarded::new();
            let start = Arc::new(Barrier::new(threads));
            let handles: Vec<_> = (0..threads)
                .map(|_| {
                    let (guarded, start) = (guarded.clone(), start.clone());
                    std::thread::spawn(move || {
                        start.wait();
                        for round in 0..ROUNDS / threads as u64 {
                            guarded.add(round as u32 % 2);
                            if round % 64 == 0 {
                                std::thread::yield_now();
                            }
                        }
                    })
                })
                .collect();
            handles
                .into_iter()
                .for_each(|handle| handle.join().unwrap());
            guarded.add(0);
            // SAFETY: all other threads have ended.
            let value = unsafe { *guarded.value.get() };
            assert_eq!(value, ROUNDS / threads as u64 * threads as u64 + 1);
        }
    }

    #[test]
    fn ownership_wanders_from_thread_to_thread() {
        // Threads one after the other: each takes the lock over from one that has ended, often with its token.
        let guarded = Guarded::new();
        for _ in 0..if cfg!(miri) { 3 } else { 100 } {
            let guarded = guarded.clone();
            let work = move || (0..50).for_each(|_| guarded.add(1));
            std::thread::spawn(work).join().unwrap();
        }
        guarded.add(0);
    }

    #[test]
    fn a_thread_that_only_waits_gets_its_turn() {
        let guarded = Guarded::new();
        let stop = Arc::new(AtomicBool::new(false));
        let busy: Vec<_> = (0..3)
            .map(|_| {
                let (guarded, stop) = (guarded.clone(), stop.clone());
                std::thread::spawn(move || {
                    while !stop.load(Relaxed) {
                        guarded.add(0);
                    }
                })
            })
            .collect();
        for _ in 0..if cfg!(miri) { 3 } else { 200 } {
            guarded.add(0);
        }
        stop.store(true, Relaxed);
        busy.into_iter().for_each(|thread| thread.join().unwrap());
    }

    #[test]
    fn merging_while_others_come() {
        for _ in 0..if cfg!(miri) { 2 } else { 200 } {
            let (child, root) = (Guarded::new(), Guarded::new());
            let others: Vec<_> = (0..3)
                .map(|_| {
                    let (child, root) = (child.clone(), root.clone());
                    std::thread::spawn(move || {
                        for _ in 0..20 {
                            let entered = if come(&child.lock, thread::token()) {
                                &child
                            } else {
                                assert!(come(&root.lock, thread::token()));
                                &root
                            };
                            // SAFETY: the lock is held.
                            unsafe { *entered.value.get() += 1 };
                            leave(&entered.lock);
                        }
                    })
                })
                .collect();
            assert!(come(&child.lock, thread::token()));
            let slot = child.lock.enter(thread::token()).expect("not merged yet");
            assert!(come(&root.lock, thread::token()));
            child.lock.merge_into(&root.lock, thread::token());
            assert_eq!(slot.exit(), Exit::Moved);
            for _ in 0..3 {
                // SAFETY: the lock is held.
                unsafe { *root.value.get() += 1 };
                leave(&root.lock);
            }
            others.into_iter().for_each(|thread| thread.join().unwrap());
            assert!(!come(&child.lock, thread::token()));
            // SAFETY: all other threads have ended.
            assert_eq!(unsafe { *root.value.get() + *child.value.get() }, 63);
        }
    }
}

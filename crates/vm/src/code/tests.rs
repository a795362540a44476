//! Publishing, registering, and looking up while others do the same.

use super::*;

struct Named(u32);

impl CodeMetadata for Named {
    fn trap_code(&self, offset: u32) -> Option<TrapCode> {
        (offset == self.0).then_some(TrapCode::OutOfBounds)
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn name_at(pc: usize) -> Option<(u32, u32)> {
    let (metadata, offset) = lookup(pc)?;
    Some((metadata.as_any().downcast_ref::<Named>()?.0, offset))
}

#[test]
#[cfg(all(target_arch = "x86_64", not(miri)))]
fn published_code_runs() {
    // mov eax, edi; add eax, 5; ret
    let code = CodeMemory::publish(&[0x89, 0xf8, 0x83, 0xc0, 0x05, 0xc3]).unwrap();
    // SAFETY: the code above is such a function.
    let function: extern "C" fn(i32) -> i32 = unsafe { std::mem::transmute(code.base()) };
    assert_eq!(function(37), 42);
    assert_eq!((code.len(), code.is_empty()), (6, false));
}

#[test]
#[cfg(all(target_arch = "x86_64", not(miri)))]
fn code_in_a_file_runs_where_it_lies() {
    let page = sys::page_size();
    let mut contents = vec![0; page];
    // mov eax, edi; add eax, 5; ret
    contents.extend([0x89, 0xf8, 0x83, 0xc0, 0x05, 0xc3]);
    let path = std::env::temp_dir().join(format!("wasmill-code-{}", std::process::id()));
    std::fs::write(&path, &contents).unwrap();
    let file = std::fs::File::open(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    // SAFETY: nobody else knows the file.
    let file = Arc::new(unsafe { MappedFile::new(&file) }.unwrap());
    for wrong in [1..5, page..page, page..page + 7, 2 * page..2 * page + 1] {
        assert!(CodeMemory::in_file(&file, wrong).is_err());
    }
    let code = match CodeMemory::in_file(&file, page..page + 6) {
        // The folder is on a file system without executables.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return,
        code => code.unwrap(),
    };
    assert_eq!(code.as_slice(), &contents[page..]);
    drop(file);
    // SAFETY: the code above is such a function.
    let function: extern "C" fn(i32) -> i32 = unsafe { std::mem::transmute(code.base()) };
    assert_eq!(function(37), 42);
}

#[test]
fn registered_code_is_found_until_it_is_dropped() {
    let code = Arc::new(CodeMemory::publish(&[0xc3; 100]).unwrap());
    let start = code.base().addr();
    assert!(!is_wasm_pc(start));
    let registration = register(code.clone(), Arc::new(Named(7)));
    assert_eq!(name_at(start), Some((7, 0)));
    assert_eq!(name_at(start + 99), Some((7, 99)));
    assert_ne!(name_at(start - 1).map(|(name, _)| name), Some(7));
    let site = |pc| fault_meaning(pc).map(|meaning| meaning.site);
    assert_eq!(site(start + 7), Some(Some(TrapCode::OutOfBounds)));
    assert_eq!(site(start + 8), Some(None));
    drop(registration);
    assert_eq!(fault_meaning(start), None);
}

#[test]
fn metadata_is_freed_with_its_registration() {
    let metadata = Arc::new(Named(1));
    let code = Arc::new(CodeMemory::publish(&[0xc3]).unwrap());
    let registration = register(code.clone(), metadata.clone());
    drop(registration);
    // Other tests may have been reading: what waited for them goes with a later change.
    for _ in 0..1000 {
        if Arc::strong_count(&metadata) == 1 && Arc::strong_count(&code) == 1 {
            return;
        }
        std::thread::yield_now();
        let other = Arc::new(CodeMemory::publish(&[0xc3]).unwrap());
        drop(register(other, Arc::new(Named(2))));
    }
    panic!("still in use");
}

#[test]
fn lookups_while_the_table_changes() {
    let rounds: u32 = if cfg!(miri) { 5 } else { 500 };
    let threads: Vec<_> = (0..4)
        .map(|_| {
            std::thread::spawn(move || {
                let mut registered = Vec::new();
                for n in 0..rounds {
                    let code = Arc::new(CodeMemory::publish(&[0xc3; 64]).unwrap());
                    let start = code.base().addr();
                    registered.push((start, n, register(code, Arc::new(Named(n + 1000)))));
                    if n % 3 == 0 {
                        let index = n as usize / 2 % registered.len();
                        registered.swap_remove(index);
                    }
                    for (start, n, _) in &registered {
                        assert_eq!(name_at(start + 10), Some((*n + 1000, 10)));
                    }
                    if registered.len() > 20 {
                        registered.clear();
                    }
                }
            })
        })
        .collect();
    threads
        .into_iter()
        .for_each(|thread| thread.join().unwrap());
}

//! The one list of WASI functions: name, parameters and handler, for both versions of the interface, and how a guest's call gets to
//! the handler.
//!
//! A row makes one host function. `enter` gives the handler the state and the guest's memory, turns its result into the number
//! that the guest gets, or ends the guest. No lock is held when a handler is entered or left.

use wasmill::{Exports, Function, ImportObject, RuntimeError, Store, Trap, TrapCode};

use crate::abi::{Call, GuestMemory, Outcome, Stop, fd, misc, path, poll, snapshot0, socket};
use crate::env::{WasiEnv, WasiError};
use crate::types::Errno;
use crate::version::WasiVersion;

/// The functions of a version as an import object, for use without a module at hand.
///
/// ```
/// # use wasmill::Store;
/// # use wasmill_wasi::{WasiState, WasiVersion, generate_import_object_from_env};
/// let env = WasiState::new("program").finalize()?;
/// let imports = generate_import_object_from_env(&Store::default(), env, WasiVersion::Latest);
/// assert!(imports.get_export("wasi_snapshot_preview1", "clock_time_get").is_some());
/// # Ok::<(), wasmill_wasi::WasiStateCreationError>(())
/// ```
pub fn generate_import_object_from_env(
    store: &Store,
    wasi_env: WasiEnv,
    version: WasiVersion,
) -> ImportObject {
    let mut imports = ImportObject::new();
    imports.register(
        version.get_namespace_str(),
        namespace(store, &wasi_env, version),
    );
    imports
}

/// Makes one host function; its parameters come as one group.
macro_rules! host_function {
    ($store:ident, $env:ident, $name:ident, ($($parameter:ident: $ty:ty),*), $handler:path) => {
        Function::new_native_with_env(
            $store,
            $env.clone(),
            |env: &WasiEnv, $($parameter: $ty),*| -> Result<i32, RuntimeError> {
                enter(env, stringify!($name), |call| $handler(call, $($parameter),*))
            },
        )
    };
}

/// Row: name (parameters) = handler, with `wasi_unstable`'s own handler after a comma where it differs.
macro_rules! functions {
    ($($name:ident $parameters:tt = $handler:path $(, $older:path)?;)*) => {
        /// The functions of a version.
        pub(crate) fn namespace(store: &Store, env: &WasiEnv, version: WasiVersion) -> Exports {
            let older = version == WasiVersion::Snapshot0;
            let mut exports = Exports::new();
            $(
                let function = host_function!(store, env, $name, $parameters, $handler);
                $(
                    let function = if older {
                        host_function!(store, env, $name, $parameters, $older)
                    } else {
                        function
                    };
                )?
                exports.insert(stringify!($name), function);
            )*
            // The only function that returns nothing, as it never returns.
            let exit = |env: &WasiEnv, code: u32| -> Result<(), RuntimeError> {
                enter(env, "proc_exit", |call| misc::proc_exit(call, code)).map(drop)
            };
            exports.insert("proc_exit", Function::new_native_with_env(store, env.clone(), exit));
            if !older {
                let accept =
                    host_function!(store, env, sock_accept, (fd: u32, flags: u32, result: u32), socket::sock_accept);
                exports.insert("sock_accept", accept);
            }
            exports
        }
    };
}

functions! {
    args_get(list: u32, buffer: u32) = misc::args_get;
    args_sizes_get(count: u32, size: u32) = misc::args_sizes_get;
    clock_res_get(clock: u32, result: u32) = misc::clock_res_get;
    clock_time_get(clock: u32, precision: u64, result: u32) = misc::clock_time_get;
    environ_get(list: u32, buffer: u32) = misc::environ_get;
    environ_sizes_get(count: u32, size: u32) = misc::environ_sizes_get;
    fd_advise(fd: u32, offset: u64, len: u64, advice: u32) = fd::fd_advise;
    fd_allocate(fd: u32, offset: u64, len: u64) = fd::fd_allocate;
    fd_close(fd: u32) = fd::fd_close;
    fd_datasync(fd: u32) = fd::fd_datasync;
    fd_fdstat_get(fd: u32, result: u32) = fd::fd_fdstat_get;
    fd_fdstat_set_flags(fd: u32, flags: u32) = fd::fd_fdstat_set_flags;
    fd_fdstat_set_rights(fd: u32, rights: u64, inheriting: u64) = fd::fd_fdstat_set_rights;
    fd_filestat_get(fd: u32, result: u32) = fd::fd_filestat_get, snapshot0::fd_filestat_get;
    fd_filestat_set_size(fd: u32, size: u64) = fd::fd_filestat_set_size;
    fd_filestat_set_times(fd: u32, access: u64, modification: u64, flags: u32) = fd::fd_filestat_set_times;
    fd_pread(fd: u32, list: u32, count: u32, offset: u64, result: u32) = fd::fd_pread;
    fd_prestat_get(fd: u32, result: u32) = fd::fd_prestat_get;
    fd_prestat_dir_name(fd: u32, pointer: u32, len: u32) = fd::fd_prestat_dir_name;
    fd_pwrite(fd: u32, list: u32, count: u32, offset: u64, result: u32) = fd::fd_pwrite;
    fd_read(fd: u32, list: u32, count: u32, result: u32) = fd::fd_read;
    fd_readdir(fd: u32, pointer: u32, len: u32, cookie: u64, result: u32) = fd::fd_readdir;
    fd_renumber(from: u32, to: u32) = fd::fd_renumber;
    fd_seek(fd: u32, offset: i64, whence: u32, result: u32) = fd::fd_seek, snapshot0::fd_seek;
    fd_sync(fd: u32) = fd::fd_sync;
    fd_tell(fd: u32, result: u32) = fd::fd_tell;
    fd_write(fd: u32, list: u32, count: u32, result: u32) = fd::fd_write;
    path_create_directory(fd: u32, path: u32, len: u32) = path::path_create_directory;
    path_filestat_get(fd: u32, lookup: u32, path: u32, len: u32, result: u32)
        = path::path_filestat_get, snapshot0::path_filestat_get;
    path_filestat_set_times(
        fd: u32, lookup: u32, path: u32, len: u32, access: u64, modification: u64, flags: u32
    ) = path::path_filestat_set_times;
    path_link(
        old_fd: u32, lookup: u32, old_path: u32, old_len: u32, new_fd: u32, new_path: u32, new_len: u32
    ) = path::path_link;
    path_open(
        fd: u32, lookup: u32, path: u32, len: u32, oflags: u32, rights: u64, inheriting: u64, fdflags: u32,
        result: u32
    ) = path::path_open;
    path_readlink(fd: u32, path: u32, len: u32, pointer: u32, room: u32, result: u32) = path::path_readlink;
    path_remove_directory(fd: u32, path: u32, len: u32) = path::path_remove_directory;
    path_rename(old_fd: u32, old_path: u32, old_len: u32, new_fd: u32, new_path: u32, new_len: u32)
        = path::path_rename;
    path_symlink(target: u32, target_len: u32, fd: u32, path: u32, len: u32) = path::path_symlink;
    path_unlink_file(fd: u32, path: u32, len: u32) = path::path_unlink_file;
    poll_oneoff(list: u32, events: u32, count: u32, result: u32) = poll::poll_oneoff, snapshot0::poll_oneoff;
    proc_raise(signal: u32) = misc::proc_raise;
    random_get(pointer: u32, len: u32) = misc::random_get;
    sched_yield() = misc::sched_yield;
    sock_recv(fd: u32, list: u32, count: u32, flags: u32, len: u32, out_flags: u32) = socket::sock_recv;
    sock_send(fd: u32, list: u32, count: u32, flags: u32, result: u32) = socket::sock_send;
    sock_shutdown(fd: u32, how: u32) = socket::sock_shutdown;
}

/// Runs a handler for a guest.
fn enter(
    env: &WasiEnv,
    name: &'static str,
    handler: impl FnOnce(&Call<'_>) -> Outcome,
) -> Result<i32, RuntimeError> {
    let view = env.memory_ref().map(|memory| memory.view::<u8>());
    let call = Call::new(&env.state, view.as_deref().map(GuestMemory::new));
    let outcome = handler(&call);
    #[cfg(all(feature = "logging", not(feature = "disable-all-logging")))]
    tracing::trace!(target: "wasmill_wasi", function = name, ?outcome);
    match outcome {
        // Whoever ends the guest's call says so to its caller; the guest itself never sees this.
        Err(Stop::Errno(Errno::INTR)) if wasmill::interrupted() => Err(RuntimeError::from_trap(
            Trap::of_code(TrapCode::Interrupted),
        )),
        Ok(()) => Ok(i32::from(Errno::SUCCESS.raw())),
        Err(Stop::Errno(errno)) => Ok(i32::from(errno.raw())),
        Err(Stop::Exit(code)) => Err(RuntimeError::user(Box::new(WasiError::Exit(code)))),
        Err(Stop::NoMemory) => {
            let message = format!(
                "the guest called the WASI function `{name}` but exports no memory named `memory`"
            );
            Err(RuntimeError::new(message))
        }
    }
}

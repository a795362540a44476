//! The `path_*` functions.

use super::memory::copy_in;
use super::{Call, Outcome, flags};
use crate::ctx::{FdFlags, FstFlags, LookupFlags, OFlags, OpenHow, Rights, new_times};
use crate::types::*;

/// Whether a symbolic link at the end of a path is followed.
fn follows(raw: u32) -> Result<bool, Errno> {
    Ok(flags::<LookupFlags>(raw)?.contains(LookupFlags::SYMLINK_FOLLOW))
}

pub(crate) fn path_create_directory(call: &Call<'_>, fd: u32, path: u32, len: u32) -> Outcome {
    let path = call.memory()?.path(path, len)?;
    Ok(call.ctx.path_create_directory(fd, &path)?)
}

pub(super) fn filestat(
    call: &Call<'_>,
    fd: u32,
    lookup: u32,
    path: u32,
    len: u32,
) -> Result<__wasi_filestat_t, super::Stop> {
    let follow = follows(lookup)?;
    let path = call.memory()?.path(path, len)?;
    Ok(call.ctx.path_filestat_get(fd, follow, &path)?)
}

pub(crate) fn path_filestat_get(
    call: &Call<'_>,
    fd: u32,
    lookup: u32,
    path: u32,
    len: u32,
    result: u32,
) -> Outcome {
    let stat = filestat(call, fd, lookup, path, len)?;
    Ok(call.memory()?.write(result, &stat.to_le_bytes())?)
}

#[allow(clippy::too_many_arguments, reason = "the interface's own signature")]
pub(crate) fn path_filestat_set_times(
    call: &Call<'_>,
    fd: u32,
    lookup: u32,
    path: u32,
    len: u32,
    access: u64,
    modification: u64,
    raw: u32,
) -> Outcome {
    let follow = follows(lookup)?;
    let (access, modification) = new_times(access, modification, flags::<FstFlags>(raw)?)?;
    let path = call.memory()?.path(path, len)?;
    Ok(call
        .ctx
        .path_filestat_set_times(fd, follow, &path, access, modification)?)
}

#[allow(clippy::too_many_arguments, reason = "the interface's own signature")]
pub(crate) fn path_link(
    call: &Call<'_>,
    old_fd: u32,
    lookup: u32,
    old_path: u32,
    old_len: u32,
    new_fd: u32,
    new_path: u32,
    new_len: u32,
) -> Outcome {
    let follow = follows(lookup)?;
    let old_path = call.memory()?.path(old_path, old_len)?;
    let new_path = call.memory()?.path(new_path, new_len)?;
    Ok(call
        .ctx
        .path_link(old_fd, follow, &old_path, new_fd, &new_path)?)
}

#[allow(clippy::too_many_arguments, reason = "the interface's own signature")]
pub(crate) fn path_open(
    call: &Call<'_>,
    fd: u32,
    lookup: u32,
    path: u32,
    len: u32,
    oflags: u32,
    rights: u64,
    inheriting: u64,
    fdflags: u32,
    result: u32,
) -> Outcome {
    let how = OpenHow {
        follow: follows(lookup)?,
        oflags: flags::<OFlags>(oflags)?,
        // Newer programs ask for rights that this version of the interface does not know.
        rights: Rights::from_bits_truncate(rights),
        inheriting: Rights::from_bits_truncate(inheriting),
        flags: flags::<FdFlags>(fdflags)?,
    };
    let memory = call.memory()?;
    memory.check(result, 4)?;
    let path = memory.path(path, len)?;
    Ok(memory.write_u32(result, call.ctx.path_open(fd, &path, &how)?)?)
}

/// Writes as much of what the link says as there is room for.
pub(crate) fn path_readlink(
    call: &Call<'_>,
    fd: u32,
    path: u32,
    len: u32,
    pointer: u32,
    room: u32,
    result: u32,
) -> Outcome {
    let memory = call.memory()?;
    memory.check(result, 4)?;
    let buffer = memory.bytes(pointer, room)?;
    let path = memory.path(path, len)?;
    let target = call.ctx.path_readlink(fd, &path)?;
    let used = target.len().min(buffer.len());
    copy_in(&buffer[..used], &target[..used]);
    // At most `room`.
    Ok(memory.write_u32(result, used as u32)?)
}

pub(crate) fn path_remove_directory(call: &Call<'_>, fd: u32, path: u32, len: u32) -> Outcome {
    let path = call.memory()?.path(path, len)?;
    Ok(call.ctx.path_remove_directory(fd, &path)?)
}

pub(crate) fn path_rename(
    call: &Call<'_>,
    old_fd: u32,
    old_path: u32,
    old_len: u32,
    new_fd: u32,
    new_path: u32,
    new_len: u32,
) -> Outcome {
    let old_path = call.memory()?.path(old_path, old_len)?;
    let new_path = call.memory()?.path(new_path, new_len)?;
    Ok(call.ctx.path_rename(old_fd, &old_path, new_fd, &new_path)?)
}

pub(crate) fn path_symlink(
    call: &Call<'_>,
    target: u32,
    target_len: u32,
    fd: u32,
    path: u32,
    len: u32,
) -> Outcome {
    let target = call.memory()?.path(target, target_len)?;
    let path = call.memory()?.path(path, len)?;
    Ok(call.ctx.path_symlink(&target, fd, &path)?)
}

pub(crate) fn path_unlink_file(call: &Call<'_>, fd: u32, path: u32, len: u32) -> Outcome {
    let path = call.memory()?.path(path, len)?;
    Ok(call.ctx.path_unlink_file(fd, &path)?)
}

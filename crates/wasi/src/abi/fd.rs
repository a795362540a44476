//! The `fd_*` functions.

use std::io::SeekFrom;

use super::memory::copy_in;
use super::transfer::Buffers;
use super::{Call, Outcome, flags};
use crate::ctx::{FdFlags, FstFlags, Rights, new_times};
use crate::types::*;

pub(crate) fn fd_advise(call: &Call<'_>, fd: u32, offset: u64, len: u64, advice: u32) -> Outcome {
    let advice = u8::try_from(advice).map_err(|_| Errno::INVAL)?;
    Ok(call.ctx.fd_advise(fd, offset, len, advice)?)
}

pub(crate) fn fd_allocate(call: &Call<'_>, fd: u32, offset: u64, len: u64) -> Outcome {
    Ok(call.ctx.fd_allocate(fd, offset, len)?)
}

pub(crate) fn fd_close(call: &Call<'_>, fd: u32) -> Outcome {
    Ok(call.ctx.fd_close(fd)?)
}

pub(crate) fn fd_datasync(call: &Call<'_>, fd: u32) -> Outcome {
    Ok(call.ctx.fd_sync(fd, true)?)
}

pub(crate) fn fd_sync(call: &Call<'_>, fd: u32) -> Outcome {
    Ok(call.ctx.fd_sync(fd, false)?)
}

pub(crate) fn fd_fdstat_get(call: &Call<'_>, fd: u32, result: u32) -> Outcome {
    let stat = call.ctx.fd_fdstat_get(fd)?;
    Ok(call.memory()?.write(result, &stat.to_le_bytes())?)
}

pub(crate) fn fd_fdstat_set_flags(call: &Call<'_>, fd: u32, raw: u32) -> Outcome {
    Ok(call.ctx.fd_fdstat_set_flags(fd, flags::<FdFlags>(raw)?)?)
}

pub(crate) fn fd_fdstat_set_rights(
    call: &Call<'_>,
    fd: u32,
    rights: u64,
    inheriting: u64,
) -> Outcome {
    let set = |raw| Rights::from_bits(raw).ok_or(Errno::NOTCAPABLE);
    Ok(call
        .ctx
        .fd_fdstat_set_rights(fd, set(rights)?, set(inheriting)?)?)
}

pub(crate) fn fd_filestat_get(call: &Call<'_>, fd: u32, result: u32) -> Outcome {
    let stat = call.ctx.fd_filestat_get(fd)?;
    Ok(call.memory()?.write(result, &stat.to_le_bytes())?)
}

pub(crate) fn fd_filestat_set_size(call: &Call<'_>, fd: u32, size: u64) -> Outcome {
    Ok(call.ctx.fd_filestat_set_size(fd, size)?)
}

pub(crate) fn fd_filestat_set_times(
    call: &Call<'_>,
    fd: u32,
    access: u64,
    modification: u64,
    raw: u32,
) -> Outcome {
    let (access, modification) = new_times(access, modification, flags::<FstFlags>(raw)?)?;
    Ok(call.ctx.fd_filestat_set_times(fd, access, modification)?)
}

pub(crate) fn fd_prestat_get(call: &Call<'_>, fd: u32, result: u32) -> Outcome {
    let name = call.ctx.fd_prestat_name(fd)?;
    let len = u32::try_from(name.len()).map_err(|_| Errno::OVERFLOW)?;
    Ok(call
        .memory()?
        .write(result, &__wasi_prestat_t::dir(len).to_le_bytes())?)
}

/// Writes the name without a NUL; a buffer that is longer is fine, a shorter one is ENAMETOOLONG.
pub(crate) fn fd_prestat_dir_name(call: &Call<'_>, fd: u32, pointer: u32, len: u32) -> Outcome {
    let name = call.ctx.fd_prestat_name(fd)?;
    if name.len() > len as usize {
        return Err(Errno::NAMETOOLONG.into());
    }
    Ok(call.memory()?.write(pointer, name.as_bytes())?)
}

pub(crate) fn fd_read(call: &Call<'_>, fd: u32, list: u32, count: u32, result: u32) -> Outcome {
    let channel = call.ctx.reader(fd)?;
    let memory = call.memory()?;
    memory.check(result, 4)?;
    let total = Buffers::read(memory, list, count)?.read_from(&channel, None)?;
    Ok(memory.write_u32(result, total)?)
}

pub(crate) fn fd_pread(
    call: &Call<'_>,
    fd: u32,
    list: u32,
    count: u32,
    offset: u64,
    result: u32,
) -> Outcome {
    let channel = call.ctx.reader(fd)?;
    let memory = call.memory()?;
    memory.check(result, 4)?;
    let total = Buffers::read(memory, list, count)?.read_from(&channel, Some(offset))?;
    Ok(memory.write_u32(result, total)?)
}

pub(crate) fn fd_write(call: &Call<'_>, fd: u32, list: u32, count: u32, result: u32) -> Outcome {
    let channel = call.ctx.writer(fd)?;
    let memory = call.memory()?;
    memory.check(result, 4)?;
    let total = Buffers::read(memory, list, count)?.write_to(&channel, None)?;
    Ok(memory.write_u32(result, total)?)
}

pub(crate) fn fd_pwrite(
    call: &Call<'_>,
    fd: u32,
    list: u32,
    count: u32,
    offset: u64,
    result: u32,
) -> Outcome {
    let channel = call.ctx.writer(fd)?;
    let memory = call.memory()?;
    memory.check(result, 4)?;
    let total = Buffers::read(memory, list, count)?.write_to(&channel, Some(offset))?;
    Ok(memory.write_u32(result, total)?)
}

/// Fills the buffer with entries until it is full, the last one cut if need be: a buffer that was not filled says that the
/// directory has ended.
pub(crate) fn fd_readdir(
    call: &Call<'_>,
    fd: u32,
    pointer: u32,
    len: u32,
    cookie: u64,
    result: u32,
) -> Outcome {
    let memory = call.memory()?;
    memory.check(result, 4)?;
    let mut rest = memory.bytes(pointer, len)?;
    let entries = call.ctx.fd_readdir(fd, cookie)?;
    for entry in entries {
        let entry = entry?;
        for part in [&dirent_to_le_bytes(&entry.head)[..], &entry.name] {
            let (to, after) = rest.split_at(part.len().min(rest.len()));
            copy_in(to, &part[..to.len()]);
            rest = after;
        }
        if rest.is_empty() {
            break;
        }
    }
    // What is left is at most what there was.
    Ok(memory.write_u32(result, len - rest.len() as u32)?)
}

pub(crate) fn fd_renumber(call: &Call<'_>, from: u32, to: u32) -> Outcome {
    Ok(call.ctx.fd_renumber(from, to)?)
}

pub(crate) fn fd_seek(call: &Call<'_>, fd: u32, offset: i64, whence: u32, result: u32) -> Outcome {
    let to = match u8::try_from(whence) {
        Ok(__WASI_WHENCE_SET) => from_start(offset)?,
        Ok(__WASI_WHENCE_CUR) => SeekFrom::Current(offset),
        Ok(__WASI_WHENCE_END) => SeekFrom::End(offset),
        _ => return Err(Errno::INVAL.into()),
    };
    seek(call, fd, to, result)
}

/// An absolute position; there is none before the beginning.
pub(super) fn from_start(offset: i64) -> Result<SeekFrom, Errno> {
    u64::try_from(offset)
        .map(SeekFrom::Start)
        .map_err(|_| Errno::INVAL)
}

pub(super) fn seek(call: &Call<'_>, fd: u32, to: SeekFrom, result: u32) -> Outcome {
    let memory = call.memory()?;
    memory.check(result, 8)?;
    Ok(memory.write_u64(result, call.ctx.fd_seek(fd, to)?)?)
}

pub(crate) fn fd_tell(call: &Call<'_>, fd: u32, result: u32) -> Outcome {
    seek(call, fd, SeekFrom::Current(0), result)
}

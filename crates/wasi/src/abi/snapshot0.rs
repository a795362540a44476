//! What `wasi_unstable` does differently: thin adapters over the functions of `wasi_snapshot_preview1`.

use std::io::SeekFrom;

use super::{Call, Outcome, fd, path, poll};
use crate::types::{Errno, SubscriptionLayout, snapshot0};

pub(crate) fn fd_filestat_get(call: &Call<'_>, fd: u32, result: u32) -> Outcome {
    let stat = snapshot0::__wasi_filestat_t::from(call.ctx.fd_filestat_get(fd)?);
    Ok(call.memory()?.write(result, &stat.to_le_bytes())?)
}

pub(crate) fn path_filestat_get(
    call: &Call<'_>,
    fd: u32,
    lookup: u32,
    path: u32,
    len: u32,
    result: u32,
) -> Outcome {
    let stat = snapshot0::__wasi_filestat_t::from(path::filestat(call, fd, lookup, path, len)?);
    Ok(call.memory()?.write(result, &stat.to_le_bytes())?)
}

pub(crate) fn fd_seek(call: &Call<'_>, fd: u32, offset: i64, whence: u32, result: u32) -> Outcome {
    let to = match u8::try_from(whence) {
        Ok(snapshot0::__WASI_WHENCE_SET) => fd::from_start(offset)?,
        Ok(snapshot0::__WASI_WHENCE_CUR) => SeekFrom::Current(offset),
        Ok(snapshot0::__WASI_WHENCE_END) => SeekFrom::End(offset),
        _ => return Err(Errno::INVAL.into()),
    };
    fd::seek(call, fd, to, result)
}

pub(crate) fn poll_oneoff(
    call: &Call<'_>,
    list: u32,
    events: u32,
    count: u32,
    result: u32,
) -> Outcome {
    poll::poll(
        call,
        SubscriptionLayout::SNAPSHOT0,
        list,
        events,
        count,
        result,
    )
}

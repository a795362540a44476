//! The `sock_*` functions.

use super::transfer::Buffers;
use super::{Call, Outcome, flags};
use crate::ctx::{FdFlags, RiFlags, Rights};
use crate::types::*;

pub(crate) fn sock_accept(call: &Call<'_>, fd: u32, raw: u32, result: u32) -> Outcome {
    let memory = call.memory()?;
    memory.check(result, 4)?;
    let accepted = call.ctx.sock_accept(fd, flags::<FdFlags>(raw)?)?;
    Ok(memory.write_u32(result, accepted)?)
}

pub(crate) fn sock_recv(
    call: &Call<'_>,
    fd: u32,
    list: u32,
    count: u32,
    raw: u32,
    len: u32,
    out_flags: u32,
) -> Outcome {
    let (socket, nonblocking) = call.ctx.socket(fd, Rights::FD_READ)?;
    let how = flags::<RiFlags>(raw)?;
    let memory = call.memory()?;
    memory.check(len, 4)?;
    memory.check(out_flags, 2)?;
    let buffers = Buffers::read(memory, list, count)?;
    let mut cut = false;
    // Only a call that waits for everything goes on behind a full chunk.
    let total = buffers.fill(how == RiFlags::WAITALL, |chunk, _| {
        let (count, was_cut) = socket.receive(chunk, how, nonblocking)?;
        cut |= was_cut;
        Ok(count)
    })?;
    let found = if cut {
        __WASI_SOCK_RECV_DATA_TRUNCATED
    } else {
        0
    };
    memory.write_u32(len, total)?;
    Ok(memory.write(out_flags, &found.to_le_bytes())?)
}

/// There are no flags for sending yet.
pub(crate) fn sock_send(
    call: &Call<'_>,
    fd: u32,
    list: u32,
    count: u32,
    raw: u32,
    result: u32,
) -> Outcome {
    let (socket, nonblocking) = call.ctx.socket(fd, Rights::FD_WRITE)?;
    if raw != 0 {
        return Err(Errno::INVAL.into());
    }
    let memory = call.memory()?;
    memory.check(result, 4)?;
    let buffers = Buffers::read(memory, list, count)?;
    if socket.keeps_boundaries() {
        buffers.check_message()?;
    }
    let total = buffers.drain(|chunk, _| socket.send(chunk, nonblocking))?;
    Ok(memory.write_u32(result, total)?)
}

pub(crate) fn sock_shutdown(call: &Call<'_>, fd: u32, how: u32) -> Outcome {
    Ok(call.ctx.sock_shutdown(fd, how)?)
}

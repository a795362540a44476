//! Arguments, environment, clocks, random bytes, and the end of the program.

use super::{Call, Outcome, Stop};
use crate::ctx::{Clock, check_interruption};
use crate::types::*;

/// How many random bytes are made at once.
const RANDOM_CHUNK: usize = 16 << 10;

/// Tells how many strings there are and how many bytes they take, NULs included.
fn write_sizes(call: &Call<'_>, strings: &[Vec<u8>], count: u32, size: u32) -> Outcome {
    let memory = call.memory()?;
    let total: usize = strings.iter().map(|string| string.len() + 1).sum();
    let number = u32::try_from(strings.len()).map_err(|_| Errno::OVERFLOW)?;
    memory.write_u32(count, number)?;
    Ok(memory.write_u32(size, u32::try_from(total).map_err(|_| Errno::OVERFLOW)?)?)
}

/// Writes the strings one after another, each with a NUL, and the list of where each begins.
fn write_strings(call: &Call<'_>, strings: &[Vec<u8>], list: u32, buffer: u32) -> Outcome {
    let memory = call.memory()?;
    let mut at = buffer;
    for (index, string) in strings.iter().enumerate() {
        let entry = u32::try_from(index * 4)
            .ok()
            .and_then(|offset| list.checked_add(offset));
        memory.write_u32(entry.ok_or(Errno::FAULT)?, at)?;
        let bytes = [string.as_slice(), &[0]].concat();
        memory.write(at, &bytes)?;
        // It was in the memory, so its length fits.
        at = at.checked_add(bytes.len() as u32).ok_or(Errno::FAULT)?;
    }
    Ok(())
}

pub(crate) fn args_sizes_get(call: &Call<'_>, count: u32, size: u32) -> Outcome {
    write_sizes(call, &call.ctx.lock().args, count, size)
}

pub(crate) fn args_get(call: &Call<'_>, list: u32, buffer: u32) -> Outcome {
    write_strings(call, &call.ctx.lock().args, list, buffer)
}

pub(crate) fn environ_sizes_get(call: &Call<'_>, count: u32, size: u32) -> Outcome {
    write_sizes(call, &call.ctx.lock().envs, count, size)
}

pub(crate) fn environ_get(call: &Call<'_>, list: u32, buffer: u32) -> Outcome {
    write_strings(call, &call.ctx.lock().envs, list, buffer)
}

pub(crate) fn clock_res_get(call: &Call<'_>, clock: u32, result: u32) -> Outcome {
    let clock = Clock::from_raw(clock)?;
    Ok(call
        .memory()?
        .write_u64(result, call.ctx.clock_res_get(clock))?)
}

pub(crate) fn clock_time_get(call: &Call<'_>, clock: u32, _precision: u64, result: u32) -> Outcome {
    let clock = Clock::from_raw(clock)?;
    Ok(call
        .memory()?
        .write_u64(result, call.ctx.clock_time_get(clock))?)
}

pub(crate) fn random_get(call: &Call<'_>, pointer: u32, len: u32) -> Outcome {
    let cells = call.memory()?.bytes(pointer, len)?;
    let mut scratch = vec![0; cells.len().min(RANDOM_CHUNK)];
    for chunk in cells.chunks(RANDOM_CHUNK) {
        check_interruption()?;
        let bytes = &mut scratch[..chunk.len()];
        call.ctx.random_get(bytes)?;
        super::memory::copy_in(chunk, bytes);
    }
    Ok(())
}

pub(crate) fn sched_yield(call: &Call<'_>) -> Outcome {
    call.ctx.sched_yield();
    Ok(())
}

pub(crate) fn proc_exit(_: &Call<'_>, code: u32) -> Outcome {
    Err(Stop::Exit(code))
}

/// Programs have no signals here.
pub(crate) fn proc_raise(_: &Call<'_>, _signal: u32) -> Outcome {
    Err(Errno::NOSYS.into())
}

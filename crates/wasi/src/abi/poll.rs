//! `poll_oneoff`, for both layouts of subscriptions.

use super::memory::copy_out;
use super::{Call, Outcome};
use crate::types::*;

/// How many subscriptions one call may have; no host could poll more descriptors.
const MAX_SUBSCRIPTIONS: u32 = 1 << 14;

pub(crate) fn poll_oneoff(
    call: &Call<'_>,
    list: u32,
    events: u32,
    count: u32,
    result: u32,
) -> Outcome {
    poll(
        call,
        SubscriptionLayout::SNAPSHOT1,
        list,
        events,
        count,
        result,
    )
}

pub(super) fn poll(
    call: &Call<'_>,
    layout: SubscriptionLayout,
    list: u32,
    events: u32,
    count: u32,
    result: u32,
) -> Outcome {
    if count == 0 || count > MAX_SUBSCRIPTIONS {
        return Err(Errno::INVAL.into());
    }
    let memory = call.memory()?;
    memory.check(result, 4)?;
    // Room for an event for each subscription, before any waiting.
    memory.elements(events, count, __wasi_event_t::SIZE)?;
    let cells = memory.elements(list, count, layout.size)?;
    let mut bytes = vec![0; layout.size];
    let mut subscriptions = Vec::with_capacity(count as usize);
    for cells in cells.chunks_exact(layout.size) {
        copy_out(cells, &mut bytes);
        subscriptions.push(layout.read(&bytes).map_err(|_| Errno::INVAL)?);
    }
    let happened = call.ctx.poll_oneoff(&subscriptions)?;
    // At most one for each subscription, for which there is room.
    let mut at = events;
    for event in &happened {
        memory.write(at, &event.to_le_bytes())?;
        at += __wasi_event_t::SIZE as u32;
    }
    Ok(memory.write_u32(result, happened.len() as u32)?)
}

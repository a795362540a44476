// Shadows the C library's header, which refuses to compile for WASI: `throw.h` leaves nothing in Lua that uses it.
#pragma once
